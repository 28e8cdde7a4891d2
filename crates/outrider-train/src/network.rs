//! A small neural network, trained: Adam (Kingma, Ba 2015) over minibatches, with decay of weights apart from it (Loshchilov,
//! Hutter 2019), a rate that falls to nothing, and rows held out that say when to stop.
//!
//! A batch is cut into four parts whatever the threads, and their gradients are added in their order: the network has the same
//! bits on any number of threads.

mod adam;
mod backward;
mod learn;
mod table;

use std::ops::ControlFlow;

use outrider_core::frame::Frame;
use outrider_core::schema::Schema;
use outrider_infer::BindError;
use outrider_infer::inputs::InputsError;
use outrider_infer::network::{LAYERS_MAX, Network, NetworkError as ShapeError, OUTPUTS_MAX, WIDTH_MAX};
use outrider_infer::trees::Link;
use rayon::ThreadPool;

use crate::inputs::{self, InfiniteError, Places};
use crate::trees::Objective;
use crate::trees::check::{self, TrainError};

/// How to train.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkSettings {
    /// Neurons of each hidden layer, at most three.
    pub hidden: Vec<usize>,
    /// The step of Adam, at first.
    pub learning_rate: f64,
    /// The share of itself, times the rate, that a weight loses with each step.
    pub decay: f64,
    /// Gradients longer than this are shortened to it.
    pub longest_gradient: f64,
    /// Times that all rows are seen, at most.
    pub epochs: usize,
    /// Rows that are seen in all, each as often as it is, at most; but all once.
    pub rows_seen: usize,
    /// Epochs without a gain on the held out rows after which to stop.
    pub patience: usize,
    /// Words in fewer rows stand in the place of words unseen in training, so that this place is learnt too.
    pub rare_below: usize,
    /// At most so many words of a category have places of their own: the most frequent.
    pub words: usize,
    /// Of the luck of first weights and of the order of rows.
    pub seed: u64,
}

impl Default for NetworkSettings {
    fn default() -> NetworkSettings {
        NetworkSettings {
            hidden: vec![32, 16],
            learning_rate: 0.003,
            decay: 0.01,
            longest_gradient: 1.0,
            epochs: 40,
            rows_seen: 2_000_000,
            patience: 8,
            rare_below: 10,
            words: 100,
            seed: 0,
        }
    }
}

/// What is learnt from.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    /// Features, by name.
    pub frame: &'a Frame,
    /// What is to be predicted, one for each row.
    pub labels: &'a [f64],
    /// How much each row counts, 0 or more; `None`: each 1.
    pub weights: Option<&'a [f64]>,
}

/// Why there is no network.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NetworkError {
    /// Rows, labels, weights or settings that cannot be learnt from.
    #[error(transparent)]
    Rows(#[from] TrainError),
    /// A number is infinite, or too large for single precision.
    #[error(transparent)]
    Infinite(#[from] InfiniteError),
    /// The table lacks features.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// Features make no inputs.
    #[error(transparent)]
    Inputs(#[from] InputsError),
    /// What was learnt is no network.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// Told to stop.
    #[error("training was cancelled after {0:.0} % of the network's epochs")]
    Cancelled(f64),
}

/// Is told after each batch what share of the epochs is done, 0 to 1, and breaks off by [`ControlFlow::Break`].
pub type Watch<'a> = &'a mut (dyn FnMut(f64) -> ControlFlow<()> + Send);

/// A network that was trained.
#[derive(Clone, Debug, PartialEq)]
pub struct Learnt {
    /// As it was after its best epoch, if rows were held out.
    pub network: Network,
    /// The mean loss on the held out rows, of all heads together, before the first epoch and after each.
    pub validation_losses: Vec<f64>,
}

/// Learns the features of `schema` on `pool`, a head for each of `objectives`. With `held_out` rows it stops when they are predicted no
/// better.
///
/// # Errors
///
/// If the data or settings cannot be learnt from, or `watch` says to stop.
pub fn train(
    schema: &Schema,
    rows: &Rows,
    held_out: Option<&Rows>,
    objectives: &[Objective],
    settings: &NetworkSettings,
    pool: &ThreadPool,
    watch: Watch,
) -> Result<Learnt, NetworkError> {
    settings.check(objectives)?;
    objectives.iter().try_for_each(|&objective| rows.check(objective))?;
    held_out.map_or(Ok(()), |held| objectives.iter().try_for_each(|&objective| held.check_held(objective)))?;
    let places = Places { rare_below: settings.rare_below, words: settings.words };
    let inputs = inputs::inputs::<NetworkError>(rows.frame, schema, rows.weights, places)?;
    let labels = table::LabelScale::of(rows, objectives);
    let table = table::Table::new(&inputs, rows, labels)?;
    let held = held_out.map(|held| table::Table::new(&inputs, held, labels)).transpose()?;
    let learner = learn::Learner { table: &table, held: held.as_ref(), objectives, settings, places: inputs.places() };
    let (mut layers, validation_losses) = pool.install(|| learner.run(watch))?;
    let means = table.means(inputs.places());
    table.fill_unseen(&inputs, &means, &mut layers[0]);
    labels.unscale(layers.last_mut().expect("a network has a layer"));
    let link = if objectives[0] == Objective::Logistic { Link::Logistic } else { Link::Identity };
    let validation_losses = validation_losses.into_iter().map(|loss| labels.loss(loss, objectives[0])).collect();
    Ok(Learnt { network: Network::new(inputs, means, layers, link)?, validation_losses })
}

impl Rows<'_> {
    fn check(&self, objective: Objective) -> Result<(), TrainError> {
        check::rows(self.frame.rows(), self.labels, self.weights, objective)
    }

    /// They may be of one class.
    fn check_held(&self, objective: Objective) -> Result<(), TrainError> {
        match self.check(objective) {
            Err(TrainError::OneClass(_)) => Ok(()),
            checked => checked,
        }
    }
}

impl NetworkSettings {
    fn check(&self, objectives: &[Objective]) -> Result<(), TrainError> {
        let count = |count: usize| u32::try_from(count).map_or(f64::INFINITY, f64::from);
        let positive = |name, value: f64| check::setting(name, value, value > 0.0 && value.is_finite(), "above 0");
        let layers = self.hidden.len();
        check::setting("hidden layers", count(layers), layers < LAYERS_MAX, "3 at most")?;
        for &width in &self.hidden {
            check::setting("hidden", count(width), (1..=WIDTH_MAX).contains(&width), "1 to 256 neurons")?;
        }
        positive("learning_rate", self.learning_rate)?;
        positive("longest_gradient", self.longest_gradient)?;
        check::setting("decay", self.decay, (0.0..=10.0).contains(&self.decay), "0 to 10")?;
        check::setting("epochs", count(self.epochs), self.epochs > 0, "1 or more")?;
        let heads = objectives.len();
        check::setting("heads", count(heads), (1..=OUTPUTS_MAX).contains(&heads), "1 to 16")?;
        objectives.iter().try_for_each(|objective| match objective {
            Objective::Quantile(q) => check::setting("quantile", *q, *q > 0.0 && *q < 1.0, "between 0 and 1"),
            _ => check::setting("heads", count(heads), heads == 1, "1 but for quantiles"),
        })
    }
}
