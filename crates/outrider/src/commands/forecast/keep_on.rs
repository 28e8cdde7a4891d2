//! Refreshing again and again until a signal ends it.

use std::io;
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use outrider_lab::Stop;

use super::now_s;
use super::refresh::{Refresh, RefreshError};
use crate::commands::terminal;

/// A refresh that does not end by itself is left so long after the signal. Files are replaced whole whenever that is.
const GRACE: Duration = Duration::from_secs(1);

/// Refreshes at once, then `every` so often until a signal; without that the outcome of the first one is that of the command.
pub(super) fn keep_on(task: Refresh, every: Option<Duration>) -> io::Result<ExitCode> {
    let stop = Stop::on_signals()?;
    let (ended, end) = mpsc::channel();
    let (told, late) = (stop.clone(), ended.clone());
    let refreshed = move || ended.send(refresh(&task, every, &stop));
    thread::Builder::new().name("forecast".to_owned()).spawn(refreshed)?;
    let is_loop = every.is_some();
    let wait = move || {
        told.wait()?;
        thread::sleep(GRACE);
        // Nobody listens any more where the refresh has ended.
        let _ = late.send(Ok(if is_loop { ExitCode::SUCCESS } else { ExitCode::FAILURE }));
        io::Result::Ok(())
    };
    thread::Builder::new().name("forecast-stop".to_owned()).spawn(wait)?;
    end.recv().unwrap_or(Ok(ExitCode::FAILURE))
}

fn refresh(task: &Refresh, every: Option<Duration>, stop: &Stop) -> io::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    while !stop.is_stopped() {
        let present_s = task.now.map_or_else(now_s, |at_s| at_s as f64);
        match (every, task.refresh(present_s, stop)) {
            (None, outcome) => return Ok(terminal::finish(outcome)),
            (Some(_), Err(RefreshError::Stopped) | Ok(())) => {}
            (Some(_), Err(error)) => terminal::complain(&error.to_string()),
        }
        let span = every.unwrap_or_default();
        // Over when the span is, or the signal has come.
        let _ = runtime.block_on(async { tokio::time::timeout(span, stop.stopped()).await });
    }
    Ok(ExitCode::SUCCESS)
}
