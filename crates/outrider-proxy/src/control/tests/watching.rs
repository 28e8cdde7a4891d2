//! What the watchers see reaches the workers.

use outrider_pilot::{AgentSettings, DrainedBy, HostState};

use super::*;

#[tokio::test]
async fn a_host_whose_check_fails_gets_no_requests_until_it_passes_again() {
    let (good, bad) = (Backend::start().await, Backend::start().await);
    let tower = Tower::start(vec![checked("api", hosts([good.port, bad.port]))]);
    let both = {
        let mut ports = vec![good.port, bad.port];
        ports.sort_unstable();
        ports
    };
    assert_eq!(tower.picked_from(0), both);

    bad.answer(503);
    until("the bad host is out", async || tower.picked_from(0) == [good.port]).await;
    let state = tower.host("api", address(bad.port)).await.state;
    assert_eq!(state, HostState::Unhealthy { why: "status 503".into() });
    assert!(tower.said("is unhealthy: status 503"));

    bad.answer(200);
    until("the host is back", async || tower.picked_from(0) == both).await;
    assert!(tower.said("is healthy"));
    assert!(tower.metrics.control.health_checks.get() > 4);
    assert!(tower.metrics.control.health_check_failures.get() >= 2);
}

#[tokio::test]
async fn an_agent_drains_its_host_and_its_last_word_holds() {
    let agent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut asked = pool("api", hosts([4711]));
    asked.settings.agent = Some(AgentSettings {
        port: agent.local_addr().unwrap().port(),
        send: None,
        interval: Duration::from_millis(20),
    });
    let tower = Tower::start(vec![asked]);
    let answering = Task::start(async move {
        while let Ok((mut stream, _)) = agent.accept().await {
            let _ = stream.write_all(b"50% drain\n").await;
        }
    });
    let drained = HostState::Drained { by: DrainedBy::Agent };
    let is_drained = async || tower.host("api", address(4711)).await.state == drained;
    until("the agent drains its host", async || tower.picked_from(0).is_empty()).await;
    assert!(is_drained().await);

    drop(answering);
    until("the agent is missed", async || tower.said("does not answer: ")).await;
    assert!(is_drained().await, "the last word of an agent holds");
}

#[tokio::test]
async fn a_name_becomes_hosts() {
    let source = HostSource::Dns { name: "localhost".into(), port: 4711, weight: 3, labels: Labels::default() };
    let tower = Tower::start(vec![pool("api", vec![source])]);
    let host = tower.host("api", address(4711)).await;
    assert_eq!(host.weight_configured, 3);
    assert_eq!(tower.picked_from(0)[0], 4711, "known before the first request");
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_an_empty_pool_and_not_an_error() {
    let source = HostSource::Dns { name: "..".into(), port: 4711, weight: 1, labels: Labels::default() };
    let tower = Tower::start(vec![pool("api", vec![source])]);
    assert!(tower.picked_from(0).is_empty());
    let status = tower.handle.status().await.unwrap();
    assert!(status.pools[0].sources[0].failure.is_some(), "{status:?}");
    assert!(tower.said(".. does not resolve"));
}

#[tokio::test]
async fn a_hosts_file_is_followed_and_a_bad_one_refused_whole() {
    let folder = Folder::new();
    let path = folder.file("127.0.0.1:1\n127.0.0.1:2\n");
    let tower = Tower::start(vec![pool("api", vec![HostSource::File { path }])]);
    assert_eq!(tower.picked_from(0), [1, 2]);

    folder.write("127.0.0.1:2\n127.0.0.1:3\n");
    until("the file is read again", async || tower.picked_from(0) == [2, 3]).await;

    folder.write("127.0.0.1:4\nnonsense\n");
    until("the file is refused", async || tower.said("was refused: \"nonsense\" is no address; its 2 earlier")).await;
    assert_eq!(tower.picked_from(0), [2, 3]);
    let status = tower.handle.status().await.unwrap();
    assert_eq!(status.pools[0].sources[0].failure.as_deref(), Some("\"nonsense\" is no address"));

    folder.write("127.0.0.1:5\n");
    until("the file is read once more", async || tower.picked_from(0) == [5]).await;
}

#[tokio::test]
async fn an_address_of_two_sources_is_one_host() {
    let folder = Folder::new();
    let path = folder.file("127.0.0.1:1\n127.0.0.1:2\n");
    let mut sources = hosts([1, 1]);
    sources.push(HostSource::File { path });
    let tower = Tower::start(vec![pool("api", sources)]);
    assert_eq!(tower.picked_from(0), [1, 2]);
}

#[tokio::test]
async fn what_workers_count_becomes_classes() {
    let tower = Tower::start(vec![pool("api", hosts([1]))]);
    let counts = vec![(ClassKey(7), "GET /users/{id}".to_owned(), 100_000)];
    until("the class is in the table that workers read", async || {
        let _ = tower.classes.try_send(ClassCounts { counts: counts.clone() });
        let published = tower.shared.published.load();
        let class = published.snapshot.classes.lookup(ClassKey(7));
        published.snapshot.classes.name(class) == "GET /users/{id}"
    })
    .await;
    let status = tower.handle.status().await.unwrap();
    assert!(status.classes.iter().any(|class| class.name == "GET /users/{id}"));
    assert!(tower.metrics.by_class().iter().any(|(name, _)| name == "GET /users/{id}"));
}
