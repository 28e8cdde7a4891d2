//! File descriptors: a connection is one on each side, and the soft limit of most systems is 1024.

use rustix::process::{Resource, getrlimit, setrlimit};

/// Raises the soft limit of open files to the hard one. If the system refuses, what is allowed must do: accepting then
/// pauses when descriptors run out, and says so.
pub(crate) fn raise_limit() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    let _ = setrlimit(Resource::Nofile, limit);
}
