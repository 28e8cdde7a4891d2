//! Which models are made.

use super::Recipe;
use crate::tasks::{Target, Task};
use crate::training::{Options, TrainingError};

/// What is only made when asked for.
const OTHERS: [Recipe; 3] = [Recipe::Network, Recipe::Ensemble, Recipe::Stacked];

/// The recipes of a task, or those that were asked for; with an ensemble at least what it is made of.
pub(in crate::training) fn chosen(task: &Task, options: &Options) -> Result<Vec<Recipe>, TrainingError> {
    let (usual, others) = match task.target {
        Target::Probability => (vec![Recipe::Logistic, Recipe::Forest, Recipe::Boosting], &OTHERS[..]),
        Target::Quantiles(_) => (vec![Recipe::Stumps, Recipe::Boosting], &OTHERS[..]),
        Target::Anything => (Vec::new(), &OTHERS[..0]),
    };
    let all: Vec<Recipe> = usual.iter().chain(others).copied().collect();
    let named = |name: &String| {
        all.iter().copied().find(|recipe| recipe.name() == name).ok_or_else(|| {
            let expected = all.iter().map(|recipe| recipe.name()).collect::<Vec<_>>().join(", ");
            TrainingError::NoModel { found: name.clone(), expected }
        })
    };
    let asked: Vec<Recipe> = options.models.iter().map(named).collect::<Result<_, _>>()?;
    let mut chosen = if asked.is_empty() { usual } else { with_members(asked, &all) };
    if options.smote.is_some() && chosen.contains(&Recipe::Logistic) {
        chosen.push(Recipe::LogisticSmote);
    }
    Ok(chosen)
}

/// What was asked for, once each, ensembles last. One that was asked for without two members brings all that there are.
fn with_members(asked: Vec<Recipe>, all: &[Recipe]) -> Vec<Recipe> {
    let (mut plain, mut ensembles) = (Vec::new(), Vec::new());
    for recipe in asked {
        let list = if recipe.is_ensemble() { &mut ensembles } else { &mut plain };
        if !list.contains(&recipe) {
            list.push(recipe);
        }
    }
    if !ensembles.is_empty() && plain.iter().filter(|recipe| recipe.is_member()).count() < 2 {
        let missing = all.iter().filter(|recipe| recipe.is_member() && !plain.contains(recipe));
        let missing: Vec<Recipe> = missing.copied().collect();
        plain.extend(missing);
    }
    plain.into_iter().chain(ensembles).collect()
}
