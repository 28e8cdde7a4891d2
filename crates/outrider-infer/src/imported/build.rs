//! From the nodes of a file, which may point anywhere, to trees that can be walked without a check.

use super::node::Node;
use super::{DEPTH_MAX, FEATURES_MAX, Head, Imported, Link, Missing, NODES_MAX, SETS_MAX};

/// A node of a file. Children are places in its tree.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Part {
    /// The end.
    Leaf {
        /// What it adds.
        value: f64,
    },
    /// `x <= cut` goes left.
    Number { feature: usize, cut: f64, missing: Missing, missing_left: bool, children: [usize; 2] },
    /// Codes whose bits are set go left, or right.
    Set { feature: usize, codes: Vec<u32>, member_left: bool, missing_left: bool, children: [usize; 2] },
}

/// What is wrong with a node, and with which.
pub(crate) type Problem = (usize, String);

/// A model that grows tree by tree.
#[derive(Debug)]
pub(crate) struct Growth {
    model: Imported,
    has_covers: bool,
}

/// Nodes of a tree that were found, breadth first: place in the file and depth.
struct Found {
    queue: Vec<(usize, usize)>,
    seen: Vec<bool>,
}

impl Growth {
    /// Without trees.
    pub(crate) fn new(head: Head) -> Result<Growth, String> {
        check_head(&head)?;
        let model = Imported { head, nodes: vec![], covers: vec![], roots: vec![0], sets: vec![] };
        Ok(Growth { model, has_covers: true })
    }

    /// Adds a tree of `count` nodes, the first of which is its root. `part` tells a node and the rows that came to it.
    /// Nodes that no other leads to are left out.
    pub(crate) fn push(
        &mut self,
        count: usize,
        part: impl Fn(usize) -> Result<(Part, Option<f32>), String>,
    ) -> Result<(), Problem> {
        let mut found = Found::root(count).ok_or((0, "a tree without nodes, expected a root".to_owned()))?;
        let mut at = 0;
        while let Some(&(place, depth)) = found.queue.get(at) {
            let (part, cover) = part(place).map_err(|problem| (place, problem))?;
            let ahead = found.queue.len() - at;
            for child in part.children().into_iter().flatten() {
                found.enter(child, depth + 1).map_err(|problem| (place, problem))?;
            }
            self.add(part, ahead, cover).map_err(|problem| (place, problem))?;
            at += 1;
        }
        self.model.roots.push(place(self.model.nodes.len()));
        Ok(())
    }

    /// The whole.
    pub(crate) fn done(mut self) -> Imported {
        if !self.has_covers {
            self.model.covers = vec![];
        }
        self.model
    }

    fn add(&mut self, part: Part, ahead: usize, cover: Option<f32>) -> Result<(), String> {
        if self.model.nodes.len() >= NODES_MAX {
            return Err(format!("more than {NODES_MAX} nodes in all trees"));
        }
        let node = self.node(part, place(ahead))?;
        self.model.nodes.push(node);
        self.has_covers &= cover.is_some_and(|cover| cover.is_finite() && cover > 0.0);
        self.model.covers.push(cover.unwrap_or_default());
        Ok(())
    }

    fn node(&mut self, part: Part, ahead: u32) -> Result<Node, String> {
        match part {
            Part::Leaf { value } if value.is_finite() => Ok(Node::Leaf { value }),
            Part::Leaf { value } => Err(format!("a leaf says {value}, expected a finite number")),
            // An infinite threshold tells what is missing from all else.
            Part::Number { cut, .. } if cut.is_nan() => Err(format!("threshold {cut}, expected a number")),
            Part::Number { feature, cut, missing, missing_left, .. } => {
                Ok(Node::Number { cut, ahead, feature: self.feature(feature)?, missing, missing_left })
            }
            Part::Set { feature, codes, member_left, missing_left, .. } => {
                let (feature, (start, len)) = (self.feature(feature)?, self.set(&codes)?);
                Ok(Node::Set { start, len, ahead, feature, member_left, missing_left })
            }
        }
    }

    fn feature(&self, feature: usize) -> Result<u16, String> {
        let features = self.model.head.features;
        let known = u16::try_from(feature).ok().filter(|_| feature < features);
        known.ok_or_else(|| format!("feature {feature}, expected one of {features}, counted from 0"))
    }

    fn set(&mut self, codes: &[u32]) -> Result<(u32, u32), String> {
        let sets = &mut self.model.sets;
        if sets.len() + codes.len() > SETS_MAX {
            return Err(format!("sets of categories of more than {SETS_MAX} words of 32 bits in all"));
        }
        sets.extend(codes);
        Ok((place(sets.len() - codes.len()), place(codes.len())))
    }
}

#[expect(clippy::cast_possible_truncation, reason = "nodes and sets are bounded far below 2^32")]
fn place(at: usize) -> u32 {
    at as u32
}

fn check_head(head: &Head) -> Result<(), String> {
    if !(1..=FEATURES_MAX).contains(&head.features) {
        return Err(format!("{} features, expected 1 to {FEATURES_MAX}", head.features));
    }
    if !head.base.is_finite() {
        return Err(format!("the base score comes to {}, expected a finite number", head.base));
    }
    match head.link {
        Link::Logistic { slope } if !(slope.is_finite() && slope > 0.0) => {
            Err(format!("sigmoid {slope}, expected a number above 0"))
        }
        _ => Ok(()),
    }
}

impl Found {
    /// The root of a tree of `count` nodes, if it has one.
    fn root(count: usize) -> Option<Found> {
        let mut seen = vec![false; count];
        *seen.first_mut()? = true;
        Some(Found { queue: vec![(0, 0)], seen })
    }

    fn enter(&mut self, child: usize, depth: usize) -> Result<(), String> {
        match self.seen.get_mut(child) {
            None => Err(format!("a child at {child}, expected one of {} nodes", self.seen.len())),
            Some(true) => Err(format!("a child at {child}, which is the child of another node or lies above it")),
            Some(_) if depth > DEPTH_MAX => Err(format!("more than {DEPTH_MAX} steps from the root")),
            Some(seen) => {
                *seen = true;
                self.queue.push((child, depth));
                Ok(())
            }
        }
    }
}

impl Part {
    fn children(&self) -> Option<[usize; 2]> {
        match self {
            Part::Leaf { .. } => None,
            Part::Number { children, .. } | Part::Set { children, .. } => Some(*children),
        }
    }
}
