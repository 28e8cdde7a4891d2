//! What is compared: a kind of balancer, what it is told, and the label under which it stands in reports.

use outrider_pilot::StrategyKind;
use serde_json::{Map, Value, json};
use thiserror::Error;

use super::command::PLACES;

/// One balancer of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct Contender {
    /// How reports call it.
    pub label: String,
    /// What it is.
    pub kind: Kind,
    /// Whether it is told the hosts' true capacities as weights.
    pub weighted: bool,
}

/// What stands between the load and the hosts.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Outrider under a rule; `pool` goes over its pool's configuration.
    Outrider {
        /// The rule, as its configuration calls it.
        rule: String,
        /// Keys of the pool.
        pool: Map<String, Value>,
    },
    /// HAProxy with `balance ALGORITHM`.
    Haproxy {
        /// The algorithm.
        algorithm: String,
    },
    /// NGINX with this method in its `upstream` block.
    Nginx {
        /// The method; `round_robin` is what it does without one.
        method: String,
    },
    /// Any program that listens.
    Command {
        /// The program and its arguments, with `{listen}`, `{port}` and `{hosts}` for what it must be told.
        words: Vec<String>,
    },
    /// No balancer: the load goes to this host.
    Direct {
        /// Its index.
        host: usize,
    },
}

/// A balancer that cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum KindError {
    /// Not a rule's name.
    #[error("{0:?} is no rule: a word such as least_request")]
    Rule(String),
    /// Not an algorithm of HAProxy.
    #[error("{0:?} is no algorithm of HAProxy: a word such as leastconn, roundrobin or random(2)")]
    Algorithm(String),
    /// Not a method of NGINX.
    #[error("{0:?} is no method of NGINX: one of {METHODS}")]
    Method(String),
    /// Not a command.
    #[error(
        "a command is a list of words: the program, then arguments, with {{listen}} or {{port}}, and {{hosts}}, among them"
    )]
    Command,
    /// Not a host.
    #[error("there is no host {host}: they are 0 to {}", .hosts - 1)]
    Host {
        /// Which was named.
        host: usize,
        /// How many there are.
        hosts: usize,
    },
}

/// Weights go up to here.
pub(super) const WEIGHT_MAX: u32 = 1_000;
const WORD_CHARS_MAX: usize = 64;
const WORDS_MAX: usize = 64;
const METHODS: &str = "round_robin, least_conn, random, random two, random two least_conn, ip_hash";

impl Contender {
    /// What a lone word stands for: Outrider under that rule, with what the lab knows that the rule needs.
    pub fn standard(word: &str) -> Contender {
        let (rule, weighted, pool) = match word {
            "weighted_least_request" => ("least_request", true, Value::Null),
            "prequal" => ("prequal", false, json!({ "probe": { "path": "/probe" } })),
            _ => (word, false, Value::Null),
        };
        let pool = pool.as_object().cloned().unwrap_or_default();
        Contender { label: word.to_owned(), kind: Kind::Outrider { rule: rule.to_owned(), pool }, weighted }
    }
}

impl Contender {
    /// The lone words for every rule of Outrider that looks at load, and for those it is compared with. Not for
    /// consistent hashing: the lab's users have nothing that a host would remember them by.
    pub fn every_rule() -> Vec<String> {
        let rules = StrategyKind::ALL.iter().map(|kind| kind.name()).filter(|name| *name != "consistent_hash");
        let weighted = |name: &'static str| (name == "least_request").then_some("weighted_least_request");
        rules.flat_map(|name| [Some(name), weighted(name)]).flatten().map(str::to_owned).collect()
    }
}

impl Kind {
    /// How reports call it unless told otherwise.
    pub fn label(&self) -> String {
        match self {
            Kind::Outrider { rule, .. } => rule.clone(),
            Kind::Haproxy { algorithm } => format!("haproxy {algorithm}"),
            Kind::Nginx { method } => format!("nginx {method}"),
            Kind::Command { words } => {
                let program = words.first().map_or("", String::as_str);
                program.rsplit('/').next().unwrap_or(program).to_owned()
            }
            Kind::Direct { host } => format!("direct h{host}"),
        }
    }

