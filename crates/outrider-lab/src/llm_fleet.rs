//! Reads what a scenario like `llm-fleet` leaves open: recorded questions and measured times of public data sets, from a folder
//! that holds them.

use std::path::{Path, PathBuf};

use outrider_sim::{FleetSource, LanguageModel, LlmFleetError, Scenario};
use outrider_workload::{Asked, AskedRow, HostTimes, InferenceError, Measurement, TraceFile};
use serde::Deserialize;
use thiserror::Error;

use crate::load::{RecordingError, open, read_rows};

/// Where the data of `llm-fleet` are to be had.
pub const LLM_DATA: &str = "azure-llm/AzureLLMInferenceTrace_code.csv.gz and azure-llm/AzureLLMInferenceTrace_conv.csv.gz of \
                            https://github.com/Azure/AzurePublicDataset (CC-BY 4.0), and splitwise/perf_model.csv.gz of \
                            https://github.com/Mutinifni/splitwise-sim (MIT)";

/// Why the scenario cannot be read.
#[derive(Debug, Error)]
pub enum LlmDataError {
    /// A file that cannot be read.
    #[error("{0}; llm-fleet needs a folder with {LLM_DATA}")]
    Recording(#[from] RecordingError),
    /// Times that make no sense.
    #[error("{path}: {kind}: {source}")]
    Times {
        /// The file.
        path: PathBuf,
        /// The kind of host.
        kind: String,
        /// What is wrong.
        source: InferenceError,
    },
    /// What was read makes no scenario.
    #[error(transparent)]
    Scenario(#[from] LlmFleetError),
}

/// The scenario with its recordings from `folder`; as it is if it needs none.
///
/// # Errors
/// When a file is not there or makes no sense; where to have them is said.
pub fn with_data(scenario: Scenario, folder: &Path) -> Result<Scenario, LlmDataError> {
    let FleetSource::LanguageModel(model) = &scenario.fleet else { return Ok(scenario) };
    let asked = all_asked(model, folder)?;
    let times = all_times(model, folder)?;
    Ok(scenario.with_recordings(asked, &times)?)
}

/// Whether it can be flown only with data.
pub fn needs_data(scenario: &Scenario) -> bool {
    matches!(scenario.fleet, FleetSource::LanguageModel(_))
}

fn all_asked(model: &LanguageModel, folder: &Path) -> Result<Vec<AskedRow>, RecordingError> {
    let mut asked = Vec::new();
    for (class, questions) in model.questions.iter().enumerate() {
        asked.extend(read_asked(&folder.join(&questions.file), class)?);
    }
    Ok(asked)
}

/// The times of each kind of host.
fn all_times(model: &LanguageModel, folder: &Path) -> Result<Vec<HostTimes>, LlmDataError> {
    let path = folder.join(&model.times);
    let rows = read_times(&path)?;
    let times = |kind: &String| {
        let refuse = |source| LlmDataError::Times { path: path.clone(), kind: kind.clone(), source };
        HostTimes::of(&measured(&rows, model, kind)).map_err(refuse)
    };
    model.kinds.iter().map(times).collect()
}

/// Every question of a file, all of one class.
fn read_asked(path: &Path, class: usize) -> Result<Vec<AskedRow>, RecordingError> {
    let column = |size: &str| TraceFile { file: path.to_path_buf(), time: None, size: Some(size.to_owned()) };
    let prompts = read_rows(&column("ContextTokens"))?;
    let outputs = read_rows(&column("GeneratedTokens"))?;
    let tokens = |size: Option<f64>| size.unwrap_or_default();
    let both = prompts.into_iter().zip(outputs);
    let row = |(prompt, output): (outrider_workload::TraceRow, outrider_workload::TraceRow)| AskedRow {
        at_s: prompt.at_s,
        asked: Asked { class, prompt: tokens(prompt.size), output: tokens(output.size) },
    };
    Ok(both.map(row).collect())
}

/// The columns of the measured times that are needed.
#[derive(Debug, Deserialize)]
struct TimesRow {
    model: String,
    hardware: String,
    tensor_parallel: u8,
    prompt_size: f64,
    batch_size: f64,
    prompt_time: f64,
    token_time: f64,
}

fn read_times(path: &Path) -> Result<Vec<TimesRow>, RecordingError> {
    let mut csv = open(path).map_err(|source| RecordingError::Open { path: path.to_path_buf(), source })?;
    let rows: Result<Vec<TimesRow>, _> = csv.deserialize().collect();
    rows.map_err(|source| RecordingError::Csv { path: path.to_path_buf(), source })
}

fn measured(rows: &[TimesRow], model: &LanguageModel, kind: &str) -> Vec<Measurement> {
    let wanted = (model.model.as_str(), model.accelerators);
    let meant = |row: &&TimesRow| (row.model.as_str(), row.tensor_parallel) == wanted && row.hardware == kind;
    let measurement = |row: &TimesRow| Measurement {
        prompt: row.prompt_size,
        batch: row.batch_size,
        prompt_ms: row.prompt_time,
        token_ms: row.token_time,
    };
    rows.iter().filter(meant).map(measurement).collect()
}

#[cfg(test)]
mod tests {
    use outrider_sim::by_name;

    use super::*;

    fn scenario() -> Scenario {
        by_name("llm-fleet").unwrap()
    }

    #[test]
    fn a_folder_without_the_data_is_told_where_they_are_to_be_had() {
        let error = with_data(scenario(), Path::new("/nowhere")).unwrap_err().to_string();
        assert!(error.contains("cannot read") && error.contains("splitwise-sim"), "{error}");
    }

    #[test]
    fn a_scenario_that_needs_no_data_stays_as_it_is() {
        let storm = by_name("storm").unwrap();
        assert_eq!(with_data(storm.clone(), Path::new("/nowhere")).unwrap(), storm);
        assert!(needs_data(&scenario()) && !needs_data(&storm));
    }

    #[test]
    fn times_are_those_of_one_model_and_kind() {
        let FleetSource::LanguageModel(model) = scenario().fleet else { panic!("it runs a language model") };
        let row = |name: &str, hardware: &str, tensor_parallel| TimesRow {
            model: name.to_owned(),
            hardware: hardware.to_owned(),
            tensor_parallel,
            prompt_size: 512.0,
            batch_size: 2.0,
            prompt_time: 80.0,
            token_time: 30.0,
        };
        let (name, parallel, kinds) = (model.model.as_str(), model.accelerators, &model.kinds);
        let rows = [
            row(name, &kinds[0], parallel),
            row(name, &kinds[1], parallel),
            row(name, &kinds[0], 2),
            row("x", &kinds[0], parallel),
        ];
        let expected = Measurement { prompt: 512.0, batch: 2.0, prompt_ms: 80.0, token_ms: 30.0 };
        assert_eq!(measured(&rows, &model, &kinds[0]), [expected]);
    }
}
