//! Pools: who they are and how they are watched.

use std::time::Duration;

use outrider_pilot::{
    AgentSettings, BreakerSettings, EjectionSettings, HashKey, HashSettings, HealthSettings, PoolKind, PoolSettings,
    PredictSettings, ProbeSettings, RetrySettings, StormGuardSettings, StrategyKind,
};
use outrider_proxy::settings::{Listener, Pool};

use crate::config::forms::parse_statuses;
use crate::config::lower::Lowering;
use crate::config::lower::once::Once;
use crate::config::units::duration_text;
use crate::config::written::{Value, Written};

/// Time between two agent checks of one host, where none is given; HAProxy's default.
pub(crate) const AGENT_INTERVAL: Duration = Duration::from_secs(2);

impl Lowering<'_> {
    pub(super) fn pools(&mut self, root: &Written, listeners: &[Listener]) -> Vec<Pool> {
        let mut once = Once::new("the pool");
        let pools = root.list("pools").iter().filter_map(Value::as_map);
        pools.map(|written| self.pool(written, listeners, &mut once)).collect()
    }

    fn pool(&mut self, written: &Written, listeners: &[Listener], once: &mut Once<String>) -> Pool {
        let name = written.text("name").unwrap_or_default();
        if let Some(value) = written.get("name") {
            once.see(name.to_owned(), value.place, self.report);
        }
        let sources = self.sources(written, listeners);
        let default = PoolSettings::named(name);
        let settings = PoolSettings {
            name: default.name,
            kind: written.text("kind").map_or(default.kind, kind),
            strategy: written.text("strategy").and_then(StrategyKind::from_name).unwrap_or(default.strategy),
            hash: hash(written.section("hash"), default.hash),
            balancers: written.integer("balancers").unwrap_or(default.balancers),
            health: health(written.section("health")),
            ejection: self.ejection(written.section("ejection")),
            retry: retry(written.section("retry")),
            storm_guard: storm_guard(written.section("storm_guard")),
            breaker: breaker(written.section("breaker")),
            agent: written.mapping("agent_check").and_then(agent),
            probe: probe(written.section("probe")),
            q_learning: self.q_learning(written.section("q_learning")),
            predict: predict(written),
        };
        self.probes_have_a_path(written, &settings);
        self.observes_another(written, &settings);
        self.the_table_fits(written, &settings, &sources);
        let values_file = written.section("q_learning").text("file").map(|text| self.path(text));
        Pool { settings, sources, values_file }
    }

    fn probes_have_a_path(&mut self, written: &Written, settings: &PoolSettings) {
        let value = written.get("strategy").filter(|_| settings.strategy == StrategyKind::Prequal);
        if let Some(value) = value.filter(|_| settings.probe.path.is_none()) {
            let local = StrategyKind::PrequalLocal.name();
            let hint = format!("for hosts that answer no probes there is `strategy: {local}`");
            self.wrong(
                value.place,
                "`prequal` probes hosts, and no path is given",
                "`probe: { path: ... }` beside it",
                hint,
            );
        }
    }

    fn observes_another(&mut self, written: &Written, settings: &PoolSettings) {
        let value = written.get("observe").filter(|_| settings.strategy == StrategyKind::Predictive);
        if let Some(value) = value {
            let hint = "leave `observe` out, or name the strategy that shall route meanwhile".to_owned();
            self.wrong(
                value.place,
                "the pool goes by its predictions already",
                "`observe` beside another strategy",
                hint,
            );
        }
    }

    fn ejection(&mut self, written: &Written) -> EjectionSettings {
        let default = EjectionSettings::default();
        let settings = EjectionSettings {
            enabled: written.bool("enabled").unwrap_or(default.enabled),
            consecutive_failures: written.integer("consecutive_failures").unwrap_or(default.consecutive_failures),
            success_rate_deviations: written
                .decimal("success_rate_deviations")
                .unwrap_or(default.success_rate_deviations),
            success_rate_min_requests: written
                .integer("success_rate_min_requests")
                .unwrap_or(default.success_rate_min_requests),
            window: written.duration("window").unwrap_or(default.window),
            stall: written.duration("stall").unwrap_or(default.stall),
            base_time: written.duration("base_time").unwrap_or(default.base_time),
            max_time: written.duration("max_time").unwrap_or(default.max_time),
            max_share: written.decimal("max_share").unwrap_or(default.max_share),
        };
        self.base_below_max(written, &settings);
        settings
    }

    fn base_below_max(&mut self, written: &Written, settings: &EjectionSettings) {
        let value = written.get("max_time").or(written.get("base_time"));
        if let Some(value) = value.filter(|_| settings.base_time > settings.max_time) {
            let (base, max) = (duration_text(settings.base_time), duration_text(settings.max_time));
            let wrong =
                format!("the first ejection (`base_time`, `{base}`) is longer than the longest (`max_time`, `{max}`)");
            self.wrong(value.place, wrong, "`base_time` no longer than `max_time`", None);
        }
    }
}

