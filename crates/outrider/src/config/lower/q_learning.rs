//! Q-learning: its rates, its levels, and whether its table is large enough.

use outrider_pilot::{PoolSettings, Q_LEARNING_HOSTS_MAX, QLearningSettings, StrategyKind};
use outrider_proxy::settings::HostSource;

use crate::config::hosts_file::parse_hosts_file;
use crate::config::lower::Lowering;
use crate::config::written::Written;

impl Lowering<'_> {
    pub(super) fn q_learning(&mut self, written: &Written) -> QLearningSettings {
        let default = QLearningSettings::default();
        let decimal = |name: &str, default| written.decimal(name).unwrap_or(default);
        let duration = |name: &str, default| written.duration(name).unwrap_or(default);
        let integer = |name: &str, default| written.integer(name).unwrap_or(default);
        let settings = QLearningSettings {
            alpha: decimal("alpha", default.alpha),
            gamma: decimal("gamma", default.gamma),
            epsilon: decimal("epsilon", default.epsilon),
            epsilon_decay: decimal("epsilon_decay", default.epsilon_decay),
            epsilon_min: decimal("epsilon_min", default.epsilon_min),
            cpu: (decimal("cpu_medium", default.cpu.0), decimal("cpu_high", default.cpu.1)),
            active: (integer("active_medium", default.active.0), integer("active_high", default.active.1)),
            response: (duration("response_medium", default.response.0), duration("response_high", default.response.1)),
            penalty_per_ms: decimal("penalty_per_ms", default.penalty_per_ms),
            failure_penalty: decimal("failure_penalty", default.failure_penalty),
        };
        self.in_order(written, settings.cpu, "cpu_medium", "cpu_high");
        self.in_order(written, settings.active, "active_medium", "active_high");
        self.in_order(written, settings.response, "response_medium", "response_high");
        self.in_order(written, (settings.epsilon_min, settings.epsilon), "epsilon_min", "epsilon");
        settings
    }

    fn in_order<T: PartialOrd + Copy>(&mut self, written: &Written, (less, more): (T, T), low: &str, high: &str) {
        let value = written.get(low).or(written.get(high));
        if let Some(value) = value.filter(|_| less > more) {
            let expected = format!("`{low}` no higher than `{high}`");
            self.wrong(value.place, format!("`{low}` is above `{high}`"), &expected, None);
        }
    }

    /// How many hosts a name has is not known yet; where it turns out to be too many, least request is the rule.
    pub(super) fn the_table_fits(&mut self, written: &Written, settings: &PoolSettings, sources: &[HostSource]) {
        let hosts: usize = sources.iter().map(hosts_of).sum();
        let too_many = settings.strategy == StrategyKind::QLearning && hosts > Q_LEARNING_HOSTS_MAX;
        if let Some(value) = written.get("strategy").filter(|_| too_many) {
            let linear = StrategyKind::QLearningLinear.name();
            self.wrong(
                value.place,
                format!("`q_learning` keeps a value for each host in each of 3^{hosts} states, and the pool has {hosts} hosts"),
                &format!("at most {Q_LEARNING_HOSTS_MAX} hosts"),
                format!("for any number of hosts there is `strategy: {linear}`"),
            );
        }
    }
}

fn hosts_of(source: &HostSource) -> usize {
    match source {
        HostSource::Static(_) | HostSource::Dns { .. } => 1,
        // One that cannot be read is a mistake of its own.
        HostSource::File { path } => parse_hosts_file(path).map_or(0, |hosts| hosts.len()),
    }
}
