//! `round_robin`, weighted: hosts in a fixed sequence in which each has exactly its weight, spread as evenly as can be.
//!
//! NGINX's smooth weighted round robin (`src/http/ngx_http_upstream_round_robin.c`) keeps a counter per host and scans
//! them all for every pick, under a lock. Here the sequence is computed once per publication and a pick is one shared
//! `fetch_add`, so the laws hold exactly on one core and within one cycle on several. The sequence is the one of
//! Tijdeman, "The chairman assignment problem", Discrete Mathematics 32, 1980: at no point of it is any host a whole
//! turn ahead of or behind its share, which NGINX's rule does not promise.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use outrider_core::Random;

use super::{Candidate, Field, Rule};
use crate::live::Turn;
use crate::picker::Picker;

/// The longest sequence. Weights whose sum (after division by their common divisor) is larger are scaled down to it,
/// but none below 1.
const MAX_TURNS: usize = 65_536;
/// How many turns a pick passes on before it gives up.
const SKIPS: usize = 16;

/// A sequence and the shared position in it.
#[derive(Debug)]
pub(super) struct RoundRobin {
    sequence: Box<[u32]>,
    turn: Arc<Turn>,
}

impl RoundRobin {
    pub(super) fn new(candidates: &[Candidate], turn: &Arc<Turn>) -> RoundRobin {
        let shares: Vec<u64> = candidates.iter().map(|c| c.share).collect();
        RoundRobin { sequence: sequence(&turns(&shares)), turn: Arc::clone(turn) }
    }
}

impl Rule for RoundRobin {
    /// A turn that hits a closed host is passed on by taking the next one: were it handed to the neighbour in the
    /// sequence instead, that one would carry a double share.
    ///
    /// Only first picks take turns. If retries did, then with 3 hosts and 2 retries each a failing pool would begin
    /// every request at the same host. A retry goes anywhere in the sequence, which is by weight: were it sent to
    /// where the sequence stands, the successor of a bad host would carry that one's share too.
    fn pick(&self, field: &Field<'_>, picker: &mut Picker) -> Option<usize> {
        let is_open = |&at: &usize| field.is_open(at);
        if field.request.tried.is_empty() {
            (0..SKIPS).map(|_| self.next()).find(is_open)
        } else {
            (0..SKIPS).map(|_| self.anywhere(picker.random())).find(is_open)
        }
    }
}

impl RoundRobin {
    #[inline]
    fn next(&self) -> usize {
        let position = self.turn.next() % self.sequence.len() as u64;
        self.sequence[usize::try_from(position).expect("below a length")] as usize
    }

    fn anywhere(&self, random: &mut Random) -> usize {
        self.sequence[random.below(self.sequence.len())] as usize
    }
}

/// How many turns of one cycle each host gets.
#[allow(clippy::cast_possible_truncation)] // at most MAX_TURNS after scaling
fn turns(shares: &[u64]) -> Vec<u64> {
    let divisor = shares.iter().copied().fold(0, gcd).max(1);
    let total: u64 = shares.iter().map(|&s| s / divisor).sum();
    if total <= MAX_TURNS as u64 {
        return shares.iter().map(|&s| s / divisor).collect();
    }
    let room = MAX_TURNS.saturating_sub(shares.len()).max(1) as u64;
    let scaled = |s: u64| ((s / divisor) * room).div_ceil(total);
    shares.iter().map(|&s| scaled(s)).collect()
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// One turn of a host: the slots, counted from 1, between which it must lie.
///
/// With n hosts, weight w of W in total, and e = 1/(2n - 2), turn j (from 0) may come at slot k once
/// k w / W >= j + e and must have come by k w / W = j + 1 - e + ... : the earliest deadline among the released goes
/// first. Everything is multiplied out to stay in integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    /// Release or deadline, whichever the heap sorts by, in slots.
    slot: u64,
    host: u32,
}

