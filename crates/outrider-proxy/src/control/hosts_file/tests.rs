use std::fs;

use tokio::sync::mpsc;

use super::*;
use crate::control::task::Task;
use crate::control::tests::{Folder, parse};

async fn ports(found: &mut mpsc::Receiver<Finding>) -> Result<Vec<u16>, String> {
    match found.recv().await {
        Some(Finding::File(_, hosts)) => hosts.map(|h| h.iter().map(|spec| spec.address.port()).collect()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn every_change_is_told_once_and_a_bad_file_with_its_reason() {
    let folder = Folder::new();
    let path = folder.0.join("hosts");
    fs::write(&path, "127.0.0.1:1\n").unwrap();
    let first = read(path.clone(), parse).await;
    let (findings, mut found) = mpsc::channel(8);
    let _watcher = Task::start(watch(path.clone(), parse, first, findings));

    fs::write(&path, "127.0.0.1:2\n").unwrap();
    assert_eq!(ports(&mut found).await, Ok(vec![2]));

    fs::write(&path, "nonsense\n").unwrap();
    assert_eq!(ports(&mut found).await, Err("\"nonsense\" is no address".into()));

    fs::remove_file(&path).unwrap();
    assert!(ports(&mut found).await.is_err());

    let next = folder.0.join("next");
    fs::write(&next, "127.0.0.1:3\n127.0.0.1:4\n").unwrap();
    fs::rename(&next, &path).unwrap();
    assert_eq!(ports(&mut found).await, Ok(vec![3, 4]));
}

#[tokio::test]
async fn what_is_no_small_file_is_refused_unread() {
    let folder = Folder::new();
    let reading = read(folder.0.clone(), |_| panic!("must not be read")).await;
    assert_eq!(reading.hosts, Err("it is not a file".into()));

    let large = folder.0.join("large");
    fs::File::create(&large).unwrap().set_len(FILE_BYTES + 1).unwrap();
    assert!(read(large, |_| panic!("must not be read")).await.hosts.is_err());
}

#[test]
fn a_file_is_settled_once_a_rewrite_would_show_in_its_time() {
    let now = SystemTime::now();
    let stamp = |age| Stamp {
        modified: now - age,
        bytes: 1,
        #[cfg(unix)]
        inode: 1,
    };
    assert!(!stamp(Duration::ZERO).is_settled(now));
    assert!(stamp(POLL * 2).is_settled(now));
    let tomorrow = Stamp { modified: now + Duration::from_secs(86_400), ..stamp(Duration::ZERO) };
    assert!(!tomorrow.is_settled(now), "a clock that runs ahead: read every time");
}
