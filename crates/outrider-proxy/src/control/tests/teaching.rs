//! What workers report of ended exchanges is learnt, by the pool and under the classes that it is about.

use outrider_core::ClassId;
use outrider_pilot::{Exchange, Finish, PickRequest, Picker, StrategyKind};

use super::*;

fn predictive() -> Pool {
    let mut pool = pool("api", hosts([1, 2]));
    pool.settings.strategy = StrategyKind::Predictive;
    pool
}

/// Eighty requests, each of which took a few milliseconds.
fn lessons(tower: &Tower) -> Lessons {
    let published = tower.shared.published.load();
    let view = &published.snapshot.pools[0];
    let (now, mut picker) = (tower.shared.clock.now(), Picker::new(Random::new(1)));
    let request = PickRequest { class: ClassId::OTHER, tried: &[], repeatable: true, size: None, key: None, now };
    let mut outcome = || {
        let pick = view.pick(&request, &mut picker).unwrap();
        let took = Duration::from_millis(4).mul_f64(0.5 + picker.random().unit());
        let exchange = Exchange::begin(pick.host, false, now).carrying(pick.work);
        (Arc::clone(pick.host), exchange.finish(Finish::Success, now + took).unwrap())
    };
    Lessons { outcomes: (0..80).map(|_| outcome()).collect() }
}

#[tokio::test]
async fn what_exchanges_came_to_makes_a_table_that_routes() {
    let tower = Tower::start(vec![predictive()]);
    let doubt = || tower.shared.published.load().snapshot.pools[0].doubt(tower.shared.clock.now());
    assert_eq!(doubt(), Some(outrider_pilot::Doubt::Unknown));
    until("the table is gone by", async || {
        tower.lessons.send(lessons(&tower)).await.unwrap();
        doubt().is_none()
    })
    .await;
    until("it is told", async || tower.said("pool api goes by its predictions, after")).await;
    let prints = tower.handle.fingerprints().await.unwrap();
    assert_eq!((prints.len(), prints[0].pool.as_str(), prints[0].prints.len()), (1, "api", 2));
    let (class, print) = &prints[0].prints[0];
    let mean_ms = print.get("mean_ms").unwrap();
    assert!(class == "other" && (3.5..4.5).contains(&mean_ms), "{class} {print:?}");
    let status = tower.handle.status().await.unwrap();
    assert!(status.pools[0].prediction.as_ref().unwrap().reckoning.by_table > 0);
}

#[tokio::test]
async fn what_is_said_of_classes_that_are_no_more_is_not_learnt() {
    let tower = Tower::start(vec![predictive()]);
    let learnt = async || tower.handle.fingerprints().await.unwrap()[0].prints.len();
    tower.lessons.send(lessons(&tower)).await.unwrap();
    until("it is learnt", async || learnt().await == 2).await;
    let mut settings = Settings::clone(&settings(vec![predictive()]));
    settings.classes.authentication = true;
    tower.handle.apply(Arc::new(settings)).await.unwrap();
    assert_eq!(learnt().await, 0, "classes mean something else");
    tower.lessons.send(lessons(&tower)).await.unwrap();
    until("the lesson is taken", async || tower.lessons.capacity() == tower.lessons.max_capacity()).await;
    assert_eq!(learnt().await, 0);
}
