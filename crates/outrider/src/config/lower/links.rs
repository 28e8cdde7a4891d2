//! The probes of links, and whether their file can be theirs.

use outrider_proxy::settings::LinkProbes;
use outrider_proxy::{LinkFile, LinkFileError};

use crate::config::lower::Lowering;
use crate::config::written::{Value, Written};

impl Lowering<'_> {
    pub(super) fn link_probes(&mut self, root: &Written) -> Option<LinkProbes> {
        let written = root.mapping("link_probes")?;
        let file = written.get("file")?;
        let default = LinkProbes::into_file(self.appended_file(file));
        let settings = LinkProbes {
            every: written.duration("every").unwrap_or(default.every),
            timeout: written.duration("timeout").unwrap_or(default.timeout),
            max_bytes: written.bounded_size("max_size").flatten().unwrap_or(default.max_bytes),
            file: default.file,
        };
        if !settings.file.is_dir() {
            self.can_be_theirs(file, &settings);
        }
        self.is_no_log(file, root, &settings);
        Some(settings)
    }

    fn can_be_theirs(&mut self, file: &Value, settings: &LinkProbes) {
        let expected = match LinkFile::of(settings).inspect() {
            Ok(()) => return,
            Err(error @ LinkFileError::Header { .. }) => {
                (error.to_string(), "a file that is not there yet, or one of earlier link probes")
            }
            Err(error) => (error.to_string(), "an ordinary file that can be read"),
        };
        self.wrong(file.place, expected.0, expected.1, None);
    }

    fn is_no_log(&mut self, file: &Value, root: &Written, settings: &LinkProbes) {
        let log = root.get("access_log").and_then(Value::as_map).and_then(|log| log.text("path"));
        if log.is_some_and(|log| self.path(log) == settings.file) {
            self.wrong(file.place, "the access log is written to the same file", "a file of its own", None);
        }
    }
}
