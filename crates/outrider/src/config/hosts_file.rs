//! Files of hosts: a list in the form of `hosts:`, checked by the same code, read again whenever they change.

use std::path::Path;

use outrider_pilot::HostSpec;

use crate::config::check;
use crate::config::keys::HOSTS;
use crate::config::lower::static_hosts;
use crate::config::mistake::Report;
use crate::config::shape::Shape;
use crate::config::source::{self, Unreadable};
use crate::config::tree;
use crate::config::written::Value;

static LIST: Shape = HOSTS;

/// The hosts that a file lists: what the control thread calls when the file has changed.
///
/// # Errors
/// The file cannot be read, or has mistakes: one a line. An empty file is a mistake (it may be half written), an empty
/// list is not.
pub(crate) fn parse_hosts_file(path: &Path) -> Result<Vec<HostSpec>, String> {
    let mut report = Report::default();
    let value = read(path, &mut report).map_err(|unreadable| format!("{} {unreadable}", path.display()))?;
    let items = value.as_ref().map(Value::as_list).unwrap_or_default();
    let specs = static_hosts(items, &mut report);
    match report.count() {
        0 => Ok(specs),
        _ => Err(report.sorted().lines().collect::<Vec<_>>().join("\n")),
    }
}

/// The list in a file; its mistakes are in `report`.
pub(crate) fn read(path: &Path, report: &mut Report) -> Result<Option<Value>, Unreadable> {
    let text = source::read(path)?;
    let file = report.source(&path.display().to_string());
    report.quote(file, &text);
    match tree::parse(&text, file) {
        Ok(root) => Ok(check::value(&root, &LIST, "hosts", report)),
        Err(mistake) => {
            report.add(mistake);
            Ok(None)
        }
    }
}
