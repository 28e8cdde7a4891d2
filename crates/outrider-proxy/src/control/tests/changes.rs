//! What is asked of the control thread is done whole or not at all.

use outrider_core::{ClassId, Random};
use outrider_pilot::{DrainedBy, HostState, PickRequest, Picker, Route};

use super::*;
use crate::shared::Published;

#[tokio::test]
async fn a_drain_and_a_weight_show_before_the_reply() {
    let tower = Tower::start(vec![pool("api", hosts([1, 2]))]);
    tower.handle.set_drained("api", address(1), true).await.unwrap();
    assert_eq!(tower.picked_from(0), [2]);
    assert_eq!(tower.host("api", address(1)).await.state, HostState::Drained { by: DrainedBy::Hand });
    tower.handle.set_drained("api", address(1), false).await.unwrap();
    assert_eq!(tower.picked_from(0), [1, 2]);

    tower.handle.set_weight("api", address(2), Some(0)).await.unwrap();
    assert_eq!(tower.picked_from(0), [1]);
    tower.handle.set_weight("api", address(2), None).await.unwrap();
    assert_eq!(tower.picked_from(0), [1, 2]);
    assert!(tower.said("host 127.0.0.1:1 of pool api: drained = true"));
}

#[tokio::test]
async fn what_is_not_there_cannot_be_set() {
    let tower = Tower::start(vec![pool("api", hosts([1]))]);
    let error = tower.handle.set_drained("web", address(1), true).await.unwrap_err();
    assert_eq!(error.to_string(), "there is no pool \"web\"");
    let error = tower.handle.set_weight("api", address(2), Some(1)).await.unwrap_err();
    assert_eq!(error.to_string(), "pool \"api\" has no host 127.0.0.1:2");
}

#[tokio::test]
async fn new_settings_come_in_one_publication_and_kept_hosts_keep_their_counters() {
    let tower = Tower::start(vec![pool("api", hosts([1, 2])), pool("old", hosts([9]))]);
    let before = tower.shared.published.load_full();
    tower.handle.set_drained("api", address(2), true).await.unwrap();

    let wanted = settings(vec![pool("new", hosts([5])), pool("api", hosts([1, 3]))]);
    tower.handle.apply(Arc::clone(&wanted)).await.unwrap();
    let after = tower.shared.published.load_full();
    assert_eq!(after.snapshot.epoch, before.snapshot.epoch + 2, "one for the drain, one for the settings");
    assert!(Arc::ptr_eq(&after.settings, &wanted));
    assert_eq!(tower.picked_from(0), [5]);
    assert_eq!(tower.picked_from(1), [1, 3]);

    let host = |published: &Published, position: usize| {
        Arc::clone(published.snapshot.pools[position].candidates().next().unwrap())
    };
    let (old, new) = (host(&before, 0), host(&after, 1));
    assert_eq!(old.address, new.address);
    assert!(Arc::ptr_eq(&old, &new), "live counters survive");
}

#[tokio::test]
async fn a_pool_that_loses_its_sources_loses_its_hosts() {
    let tower = Tower::start(vec![pool("api", hosts([1]))]);
    tower.handle.apply(settings(vec![pool("api", Vec::new())])).await.unwrap();
    assert!(tower.picked_from(0).is_empty());
}

#[tokio::test]
async fn settings_that_cannot_be_read_change_nothing() {
    let folder = Folder::new();
    let tower = Tower::start(vec![pool("api", hosts([1]))]);
    let before = tower.shared.published.load_full();
    let missing = HostSource::File { path: folder.0.join("missing") };
    let lost = Route { pool: 1, ..Route::default() };
    let mut astray = Settings::clone(&settings(vec![pool("api", hosts([2]))]));
    astray.routes.push(lost);
    for (refused, why) in [
        (settings(vec![pool("api", hosts([2])), pool("web", vec![missing])]), "No such file"),
        (settings(vec![pool("api", hosts([2])), pool("api", hosts([3]))]), "pool \"api\" is there twice"),
        (Arc::new(astray), "a route leads to pool 1 of 1"),
    ] {
        let error = tower.handle.apply(refused).await.unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
        assert!(tower.said(why));
    }
    let after = tower.shared.published.load_full();
    assert!(Arc::ptr_eq(&before, &after), "not even published anew");
}

