//! What pools that predict know, and why requests go where they go.

use outrider_features::fingerprint::FEATURES;
use serde_json::{Value, json};

use crate::world::World;

#[tokio::test]
async fn fingerprints_have_names_and_what_is_not_known_is_null() {
    let world = World::predicting().await;
    let before = world.get("/api/v1/fingerprints").await.json();
    assert_eq!((&before["features"], &before["fingerprints"]), (&json!(FEATURES), &json!([])));
    world.teach().await;
    let all = world.get("/api/v1/fingerprints").await.json();
    let rows = all["fingerprints"].as_array().unwrap();
    assert_eq!(rows.len(), 3, "{all}");
    let of_one = world.get("/api/v1/fingerprints?pool=web%20app").await.json();
    let rows = of_one["fingerprints"].as_array().unwrap();
    assert_eq!(rows.len(), 1);
    let row = &rows[0];
    assert_eq!(
        (&row["pool"], &row["host"], &row["class"]),
        (&json!("web app"), &json!("127.0.0.1:3"), &json!("other"))
    );
    let mean_ms = row["values"]["mean_ms"].as_f64().unwrap();
    assert!((2.7..3.3).contains(&mean_ms), "{row}");
    assert_eq!(row["values"]["cpu"], Value::Null, "the host does not say");
    let vector = row["vector"].as_array().unwrap();
    assert!(FEATURES.iter().zip(vector).all(|(&name, value)| row["values"][name] == *value), "{row}");
}

#[tokio::test]
async fn a_decision_is_explained_with_all_that_it_went_by() {
    let world = World::predicting().await;
    let early = world.get("/api/v1/explain?pool=api").await.json();
    assert_eq!((&early["decision"]["fallback"], &early["decision"]["chosen"]), (&json!("unknown"), &Value::Null));
    world.teach().await;
    let explained = world.get("/api/v1/explain?pool=api&class=other&size=1.5").await.json();
    assert_eq!((&explained["strategy"], &explained["size"]), (&json!("least_request"), &json!(1.5)));
    let decision = &explained["decision"];
    assert_eq!((&decision["fallback"], &decision["chosen"]), (&Value::Null, &json!("127.0.0.1:1")), "{explained}");
    assert!(decision["table_epoch"].as_u64().unwrap() > 0 && decision["table_age_s"].as_f64().unwrap() < 5.0);
    let candidates = decision["candidates"].as_array().unwrap();
    let cost = |nth: usize| candidates[nth]["cost_ms"].as_f64().unwrap();
    assert_eq!(candidates.len(), 2);
    assert!(cost(0) > 0.0 && cost(0) < cost(1), "{explained}");
    let other = world.get("/api/v1/explain?pool=web%20app").await.json();
    assert_eq!(other["decision"]["chosen"], "127.0.0.1:3");
}

#[tokio::test]
async fn what_cannot_be_explained_is_told_why() {
    let world = World::start().await;
    for (path, status, detail) in [
        ("/api/v1/explain", 400, "pool=NAME says in which pool"),
        ("/api/v1/explain?pool=none", 404, "there is no pool \"none\""),
        ("/api/v1/explain?pool=api&class=GET%20/x", 404, "there is no class \"GET /x\""),
        ("/api/v1/explain?pool=api&size=big", 400, "size is a number of 0 or more"),
        ("/api/v1/explain?host=api", 400, "the parameters here are pool=..., class=..., size=..., each once"),
        ("/api/v1/fingerprints?pool=none", 404, "there is no pool \"none\""),
    ] {
        let answer = world.get(path).await;
        assert_eq!((answer.status, answer.json()["detail"].as_str().unwrap()), (status, detail), "{path}");
    }
    let idle = world.get("/api/v1/explain?pool=api").await;
    assert_eq!(idle.status, 409);
    assert!(idle.json()["detail"].as_str().unwrap().contains("does not predict"));
    assert_eq!(world.get("/api/v1/fingerprints").await.json()["fingerprints"], json!([]));
}
