//! The configuration in force: what was written with every default written out, in the same form.
//!
//! It is itself a valid configuration with the same meaning (a property), so that it can be copied back into a file.

use serde_json::{Map as Object, Value as Json};

use crate::config::shape::{Need, Shape, UNLIMITED};
use crate::config::tree::{self, Content as Tree, Node, Resolved};
use crate::config::units::{duration_text, size_text};
use crate::config::written::{Content, Value, Written};

/// `written` with its defaults, as JSON.
pub(crate) fn effective(written: &Written) -> Json {
    let mut object = Object::new();
    for key in written.map().keys {
        let value = match (written.get(key.name), &key.need) {
            (Some(value), _) => Some(json(value)),
            (None, Need::Default(default)) => Some(scalar(&default(), &key.shape)),
            (None, Need::Required | Need::Optional | Need::Section) => None,
        };
        if let Some(value) = value {
            object.insert(key.name.to_owned(), value);
        }
    }
    Json::Object(object)
}

fn json(value: &Value) -> Json {
    match &value.content {
        Content::Bool(value) => Json::from(*value),
        Content::Integer(value) => Json::from(*value),
        Content::Decimal(value) => Json::from(*value),
        Content::Duration(span) => span.map_or(UNLIMITED.to_owned(), duration_text).into(),
        Content::Size(bytes) => bytes.map_or(UNLIMITED.to_owned(), size_text).into(),
        Content::Text(text) => Json::from(text.as_str()),
        Content::List(items) => items.iter().map(json).collect(),
        Content::Named(pairs) => {
            pairs.iter().map(|(name, value)| (name.as_text().unwrap_or_default().to_owned(), json(value))).collect()
        }
        Content::Map(written) => effective(written),
    }
}

/// A default of a shape. Text stays text even where YAML would see a number, and 1 is 1.0 where a fraction could stand.
pub(crate) fn scalar(text: &str, shape: &Shape) -> Json {
    match shape {
        Shape::Text(_) | Shape::Statuses | Shape::Choice(_) => Json::from(text),
        Shape::Decimal { .. } => text.parse::<f64>().map_or(Json::Null, Json::from),
        _ => yaml(text),
    }
}

/// A piece of YAML from the table of keys, as JSON.
pub(crate) fn yaml(text: &str) -> Json {
    tree::parse(text, 0).map_or(Json::Null, |node| plain(&node))
}

fn plain(node: &Node) -> Json {
    match &node.content {
        Tree::List(items) => items.iter().map(|item| plain(item)).collect(),
        Tree::Map(pairs) => pairs.iter().map(|(key, value)| (key_text(key), plain(value))).collect(),
        Tree::Scalar(scalar) => match scalar.resolve() {
            Resolved::Null => Json::Null,
            Resolved::Bool(value) => Json::from(value),
            Resolved::Integer(value) => Json::from(value),
            Resolved::Decimal(value) => Json::from(value),
            Resolved::Text(text) => Json::from(text),
        },
    }
}

fn key_text(node: &Node) -> String {
    match &node.content {
        Tree::Scalar(scalar) => scalar.text.clone(),
        Tree::List(_) | Tree::Map(_) => String::new(),
    }
}
