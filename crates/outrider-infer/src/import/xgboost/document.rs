//! The file as serde reads it. What is not named here is skipped; lists whose elements outgrow their text have bounds.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};

use super::numbers::{Condition, Wholes, exact};
use crate::import::TREES_MAX;
use crate::imported::FEATURES_MAX;

/// The whole.
#[derive(Debug, Deserialize)]
pub(super) struct Document {
    pub(super) learner: Learner,
    #[serde(default)]
    pub(super) version: Vec<u32>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Learner {
    #[serde(default)]
    pub(super) attributes: Attributes,
    #[serde(default)]
    pub(super) feature_names: Few<String, FEATURES_MAX>,
    pub(super) gradient_booster: Booster,
    pub(super) learner_model_param: ModelParam,
    pub(super) objective: Objective,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Attributes {
    pub(super) best_iteration: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Booster {
    pub(super) name: String,
    /// Of `gbtree`.
    pub(super) model: Option<TreeList>,
    /// Of `dart`.
    pub(super) gbtree: Option<Inner>,
    /// Of `dart`: how much each tree counts.
    #[serde(default, deserialize_with = "exact")]
    pub(super) weight_drop: Vec<f32>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Inner {
    pub(super) model: Option<TreeList>,
}

#[derive(Debug, Deserialize)]
pub(super) struct TreeList {
    #[serde(default)]
    pub(super) trees: Few<Tree, TREES_MAX>,
    /// The output that each tree is of.
    #[serde(default, deserialize_with = "exact")]
    pub(super) tree_info: Vec<i32>,
    /// Where the trees of each iteration begin, and the end.
    #[serde(default, deserialize_with = "exact")]
    pub(super) iteration_indptr: Vec<u32>,
    #[serde(default)]
    pub(super) gbtree_model_param: TreeListParam,
    /// Words of categories, since 3.1.
    pub(super) cats: Option<Categories>,
}

#[derive(Debug, Deserialize)]
#[serde(default)]
pub(super) struct TreeListParam {
    pub(super) num_parallel_tree: String,
}

impl Default for TreeListParam {
    fn default() -> TreeListParam {
        TreeListParam { num_parallel_tree: "1".to_owned() }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Categories {
    #[serde(default)]
    pub(super) enc: Few<Codes, FEATURES_MAX>,
}

/// Words of a feature: bytes cut at `offsets`, or numbers.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Codes {
    #[serde(deserialize_with = "exact")]
    pub(super) offsets: Vec<u32>,
    pub(super) values: Wholes,
    /// The type of numbers; none where they are bytes.
    #[serde(rename = "type")]
    pub(super) type_of_numbers: Option<i64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ModelParam {
    pub(super) base_score: String,
    #[serde(default = "none")]
    pub(super) num_class: String,
    pub(super) num_feature: String,
    #[serde(default = "none")]
    pub(super) num_target: String,
}

fn none() -> String {
    "0".to_owned()
}

#[derive(Debug, Deserialize)]
pub(super) struct Objective {
    pub(super) name: String,
    pub(super) quantile_loss_param: Option<QuantileParam>,
}

#[derive(Debug, Deserialize)]
pub(super) struct QuantileParam {
    pub(super) quantile_alpha: String,
}

/// A tree as lists with a value for each node.
#[derive(Debug, Deserialize)]
pub(super) struct Tree {
    #[serde(default)]
    pub(super) tree_param: TreeParam,
    #[serde(deserialize_with = "exact")]
    pub(super) left_children: Vec<i32>,
    #[serde(deserialize_with = "exact")]
    pub(super) right_children: Vec<i32>,
    #[serde(deserialize_with = "exact")]
    pub(super) split_indices: Vec<u32>,
    #[serde(deserialize_with = "exact")]
    pub(super) split_conditions: Vec<Condition>,
    #[serde(deserialize_with = "exact")]
    pub(super) default_left: Vec<Flag>,
    /// 1: by categories; empty: all by numbers.
    #[serde(default, deserialize_with = "exact")]
    pub(super) split_type: Vec<u8>,
    #[serde(default, deserialize_with = "exact")]
    pub(super) sum_hessian: Vec<f32>,
    /// Categories of all nodes, and for each node of `categories_nodes` where its own begin and how many they are.
    #[serde(default, deserialize_with = "exact")]
    pub(super) categories: Vec<u32>,
    #[serde(default, deserialize_with = "exact")]
    pub(super) categories_nodes: Vec<u32>,
    #[serde(default, deserialize_with = "exact")]
    pub(super) categories_segments: Vec<u32>,
    #[serde(default, deserialize_with = "exact")]
    pub(super) categories_sizes: Vec<u32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct TreeParam {
    /// Empty, 0 or 1: a leaf is one number.
    pub(super) size_leaf_vector: String,
}

/// A list of at most `MAX` elements.
#[derive(Debug)]
pub(super) struct Few<T, const MAX: usize>(pub(super) Vec<T>);

impl<T, const MAX: usize> Default for Few<T, MAX> {
    fn default() -> Few<T, MAX> {
        Few(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>, const MAX: usize> Deserialize<'de> for Few<T, MAX> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Few<T, MAX>, D::Error> {
        from.deserialize_seq(FewVisitor(PhantomData))
    }
}

struct FewVisitor<T, const MAX: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const MAX: usize> Visitor<'de> for FewVisitor<T, MAX> {
    type Value = Few<T, MAX>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "a list of at most {MAX}")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Few<T, MAX>, A::Error> {
        let mut all = Vec::new();
        while let Some(one) = from.next_element()? {
            if all.len() == MAX {
                return Err(A::Error::invalid_length(MAX + 1, &self));
            }
            all.push(one);
        }
        Ok(Few(all))
    }
}

/// A truth value, also as 0 and 1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flag(pub(super) bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Flag, D::Error> {
        from.deserialize_any(FlagVisitor)
    }
}

struct FlagVisitor;

impl Visitor<'_> for FlagVisitor {
    type Value = Flag;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("0, 1, false or true")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Flag, E> {
        Ok(Flag(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Flag, E> {
        if value < 2 {
            Ok(Flag(value == 1))
        } else {
            Err(E::invalid_value(serde::de::Unexpected::Unsigned(value), &self))
        }
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Flag, E> {
        let value = u64::try_from(value).map_err(|_| E::invalid_value(serde::de::Unexpected::Signed(value), &self))?;
        self.visit_u64(value)
    }
}
