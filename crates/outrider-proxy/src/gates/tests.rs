use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Instant;

use outrider_core::Time;
use outrider_pilot::{BreakerSettings, Exchange, HostSpec, Labels, Pool, PoolSettings};
use tokio::runtime::{Builder, Runtime};

use super::*;

/// A pool of one host that takes `limit` requests at a time, and the host.
fn pool(limit: u32) -> (Pool, Arc<Host>) {
    let mut pool = Pool::new(limited(limit), Time::ZERO);
    let address = "127.0.0.1:80".parse().unwrap();
    pool.set_hosts(&[HostSpec { address, weight: 1, labels: Labels::default() }], Time::ZERO);
    let view = pool.view();
    let host = Arc::clone(view.candidates().next().unwrap());
    (pool, host)
}

fn limited(max_connections: u32) -> PoolSettings {
    PoolSettings { breaker: BreakerSettings { max_connections, max_pending: 1024 }, ..PoolSettings::named("api") }
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn take(host: &Arc<Host>) -> ControlFlow<Exchange> {
    match Exchange::try_begin(host, false, Time::ZERO) {
        Some(exchange) => ControlFlow::Break(exchange),
        None => ControlFlow::Continue(()),
    }
}

/// Ends `exchange` and says so.
fn end(gates: &Gates, exchange: Exchange) {
    let host = Arc::clone(exchange.host());
    drop(exchange);
    gates.release(&host);
}

/// A waiter that is polled by hand, so that no timer can stand in for a call.
struct Waiter<'a> {
    waits: Pin<Box<dyn Future<Output = Exchange> + 'a>>,
    woken: Arc<Woken>,
}

#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl<'a> Waiter<'a> {
    fn begin(gates: &'a Gates, host: &'a Arc<Host>) -> Waiter<'a> {
        let mut waiter = Waiter { waits: Box::pin(gates.wait(host, || take(host))), woken: Arc::default() };
        assert!(waiter.poll().is_none(), "the host is full");
        waiter
    }

    fn poll(&mut self) -> Option<Exchange> {
        match self.waits.as_mut().poll(&mut Context::from_waker(&Waker::from(Arc::clone(&self.woken)))) {
            Poll::Ready(exchange) => Some(exchange),
            Poll::Pending => None,
        }
    }

    fn is_woken(&self) -> bool {
        self.woken.0.load(Ordering::Relaxed) > 0
    }
}

#[test]
fn two_calls_before_anybody_listens_reach_two_waiters() {
    let runtime = runtime();
    let _inside = runtime.enter();
    let (_pool, host) = pool(2);
    let gates = Gates::default();
    let _pending = [Waiting::begin(&host), Waiting::begin(&host)];
    let (first, second) = (gates.queue(&host), gates.queue(&host));
    gates.release(&host);
    gates.release(&host);
    let mut context = Context::from_waker(Waker::noop());
    assert!(pin!(first.notified()).poll(&mut context).is_ready());
    assert!(pin!(second.notified()).poll(&mut context).is_ready());
}

#[test]
fn who_has_waited_longest_is_called_first() {
    let runtime = runtime();
    let _inside = runtime.enter();
    let (_pool, host) = pool(1);
    let gates = Gates::default();
    let ControlFlow::Break(mut holder) = take(&host) else { panic!("the host is empty") };
    let mut waiters: Vec<Waiter<'_>> = (0..5).map(|_| Waiter::begin(&gates, &host)).collect();
    while !waiters.is_empty() {
        end(&gates, holder);
        let mut first = waiters.remove(0);
        assert!(first.is_woken());
        holder = first.poll().expect("a place is free");
    }
    assert_eq!(host.live.pending(), 0);
}

#[test]
fn one_that_a_newcomer_outran_keeps_its_place() {
    let runtime = runtime();
    let _inside = runtime.enter();
    let (_pool, host) = pool(1);
    let gates = Gates::default();
    let ControlFlow::Break(holder) = take(&host) else { panic!("the host is empty") };
    let mut first = Waiter::begin(&gates, &host);
    let second = Waiter::begin(&gates, &host);
    end(&gates, holder);
    let ControlFlow::Break(newcomer) = take(&host) else { panic!("the place was freed") };
    assert!(first.poll().is_none());
    end(&gates, newcomer);
    assert!(!second.is_woken());
    assert!(first.poll().is_some());
}

