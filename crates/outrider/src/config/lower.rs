//! From what was written to what it means: the settings of the proxy and of the admin API.
//!
//! What can only be judged over several values is judged here, on the way: names that must be unique, names that must
//! exist, bounds that depend on each other.

mod admin;
mod classes;
mod hosts;
mod links;
mod once;
mod pools;
mod q_learning;
mod routes;

use std::path::{Path, PathBuf};

use outrider_proxy::settings::{AccessLog, Drain, Forwarding, Limits, Listener, LogTarget, Settings, Timeouts};

pub(crate) use admin::{ADMIN_ADDRESS, AdminSettings, TOKEN_VARIABLE};
pub(crate) use hosts::{WEIGHT, static_hosts};
pub(crate) use pools::AGENT_INTERVAL;

use crate::config::Surroundings;
use crate::config::forms::{parse_listen_address, parse_network};
use crate::config::lower::once::Once;
use crate::config::mistake::{Mistake, Place, Report};
use crate::config::written::{Content, Value, Written};

/// What `root` means. Worthless if `report` has mistakes afterwards.
pub(crate) fn lower(root: &Written, around: &Surroundings, report: &mut Report) -> (Settings, AdminSettings) {
    let mut lowering = Lowering { around, report };
    let listeners = lowering.listeners(root);
    let pools = lowering.pools(root, &listeners);
    let settings = Settings {
        routes: lowering.routes(root),
        classes: lowering.classes(root.section("classes")),
        limits: limits(root.section("limits")),
        timeouts: timeouts(root.section("timeouts")),
        forwarding: forwarding(root.section("forwarding")),
        access_log: lowering.access_log(root),
        link_probes: lowering.link_probes(root),
        workers: root.integer("workers").unwrap_or(around.cores),
        drain: drain(root.section("drain")),
        pools,
        listeners,
    };
    let admin = lowering.admin(root.section("admin"), &settings.listeners);
    (settings, admin)
}

/// Lowers one configuration.
struct Lowering<'a> {
    around: &'a Surroundings,
    report: &'a mut Report,
}

impl Lowering<'_> {
    fn wrong(&mut self, place: Place, wrong: impl Into<String>, expected: &str, hint: impl Into<Option<String>>) {
        self.report.add(Mistake::at(place, wrong, expected).hint(hint));
    }

    /// A path of the configuration, resolved against its folder.
    fn path(&self, text: &str) -> PathBuf {
        self.around.folder.join(text)
    }

    fn listeners(&mut self, root: &Written) -> Vec<Listener> {
        let mut once = Once::new("the listener");
        let mut listeners = Vec::new();
        for written in root.list("listeners").iter().filter_map(Value::as_map) {
            let address = written.text("address").and_then(|text| parse_listen_address(text).ok());
            let (Some(address), Some(value)) = (address, written.get("address")) else {
                continue;
            };
            if address.port() != 0 {
                once.see(address, value.place, self.report);
            }
            listeners.push(Listener { address });
        }
        listeners
    }

    fn access_log(&mut self, root: &Written) -> Option<AccessLog> {
        let value = root.get("access_log")?;
        let Content::Map(written) = &value.content else {
            return Some(AccessLog { to: LogTarget::Stdout, explain: false });
        };
        let explain = written.bool("explain").unwrap_or(false);
        let to = written.get("path").map_or(LogTarget::Stdout, |path| self.log_file(path));
        Some(AccessLog { to, explain })
    }

    fn log_file(&mut self, written: &Value) -> LogTarget {
        LogTarget::File(self.appended_file(written))
    }

    /// A file to append to, in a folder that is there.
    fn appended_file(&mut self, written: &Value) -> PathBuf {
        let place = written.place;
        let path = self.path(written.as_text().unwrap_or_default());
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        if path.is_dir() {
            self.wrong(place, format!("`{}` is a folder", path.display()), "a file to append to", None);
        } else if !folder.unwrap_or(Path::new(".")).is_dir() {
            let wrong = format!("`{}` cannot be written: its folder does not exist", path.display());
            self.wrong(place, wrong, "a file in a folder that exists", None);
        }
        path
    }
}

fn limits(written: &Written) -> Limits {
    let default = Limits::default();
    let head = written.bounded_size("head").flatten();
    let body = written.bounded_size("body").map(Option::unwrap_or_default);
    Limits {
        head_bytes: head.and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(default.head_bytes),
        headers: written.integer("headers").unwrap_or(default.headers),
        body_bytes: body.unwrap_or(default.body_bytes),
        connections: written.integer("connections").unwrap_or(default.connections),
        idle_per_host: written.integer("idle_per_host").unwrap_or(default.idle_per_host),
    }
}

fn timeouts(written: &Written) -> Timeouts {
    let default = Timeouts::default();
    Timeouts {
        connect: written.duration("connect").unwrap_or(default.connect),
        head: written.duration("head").unwrap_or(default.head),
        first_byte: written.duration("first_byte").unwrap_or(default.first_byte),
        idle: written.duration("idle").unwrap_or(default.idle),
        keep_alive: written.duration("keep_alive").unwrap_or(default.keep_alive),
        upstream_keep_alive: written.duration("upstream_keep_alive").unwrap_or(default.upstream_keep_alive),
        request: written.bounded_duration("request").unwrap_or(default.request),
    }
}

fn forwarding(written: &Written) -> Forwarding {
    let default = Forwarding::default();
    let trusted = written.list("trusted").iter().filter_map(Value::as_text);
    let header = written.text("request_id_header").map(str::to_ascii_lowercase);
    Forwarding {
        trusted: trusted.filter_map(|text| parse_network(text).ok()).collect(),
        forwarded: written.bool("forwarded").unwrap_or(default.forwarded),
        name: written.text("name").map_or(default.name, str::to_owned),
        request_id_header: header.unwrap_or(default.request_id_header),
    }
}

fn drain(written: &Written) -> Drain {
    let default = Drain::default();
    Drain {
        idle: written.duration("idle").unwrap_or(default.idle),
        timeout: written.duration("timeout").unwrap_or(default.timeout),
    }
}
