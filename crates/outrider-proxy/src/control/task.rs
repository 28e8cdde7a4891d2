//! A task that ends with its owner.

use tokio::task::JoinHandle;

/// A running task; dropping it aborts the task. Tokio's own handle would let it run on unseen.
#[derive(Debug)]
pub(crate) struct Task(JoinHandle<()>);

impl Task {
    /// Starts `work` on the current runtime.
    pub(crate) fn start(work: impl Future<Output = ()> + Send + 'static) -> Task {
        Task(tokio::spawn(work))
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}
