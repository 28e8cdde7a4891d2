//! `outrider check`: every mistake of a configuration at once, or what it will do.

use std::fmt::Write;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use outrider_pilot::{HealthSettings, Route};
use outrider_proxy::settings::{HostSource, Pool, Settings};
use serde_json::{Value, json};

use crate::commands::terminal;
use crate::config::{self, Config, Report};

/// Validates a configuration.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// The configuration
    #[arg(short, long, value_name = "FILE", default_value = "outrider.yaml")]
    config: PathBuf,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

impl Check {
    pub(super) fn run(self) -> io::Result<ExitCode> {
        match config::load(&self.config) {
            Ok(config) => self.valid(&config),
            Err(report) => self.invalid(&report),
        }
    }

    fn valid(&self, config: &Config) -> io::Result<ExitCode> {
        terminal::say(&match self.json {
            true => format!("{:#}\n", valid_json(&self.config, config)),
            false => summary(&self.config, config),
        })?;
        Ok(ExitCode::SUCCESS)
    }

    fn invalid(&self, report: &Report) -> io::Result<ExitCode> {
        if self.json {
            let result = json!({ "valid": false, "file": self.config, "mistakes": report.to_json() });
            terminal::say(&format!("{result:#}\n"))?;
        } else {
            terminal::complain(&report.render(terminal::colour()));
            terminal::complain(&format!(
                "{} is not valid: {}",
                self.config.display(),
                counted(report.count(), "mistake")
            ));
        }
        Ok(ExitCode::FAILURE)
    }
}

fn valid_json(path: &Path, config: &Config) -> Value {
    json!({
        "valid": true,
        "file": path,
        "workers": config.settings.workers,
        "admin": { "address": config.admin.address.to_string(), "token": config.admin.token.is_some() },
        "config": config.effective,
    })
}

/// A few lines on what the configuration will do.
fn summary(path: &Path, config: &Config) -> String {
    let settings = &config.settings;
    let mut out = format!("{} is valid\n", path.display());
    for listener in &settings.listeners {
        let _ = writeln!(out, "  listen  {}", listener.address);
    }
    for (index, pool) in settings.pools.iter().enumerate() {
        let unused = settings.routes.iter().all(|route| route.pool != index);
        let _ = writeln!(out, "  pool    {}{}", describe_pool(pool), if unused { ", no route leads here" } else { "" });
    }
    for route in &settings.routes {
        let _ = writeln!(out, "  route   {}", describe_route(route, settings));
    }
    if let Some(links) = &settings.link_probes {
        let every = config::duration_text(links.every);
        let _ = writeln!(out, "  links   a TCP handshake every {every} into {}", links.file.display());
    }
    let token = if config.admin.token.is_some() { "changes need the token" } else { "no token: no changes" };
    let _ = writeln!(out, "  admin   {}, {token}", config.admin.address);
    let _ = writeln!(out, "  workers {}", settings.workers);
    out
}

fn describe_pool(pool: &Pool) -> String {
    let settings = &pool.settings;
    let sources: Vec<String> = sources(&pool.sources);
    let health = describe_health(&settings.health);
    format!("{}: {} over {}; {health}", settings.name, settings.strategy.name(), sources.join(" and "))
}

fn sources(sources: &[HostSource]) -> Vec<String> {
    let fixed = sources.iter().filter(|source| matches!(source, HostSource::Static(_))).count();
    let named = sources.iter().filter_map(|source| match source {
        HostSource::Static(_) => None,
        HostSource::Dns { name, port, .. } => Some(format!("the addresses of {name}:{port}")),
        HostSource::File { path } => Some(format!("the hosts in {}", path.display())),
    });
    (fixed > 0).then(|| counted(fixed, "host")).into_iter().chain(named).collect()
}

fn describe_health(health: &HealthSettings) -> String {
    let every = config::duration_text(health.interval);
    match (&health.path, health.enabled) {
        (_, false) => "no active checks".to_owned(),
        (Some(path), true) => format!("GET {path} every {every}"),
        (None, true) => format!("TCP connect every {every}"),
    }
}

fn describe_route(route: &Route, settings: &Settings) -> String {
    let hosts = route.hosts.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ");
    let path = route.path_prefix.clone().unwrap_or_default();
    let headers = route.headers.iter().map(|(name, value)| format!("{name}: {value}"));
    let conditions: Vec<String> = [hosts, path].into_iter().filter(|text| !text.is_empty()).chain(headers).collect();
    let pool = settings.pools.get(route.pool).map_or("", |pool| &pool.settings.name);
    match conditions.is_empty() {
        true => format!("everything -> {pool}"),
        false => format!("{} -> {pool}", conditions.join(", ")),
    }
}

fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}
