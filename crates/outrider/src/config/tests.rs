//! Laws of the configuration as a whole: the table of keys, the check, the meaning and the schema agree.

mod each_key;
mod json_schema;

use std::path::Path;

use outrider_pilot::StrategyKind;
use proptest::prelude::*;

use super::*;
use crate::config::effective::yaml;
use crate::config::shape::{Map, Shape};

const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples");
const REFERENCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/configuration.md");

fn around() -> Surroundings {
    Surroundings { folder: EXAMPLES.into(), cores: 3, admin_token: None }
}

fn parse_text(text: &str) -> Result<Config, Report> {
    parse(Path::new("test.yaml"), text.as_bytes(), &around())
}

fn sound(text: &str) -> Config {
    parse_text(text).unwrap_or_else(|report| panic!("{}\n{text}", report.render(false)))
}

fn example(name: &str) -> String {
    std::fs::read_to_string(Path::new(EXAMPLES).join(name)).unwrap()
}

#[test]
fn the_least_configuration_takes_every_default() {
    let config = sound("listeners: [{ address: 127.0.0.1:0 }]\npools: [{ name: api, hosts: [127.0.0.1:9101] }]\n");
    let settings = config.settings;
    assert_eq!(settings.workers, 3);
    assert_eq!(settings.limits, outrider_proxy::settings::Limits::default());
    assert_eq!(settings.timeouts, outrider_proxy::settings::Timeouts::default());
    assert_eq!(settings.forwarding, outrider_proxy::settings::Forwarding::default());
    assert_eq!(settings.drain, outrider_proxy::settings::Drain::default());
    assert_eq!(settings.classes, outrider_features::ClassSettings::default());
    assert_eq!(settings.pools[0].settings, outrider_pilot::PoolSettings::named("api"));
    assert_eq!(settings.routes, [outrider_pilot::Route::default()]);
    assert_eq!(config.admin.address.to_string(), "127.0.0.1:9901");
    assert_eq!(config.admin.token, None);
}

#[test]
fn the_full_example_has_every_key() {
    let mut left = Vec::new();
    missing(&keys::ROOT, &[yaml(&example("full.yaml"))], "", &mut left);
    assert!(left.is_empty(), "not in examples/full.yaml: {left:?}");
}

/// The keys of `map` that none of `values` has, at any depth.
fn missing(map: &'static Map, values: &[Value], path: &str, left: &mut Vec<String>) {
    for key in map.keys {
        let path = format!("{path}.{}", key.name);
        let found: Vec<Value> = values.iter().filter_map(|value| value.get(key.name)).cloned().collect();
        if found.is_empty() {
            left.push(path.clone());
        }
        let items = || found.iter().flat_map(|value| value.as_array().cloned().unwrap_or_default()).collect::<Vec<_>>();
        match &key.shape {
            Shape::Map(map) | Shape::ShortOrLong { long: map, .. } => missing(map, &found, &path, left),
            Shape::List { item: Shape::Map(map) | Shape::ShortOrLong { long: map, .. }, .. } => {
                missing(map, &items(), &path, left);
            }
            _ => {}
        }
    }
}

#[test]
fn every_strategy_can_be_written() {
    let expected = StrategyKind::ALL.map(StrategyKind::name);
    let pool = suggest::inner(&keys::ROOT.key("pools").unwrap().shape, String::new()).unwrap().0;
    let Shape::Choice(words) = &pool.key("strategy").unwrap().shape else { panic!("strategies are words") };
    assert_eq!(words.iter().map(|word| word.name).collect::<Vec<_>>(), expected);
}

#[test]
fn the_reference_page_is_fresh() {
    if std::env::var_os("OUTRIDER_REGENERATE").is_some() {
        std::fs::write(REFERENCE, reference()).unwrap();
    }
    let page = std::fs::read_to_string(REFERENCE).unwrap_or_default();
    assert!(page == reference(), "docs/reference/configuration.md is stale; run: {}", reference::COMMAND);
}

#[test]
fn a_token_is_a_secret() {
    let text = example("full.yaml");
    let config = sound(&text);
    let token = config.admin.token.clone().unwrap();
    assert_eq!(token.reveal(), example("admin-token").trim());
    assert!(!format!("{config:?}").contains(token.reveal()));
    assert!(!config.effective.to_string().contains(token.reveal()));
}

#[test]
fn the_environment_may_hold_the_token() {
    let text = example("minimal.yaml") + "admin: { address: 0.0.0.0:9901, allow_remote: true }\n";
    assert!(parse_text(&text).is_err());
    let around = Surroundings { admin_token: Some("0123456789abcdef\n".to_owned()), ..around() };
    let config = parse(Path::new("test.yaml"), text.as_bytes(), &around).unwrap();
    assert_eq!(config.admin.token.unwrap().reveal(), "0123456789abcdef");
    let around = Surroundings { admin_token: Some("short".to_owned()), ..around };
    let report = parse(Path::new("test.yaml"), text.as_bytes(), &around).unwrap_err();
    assert!(report.render(false).contains("`OUTRIDER_ADMIN_TOKEN` has 5 characters"));
}

