//! Imported trees as bytes, little endian, hostile until checked as in [`crate::trees`].
//!
//! ```text
//! "ORI1", reading u8, mean u8, link u8, slope f64, base f64, features u32
//! trees u32, for each: nodes u32
//! nodes u32, for each: 0 u8, value f64
//!                  or  1 u8, feature u16, missing u8, missing left u8, ahead u32, cut f64
//!                  or  2 u8, feature u16, member left u8, missing left u8, ahead u32, start u32, len u32
//! covers u32 (0 or nodes), for each: f32
//! set words u32, for each: u32
//! ```

use super::node::Node;
use super::{DEPTH_MAX, FEATURES_MAX, Head, Imported, Link, Missing, Reading};
use crate::trees::{CodecError, Combine, Input};

const MAGIC: &str = "ORI1";
/// The least that a node takes.
const LEAF_BYTES: usize = 9;

impl Imported {
    /// The model as bytes: the same model, the same bytes.
    pub fn write(&self) -> Vec<u8> {
        let (link, slope) = match self.head.link {
            Link::Identity => (0, 1.0),
            Link::Logistic { slope } => (1, slope),
            Link::Exponential => (2, 1.0),
        };
        let mut bytes = MAGIC.as_bytes().to_vec();
        bytes.push(u8::from(self.head.reading == Reading::Double));
        bytes.push(u8::from(self.head.combine == Combine::Mean));
        bytes.push(link);
        bytes.extend([slope, self.head.base].into_iter().flat_map(f64::to_le_bytes));
        bytes.extend(count(self.head.features));
        bytes.extend(count(self.len()));
        self.roots.windows(2).for_each(|of| bytes.extend((of[1] - of[0]).to_le_bytes()));
        bytes.extend(count(self.nodes.len()));
        self.nodes.iter().for_each(|node| node.write(&mut bytes));
        bytes.extend(count(self.covers.len()));
        self.covers.iter().for_each(|cover| bytes.extend(cover.to_le_bytes()));
        bytes.extend(count(self.sets.len()));
        self.sets.iter().for_each(|set| bytes.extend(set.to_le_bytes()));
        bytes
    }

    /// The model that [`Imported::write`] wrote.
    ///
    /// # Errors
    ///
    /// If the bytes are not just that.
    pub fn read(bytes: &[u8]) -> Result<Imported, CodecError> {
        let mut input = Input::new(bytes, MAGIC)?;
        let head = read_head(&mut input)?;
        let roots = input.read_roots()?;
        let nodes = read_nodes(&mut input)?;
        let covers: Vec<f32> = (0..input.count(4)?).map(|_| input.f32()).collect::<Result<_, _>>()?;
        let sets = (0..input.count(4)?).map(|_| input.u32()).collect::<Result<_, _>>()?;
        input.end()?;
        let model = Imported { head, nodes, covers, roots, sets };
        input.ensure(model.fits(), "expected the nodes of all trees, and rows for each or none")?;
        let problem = model.roots.windows(2).find_map(|of| model.problem(of[0] as usize, of[1] as usize));
        problem.map_or(Ok(model), |problem| Err(CodecError::Value { at: bytes.len(), problem }))
    }

    fn fits(&self) -> bool {
        let is_told = self.covers.is_empty() || self.covers.len() == self.nodes.len();
        let sound = self.covers.iter().all(|cover| cover.is_finite() && *cover > 0.0);
        is_told && sound && self.roots.last().is_some_and(|&end| end as usize == self.nodes.len())
    }

