//! The rules, by name.

/// The rules by which a host can be picked. One file each in `strategies/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StrategyKind {
    /// `round_robin`, weighted.
    RoundRobin,
    /// `random`, weighted.
    Random,
    /// `least_request`, weighted. The default.
    LeastRequest,
    /// `p2c`, weighted.
    P2c,
    /// `peak_ewma`.
    PeakEwma,
    /// `c3`, weighted.
    C3,
    /// `grpc_wrr`, by weights that hosts earn.
    GrpcWrr,
    /// `prequal`, by probes that hosts answer.
    Prequal,
    /// `prequal_local`, by own counts and response times.
    PrequalLocal,
    /// `consistent_hash` with bounded loads, weighted.
    ConsistentHash,
    /// `predictive`: where the request will be finished soonest, by what was learnt of hosts and classes.
    Predictive,
    /// `q_learning`, tabular: for a few hosts.
    QLearning,
    /// `q_learning_linear`: one set of weights for hosts of any number.
    QLearningLinear,
}

impl StrategyKind {
    /// Every rule, in the order of the documentation.
    pub const ALL: [StrategyKind; 13] = [
        StrategyKind::RoundRobin,
        StrategyKind::Random,
        StrategyKind::LeastRequest,
        StrategyKind::P2c,
        StrategyKind::PeakEwma,
        StrategyKind::C3,
        StrategyKind::GrpcWrr,
        StrategyKind::Prequal,
        StrategyKind::PrequalLocal,
        StrategyKind::ConsistentHash,
        StrategyKind::Predictive,
        StrategyKind::QLearning,
        StrategyKind::QLearningLinear,
    ];

    /// Its name in configuration, metrics and reports.
    pub const fn name(self) -> &'static str {
        match self {
            StrategyKind::RoundRobin => "round_robin",
            StrategyKind::Random => "random",
            StrategyKind::LeastRequest => "least_request",
            StrategyKind::P2c => "p2c",
            StrategyKind::PeakEwma => "peak_ewma",
            StrategyKind::C3 => "c3",
            StrategyKind::GrpcWrr => "grpc_wrr",
            StrategyKind::Prequal => "prequal",
            StrategyKind::PrequalLocal => "prequal_local",
            StrategyKind::ConsistentHash => "consistent_hash",
            StrategyKind::Predictive => "predictive",
            StrategyKind::QLearning => "q_learning",
            StrategyKind::QLearningLinear => "q_learning_linear",
        }
    }

    /// The rule called `name`, if there is one.
    pub fn from_name(name: &str) -> Option<StrategyKind> {
        StrategyKind::ALL.into_iter().find(|k| k.name() == name)
    }
}
