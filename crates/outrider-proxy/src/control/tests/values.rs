//! What a pool learns by Q-learning survives a restart.

use outrider_core::ClassId;
use outrider_pilot::{Exchange, Finish, PickRequest, Picker, StrategyKind};

use super::*;

fn learner(file: &Path) -> Pool {
    let mut pool = pool("api", hosts([1, 2]));
    pool.settings.strategy = StrategyKind::QLearning;
    pool.values_file = Some(file.to_owned());
    pool
}

/// One request, answered after 4 ms.
fn lesson(tower: &Tower) -> Lessons {
    let published = tower.shared.published.load();
    let (now, mut picker) = (tower.shared.clock.now(), Picker::new(Random::new(1)));
    let request = PickRequest { class: ClassId::OTHER, tried: &[], repeatable: true, size: None, key: None, now };
    let pick = published.snapshot.pools[0].pick(&request, &mut picker).unwrap();
    let exchange = Exchange::begin(pick.host, false, now).teaching(pick.lesson);
    let outcome = exchange.finish(Finish::Success, now + Duration::from_millis(4)).unwrap();
    Lessons { outcomes: vec![(Arc::clone(pick.host), outcome)] }
}

#[tokio::test]
async fn what_was_learnt_is_there_after_a_restart() {
    let folder = Folder::new();
    let file = folder.0.join("values.bin");
    let tower = Tower::start(vec![learner(&file)]);
    until("a table of nothing is kept", async || file.exists()).await;
    let nothing = std::fs::read(&file).unwrap();
    tower.lessons.send(lesson(&tower)).await.unwrap();
    until("what was learnt is kept", async || std::fs::read(&file).unwrap() != nothing).await;
    let learnt = std::fs::read(&file).unwrap();
    tower.handle.shutdown();

    let again = Tower::start(vec![learner(&file)]);
    let ticks = again.shared.clock.now();
    // Had it begun anew, the file would be overwritten within two ticks.
    until("it has been kept twice", async || again.shared.clock.now().since(ticks) > Duration::from_millis(600)).await;
    assert_eq!(std::fs::read(&file).unwrap(), learnt);
    assert!(!again.said("refused"));
    again.lessons.send(lesson(&again)).await.unwrap();
    until("it learns on", async || std::fs::read(&file).unwrap() != learnt).await;
    assert_eq!(std::fs::read_dir(&folder.0).unwrap().count(), 1);
}

#[tokio::test]
async fn a_damaged_file_is_refused_and_said_so_and_the_pool_begins_anew() {
    let folder = Folder::new();
    let file = folder.0.join("values.bin");
    std::fs::write(&file, b"not what it was").unwrap();
    let tower = Tower::start(vec![learner(&file)]);
    until("it is said", async || tower.said("was refused: it is damaged, or no file of learnt values")).await;
    until("it is written anew", async || std::fs::read(&file).unwrap().starts_with(b"OUTRIDRQ")).await;
}

#[tokio::test]
async fn what_cannot_be_written_is_said() {
    let folder = Folder::new();
    let tower = Tower::start(vec![learner(&folder.0.join("missing/values.bin"))]);
    until("it is said", async || tower.said("could not be written to")).await;
}