    /// What is wrong with the tree of these nodes, if anything is.
    fn problem(&self, from: usize, to: usize) -> Option<&'static str> {
        let mut depths = vec![None; to - from];
        depths[0] = Some(0);
        for at in from..to {
            let Some(depth) = depths[at - from] else { return Some("expected a parent before a node") };
            if !self.is_sound(self.nodes[at]) {
                return Some("expected finite numbers, a feature of the model, and a set that was read");
            }
            let ahead = self.nodes[at].ahead();
            for child in (ahead > 0).then_some([at - from + ahead, at - from + ahead + 1]).into_iter().flatten() {
                match depths.get_mut(child) {
                    Some(free @ None) if depth < DEPTH_MAX => *free = Some(depth + 1),
                    _ => return Some("expected two children in the tree, with no other parent and not too deep"),
                }
            }
        }
        None
    }

    fn is_sound(&self, node: Node) -> bool {
        let known = node.feature().is_none_or(|feature| feature < self.head.features && node.ahead() > 0);
        known
            && match node {
                Node::Leaf { value } => value.is_finite(),
                Node::Number { cut, .. } => !cut.is_nan(),
                Node::Set { start, len, .. } => {
                    start.checked_add(len).is_some_and(|end| end as usize <= self.sets.len())
                }
            }
    }
}

fn count(len: usize) -> [u8; 4] {
    u32::try_from(len).expect("checked when it was built").to_le_bytes()
}

impl Node {
    fn write(&self, bytes: &mut Vec<u8>) {
        match *self {
            Node::Leaf { value } => {
                bytes.push(0);
                bytes.extend(value.to_le_bytes());
            }
            Node::Number { cut, ahead, feature, missing, missing_left } => {
                bytes.push(1);
                bytes.extend(feature.to_le_bytes());
                bytes.extend([missing.number(), u8::from(missing_left)]);
                bytes.extend(ahead.to_le_bytes());
                bytes.extend(cut.to_le_bytes());
            }
            Node::Set { start, len, ahead, feature, member_left, missing_left } => {
                bytes.push(2);
                bytes.extend(feature.to_le_bytes());
                bytes.extend([u8::from(member_left), u8::from(missing_left)]);
                bytes.extend([ahead, start, len].into_iter().flat_map(u32::to_le_bytes));
            }
        }
    }

    fn read(input: &mut Input) -> Result<Node, CodecError> {
        match input.u8()? {
            0 => Ok(Node::Leaf { value: input.f64()? }),
            1 => Ok(Node::Number {
                feature: input.u16()?,
                missing: Missing::read(input)?,
                missing_left: input.flag()?,
                ahead: input.u32()?,
                cut: input.f64()?,
            }),
            2 => Ok(Node::Set {
                feature: input.u16()?,
                member_left: input.flag()?,
                missing_left: input.flag()?,
                ahead: input.u32()?,
                start: input.u32()?,
                len: input.u32()?,
            }),
            _ => input.wrong("expected a leaf or a split"),
        }
    }
}

impl Missing {
    fn number(self) -> u8 {
        match self {
            Missing::NotANumber => 0,
            Missing::Zero => 1,
            Missing::Nothing => 2,
        }
    }

    fn read(input: &mut Input) -> Result<Missing, CodecError> {
        match input.u8()? {
            0 => Ok(Missing::NotANumber),
            1 => Ok(Missing::Zero),
            2 => Ok(Missing::Nothing),
            _ => input.wrong("expected a kind of missing values"),
        }
    }
}

fn read_head(input: &mut Input) -> Result<Head, CodecError> {
    let reading = if input.flag()? { Reading::Double } else { Reading::Single };
    let combine = if input.flag()? { Combine::Mean } else { Combine::Sum };
    let (link, slope) = (input.u8()?, input.f64()?);
    input.ensure(slope.is_finite() && slope > 0.0, "expected a slope above 0")?;
    let link = match link {
        0 => Link::Identity,
        1 => Link::Logistic { slope },
        2 => Link::Exponential,
        _ => return input.wrong("expected a link"),
    };
    let base = input.f64()?;
    let features = input.u32()? as usize;
    input.ensure(base.is_finite() && (1..=FEATURES_MAX).contains(&features), "expected a finite base and features")?;
    Ok(Head { features, reading, link, combine, base })
}

fn read_nodes(input: &mut Input) -> Result<Vec<Node>, CodecError> {
    (0..input.count(LEAF_BYTES)?).map(|_| Node::read(input)).collect()
}
