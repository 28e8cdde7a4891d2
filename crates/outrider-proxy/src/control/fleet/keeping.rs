//! Keeping what pools have learnt by Q-learning: their files are read when they are first named, and written every minute and at
//! the end.

use std::sync::Arc;

use super::Fleet;
use crate::control::values_file::{ValuesFile, replace};
use crate::events::{ValuesNotKept, ValuesRefused};

impl Fleet {
    /// Begins to read the files that the settings name for the first time, and lets go of others.
    pub(super) fn follow_values(&mut self) {
        let mut before = std::mem::take(&mut self.values);
        for (member, pool) in self.members.iter().zip(&self.settings.pools) {
            let Some(path) = &pool.values_file else { continue };
            let known = before.remove(&member.name).filter(|file| file.path == *path);
            let file = known.unwrap_or_else(|| ValuesFile::begin(path, &member.name, &self.findings));
            self.values.insert(Arc::clone(&member.name), file);
        }
    }

    /// A file has been read, for the pool of this name.
    pub(super) fn learn_values(&mut self, pool: &Arc<str>, read: Result<Vec<u8>, String>) {
        let Some(file) = self.values.get_mut(pool) else { return };
        let (bytes, why) = read.map_or_else(|why| (Vec::new(), Some(why)), |bytes| (bytes, None));
        file.holds(bytes.clone());
        let path = file.path.display().to_string();
        let adopted = self.member(pool).filter(|_| !bytes.is_empty()).map(|member| member.pool.adopt_values(&bytes));
        let refused = adopted.and_then(Result::err).map(|error| error.to_string());
        if let Some(why) = why.or(refused) {
            self.metrics.events.emit(&ValuesRefused { pool: pool.to_string(), path, why });
        }
    }

    /// A file has been written, or not.
    pub(super) fn learn_written(&mut self, pool: &Arc<str>, written: Result<(), String>) {
        if let (Some(file), Err(why)) = (self.values.get_mut(pool), written) {
            file.holds(Vec::new());
            let path = file.path.display().to_string();
            self.metrics.events.emit(&ValuesNotKept { pool: pool.to_string(), path, why });
        }
    }

    /// Begins to write what has changed since it was last written.
    pub(super) fn keep_values(&mut self) {
        for member in &self.members {
            let Some(file) = self.values.get_mut(&member.name) else { continue };
            if let Some(bytes) = member.pool.values().filter(|bytes| file.wants(bytes)) {
                file.write(bytes, &member.name, &self.findings);
            }
        }
    }

    /// The same for the last time: done when it returns.
    pub(in crate::control) fn end(&mut self) {
        for member in &self.members {
            let Some(file) = self.values.get(&member.name) else { continue };
            let bytes = member.pool.values().filter(|bytes| file.wants(bytes));
            if let Some(Err(why)) = bytes.map(|bytes| replace(&file.path, "last", &bytes)) {
                let path = file.path.display().to_string();
                self.metrics.events.emit(&ValuesNotKept { pool: member.name.to_string(), path, why });
            }
        }
    }
}