#[allow(clippy::cast_possible_truncation)] // a pool has fewer than 2^32 hosts
fn sequence(turns: &[u64]) -> Box<[u32]> {
    let total: u64 = turns.iter().sum();
    let grain = (2 * turns.len() as u64).saturating_sub(2).max(1);
    let mut given = vec![0_u64; turns.len()];
    let release = |host: usize, given: u64| ((given * grain + 1) * total).div_ceil(turns[host] * grain);
    let deadline = |host: usize, given: u64| ((given + 1) * grain - 1) * total / (turns[host] * grain);
    let mut waiting: BinaryHeap<Reverse<Due>> =
        (0..turns.len()).map(|host| Reverse(Due { slot: release(host, 0), host: host as u32 })).collect();
    let mut released: BinaryHeap<Reverse<Due>> = BinaryHeap::with_capacity(turns.len());
    (1..=total)
        .map(|slot| {
            while let Some(&Reverse(due)) = waiting.peek().filter(|due| due.0.slot <= slot) {
                waiting.pop();
                let host = due.host as usize;
                released.push(Reverse(Due { slot: deadline(host, given[host]), host: due.host }));
            }
            let next = released.pop().or_else(|| waiting.pop());
            let host = next.expect("the turns add up to the slots").0.host;
            given[host as usize] += 1;
            let due = release(host as usize, given[host as usize]);
            waiting.push(Reverse(Due { slot: due, host }));
            host
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use outrider_core::Time;
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{address, candidates, field, load, picker, request_at};

    fn rule(shares: &[u64]) -> (Vec<Candidate>, RoundRobin) {
        let candidates = candidates(shares);
        let rule = RoundRobin::new(&candidates, &Arc::new(Turn::new()));
        (candidates, rule)
    }

    fn count(picks: impl IntoIterator<Item = usize>, hosts: usize) -> Vec<u64> {
        let mut counts = vec![0; hosts];
        picks.into_iter().for_each(|at| counts[at] += 1);
        counts
    }

    proptest! {
        #[test]
        fn any_window_over_equal_hosts_is_a_permutation(hosts in 1usize..40, skip in 0usize..100, share in 1u64..9) {
            let (_candidates, rule) = rule(&vec![share; hosts]);
            let picks: Vec<usize> = (0..skip + hosts).map(|_| rule.next()).skip(skip).collect();
            prop_assert_eq!(count(picks, hosts), vec![1; hosts]);
        }

        #[test]
        fn a_cycle_gives_everyone_its_weight_and_no_prefix_is_a_turn_off(
            shares in prop::collection::vec(1u64..60, 1..20),
        ) {
            let (_candidates, rule) = rule(&shares);
            let (total, length) = (shares.iter().sum::<u64>(), rule.sequence.len() as u64);
            let mut given = vec![0_u64; shares.len()];
            for slot in 1..=length {
                given[rule.next()] += 1;
                for (given, share) in given.iter().zip(&shares) {
                    // |given - slot x share / total| < 1, multiplied out.
                    prop_assert!((given * total).abs_diff(slot * share) < total);
                }
            }
            prop_assert!(given.iter().zip(&shares).all(|(given, share)| given * total == share * length));
        }

        #[test]
        fn what_was_tried_is_passed_over(hosts in 2usize..12, tried in 0usize..12) {
            let (candidates, rule) = rule(&vec![1; hosts]);
            let tried = [address(tried % hosts)];
            let request = crate::PickRequest { tried: &tried, ..request_at(Time::ZERO) };
            let picked = rule.pick(&field(&candidates, &request), &mut picker(1)).unwrap();
            prop_assert_ne!(candidates[picked].host.address, tried[0]);
        }

        #[test]
        fn first_picks_are_a_permutation_whatever_is_retried_between_them(
            retries in prop::collection::vec(0usize..4, 2..30), seed: u64,
        ) {
            let hosts = 3;
            let (candidates, rule) = rule(&vec![1; hosts]);
            let mut picker = picker(seed);
            let mut firsts = Vec::new();
            for retries in retries {
                let mut tried = Vec::new();
                for _ in 0..=retries.min(hosts - 1) {
                    let request = crate::PickRequest { tried: &tried, ..request_at(Time::ZERO) };
                    let picked = rule.pick(&field(&candidates, &request), &mut picker);
                    // The third of three may be missed by chance; the breaker's scan finds it then.
                    let Some(picked) = picked else { break };
                    prop_assert!(!tried.contains(&candidates[picked].host.address));
                    tried.push(candidates[picked].host.address);
                    if tried.len() == 1 {
                        firsts.push(picked);
                    }
                }
            }
            for window in firsts.chunks_exact(hosts) {
                prop_assert_eq!(count(window.iter().copied(), hosts), vec![1; hosts]);
            }
        }
    }

    #[test]
    fn retries_go_to_the_others_by_weight() {
        let (candidates, rule) = rule(&[4, 1, 3]);
        let tried = [address(0)];
        let request = crate::PickRequest { tried: &tried, ..request_at(Time::ZERO) };
        let mut picker = picker(5);
        let picks = (0..4_000).map(|_| rule.pick(&field(&candidates, &request), &mut picker).unwrap());
        let counts = count(picks, 3);
        assert!(counts[0] == 0 && counts[1].abs_diff(1_000) < 120, "{counts:?}");
    }

    #[test]
    fn five_one_one_is_spread_as_nginx_spreads_it() {
        let (_candidates, rule) = rule(&[5, 1, 1]);
        let sequence: String = (0..7).map(|_| ['a', 'b', 'c'][rule.next()]).collect();
        assert!(!sequence.repeat(2).contains("aaaaa"), "{sequence}");
        assert_eq!(sequence.matches('a').count(), 5);
    }

    #[test]
    fn a_closed_host_gives_its_turns_to_all_others() {
        let (candidates, rule) = rule(&[1, 1, 1, 1]);
        candidates[1].host.live.set_max_connections(1);
        let _held = load(&candidates, &[0, 1]);
        let request = request_at(Time::ZERO);
        let mut picker = picker(1);
        let picks = (0..300).map(|_| rule.pick(&field(&candidates, &request), &mut picker).unwrap());
        assert_eq!(count(picks, 4), vec![100, 0, 100, 100]);
    }

    #[test]
    fn two_threads_share_whole_cycles_exactly() {
        let (_candidates, rule) = rule(&[3, 2, 1]);
        let work = || (0..3_000).map(|_| rule.next()).collect::<Vec<_>>();
        let picks = std::thread::scope(|scope| {
            let other = scope.spawn(work);
            [work(), other.join().unwrap()].concat()
        });
        assert_eq!(count(picks, 3), vec![3_000, 2_000, 1_000]);
    }

    #[test]
    fn ten_thousand_odd_weights_stay_within_the_longest_sequence() {
        let shares: Vec<u64> = (0..10_000).map(|nth| 100 * (1 + nth * 7_919 % 1_000_003)).collect();
        let turns = turns(&shares);
        let (length, total) = (turns.iter().sum::<u64>(), shares.iter().sum::<u64>());
        assert!(length <= MAX_TURNS as u64 && turns.iter().all(|&t| t > 0));
        let room = (MAX_TURNS - shares.len()) as f64;
        for (turns, share) in turns.iter().zip(&shares) {
            let exact = *share as f64 * room / total as f64;
            assert!((*turns as f64 - exact) < 1.0 + 1e-9 && (*turns as f64) >= exact - 1e-9);
        }
        assert_eq!(count(sequence(&turns).iter().map(|&at| at as usize), 10_000), turns);
    }
}
