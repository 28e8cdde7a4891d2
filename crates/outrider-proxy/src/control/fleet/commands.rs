//! Doing what it is told: settings, drains, weights. What a command changes is published before its reply.

use std::net::SocketAddr;
use std::sync::Arc;

use outrider_pilot::{Pool, UnknownHost};

use super::{Fleet, check};
use crate::control::finding::Finding;
use crate::control::handle::{Command, ControlError, Reply};
use crate::control::sources::Prepared;
use crate::control::task::Task;
use crate::events::{ConfigRefused, DrainSet, WeightSet};
use crate::settings::Settings;

impl Fleet {
    /// Does what somebody asks for. Whoever asked may have left; that changes nothing.
    pub(in crate::control) fn obey(&mut self, command: Command) {
        match command {
            Command::Apply(settings, reply) => self.prepare(settings, reply),
            Command::SetDrained(pool, host, drained, reply) => {
                let done = self.set(&pool, host, |pool| pool.set_drained(host, drained));
                if done.is_ok() {
                    self.metrics.events.emit(&DrainSet { pool, host, drained });
                }
                let _ = reply.send(done);
            }
            Command::SetWeight(pool, host, weight, reply) => {
                let done = self.set(&pool, host, |pool| pool.set_weight(host, weight));
                if done.is_ok() {
                    self.metrics.events.emit(&WeightSet { pool, host, weight });
                }
                let _ = reply.send(done);
            }
            Command::Fingerprints(reply) => {
                let _ = reply.send(Ok(self.fingerprints()));
            }
            Command::Status(reply) => {
                let _ = reply.send(Ok(self.status()));
            }
        }
    }

    fn set(
        &mut self,
        pool: &str,
        host: SocketAddr,
        set: impl FnOnce(&mut Pool) -> Result<(), UnknownHost>,
    ) -> Result<(), ControlError> {
        let Some(member) = self.member(pool) else {
            return Err(ControlError::UnknownPool(pool.to_owned()));
        };
        set(&mut member.pool).map_err(|_| ControlError::UnknownHost { pool: pool.to_owned(), host })?;
        self.publish_if_changed();
        Ok(())
    }

    /// Tries what can fail about `settings`, beside everything else that goes on; ends in [`Fleet::apply`].
    fn prepare(&mut self, settings: Arc<Settings>, reply: Reply<()>) {
        if self.preparing.is_some() {
            return drop(reply.send(Err(ControlError::Busy)));
        }
        if let Err(error) = check(&settings) {
            return self.apply(settings, Err(error), reply);
        }
        let (known, readers) = (self.sources.known_names(), self.readers.clone());
        let findings = self.findings.clone();
        self.preparing = Some(Task::start(async move {
            let prepared = Prepared::of(&settings, &known, &readers).await;
            let finding = Finding::Prepared { settings, prepared, reply };
            // Fails only when the owner is gone, and this task with it.
            let _ = findings.send(finding).await;
        }));
    }

    /// Switches to `settings` if all that could fail has not.
    pub(super) fn apply(
        &mut self,
        settings: Arc<Settings>,
        prepared: Result<Prepared, ControlError>,
        reply: Reply<()>,
    ) {
        self.preparing = None;
        let applied = prepared.map(|prepared| self.switch(settings, prepared));
        if let Err(error) = &applied {
            let why = error.to_string();
            self.metrics.events.emit(&ConfigRefused { why });
        }
        let _ = reply.send(applied);
    }
}
