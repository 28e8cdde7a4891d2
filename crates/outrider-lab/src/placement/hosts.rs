//! The two platforms on loopback sockets, on a thread of their own. A service is a timer, as everywhere in the lab.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use http::{Response, StatusCode, Uri};
use http_body_util::Empty;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::ColdStarts;
use super::design::Sent;
use super::world::{Instances, Platform, WORKLOADS, Work, cold_start_s, work};
use crate::backends::alarms::Alarms;
use crate::backends::door::Door;
use crate::backends::slots::Slots;

/// What both platforms know.
pub(super) struct Experiment {
    pub(super) requests: Vec<Sent>,
    pub(super) cold: ColdStarts,
    pub(super) seed: u64,
    /// How many times faster than its own time it runs.
    pub(super) scale: f64,
}

/// What a platform says of a request that it has served, or failed to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Served {
    pub(super) work: Work,
    pub(super) cold_start_s: Option<f64>,
}

/// Both platforms, listening. Dropped, they end.
pub(super) struct Hosts {
    pub(super) addresses: [SocketAddr; 2],
    state: Arc<State>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

struct State {
    experiment: Arc<Experiment>,
    alarms: Alarms,
    /// Of containers, by workload.
    slots: Vec<Arc<Slots>>,
    /// Of serverless functions, by workload.
    instances: Vec<Mutex<Instances>>,
    /// By number, for each platform.
    served: Mutex<Vec<[Option<Served>; 2]>>,
}

impl Hosts {
    /// Starts both.
    ///
    /// # Errors
    /// When the system gives no socket or thread.
    pub(super) fn start(experiment: &Arc<Experiment>) -> io::Result<Hosts> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
        let state = Arc::new(State {
            alarms: Alarms::start()?,
            slots: WORKLOADS.iter().map(|workload| Slots::new(workload.task.count as usize)).collect(),
            instances: WORKLOADS.iter().map(|_| Mutex::default()).collect(),
            served: Mutex::new(vec![[None; 2]; experiment.requests.len()]),
            experiment: Arc::clone(experiment),
        });
        let context = runtime.enter();
        let doors = [Door::open(loopback())?, Door::open(loopback())?];
        drop(context);
        let addresses = doors.each_ref().map(Door::address);
        let (stop, stopped) = oneshot::channel();
        let known = Arc::clone(&state);
        let thread = std::thread::Builder::new()
            .name("lab-platforms".to_owned())
            .spawn(move || runtime.block_on(run(doors, known, stopped)))?;
        Ok(Hosts { addresses, state, stop: Some(stop), thread: Some(thread) })
    }

    /// What each has said so far, by number.
    pub(super) fn served(&self) -> Vec<[Option<Served>; 2]> {
        lock(&self.state.served).clone()
    }
}

impl Drop for Hosts {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic over there has already been printed.
            let _ = thread.join();
        }
    }
}

fn loopback() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn run(doors: [Door; 2], state: Arc<State>, stopped: oneshot::Receiver<()>) {
    let mut tasks = JoinSet::new();
    for (door, platform) in doors.into_iter().zip(Platform::BOTH) {
        tasks.spawn(welcome(door, platform, Arc::clone(&state)));
    }
    // Dropped or sent, it means the same.
    let _ = stopped.await;
}

async fn welcome(door: Door, platform: Platform, state: Arc<State>) -> Infallible {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            stream = door.accept() => {
                connections.spawn(converse(stream, platform, Arc::clone(&state)));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn converse(stream: TcpStream, platform: Platform, state: Arc<State>) {
    // A small answer must not wait for the acknowledgement of the one before.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request: http::Request<hyper::body::Incoming>| {
        let (number, state) = (number(request.uri()), Arc::clone(&state));
        async move { Ok::<_, Infallible>(state.answer(number, platform).await) }
    });
    // A client that leaves ends it, and what it asked for.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// The number of a request: all of its path.
fn number(uri: &Uri) -> Option<usize> {
    uri.path().strip_prefix('/')?.parse().ok()
}

impl State {
    async fn answer(&self, number: Option<usize>, platform: Platform) -> Response<Empty<Bytes>> {
        let known = number.and_then(|number| Some((number, *self.experiment.requests.get(number)?)));
        let status = match known {
            Some((number, sent)) => self.serve(number, &sent, platform).await,
            None => StatusCode::NOT_FOUND,
        };
        let mut response = Response::new(Empty::new());
        *response.status_mut() = status;
        response
    }

    async fn serve(&self, number: usize, sent: &Sent, platform: Platform) -> StatusCode {
        let work = work(sent, number, platform, self.experiment.seed);
        let cold_start_s = match platform {
            Platform::Serverless => self.execute(number, sent, work).await,
            Platform::Containers => self.wait_and_execute(sent, work).await,
        };
        lock(&self.served)[number][platform as usize] = Some(Served { work, cold_start_s });
        if work.is_good { StatusCode::OK } else { StatusCode::INTERNAL_SERVER_ERROR }
    }

    /// On an instance of its own, which may have to start.
    async fn execute(&self, number: usize, sent: &Sent, work: Work) -> Option<f64> {
        let Experiment { cold, seed, .. } = &*self.experiment;
        let (came, instances) = (Instant::now(), &self.instances[sent.workload]);
        let is_warm = lock(instances).take(sent.at_s);
        let cold_start_s = (!is_warm).then(|| cold_start_s(sent, number, cold, *seed));
        let took_s = cold_start_s.unwrap_or(0.0) + work.execution_s;
        self.alarms.at((came + self.scaled(took_s)).into_std()).await;
        lock(instances).give_back(sent.at_s + took_s);
        cold_start_s
    }

    /// On a container of its workload, when those before are done.
    async fn wait_and_execute(&self, sent: &Sent, work: Work) -> Option<f64> {
        let slot = self.slots[sent.workload].take().await;
        let end = slot.begin + self.scaled(work.execution_s);
        self.alarms.at(end.into_std()).await;
        slot.end(end);
        None
    }

    fn scaled(&self, seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds / self.experiment.scale)
    }
}
