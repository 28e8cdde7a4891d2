//! One key at a time: its example does something, its default written out does nothing.

use serde_json::{Value, json};

use super::{parse_text, sound};
use crate::config::effective::{scalar, yaml};
use crate::config::keys::ROOT;
use crate::config::shape::{Key, Map, Need, Rule, Shape};

/// A key in its place: `wrap` puts a mapping of its kind into a whole configuration.
struct Spot<'a> {
    path: String,
    map: &'static Map,
    key: &'static Key,
    wrap: &'a dyn Fn(Value) -> Value,
}

/// The least mapping of its kind: what is required, and the first of what goes together.
fn least(map: &Map) -> Value {
    let mut object = json!({});
    for key in map.keys.iter().filter(|key| matches!(key.need, Need::Required)) {
        object[key.name] = least_value(key);
    }
    for rule in map.rules {
        if let Rule::OneOf([first, ..]) | Rule::SomeOf([first, ..]) = rule {
            object[*first] = yaml(map.key(first).unwrap().example);
        }
    }
    object
}

fn least_value(key: &Key) -> Value {
    match &key.shape {
        Shape::List { item: Shape::Map(map), .. } => json!([least(map)]),
        _ => yaml(key.example),
    }
}

fn visit(map: &'static Map, path: &str, wrap: &dyn Fn(Value) -> Value, judge: &dyn Fn(&Spot<'_>)) {
    for key in map.keys {
        let path = format!("{path}.{}", key.name);
        judge(&Spot { path: path.clone(), map, key, wrap });
        let inside = |value: Value| {
            let mut outer = least(map);
            outer[key.name] = value;
            wrap(outer)
        };
        match &key.shape {
            Shape::Map(inner) | Shape::ShortOrLong { long: inner, .. } => visit(inner, &path, &inside, judge),
            Shape::List { item: Shape::Map(inner) | Shape::ShortOrLong { long: inner, .. }, .. } => {
                visit(inner, &path, &|value| inside(json!([value])), judge);
            }
            _ => {}
        }
    }
}

/// Keys that others in the same mapping depend on are no question: without them it is not valid.
fn is_bound(spot: &Spot<'_>) -> bool {
    let among = |names: &[&str]| names.contains(&spot.key.name);
    let bound = spot.map.rules.iter().any(|rule| match rule {
        Rule::OneOf(names) | Rule::SomeOf(names) => among(names),
        Rule::AtMostOne(_) => false,
        Rule::Needs(key, needed) => among(&[key, needed]),
    });
    bound || matches!(spot.key.need, Need::Required | Need::Section)
}

fn with(spot: &Spot<'_>, value: Value) -> String {
    let mut map = least(spot.map);
    map[spot.key.name] = value;
    (spot.wrap)(map).to_string()
}

#[test]
fn no_key_does_nothing() {
    let judge = |spot: &Spot<'_>| {
        if is_bound(spot) || spot.path == ".admin.allow_remote" {
            return;
        }
        let without = sound(&(spot.wrap)(least(spot.map)).to_string());
        let written = sound(&with(spot, yaml(spot.key.example)));
        let same = without.settings == written.settings && without.admin == written.admin;
        assert!(!same, "{}: {} changes nothing", spot.path, spot.key.example);
    };
    visit(&ROOT, "", &|root| root, &judge);
}

#[test]
fn a_default_written_out_changes_nothing() {
    let judge = |spot: &Spot<'_>| {
        if let Need::Default(default) = spot.key.need {
            let without = sound(&(spot.wrap)(least(spot.map)).to_string());
            let written = sound(&with(spot, scalar(&default(), &spot.key.shape)));
            assert_eq!(without.settings, written.settings, "{}", spot.path);
            assert_eq!(without.admin, written.admin, "{}", spot.path);
        }
    };
    visit(&ROOT, "", &|root| root, &judge);
}

#[test]
fn every_key_refuses_what_it_cannot_be() {
    let judge = |spot: &Spot<'_>| {
        for value in [json!(null), json!([[]]), json!({ "no such key": 1 }), json!("\0"), json!(-1), json!(1e300)] {
            let text = with(spot, value.clone());
            assert!(parse_text(&text).is_err(), "{} takes {value}", spot.path);
        }
    };
    visit(&ROOT, "", &|root| root, &judge);
}
