//! Signals to processes of our own, by the program that every system has: the crate has no `unsafe`.

use std::process::Command;

use crate::child::Child;

/// Sends a signal by name, such as `HUP`.
pub(crate) fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").arg(format!("-{name}")).arg(child.pid().to_string()).status();
    assert!(sent.is_ok_and(|status| status.success()), "cannot send {name} to {}", child.pid());
}