    /// Whether it can be had in front of `hosts` hosts.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self, hosts: usize) -> Result<(), KindError> {
        match self {
            Kind::Outrider { rule, .. } if !is_word(rule) => Err(KindError::Rule(rule.clone())),
            Kind::Haproxy { algorithm } if !is_algorithm(algorithm) => Err(KindError::Algorithm(algorithm.clone())),
            Kind::Nginx { method } if !METHODS.split(", ").any(|known| known == method) => {
                Err(KindError::Method(method.clone()))
            }
            Kind::Command { words } if !is_command(words) => Err(KindError::Command),
            Kind::Direct { host } if *host >= hosts => Err(KindError::Host { host: *host, hosts }),
            _ => Ok(()),
        }
    }

    /// Whether it is told on which port to listen, which somebody else may have taken since.
    pub(super) fn is_given_a_port(&self) -> bool {
        matches!(self, Kind::Haproxy { .. } | Kind::Nginx { .. } | Kind::Command { .. })
    }
}

fn is_word(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    (1..=WORD_CHARS_MAX).contains(&text.len()) && text.chars().all(is_part)
}

/// A word, or a word with an argument in brackets.
fn is_algorithm(text: &str) -> bool {
    match text.strip_suffix(')').and_then(|text| text.split_once('(')) {
        Some((word, argument)) => is_word(word) && is_word(argument),
        None => is_word(text),
    }
}

fn is_command(words: &[String]) -> bool {
    let names = |place: &str| words.iter().any(|word| word.contains(place));
    let [listen, port, hosts] = PLACES;
    (2..=WORDS_MAX).contains(&words.len()) && (names(listen) || names(port)) && names(hosts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Kind {
        Kind::Command { words: text.split(' ').map(str::to_owned).collect() }
    }

    #[test]
    fn what_would_break_out_of_a_configuration_is_refused() {
        for algorithm in ["leastconn", "random(2)", "hdr(x-user)"] {
            assert_eq!(Kind::Haproxy { algorithm: algorithm.to_owned() }.check(1), Ok(()), "{algorithm}");
        }
        for algorithm in ["", "least conn", "leastconn\n  server", "random(2", "a(b)c", "(x)"] {
            assert!(Kind::Haproxy { algorithm: algorithm.to_owned() }.check(1).is_err(), "{algorithm}");
        }
        assert!(Kind::Nginx { method: "random two least_conn".to_owned() }.check(1).is_ok());
        assert!(Kind::Nginx { method: "least_conn; } evil {".to_owned() }.check(1).is_err());
        assert!(Kind::Outrider { rule: "a: b".to_owned(), pool: Map::new() }.check(1).is_err());
        assert_eq!(Kind::Direct { host: 3 }.check(3), Err(KindError::Host { host: 3, hosts: 3 }));
    }

    #[test]
    fn a_command_says_where_to_listen_and_where_to_send() {
        assert!(words("lb --listen {listen} --to {hosts}").check(1).is_ok());
        assert!(words("lb -p {port} {hosts}").check(1).is_ok());
        for text in ["lb", "lb {hosts}", "lb {listen}"] {
            assert_eq!(words(text).check(1), Err(KindError::Command), "{text}");
        }
        assert_eq!(words("/opt/x/lb {port} {hosts}").label(), "lb");
    }

    #[test]
    fn a_lone_word_gets_what_its_rule_needs() {
        let weighted = Contender::standard("weighted_least_request");
        assert!(
            weighted.weighted && weighted.label == "weighted_least_request" && weighted.kind.label() == "least_request"
        );
        let Kind::Outrider { pool, .. } = Contender::standard("prequal").kind else { panic!("an Outrider") };
        assert_eq!(pool["probe"]["path"], "/probe");
    }
}