#[test]
fn hosts_files_are_lists_of_addresses() {
    let hosts = parse_hosts_file(&Path::new(EXAMPLES).join("hosts.yaml")).unwrap();
    let addresses: Vec<String> = hosts.iter().map(|host| host.address.to_string()).collect();
    assert_eq!(addresses, ["10.0.1.1:8080", "10.0.1.2:8080"]);
    assert_eq!((hosts[0].weight, hosts[1].weight), (1, 2));
    let error = parse_hosts_file(Path::new("nowhere.yaml")).unwrap_err();
    assert!(error.starts_with("nowhere.yaml cannot be read"), "{error}");
}

#[test]
fn hosts_files_report_every_mistake() {
    let path = std::env::temp_dir().join(format!("outrider-hosts-{}.yaml", std::process::id()));
    let table = [
        ("[]", Ok(0)),
        ("", Err(1)),
        ("- 10.0.0.1:80\n- 10.0.0.2:80\n", Ok(2)),
        ("- 10.0.0.1\n- api:80\n- 10.0.0.2:80\n- 10.0.0.2:80\n- { address: 10.0.0.3:80, wieght: 2 }\n", Err(4)),
        ("hosts: [10.0.0.1:80]\n", Err(1)),
    ];
    for (text, expected) in table {
        std::fs::write(&path, text).unwrap();
        let result = parse_hosts_file(&path);
        let counted = result.map(|hosts| hosts.len()).map_err(|mistakes| mistakes.lines().count());
        assert_eq!(counted, expected, "{text:?}");
    }
    std::fs::remove_file(&path).unwrap();
}

fn lines_of_full() -> Vec<String> {
    example("full.yaml").lines().map(str::to_owned).collect()
}

/// The full example with lines dropped, doubled, swapped, and cut or replaced in the middle.
fn mutated() -> impl Strategy<Value = String> {
    let edit = (0..lines_of_full().len(), 0..6_usize, "[-a-z0-9:{}\\[\\]&*!|>\"', ./]{0,8}");
    prop::collection::vec(edit, 1..5).prop_map(|edits| {
        let mut lines = lines_of_full();
        for (at, kind, text) in edits {
            let at = at.min(lines.len() - 1);
            let other = (at * 7 + 3) % lines.len();
            let middle = lines[at].len() / 2;
            match kind {
                0 => drop(lines.remove(at)),
                1 => lines.insert(at, lines[at].clone()),
                2 => lines.swap(at, other),
                3 => lines[at].truncate(middle),
                4 => lines[at].insert_str(middle, &text),
                _ => lines[at] = format!("{}: {text}", lines[at].split(':').next().unwrap_or_default()),
            }
        }
        lines.join("\n")
    })
}

/// The full example with some of its optional keys left out, as JSON, which is YAML.
fn thinned() -> impl Strategy<Value = String> {
    let kept = prop::collection::vec(prop::bool::weighted(0.7), 128);
    let config =
        kept.prop_map(|kept| thin(&keys::ROOT, &yaml(&example("full.yaml")), &mut kept.into_iter()).to_string());
    config.prop_filter("routes in an order that works", |text| parse_text(text).is_ok())
}

fn thin(map: &'static Map, value: &Value, kept: &mut impl Iterator<Item = bool>) -> Value {
    let Some(object) = value.as_object() else { return value.clone() };
    let bound = |name: &str| map.rules.iter().any(|rule| format!("{rule:?}").contains(name));
    let mut thinned = serde_json::Map::new();
    for (name, value) in object {
        let key = map.key(name).unwrap();
        let needed = bound(name) || name == "routes" || matches!(key.need, shape::Need::Required);
        if kept.next().unwrap_or(true) || needed {
            thinned.insert(name.clone(), thin_value(&key.shape, value, kept));
        }
    }
    Value::Object(thinned)
}

fn thin_value(shape: &'static Shape, value: &Value, kept: &mut impl Iterator<Item = bool>) -> Value {
    match (shape, value) {
        (Shape::Map(map) | Shape::ShortOrLong { long: map, .. }, _) => thin(map, value, kept),
        (Shape::List { item, .. }, Value::Array(items)) => items.iter().map(|v| thin_value(item, v, kept)).collect(),
        _ => value.clone(),
    }
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(Path::new("test.yaml"), &bytes, &around());
    }

    #[test]
    fn mistakes_are_sorted_and_within_the_file(text in mutated()) {
        if let Err(report) = parse_text(&text) {
            prop_assert!(report.count() > 0);
            let found = report.to_json();
            let places: Vec<_> = found.as_array().unwrap().iter().map(|m| (m["line"].as_u64(), m["column"].as_u64())).collect();
            prop_assert!(places.is_sorted());
            prop_assert!(places.iter().all(|(line, _)| line.unwrap() <= 1 + text.lines().count() as u64), "{}", report.render(false));
        }
    }

    /// What the schema refuses, the check refuses: an editor never underlines what works.
    #[test]
    fn the_schema_accepts_whatever_the_check_accepts(text in prop_oneof![thinned(), mutated()]) {
        if parse_text(&text).is_ok() {
            prop_assert_eq!(json_schema::violations(&schema(), &yaml(&text)), Vec::<String>::new(), "{}", text);
        }
    }

    /// The configuration in force can be written back.
    #[test]
    fn the_effective_configuration_means_the_same(text in thinned()) {
        let config = sound(&text);
        let again = sound(&config.effective.to_string());
        prop_assert_eq!(&again.settings, &config.settings);
        prop_assert_eq!(&again.admin, &config.admin);
        prop_assert_eq!(&again.effective, &config.effective);
    }
}
