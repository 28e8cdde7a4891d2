//! Reads the scenario `llm-fleet`: recorded questions and measured times of public data sets, from a folder that holds them.

use std::path::{Path, PathBuf};

use outrider_sim::{KINDS, LlmFleetError, Scenario};
use outrider_workload::{Asked, AskedRow, HostTimes, InferenceError, Measurement, TraceFile};
use serde::Deserialize;
use thiserror::Error;

use crate::load::{RecordingError, open, read_rows};

/// Where its data are to be had.
pub const LLM_DATA: &str = "azure-llm/AzureLLMInferenceTrace_code.csv.gz and azure-llm/AzureLLMInferenceTrace_conv.csv.gz of \
                            https://github.com/Azure/AzurePublicDataset (CC-BY 4.0), and splitwise/perf_model.csv.gz of \
                            https://github.com/Mutinifni/splitwise-sim (MIT)";

/// Questions by class.
const RECORDINGS: [&str; 2] =
    ["azure-llm/AzureLLMInferenceTrace_code.csv.gz", "azure-llm/AzureLLMInferenceTrace_conv.csv.gz"];
const TIMES: &str = "splitwise/perf_model.csv.gz";
/// The model and the accelerators of one host, as measured.
const MODEL: (&str, u8) = ("llama2-70b", 8);

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
        kind: &'static str,
        /// What is wrong.
        source: InferenceError,
    },
    /// What was read makes no scenario.
    #[error(transparent)]
    Scenario(#[from] LlmFleetError),
}

/// The scenario `llm-fleet` of the data in `folder`.
///
/// # Errors
/// When a file is not there or makes no sense; where to have them is said.
pub fn llm_fleet(folder: &Path) -> Result<Scenario, LlmDataError> {
    let mut asked = Vec::new();
    for (class, name) in RECORDINGS.iter().enumerate() {
        asked.extend(read_asked(&folder.join(name), class)?);
    }
    let rows = read_times(&folder.join(TIMES))?;
    let times = |kind: &'static str| {
        let path = || folder.join(TIMES);
        HostTimes::of(&measured(&rows, kind)).map_err(|source| LlmDataError::Times { path: path(), kind, source })
    };
    Ok(outrider_sim::llm_fleet(asked, &[times(KINDS[0])?, times(KINDS[1])?, times(KINDS[2])?])?)
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

fn measured(rows: &[TimesRow], kind: &str) -> Vec<Measurement> {
    let meant = |row: &&TimesRow| (row.model.as_str(), row.tensor_parallel) == MODEL && row.hardware == kind;
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
    use super::*;

    #[test]
    fn a_folder_without_the_data_is_told_where_they_are_to_be_had() {
        let error = llm_fleet(Path::new("/nowhere")).unwrap_err().to_string();
        assert!(error.contains("cannot read") && error.contains("splitwise-sim"), "{error}");
    }

    #[test]
    fn times_are_those_of_one_model_and_kind() {
        let row = |model: &str, hardware: &str, tensor_parallel| TimesRow {
            model: model.to_owned(),
            hardware: hardware.to_owned(),
            tensor_parallel,
            prompt_size: 512.0,
            batch_size: 2.0,
            prompt_time: 80.0,
            token_time: 30.0,
        };
        let (model, parallel) = MODEL;
        let rows = [
            row(model, KINDS[0], parallel),
            row(model, KINDS[1], parallel),
            row(model, KINDS[0], 2),
            row("x", KINDS[0], parallel),
        ];
        let expected = Measurement { prompt: 512.0, batch: 2.0, prompt_ms: 80.0, token_ms: 30.0 };
        assert_eq!(measured(&rows, KINDS[0]), [expected]);
    }
}
