//! One balancer as written: exactly one of the kinds, and of the rest only what that kind takes.

use serde_saphyr::Spanned;

use super::{Judge, LISTED_MAX};
use crate::balancers::{Contender, Kind};
use crate::experiment::written::{LongBalancer, WrittenBalancer, WrittenWeights};

const LABEL_CHARS_MAX: usize = 48;
const KINDS: &str = "outrider: RULE, haproxy: ALGORITHM, nginx: METHOD, command: [PROGRAM, ...] or direct: HOST";

impl Judge {
    pub(super) fn balancers(
        &mut self,
        balancers: &Spanned<Vec<Spanned<WrittenBalancer>>>,
        hosts: usize,
    ) -> Vec<Contender> {
        if !(1..=LISTED_MAX).contains(&balancers.value.len()) {
            self.note(balancers, format!("balancers has 1 to {LISTED_MAX} entries"));
        }
        let mut contenders: Vec<Contender> = Vec::new();
        for written in &balancers.value {
            let Some(contender) = self.contender(written, hosts) else {
                continue;
            };
            if contenders.iter().any(|other| other.label == contender.label) {
                self.note(written, format!("{:?} is there already: give this one another name", contender.label));
            }
            contenders.push(contender);
        }
        contenders
    }

    fn contender(&mut self, written: &Spanned<WrittenBalancer>, hosts: usize) -> Option<Contender> {
        let contender = match contender(&written.value) {
            Ok(contender) => contender,
            Err(told) => {
                self.note(written, told);
                return None;
            }
        };
        if let Err(error) = contender.kind.check(hosts) {
            self.note(written, error);
        }
        Some(contender)
    }
}

/// What `written` means, or what is wrong with it.
fn contender(written: &WrittenBalancer) -> Result<Contender, String> {
    let contender = match written {
        WrittenBalancer::Word(word) => Contender::standard(word),
        WrittenBalancer::Long(long) => long_form(long)?,
    };
    if !is_label(&contender.label) {
        return Err(format!(
            "a name is 1 to {LABEL_CHARS_MAX} visible ASCII characters and blanks, not {:?}",
            contender.label
        ));
    }
    Ok(contender)
}

fn long_form(long: &LongBalancer) -> Result<Contender, String> {
    let kind = kind(long)?;
    let weighted = matches!(long.weights, Some(WrittenWeights::Capacity));
    let takes_weights = matches!(kind, Kind::Outrider { .. } | Kind::Haproxy { .. } | Kind::Nginx { .. });
    if weighted && !takes_weights {
        return Err("weights are for outrider, haproxy and nginx".to_owned());
    }
    if long.pool.is_some() && !matches!(kind, Kind::Outrider { .. }) {
        return Err("pool is for outrider: keys of its pool".to_owned());
    }
    let label = long.name.clone().unwrap_or_else(|| kind.label());
    Ok(Contender { label, kind, weighted })
}

fn kind(long: &LongBalancer) -> Result<Kind, String> {
    let mut kinds = Vec::new();
    let pool = || long.pool.clone().unwrap_or_default();
    kinds.extend(long.outrider.clone().map(|rule| Kind::Outrider { rule, pool: pool() }));
    kinds.extend(long.haproxy.clone().map(|algorithm| Kind::Haproxy { algorithm }));
    kinds.extend(long.nginx.clone().map(|method| Kind::Nginx { method }));
    kinds.extend(long.command.clone().map(|words| Kind::Command { words }));
    kinds.extend(long.direct.map(|host| Kind::Direct { host }));
    match kinds.len() {
        1 => Ok(kinds.remove(0)),
        0 => Err(format!("a balancer is one of {KINDS}")),
        _ => Err(format!("a balancer is only one of {KINDS}")),
    }
}

fn is_label(label: &str) -> bool {
    let allowed = |c: char| c == ' ' || c.is_ascii_graphic();
    (1..=LABEL_CHARS_MAX).contains(&label.len()) && label.chars().all(allowed) && label.trim() == label
}