#[test]
fn who_comes_later_does_not_take_the_place_of_the_one_that_was_called() {
    let runtime = runtime();
    let _inside = runtime.enter();
    let (_pool, host) = pool(1);
    let gates = Gates::default();
    let ControlFlow::Break(holder) = take(&host) else { panic!("the host is empty") };
    let mut first = Waiter::begin(&gates, &host);
    end(&gates, holder);
    let _second = Waiter::begin(&gates, &host);
    assert!(first.poll().is_some());
}

#[test]
fn one_that_leaves_after_its_call_passes_it_on() {
    let runtime = runtime();
    let _inside = runtime.enter();
    let (_pool, host) = pool(1);
    let gates = Gates::default();
    let ControlFlow::Break(holder) = take(&host) else { panic!("the host is empty") };
    let first = Waiter::begin(&gates, &host);
    let mut second = Waiter::begin(&gates, &host);
    end(&gates, holder);
    assert!(!second.is_woken());
    drop(first);
    assert!(second.is_woken());
    assert!(second.poll().is_some());
}

#[test]
fn a_raised_limit_is_seen_without_a_call() {
    let (mut pool, host) = pool(1);
    let gates = Gates::default();
    let ControlFlow::Break(_holder) = take(&host) else { panic!("the host is empty") };
    runtime().block_on(async {
        let mut waits = pin!(gates.wait(&host, || take(&host)));
        assert!(timeout(Duration::from_millis(1), &mut waits).await.is_err());
        pool.reconfigure(limited(2), Time::ZERO);
        drop(timeout(Duration::from_secs(10), waits).await.expect("there is room now"));
    });
}

#[test]
fn everyone_in_the_line_can_give_up() {
    let (_pool, host) = pool(1);
    let gates = Gates::default();
    let ControlFlow::Break(_holder) = take(&host) else { panic!("the host is empty") };
    let suspended = AtomicU32::new(0);
    let look = || match (suspended.load(Ordering::Relaxed), take(&host)) {
        (0, ControlFlow::Continue(())) => ControlFlow::Continue(()),
        (0, ControlFlow::Break(exchange)) => ControlFlow::Break(Some(exchange)),
        _ => ControlFlow::Break(None),
    };
    runtime().block_on(async {
        let mut both = pin!(async { tokio::join!(gates.wait(&host, look), gates.wait(&host, look)) });
        assert!(timeout(Duration::from_millis(1), &mut both).await.is_err());
        suspended.store(1, Ordering::Relaxed);
        let (first, second) = timeout(Duration::from_secs(10), both).await.expect("they look by themselves");
        assert!(first.is_none() && second.is_none());
    });
    gates.sweep();
    assert!(gates.lines().is_empty());
}

/// If calls were lost, each loss would cost a tenth of a second: a minute and a half in all.
#[test]
fn all_get_through_a_narrow_gate_from_several_threads() {
    const THREADS: usize = 3;
    const WAITERS: usize = 300;
    let (_pool, host) = pool(1);
    let gates = Gates::default();
    let passed = AtomicUsize::new(0);
    let began = Instant::now();
    let pass = async || {
        let exchange = gates.wait(&host, || take(&host)).await;
        assert_eq!(host.live.in_flight(), 1);
        tokio::task::yield_now().await;
        end(&gates, exchange);
        passed.fetch_add(1, Ordering::Relaxed);
    };
    // One in five leaves before it has got through, at a moment that has to do with nothing else.
    let impatient = async |nth: u64| {
        let wait = gates.wait(&host, || take(&host));
        if let Ok(exchange) = timeout(Duration::from_micros(nth * 37 % 2_000), wait).await {
            end(&gates, exchange);
        }
    };
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                runtime().block_on(async {
                    let mut all = Vec::<Pin<Box<dyn Future<Output = ()> + '_>>>::new();
                    for nth in 0..WAITERS {
                        all.push(Box::pin(pass()));
                        if nth % 5 == 0 {
                            all.push(Box::pin(impatient(nth as u64)));
                        }
                    }
                    together(all).await;
                });
            });
        }
    });
    assert!(passed.load(Ordering::Relaxed) >= THREADS * WAITERS);
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    assert_eq!((host.live.pending(), host.live.in_flight()), (0, 0));
}

async fn together(mut all: Vec<Pin<Box<dyn Future<Output = ()> + '_>>>) {
    std::future::poll_fn(|context| {
        all.retain_mut(|one| one.as_mut().poll(context).is_pending());
        if all.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}
