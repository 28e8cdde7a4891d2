//! Gate 1: known when? A feature that is known only after the decision answers the question with the answer.

use outrider_core::schema::{KnownAt, Schema};

/// Features that are not known when the decision is taken, or are forbidden: a sentence each.
pub fn known_in_time(schema: &Schema, decision: KnownAt, forbidden: &[String]) -> Vec<String> {
    let late = schema.later_than(decision).map(|feature| {
        format!(
            "feature {:?} is known at {}, and the decision is taken at {}: take it out",
            feature.name,
            feature.known_at.name(),
            decision.name()
        )
    });
    let banned = schema.features.iter().filter(|feature| forbidden.contains(&feature.name));
    let banned = banned.map(|feature| {
        format!("feature {:?} is forbidden to this task: it is part of what is predicted; take it out", feature.name)
    });
    late.chain(banned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::schema;

    #[test]
    fn what_is_known_too_late_or_forbidden_is_named() {
        let mut schema = schema(&["size_bytes", "cost"], &["failure"]);
        schema.features[2].known_at = KnownAt::Response;
        let reasons = known_in_time(&schema, KnownAt::Arrival, &["cost".to_owned()]);
        assert_eq!(reasons.len(), 2, "{reasons:?}");
        assert!(reasons[0].contains("\"failure\" is known at response, and the decision is taken at arrival"));
        assert!(reasons[1].contains("\"cost\" is forbidden"));
        assert_eq!(known_in_time(&schema, KnownAt::Response, &[]), Vec::<String>::new());
    }
}
