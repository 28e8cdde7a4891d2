use std::net::TcpStream;
use std::pin::pin;

use outrider_features::ClassSettings;
use tokio::time::timeout;

use super::*;
use crate::settings::{Drain, Forwarding, Limits, Listener, Timeouts};

fn settings(listeners: &[SocketAddr]) -> Arc<Settings> {
    Arc::new(Settings {
        listeners: listeners.iter().map(|&address| Listener { address }).collect(),
        pools: Vec::new(),
        routes: Vec::new(),
        classes: ClassSettings::default(),
        limits: Limits::default(),
        timeouts: Timeouts::default(),
        forwarding: Forwarding::default(),
        access_log: None,
        link_probes: None,
        workers: 2,
        drain: Drain { timeout: Duration::from_secs(30), ..Drain::default() },
    })
}

fn start(address: &str) -> Proxy {
    let options = StartOptions { parse_hosts: |_| Ok(Vec::new()), seed: 1, take_over: false };
    Proxy::start(settings(&[address.parse().unwrap()]), Arc::new(Events::silent()), &options).unwrap()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn a_listener_can_be_widened_narrowed_and_brought_back() {
    let proxy = start("127.0.0.1:0");
    let narrow = proxy.addresses()[0];
    let wide = SocketAddr::from(([0, 0, 0, 0], narrow.port()));
    runtime().block_on(async {
        for listeners in [[wide], [narrow], [wide]] {
            proxy.apply(settings(&listeners)).await.unwrap();
            assert_eq!(proxy.addresses(), listeners);
        }
    });
    proxy.stop();
}

#[test]
fn whoever_leaves_waits_for_the_last_listener_to_be_closed() {
    let proxy = start("127.0.0.1:0");
    let address = proxy.addresses()[0];
    let closing = Arc::clone(&proxy.closing);
    assert_eq!(*closing.addresses(), [address; 2]);
    let late = closing.open(address);
    runtime().block_on(async {
        let mut drain = pin!(proxy.drain());
        assert!(timeout(Duration::from_millis(300), &mut drain).await.is_err(), "one is still open");
        assert_eq!(*closing.addresses(), [address], "the workers have closed theirs");
        drop(late);
        assert!(drain.await);
    });
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn a_listener_that_does_not_close_holds_the_drain_up_no_longer_than_its_timeout() {
    let proxy = start("127.0.0.1:0");
    let _late = proxy.closing.open(proxy.addresses()[0]);
    runtime().block_on(async {
        let mut short = (*settings(&proxy.addresses())).clone();
        short.drain.timeout = Duration::from_millis(1);
        short.listeners[0].address = "127.0.0.1:0".parse().unwrap();
        proxy.apply(Arc::new(short)).await.unwrap();
        assert!(!proxy.drain().await);
    });
}
