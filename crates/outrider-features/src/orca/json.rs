//! ORCA as JSON: the protobuf message in its JSON mapping, `{"cpu_utilization": 0.3, "named_metrics": {"rif": 4}}`.
//!
//! Names in snake or camel case, numbers also in quotes, `null` for missing: what the mapping allows. The members are read
//! into a list, since a map would keep the last of two members of one name and tell nobody.

use std::fmt;

use outrider_core::LoadReport;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{Draft, OrcaError, group_of, scalar_of};

/// Reads the text after the word `JSON`.
pub(super) fn parse(text: &[u8]) -> Result<LoadReport, OrcaError> {
    let Ok(Json::Object(members)) = serde_json::from_slice(text) else {
        return Err(OrcaError::BadJson);
    };
    let mut draft = Draft::default();
    for (name, value) in &members {
        take(&mut draft, name, value)?;
    }
    Ok(draft.finish())
}

fn take(draft: &mut Draft, name: &str, value: &Json) -> Result<(), OrcaError> {
    if let Json::Null = value {
        return Ok(());
    }
    if let Some(scalar) = scalar_of(name) {
        return draft.set(scalar, value.number()?);
    }
    let Some(group) = group_of(name) else {
        return Ok(());
    };
    let Json::Object(metrics) = value else {
        return Err(OrcaError::BadJson);
    };
    for (name, value) in metrics {
        draft.add(group, name, value.number()?)?;
    }
    Ok(())
}

/// As much of JSON as matters here. Depth is bounded by `serde_json`, everything else by the length of the value.
enum Json {
    Null,
    Number(f64),
    Text(String),
    Object(Vec<(String, Json)>),
    /// Arrays and booleans.
    Other,
}

impl Json {
    fn number(&self) -> Result<f64, OrcaError> {
        match self {
            Json::Number(value) => Ok(*value),
            Json::Text(text) => text.parse().map_err(|_| OrcaError::BadNumber),
            _ => Err(OrcaError::BadJson),
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Number(value))
    }

    // Above 2^53 the nearest double: loads are measured, not counted out.
    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value as f64))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value as f64))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Json::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Json::Object(members))
    }
}