#[tokio::test]
async fn a_reader_that_breaks_refuses_the_file_and_breaks_nothing_else() {
    let folder = Folder::new();
    let tower = Tower::start(vec![pool("api", hosts([1]))]);
    let path = folder.file("break");
    let source = HostSource::File { path };
    let error = tower.handle.apply(settings(vec![pool("api", vec![source])])).await.unwrap_err();
    assert!(error.to_string().ends_with("reading it broke off"), "{error}");
    assert_eq!(tower.picked_from(0), [1]);
    assert!(tower.handle.is_running());
}

#[tokio::test]
async fn one_change_of_settings_at_a_time_and_all_else_goes_on_meanwhile() {
    let folder = Folder::new();
    let tower = Tower::start(vec![pool("api", hosts([1]))]);
    let path = folder.file("wait");
    let slow = tower.handle.apply(settings(vec![pool("api", vec![HostSource::File { path }])]));
    let others = async {
        let error = tower.handle.apply(settings(vec![pool("api", hosts([2]))])).await.unwrap_err();
        assert!(matches!(error, ControlError::Busy), "{error}");
        tower.handle.set_drained("api", address(1), true).await.unwrap();
        fs::write(folder.0.join("go"), "").unwrap();
    };
    let (slow, ()) = tokio::join!(slow, others);
    slow.unwrap();
    tower.handle.apply(settings(vec![pool("api", hosts([2]))])).await.unwrap();
    assert_eq!(tower.picked_from(0), [2]);
}

#[tokio::test]
async fn the_first_settings_can_be_refused_as_well() {
    let folder = Folder::new();
    let path = folder.file("nonsense");
    let Err(error) = Tower::try_start(vec![pool("api", vec![HostSource::File { path }])]) else {
        panic!("a bad hosts file was accepted");
    };
    assert!(matches!(error, ControlError::HostsFile { .. }), "{error}");
}

#[tokio::test]
async fn a_removed_host_is_no_longer_checked() {
    let (kept, removed) = (Backend::start().await, Backend::start().await);
    let tower = Tower::start(vec![checked("api", hosts([kept.port, removed.port]))]);
    until("both are checked", async || kept.asked() > 2 && removed.asked() > 2).await;
    tower.handle.apply(settings(vec![checked("api", hosts([kept.port]))])).await.unwrap();
    let (seen, then) = (removed.asked(), kept.asked());
    until("the kept one is checked on", async || kept.asked() > then + 10).await;
    assert!(removed.asked() <= seen + 1, "one check may have been under way");
}

#[tokio::test]
async fn superseded_snapshots_are_freed_by_the_control_thread_when_nobody_holds_them() {
    let tower = Tower::start(vec![pool("api", hosts([1, 2]))]);
    let held = tower.shared.published.load_full();
    let weak = Arc::downgrade(&held);
    for drained in [true, false, true] {
        tower.handle.set_drained("api", address(1), drained).await.unwrap();
    }
    let graveyard = &tower.metrics.control.snapshots_held;
    until("all but the held one are freed", async || graveyard.get() == 1).await;
    drop(held);
    assert!(weak.upgrade().is_some(), "not freed by the holder");
    until("the last one is freed", async || graveyard.get() == 0 && weak.strong_count() == 0).await;
}

#[tokio::test]
async fn after_the_end_what_is_published_stays() {
    let tower = Tower::start(vec![pool("api", hosts([1]))]);
    tower.handle.shutdown();
    until("the thread has ended", async || !tower.handle.is_running()).await;
    assert!(matches!(tower.handle.status().await, Err(ControlError::Gone)));
    let published = tower.shared.published.load();
    let now = tower.shared.clock.now();
    let request = PickRequest { class: ClassId::OTHER, tried: &[], repeatable: true, size: None, key: None, now };
    let pick = published.snapshot.pools[0].pick(&request, &mut Picker::new(Random::new(1))).unwrap();
    assert_eq!(pick.host.address, address(1));
}