fn hash(written: &Written, default: HashSettings) -> HashSettings {
    let header = || written.text("header").map(|name| HashKey::Header(name.to_ascii_lowercase()));
    let cookie = || written.text("cookie").map(|name| HashKey::Cookie(name.to_owned()));
    let path = || written.bool("path").filter(|&path| path).map(|_| HashKey::Path);
    HashSettings {
        key: header().or_else(cookie).or_else(path).unwrap_or(default.key),
        load_factor: written.decimal("load_factor").unwrap_or(default.load_factor),
        seed: written.text("seed").map_or(default.seed, HashSettings::seed_of),
    }
}

fn predict(written: &Written) -> PredictSettings {
    let default = PredictSettings::default();
    PredictSettings {
        observe: written.text("observe").is_some(),
        refresh: written.section("fingerprints").duration("refresh").unwrap_or(default.refresh),
        ..default
    }
}

fn kind(name: &str) -> PoolKind {
    match name {
        "serverless" => PoolKind::Serverless,
        _ => PoolKind::Container,
    }
}

fn health(written: &Written) -> HealthSettings {
    let default = HealthSettings::default();
    HealthSettings {
        enabled: written.bool("enabled").unwrap_or(default.enabled),
        path: written.text("path").map(str::to_owned).or(default.path),
        host: written.text("host").map(str::to_owned).or(default.host),
        interval: written.duration("interval").unwrap_or(default.interval),
        timeout: written.duration("timeout").unwrap_or(default.timeout),
        unhealthy_after: written.integer("unhealthy_after").unwrap_or(default.unhealthy_after),
        healthy_after: written.integer("healthy_after").unwrap_or(default.healthy_after),
        statuses: written.text("statuses").and_then(|text| parse_statuses(text).ok()).unwrap_or(default.statuses),
    }
}

fn retry(written: &Written) -> RetrySettings {
    let default = RetrySettings::default();
    RetrySettings {
        max: written.integer("max").unwrap_or(default.max),
        budget_ratio: written.decimal("budget_ratio").unwrap_or(default.budget_ratio),
        budget_min_per_s: written.integer("budget_min_per_s").unwrap_or(default.budget_min_per_s),
        statuses: statuses(written).unwrap_or(default.statuses),
    }
}

fn storm_guard(written: &Written) -> StormGuardSettings {
    let default = StormGuardSettings::default();
    StormGuardSettings {
        enabled: written.bool("enabled").unwrap_or(default.enabled),
        multiplier: written.decimal("multiplier").unwrap_or(default.multiplier),
        statuses: statuses(written).unwrap_or(default.statuses),
    }
}

fn statuses(written: &Written) -> Option<Vec<u16>> {
    let list = written.get("statuses")?;
    Some(list.as_list().iter().filter_map(Value::as_integer).collect())
}

fn breaker(written: &Written) -> BreakerSettings {
    let default = BreakerSettings::default();
    BreakerSettings {
        max_connections: written.integer("max_connections").unwrap_or(default.max_connections),
        max_pending: written.integer("max_pending").unwrap_or(default.max_pending),
    }
}

fn probe(written: &Written) -> ProbeSettings {
    let default = ProbeSettings::default();
    ProbeSettings {
        path: written.text("path").map(str::to_owned).or(default.path),
        host: written.text("host").map(str::to_owned).or(default.host),
        timeout: written.duration("timeout").unwrap_or(default.timeout),
        per_request: written.decimal("per_request").unwrap_or(default.per_request),
    }
}

fn agent(written: &Written) -> Option<AgentSettings> {
    Some(AgentSettings {
        port: written.integer("port")?,
        send: written.text("send").map(str::to_owned),
        interval: written.duration("interval").unwrap_or(AGENT_INTERVAL),
    })
}
