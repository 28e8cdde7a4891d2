//! How much memory a process of ours has.

use std::fs;

use crate::child::Child;

/// Resident memory in KiB.
pub(crate) fn rss_kib(child: &Child) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", child.pid())).expect("the process runs");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("a running process has memory");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).expect("VmRSS is a number of KiB")
}
