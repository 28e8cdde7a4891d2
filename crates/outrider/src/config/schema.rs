//! The JSON Schema (draft 2020-12) of the configuration, so that editors complete and underline.
//!
//! It says less than the check: that a pool exists or a listener is there once is beyond what a schema can say. What it
//! refuses, the check refuses too.

use serde_json::{Map as Object, Value as Json, json};

use crate::config::effective::{scalar, yaml};
use crate::config::forms::Form;
use crate::config::keys::ROOT;
use crate::config::shape::{Key, Map, Need, Rule, Shape, UNLIMITED, Word};
use crate::config::units::{DURATION_PATTERN, SIZE_PATTERN};

/// The whole schema.
pub(crate) fn schema() -> Json {
    let mut schema = map(&ROOT);
    put(&mut schema, "$schema", json!("https://json-schema.org/draft/2020-12/schema"));
    put(&mut schema, "title", json!("Outrider configuration"));
    schema
}

fn put(schema: &mut Json, keyword: &str, value: Json) {
    if let Json::Object(object) = schema {
        object.insert(keyword.to_owned(), value);
    }
}

fn map(map: &Map) -> Json {
    let properties: Object<String, Json> = map.keys.iter().map(|key| (key.name.to_owned(), property(key))).collect();
    let required = map.keys.iter().filter(|key| matches!(key.need, Need::Required));
    let required: Vec<&str> = required.map(|key| key.name).collect();
    let mut schema = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    if !required.is_empty() {
        put(&mut schema, "required", json!(required));
    }
    for rule in map.rules {
        put_rule(&mut schema, rule);
    }
    schema
}

fn put_rule(schema: &mut Json, rule: &Rule) {
    let each = |names: &[&str]| names.iter().map(|name| json!({ "required": [name] })).collect::<Json>();
    match rule {
        Rule::OneOf(names) => put(schema, "oneOf", each(names)),
        Rule::AtMostOne(names) => {
            let pairs = names.iter().enumerate().flat_map(|(nth, one)| names[..nth].iter().map(move |two| [two, one]));
            put(schema, "not", json!({ "anyOf": pairs.map(|pair| json!({ "required": pair })).collect::<Json>() }));
        }
        Rule::SomeOf(names) => put(schema, "anyOf", each(names)),
        Rule::Needs(key, needed) => {
            let mut needs = schema["dependentRequired"].as_object().cloned().unwrap_or_default();
            needs.insert((*key).to_owned(), json!([needed]));
            put(schema, "dependentRequired", Json::Object(needs));
        }
    }
}

fn property(key: &Key) -> Json {
    let mut schema = shape(&key.shape);
    put(&mut schema, "description", json!(key.doc));
    if let Need::Default(default) = key.need {
        put(&mut schema, "default", scalar(&default(), &key.shape));
    }
    if !key.example.is_empty() {
        put(&mut schema, "examples", json!([yaml(key.example)]));
    }
    schema
}

fn shape(what: &Shape) -> Json {
    match what {
        Shape::Bool => json!({ "type": "boolean" }),
        Shape::Integer { min, max } => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Shape::Decimal { min, max } => json!({ "type": "number", "minimum": min, "maximum": max }),
        Shape::Duration { unlimited, .. } => quantity(DURATION_PATTERN, *unlimited),
        Shape::Size { unlimited, .. } => quantity(SIZE_PATTERN, *unlimited),
        Shape::Statuses => json!({ "anyOf": [
            { "type": "integer", "minimum": 100, "maximum": 599 },
            { "type": "string", "pattern": "^[1-5][0-9]{2}(-[1-5][0-9]{2})?$" },
        ]}),
        Shape::Text(form) => text(form),
        Shape::Choice(words) => choice(words),
        Shape::List { item, min, max } => {
            json!({ "type": "array", "items": shape(item), "minItems": min, "maxItems": max })
        }
        Shape::Named { name, value, max } => json!({
            "type": "object",
            "propertyNames": text(name),
            "additionalProperties": shape(value),
            "maxProperties": max,
        }),
        Shape::Map(inner) => map(inner),
        Shape::ShortOrLong { short, long } => json!({ "anyOf": [shape(short), map(long)] }),
    }
}

fn quantity(pattern: &str, unlimited: bool) -> Json {
    let or = if unlimited { format!("|{UNLIMITED}") } else { String::new() };
    json!({ "type": "string", "pattern": format!("^({pattern}{or})$") })
}

fn text(form: &Form) -> Json {
    json!({ "type": "string", "pattern": form.pattern, "maxLength": form.max_chars })
}

fn choice(words: &[Word]) -> Json {
    let names: Vec<&str> = words.iter().map(|word| word.name).collect();
    json!({ "type": "string", "enum": names })
}
