//! A balancer without a data plane, its admin API, and a client that sends what it is given.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use outrider_admin::AdminState;
use outrider_core::{ClassId, Random};
use outrider_pilot::{Exchange, Finish, HostSpec, Labels, PickRequest, Picker, PoolSettings, StrategyKind};
use outrider_proxy::control::{ClassCounts, Control, Lessons, Reports};
use outrider_proxy::events::Events;
use outrider_proxy::metrics::Metrics;
use outrider_proxy::settings::{Drain, Forwarding, HostSource, Limits, Pool, Settings, Timeouts};
use outrider_proxy::{Clock, Shared};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

pub(crate) const TOKEN: &str = "s3cret-token";

pub(crate) struct World {
    pub(crate) address: SocketAddr,
    pub(crate) state: AdminState,
    pub(crate) classes: mpsc::Sender<ClassCounts>,
    pub(crate) lessons: mpsc::Sender<Lessons>,
}

/// An answer, taken apart.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Whether the head has this line, in any case.
    pub(crate) fn has(&self, line: &str) -> bool {
        self.head.lines().any(|have| have.eq_ignore_ascii_case(line))
    }
}

impl World {
    /// Two pools: `api` with hosts 127.0.0.1:1 and [::1]:2, `web app` with 127.0.0.1:3. Nobody checks them.
    pub(crate) async fn start() -> World {
        World::with_token(Some(TOKEN)).await
    }

    /// The same, but both pools predict: `api` observes, `web app` goes by it.
    pub(crate) async fn predicting() -> World {
        let mut settings = settings();
        settings.pools[0].settings.predict.observe = true;
        settings.pools[1].settings.strategy = StrategyKind::Predictive;
        World::of(settings, Some(TOKEN))
    }

    pub(crate) async fn with_token(token: Option<&str>) -> World {
        World::of(settings(), token)
    }

    fn of(settings: Settings, token: Option<&str>) -> World {
        let metrics = Arc::new(Metrics::new(2, Arc::new(Events::silent())));
        let (classes, seen) = mpsc::channel(4);
        let (lessons, learnt) = mpsc::channel(4);
        let reports = Reports { classes: seen, lessons: learnt };
        let (shared, control) =
            Control::spawn(Clock::start(), Arc::new(settings), reports, |_| Ok(Vec::new()), Arc::clone(&metrics))
                .unwrap();
        let state = AdminState {
            shared,
            control,
            metrics,
            token: token.map(Into::into),
            config: Arc::new(ArcSwap::from_pointee(json!({ "listeners": ["127.0.0.1:8080"] }))),
        };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(outrider_admin::serve(listener, state.clone()));
        World { address, state, classes, lessons }
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.state.shared
    }

    /// The ports of the hosts of the first pool that may be picked.
    pub(crate) fn usable(&self) -> Vec<u16> {
        let published = self.shared().published.load();
        published.snapshot.pools[0].candidates().map(|host| host.address.port()).collect()
    }

    /// Teaches every pool what requests on each host took until it goes by that, and then what another 300 did.
    pub(crate) async fn teach(&self) {
        let is_doubted = || {
            let published = self.shared().published.load();
            let now = self.shared().clock.now();
            published.snapshot.pools.iter().any(|view| view.doubt(now).is_some())
        };
        let deadline = Instant::now() + Duration::from_secs(10);
        while is_doubted() {
            assert!(Instant::now() < deadline, "the pools never learnt");
            self.lessons.send(self.lessons_of_now()).await.unwrap();
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.lessons.send(self.lessons_of_now()).await.unwrap();
        while self.lessons.capacity() < self.lessons.max_capacity() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Each host takes as many milliseconds as its port says, give or take.
    fn lessons_of_now(&self) -> Lessons {
        let published = self.shared().published.load();
        let now = self.shared().clock.now();
        let mut picker = Picker::new(Random::new(1));
        let request =
            PickRequest { class: ClassId::OTHER, tried: &[], repeatable: false, size: Some(1.0), key: None, now };
        let mut outcomes = Vec::new();
        for view in published.snapshot.pools.iter().cycle().take(600) {
            let Ok(pick) = view.pick(&request, &mut picker) else { continue };
            let took = Duration::from_millis(pick.host.address.port().into()).mul_f64(0.5 + picker.random().unit());
            let exchange = Exchange::begin(pick.host, false, now).carrying(pick.work);
            let outcome = exchange.finish(Finish::Success, now + took).expect("every pool predicts");
            outcomes.push((Arc::clone(pick.host), outcome));
        }
        Lessons { outcomes }
    }

    /// Sends these bytes and reads until the server closes.
    pub(crate) async fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        // The server may refuse before it has read all.
        let _ = stream.write_all(bytes).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Sends one request with these further head lines.
    pub(crate) async fn ask(&self, method: &str, path: &str, lines: &[&str], body: &str) -> Answer {
        let mut request = format!("{method} {path} HTTP/1.1\r\n");
        if !lines.iter().any(|line| line.starts_with("Host:")) {
            request += &format!("Host: {}\r\n", self.address);
        }
        for line in lines {
            request += &format!("{line}\r\n");
        }
        request += &format!("Content-Length: {}\r\n\r\n{body}", body.len());
        let answer = self.raw(request.as_bytes()).await;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no head: {answer:?}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_owned(), body: body.to_owned() }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], "").await
    }

    /// A POST with the token.
    pub(crate) async fn post(&self, path: &str, body: &str) -> Answer {
        self.ask("POST", path, &[&format!("Authorization: Bearer {TOKEN}")], body).await
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.state.control.shutdown();
    }
}

fn settings() -> Settings {
    Settings {
        listeners: Vec::new(),
        pools: vec![pool("api", &["127.0.0.1:1", "[::1]:2"]), pool("web app", &["127.0.0.1:3"])],
        routes: Vec::new(),
        classes: outrider_features::ClassSettings::default(),
        limits: Limits::default(),
        timeouts: Timeouts::default(),
        forwarding: Forwarding::default(),
        access_log: None,
        link_probes: None,
        workers: 2,
        drain: Drain::default(),
    }
}

fn pool(name: &str, hosts: &[&str]) -> Pool {
    let mut settings = PoolSettings::named(name);
    settings.health.enabled = false;
    let host = |address: &&str| {
        let labels = Labels { region: Some("eu".into()), kind: None };
        HostSource::Static(HostSpec { address: address.parse().unwrap(), weight: 2, labels })
    };
    Pool { settings, sources: hosts.iter().map(host).collect(), values_file: None }
}
