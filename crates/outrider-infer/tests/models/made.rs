//! A model of each kind over a number and a category, and a table for them.

use outrider_core::frame::{Column, Frame, Values};
use outrider_core::schema::{Feature, FeatureKind, KnownAt, Schema};
use outrider_infer::artifact::{Artifact, ArtifactFeature, Header};
use outrider_infer::inputs::{Input, InputKind, Inputs};
use outrider_infer::linear::LogisticRegression;
use outrider_infer::network::{Layer, Network};
use outrider_infer::trees::{Branch, Combine, Head, Kind, Link, Trees};
use outrider_infer::{Encoding, Ensemble, Model};

pub(crate) fn schema() -> Schema {
    let feature = |name: &str, kind| Feature { name: name.to_owned(), kind, known_at: KnownAt::Arrival };
    Schema { features: vec![feature("size", FeatureKind::Number), feature("method", FeatureKind::Category)] }
}

/// Of every kind of value one, seen and not.
pub(crate) fn frame() -> Frame {
    let words = [Some("get"), Some("post"), Some("brew"), None, Some("post")].into_iter().collect();
    let column = |name: &str, values| Column { name: name.to_owned(), values };
    let sizes = Values::Number(vec![1.0, 4.0, f64::NAN, 2.0, 9.0]);
    Frame::new(vec![column("method", Values::Word(words)), column("size", sizes)]).unwrap()
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

fn inputs(of: &[&str]) -> Inputs {
    let size = Input { name: "size".to_owned(), kind: InputKind::Number { mean: 2.0, scale: 2.0 } };
    let method = Input { name: "method".to_owned(), kind: InputKind::Category { words: words(of) } };
    Inputs::new(vec![size, method]).unwrap()
}

pub(crate) fn logistic() -> Model {
    let weights = vec![0.7, -0.3, 0.2, 0.9, -0.1, 0.4];
    let regression = LogisticRegression::new(inputs(&["get", "post"]), -0.5, weights).unwrap();
    Model::Logistic { regression, recalibration: None }
}

fn tree(link: Link, values: [f32; 3]) -> Trees {
    let head =
        Head { kinds: vec![Kind::Number, Kind::Category(2)], link, combine: Combine::Mean, base: 0.1, quantile: None };
    let mut trees = Trees::new(head).unwrap();
    let leaf = |value| Branch::Leaf { value, cover: 10.0 };
    let category = Branch::Category { feature: 1, left: vec![true, false, true, false], children: [3, 4], gain: 1.0 };
    let cut = Branch::Number { feature: 0, cut: 2.5, missing_left: true, children: [1, 2], gain: 2.0 };
    trees.push(&[cut, leaf(values[0]), category, leaf(values[1]), leaf(values[2])]).unwrap();
    trees
}

fn trees(heads: Vec<Trees>, logarithmic: bool) -> Model {
    let encoding = Encoding::new(schema(), vec![vec![], words(&["get", "post"])]).unwrap();
    Model::Trees { encoding, heads, logarithmic, recalibration: None }
}

/// Says probabilities as they are.
pub(crate) fn forest() -> Model {
    trees(vec![tree(Link::Identity, [0.1, 0.3, 0.6])], false)
}

/// Says the logarithms of two quantiles.
pub(crate) fn quantile_trees() -> Model {
    trees(vec![tree(Link::Identity, [1.0, 2.0, 3.0]), tree(Link::Identity, [2.0, 2.5, 3.5])], true)
}

/// Of so many outputs. Its dictionary is not that of the trees.
fn network(outputs: usize, link: Link) -> Network {
    let values = |count: usize| (0..count).map(|at| (at as f32 * 0.7).sin()).collect::<Vec<f32>>();
    let first = Layer { weights: values(5 * 4), biases: vec![0.1; 4] };
    let last = Layer { weights: values(4 * outputs), biases: vec![0.2; outputs] };
    Network::new(inputs(&["post"]), vec![0.0, 0.2, 0.4, 0.3, 0.3], vec![first, last], link).unwrap()
}

pub(crate) fn probability_network() -> Model {
    Model::Network { network: network(1, Link::Logistic), logarithmic: false, recalibration: None }
}

pub(crate) fn quantile_network() -> Model {
    Model::Network { network: network(2, Link::Identity), logarithmic: true, recalibration: None }
}

pub(crate) fn average(members: Vec<Model>, logarithmic: bool) -> Model {
    Model::Ensemble { ensemble: Ensemble::average(members, logarithmic).unwrap(), recalibration: None }
}

/// The model in an artifact, as training would write it.
pub(crate) fn artifact(model: &Model) -> Artifact {
    let (sections, dictionaries) = model.parts(2).unwrap();
    let features = schema().features.into_iter().zip(dictionaries).map(|(feature, dictionary)| ArtifactFeature {
        name: feature.name,
        kind: feature.kind,
        known_at: feature.known_at,
        dictionary,
    });
    let header = Header { model: model.kind().to_owned(), features: features.collect(), ..Header::default() };
    Artifact::new(header, sections).unwrap()
}
