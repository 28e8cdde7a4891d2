//! Trees as bytes, little endian. All that is read is hostile until checked: a model that reads without an error cannot
//! panic, loop or take more memory than a few times its bytes.
//!
//! ```text
//! "ORT1", link u8, combine u8, quantile f64 (0: none), base f64
//! features u32, for each: words u32 (2^32 - 1: a number), gain f64
//! trees u32, for each: nodes u32
//! nodes u32, for each: value f32, slot u16, ahead u16, cover f32
//! set words u32, for each: u32
//! ```

mod input;

use thiserror::Error;

pub(crate) use input::Input;

use super::node::{Node, Test, set_len};
use super::{Combine, DEPTH_MAX, FEATURES_MAX, Head, Kind, Link, Trees};

const MAGIC: &str = "ORT1";
const NUMBER: u32 = u32::MAX;

/// Why bytes are no model of trees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CodecError {
    /// Something else, or a version that this program does not know.
    #[error("no model of trees, or one of a later version: expected it to begin with {0:?}")]
    Magic(&'static str),
    /// The end came too early, or too late.
    #[error("the model of trees is {0}; it may have been cut or altered: copy it again, or train anew")]
    Length(&'static str),
    /// A value that cannot be.
    #[error("the model of trees is damaged at byte {at}: {problem}; copy it again, or train anew")]
    Value {
        /// Where it stands.
        at: usize,
        /// What was expected.
        problem: &'static str,
    },
}

impl Trees {
    /// The model as bytes: the same model, the same bytes.
    pub fn write(&self) -> Vec<u8> {
        let mut bytes = MAGIC.as_bytes().to_vec();
        bytes.push(u8::from(self.head.link == Link::Logistic));
        bytes.push(u8::from(self.head.combine == Combine::Mean));
        bytes.extend(self.head.quantile.unwrap_or(0.0).to_le_bytes());
        bytes.extend(self.head.base.to_le_bytes());
        bytes.extend(count(self.head.kinds.len()));
        for (kind, gain) in self.head.kinds.iter().zip(&self.gains) {
            let words = if let Kind::Category(words) = *kind { words } else { NUMBER };
            bytes.extend(words.to_le_bytes());
            bytes.extend(gain.to_le_bytes());
        }
        bytes.extend(count(self.len()));
        self.roots.windows(2).for_each(|of| bytes.extend((of[1] - of[0]).to_le_bytes()));
        self.write_nodes(&mut bytes);
        bytes
    }

    fn write_nodes(&self, bytes: &mut Vec<u8>) {
        bytes.extend(count(self.nodes.len()));
        for (node, cover) in self.nodes.iter().zip(&self.covers) {
            bytes.extend(node.value.to_bits().to_le_bytes());
            bytes.extend(node.slot.to_le_bytes());
            bytes.extend(node.ahead.to_le_bytes());
            bytes.extend(cover.to_le_bytes());
        }
        bytes.extend(count(self.sets.len()));
        self.sets.iter().for_each(|set| bytes.extend(set.to_le_bytes()));
    }

    /// The model that [`Trees::write`] wrote.
    ///
    /// # Errors
    ///
    /// If the bytes are not just that.
    pub fn read(bytes: &[u8]) -> Result<Trees, CodecError> {
        let mut input = Input::new(bytes, MAGIC)?;
        let mut trees = read_head(&mut input)?;
        trees.roots = input.read_roots()?;
        let first = read_nodes(&mut input, &mut trees)?;
        trees.sets = (0..input.count(4)?).map(|_| input.u32()).collect::<Result<_, _>>()?;
        input.end()?;
        check(&mut trees).map_err(|(node, problem)| CodecError::Value { at: first + node * 12, problem })?;
        Ok(trees)
    }
}

fn count(len: usize) -> [u8; 4] {
    u32::try_from(len).expect("checked when it was built").to_le_bytes()
}

fn read_head(input: &mut Input) -> Result<Trees, CodecError> {
    let link = if input.flag()? { Link::Logistic } else { Link::Identity };
    let combine = if input.flag()? { Combine::Mean } else { Combine::Sum };
    let quantile = Some(input.f64()?).filter(|&quantile| quantile.to_bits() != 0);
    let base = input.f64()?;
    let features = input.count(12)?;
    input.ensure(features <= FEATURES_MAX, "more features than a model has")?;
    let (mut kinds, mut gains) = (vec![], vec![]);
    for _ in 0..features {
        let words = input.u32()?;
        input.ensure(words == NUMBER || words < NUMBER - 64, "expected fewer words")?;
        kinds.push(if words == NUMBER { Kind::Number } else { Kind::Category(words) });
        let gain = input.f64()?;
        input.ensure(gain.is_finite() && gain >= 0.0, "expected a finite gain")?;
        gains.push(gain);
    }
    let problem = "expected a finite base and a quantile between 0 and 1";
    let trees = Trees::new(Head { kinds, link, combine, base, quantile });
    let trees = trees.map_err(|_| CodecError::Value { at: input.at, problem })?;
    Ok(Trees { gains, ..trees })
}

/// Where they began.
fn read_nodes(input: &mut Input, trees: &mut Trees) -> Result<usize, CodecError> {
    let nodes = input.count(12)?;
    input.ensure(trees.roots.last() == u32::try_from(nodes).ok().as_ref(), "expected the nodes of all trees")?;
    let first = input.at;
    for _ in 0..nodes {
        let value = input.f32()?;
        let (slot, ahead) = (input.u16()?, input.u16()?);
        trees.nodes.push(Node { value, slot, ahead });
        trees.covers.push(input.f32()?);
    }
    Ok(first)
}

type Problem = (usize, &'static str);

/// Checks every node, and measures how deep the trees are.
fn check(trees: &mut Trees) -> Result<(), Problem> {
    if trees.sets.is_empty() {
        return Err((0, "expected a word of no set"));
    }
    for tree in 0..trees.roots.len() - 1 {
        let (from, to) = (trees.roots[tree] as usize, trees.roots[tree + 1] as usize);
        let depth = depth(trees, from, to)?;
        trees.depths.push(depth);
    }
    Ok(())
}

fn depth(trees: &Trees, from: usize, to: usize) -> Result<u8, Problem> {
    let mut depths = vec![None; to - from];
    depths[0] = Some(0_u8);
    let mut deepest = 0;
    for at in from..to {
        let depth = depths[at - from].ok_or((at, "expected a parent before it"))?;
        deepest = deepest.max(depth);
        check_node(trees, at).map_err(|problem| (at, problem))?;
        let first = at - from + usize::from(trees.nodes[at].ahead);
        if trees.nodes[at].is_leaf() {
            continue;
        }
        let below = (usize::from(depth) < DEPTH_MAX).then_some(depth + 1).ok_or((at, "expected a tree less deep"))?;
        for child in [first, first + 1] {
            let free = depths.get(child).is_some_and(Option::is_none);
            free.then_some(()).ok_or((at, "expected two children in the tree, with no other parent"))?;
            depths[child] = Some(below);
        }
    }
    Ok(deepest)
}

fn check_node(trees: &Trees, at: usize) -> Result<(), &'static str> {
    let (node, cover, kinds) = (trees.nodes[at], trees.covers[at], &trees.head.kinds);
    let ok = |holds: bool, problem| if holds { Ok(()) } else { Err(problem) };
    ok(cover.is_finite() && cover > 0.0, "expected that rows came here")?;
    match node.test(kinds.len()) {
        Test::Leaf => ok(node == Node::leaf(node.value, kinds.len()) && node.value.is_finite(), "expected a leaf"),
        Test::Number { feature } => {
            let number = kinds.get(feature) == Some(&Kind::Number);
            ok(number && !node.value.is_nan(), "expected a cut of a number of the model")
        }
        Test::Category { feature, set } => {
            let Some(&Kind::Category(words)) = kinds.get(feature) else {
                return Err("expected a category of the model");
            };
            let end = set.checked_add(set_len(words));
            ok(end.is_some_and(|end| end <= trees.sets.len()), "expected a set that was read")
        }
    }
}
