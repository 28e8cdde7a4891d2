//! Times of language models that splitwise-sim measured: a row for each setting.

use outrider_core::frame::{Frame, Values};

use super::super::TaskError;
use super::super::columns::{demand, map, numbers, words};
use super::{HINT, SERVICE, column};

/// Rows with the names of the task: the time until the first token, which depends on nothing that is only known later.
pub(super) fn rows(source: &Frame) -> Result<Frame, TaskError> {
    demand(SERVICE.name, source, &["model", "hardware", "prompt_size", "batch_size", "prompt_time"], HINT)?;
    let number = |name: &str| numbers(source, name).unwrap_or_default();
    let took = number("prompt_time");
    let kept: Vec<usize> = (0..source.rows()).filter(|&row| took[row] > 0.0).collect();
    if kept.is_empty() {
        let why = "no `prompt_time` is above 0; it is the time until the first token, in ms";
        return Err(TaskError::NoRows { task: SERVICE.name, rows: source.rows(), why });
    }
    let mut columns = vec![
        column("host", Values::Word(words(source, "hardware").unwrap_or_default())),
        column("class", Values::Word(words(source, "model").unwrap_or_default())),
        column("in_flight", Values::Number(map(&number("batch_size"), |batch| batch - 1.0))),
        column("prompt_size", Values::Number(number("prompt_size"))),
        column("response_ms", Values::Number(took.clone())),
        // Each was measured to its end.
        column("cut_short", Values::Number(vec![0.0; took.len()])),
    ];
    if let Some(parallel) = numbers(source, "tensor_parallel") {
        columns.push(column("tensor_parallel", Values::Number(parallel)));
    }
    Ok(Frame::new(columns).expect("columns of one source").select(&kept))
}
