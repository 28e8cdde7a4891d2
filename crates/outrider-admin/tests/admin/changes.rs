//! Endpoints that change something.

use serde_json::json;

use crate::world::{TOKEN, World};

const DRAIN: &str = "/api/v1/hosts/api/127.0.0.1:1/drain";
const UNDRAIN: &str = "/api/v1/hosts/api/127.0.0.1:1/undrain";
const WEIGHT: &str = "/api/v1/hosts/api/127.0.0.1:1/weight";

#[tokio::test]
async fn a_host_is_drained_and_taken_back() {
    let world = World::start().await;
    assert_eq!(world.usable(), [1, 2]);
    let drained = world.post(DRAIN, "").await;
    assert_eq!(drained.status, 200, "{drained:?}");
    assert_eq!(drained.json()["state"], "drained");
    assert_eq!(drained.json()["why"], "hand");
    assert_eq!(world.usable(), [2], "at once");
    let back = world.post(UNDRAIN, "").await;
    assert_eq!(back.json()["state"], "healthy");
    assert_eq!(world.usable(), [1, 2]);
}

#[tokio::test]
async fn an_address_of_version_six_and_a_name_with_a_blank_can_be_named() {
    let world = World::start().await;
    for path in ["/api/v1/hosts/api/[::1]:2/drain", "/api/v1/hosts/api/%5B::1%5D:2/drain"] {
        assert_eq!(world.post(path, "").await.json()["state"], "drained", "{path}");
    }
    assert_eq!(world.post("/api/v1/hosts/web%20app/127.0.0.1:3/drain", "").await.status, 200);
}

#[tokio::test]
async fn a_weight_is_set_and_set_back() {
    let world = World::start().await;
    assert_eq!(world.post(WEIGHT, "{\"weight\": 7}").await.json()["weight"], json!(7.0));
    assert_eq!(world.post(WEIGHT, "{\"weight\": 0}").await.json()["state"], "drained");
    let reset = world.post(WEIGHT, "{\"weight\": null}").await.json();
    assert_eq!((&reset["weight"], &reset["weight_configured"]), (&json!(2.0), &json!(2)));
}

#[tokio::test]
async fn without_the_token_nothing_changes() {
    let world = World::start().await;
    let none = world.ask("POST", DRAIN, &[], "").await;
    assert_eq!(none.status, 401);
    assert!(none.has("www-authenticate: Bearer realm=\"outrider\""), "{none:?}");
    for header in ["Authorization: Bearer wrong", "Authorization: Basic dXNlcjpwYXNz", "Authorization: Bearer "] {
        assert_eq!(world.ask("POST", DRAIN, &[header], "").await.status, 401, "{header}");
    }
    let tokenless = World::with_token(None).await;
    let refused = tokenless.post(DRAIN, "").await;
    assert_eq!(refused.status, 403);
    assert!(refused.json()["detail"].as_str().unwrap().contains("set admin.token"), "{refused:?}");
    assert_eq!((world.usable(), tokenless.usable()), (vec![1, 2], vec![1, 2]));
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_with_a_reason() {
    let world = World::start().await;
    let large = format!("{{\"weight\": {}1}}", " ".repeat(10_000));
    for (path, body, status) in [
        ("/api/v1/hosts/nobody/127.0.0.1:1/drain", "", 404),
        ("/api/v1/hosts/api/127.0.0.1:9/drain", "", 404),
        ("/api/v1/hosts/api/localhost:1/drain", "", 400),
        ("/api/v1/hosts/api/127.0.0.1/weight", "{\"weight\": 1}", 400),
        (WEIGHT, "", 400),
        (WEIGHT, "{}", 400),
        (WEIGHT, "7", 400),
        (WEIGHT, "{\"weight\": -1}", 400),
        (WEIGHT, "{\"weight\": 1.5}", 400),
        (WEIGHT, "{\"weight\": \"7\"}", 400),
        (WEIGHT, "{\"weight\": 1, \"wait\": 2}", 400),
        (WEIGHT, "{\"weight\": 1001}", 422),
        (WEIGHT, &large, 413),
    ] {
        let answer = world.post(path, body).await;
        assert_eq!(answer.status, status, "{path} {body}");
        assert!(answer.has("content-type: application/problem+json"));
        assert!(!answer.json()["detail"].as_str().unwrap().is_empty());
    }
    assert_eq!(world.usable(), [1, 2]);
}

#[tokio::test]
async fn the_token_is_never_shown() {
    let world = World::start().await;
    let mut seen = format!("{:?}", world.state);
    for path in ["/", "/metrics", "/api/v1/config", "/api/v1/pools", "/api/v1/hosts", "/nowhere"] {
        let answer = world.get(path).await;
        seen += &answer.head;
        seen += &answer.body;
    }
    seen += &world.post(DRAIN, "").await.body;
    assert!(!seen.contains(TOKEN));
}
