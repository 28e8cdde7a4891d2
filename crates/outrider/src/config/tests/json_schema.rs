//! The part of JSON Schema (2020-12) that our schema uses, so that a test can apply it without a library as large as
//! the rest of the program. A keyword that is not here fails the test that meets it.

use regex_lite::Regex;
use serde_json::Value;

/// What `value` violates; empty: valid.
pub(super) fn violations(schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (keyword, wanted) in schema.as_object().unwrap() {
        if !holds(schema, keyword, wanted, value) {
            found.push(format!("{keyword} {wanted} by {value}"));
        }
    }
    found
}

fn valid(schema: &Value, value: &Value) -> bool {
    violations(schema, value).is_empty()
}

fn holds(schema: &Value, keyword: &str, wanted: &Value, value: &Value) -> bool {
    let number =
        |compare: fn(&f64, &f64) -> bool| value.as_f64().is_none_or(|n| compare(&n, &wanted.as_f64().unwrap()));
    let length = |length: Option<usize>, at_least: bool| {
        let bound = usize::try_from(wanted.as_u64().unwrap()).unwrap();
        length.is_none_or(|n| if at_least { n >= bound } else { n <= bound })
    };
    let any = || wanted.as_array().unwrap().iter().filter(|schema| valid(schema, value)).count();
    let has = |name: &Value| value.get(name.as_str().unwrap()).is_some();
    match keyword {
        "$schema" | "title" | "description" | "default" | "examples" => true,
        "type" => is_of(wanted.as_str().unwrap(), value),
        "enum" => wanted.as_array().unwrap().contains(value),
        "minimum" => number(f64::ge),
        "maximum" => number(f64::le),
        "pattern" => value.as_str().is_none_or(|text| pattern(wanted).is_match(text)),
        "maxLength" => length(value.as_str().map(|text| text.chars().count()), false),
        "minItems" => length(value.as_array().map(Vec::len), true),
        "maxItems" => length(value.as_array().map(Vec::len), false),
        "maxProperties" => length(value.as_object().map(serde_json::Map::len), false),
        "items" => value.as_array().is_none_or(|items| items.iter().all(|item| valid(wanted, item))),
        "anyOf" => any() > 0,
        "oneOf" => any() == 1,
        "not" => !valid(wanted, value),
        "required" => wanted.as_array().unwrap().iter().all(has),
        "dependentRequired" => wanted
            .as_object()
            .unwrap()
            .iter()
            .all(|(name, needed)| value.get(name).is_none() || needed.as_array().unwrap().iter().all(has)),
        "propertyNames" => value.as_object().is_none_or(|o| o.keys().all(|key| valid(wanted, &key.as_str().into()))),
        "properties" => value.as_object().is_none_or(|object| {
            object.iter().all(|(name, value)| wanted.get(name).is_none_or(|schema| valid(schema, value)))
        }),
        "additionalProperties" => value.as_object().is_none_or(|object| {
            let others = object.iter().filter(|(name, _)| schema["properties"].get(name).is_none());
            others.into_iter().all(|(_, value)| *wanted != Value::Bool(false) && valid(wanted, value))
        }),
        _ => panic!("the keyword `{keyword}` is not known to this test"),
    }
}

fn is_of(kind: &str, value: &Value) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        _ => panic!("unknown type {kind}"),
    }
}

fn pattern(wanted: &Value) -> Regex {
    Regex::new(&wanted.as_str().unwrap().replace("\\u0000", "\\x00")).unwrap()
}

#[test]
fn the_examples_are_valid() {
    for name in ["minimal.yaml", "full.yaml"] {
        let value = super::yaml(&super::example(name));
        assert_eq!(violations(&super::schema(), &value), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn mistakes_of_form_are_seen_by_the_schema() {
    let table = [
        "{}",
        "pools: []",
        "listeners: [{ address: x }]",
        "limits: { head: 5 }",
        "timeouts: { idle: 5sec }",
        "drian: {}",
        "pools: [{ name: a }]",
        "pools: [{ name: a, hosts: [{ weight: 1 }] }]",
        "pools: [{ name: a, hosts: [{ dns: a }] }]",
        "pools: [{ name: a, hosts: ['a:1'], strategy: best }]",
        "pools: [{ name: a, hosts: ['a:1'], hash: { path: true, cookie: a } }]",
        "workers: many",
    ];
    for text in table {
        let schema = super::schema();
        let whole = super::yaml(&super::example("minimal.yaml"));
        let mut whole = whole.as_object().unwrap().clone();
        whole.extend(super::yaml(text).as_object().unwrap().clone());
        if text == "{}" {
            assert!(valid(&schema, &Value::Object(whole)), "{text}");
        } else {
            assert!(!valid(&schema, &Value::Object(whole)), "{text}");
        }
    }
}
