//! What a model takes: named, typed features, and when each of them is known.

/// When a feature's value is known. A decision may use what is known by then, and nothing later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KnownAt {
    /// With the request's head.
    Arrival,
    /// With the response's head, or with the failure in its place.
    Response,
    /// When all is over: what the client did next, what others measured since.
    Outcome,
}

/// What a feature's values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FeatureKind {
    /// Ordered numbers; not a number: missing.
    Number,
    /// Words without an order. A word that training has not seen has a place of its own.
    Category,
}

/// One feature.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Feature {
    /// Unique in a schema, its unit last.
    pub name: String,
    /// What its values are.
    pub kind: FeatureKind,
    /// When they are known.
    pub known_at: KnownAt,
}

/// The features of a model in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schema {
    /// Names bind, places do not.
    pub features: Vec<Feature>,
}

impl Schema {
    /// A number of all names, kinds and times in their order: the same on every machine. 64-bit FNV-1a (Fowler, Noll, Vo) of a line for
    /// each feature.
    pub fn hash(&self) -> u64 {
        let line =
            |feature: &Feature| format!("{}\t{}\t{}\n", feature.name, feature.kind.name(), feature.known_at.name());
        let bytes = self.features.iter().flat_map(|feature| line(feature).into_bytes());
        bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
    }

    /// The place of the feature of this name.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.features.iter().position(|feature| feature.name == name)
    }

    /// The features that are not yet known at `decision`.
    pub fn later_than(&self, decision: KnownAt) -> impl Iterator<Item = &Feature> {
        self.features.iter().filter(move |feature| feature.known_at > decision)
    }
}

impl KnownAt {
    /// As files and reports have it.
    pub fn name(self) -> &'static str {
        match self {
            KnownAt::Arrival => "arrival",
            KnownAt::Response => "response",
            KnownAt::Outcome => "outcome",
        }
    }
}

impl FeatureKind {
    /// As files and reports have it.
    pub fn name(self) -> &'static str {
        match self {
            FeatureKind::Number => "number",
            FeatureKind::Category => "category",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feature(name: &str, kind: FeatureKind, known_at: KnownAt) -> Feature {
        Feature { name: name.to_owned(), kind, known_at }
    }

    #[test]
    fn the_hash_tells_names_kinds_times_and_order_apart() {
        let one = feature("size_bytes", FeatureKind::Number, KnownAt::Arrival);
        let two = feature("method", FeatureKind::Category, KnownAt::Arrival);
        let hash = |features: &[&Feature]| Schema { features: features.iter().copied().cloned().collect() }.hash();
        let late = Feature { known_at: KnownAt::Outcome, ..one.clone() };
        let word = Feature { kind: FeatureKind::Category, ..one.clone() };
        let mut hashes =
            vec![hash(&[&one, &two]), hash(&[&two, &one]), hash(&[&late, &two]), hash(&[&word, &two]), hash(&[])];
        assert_eq!(hashes[4], 0xcbf2_9ce4_8422_2325, "the offset of FNV-1a");
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), 5);
    }

    #[test]
    fn what_is_known_too_late_is_named() {
        let early = feature("method", FeatureKind::Category, KnownAt::Arrival);
        let late = feature("status", FeatureKind::Number, KnownAt::Response);
        let schema = Schema { features: vec![early, late.clone()] };
        assert_eq!(schema.later_than(KnownAt::Arrival).collect::<Vec<_>>(), [&late]);
        assert_eq!((schema.position("status"), schema.position("x")), (Some(1), None));
    }
}
