//! Every event there is: its name, its level, its facts and its sentence.

use super::declare::events;
use super::{Event, Level};
use std::net::SocketAddr;

events! {
    /// Traffic showed that a host is bad; it gets no requests for a while.
    HostEjected = "host_ejected", Warn {
        /// Its pool.
        pool: String,
        /// Its address.
        host: SocketAddr,
        /// What traffic showed.
        why: String,
        /// For how long, seconds.
        for_s: f64,
    } "host {host} of pool {pool} ejected for {for_s:.1} s: {why}";

    /// An ejected host gets single requests to show itself.
    HostOnTrial = "host_on_trial", Info {
        /// Its pool.
        pool: String,
        /// Its address.
        host: SocketAddr,
    } "host {host} of pool {pool} is on trial after its ejection";

    /// An ejected host is used again.
    HostReturned = "host_returned", Info {
        /// Its pool.
        pool: String,
        /// Its address.
        host: SocketAddr,
    } "host {host} of pool {pool} is back in use";

    /// A host failed its health checks.
    HostUnhealthy = "host_unhealthy", Warn {
        /// Its pool.
        pool: String,
        /// Its address.
        host: SocketAddr,
        /// What the last check saw.
        why: String,
    } "host {host} of pool {pool} is unhealthy: {why}";

    /// A host passes its health checks again.
    HostHealthy = "host_healthy", Info {
        /// Its pool.
        pool: String,
        /// Its address.
        host: SocketAddr,
    } "host {host} of pool {pool} is healthy";

    /// Too few hosts of a pool are fit: all are used.
    PanicStarted = "panic_started", Error {
        /// The pool.
        pool: String,
        /// Hosts fit for use.
        fit: usize,
        /// Hosts in all.
        hosts: usize,
    } "pool {pool} is in panic: {fit} of {hosts} hosts are fit, so all are used";

    /// Enough hosts of a pool are fit again.
    PanicEnded = "panic_ended", Info {
        /// The pool.
        pool: String,
    } "pool {pool} is out of panic";

    /// The predictions of a pool do not route; its fallback rule does.
    FallbackStarted = "fallback_started", Warn {
        /// The pool.
        pool: String,
        /// `unknown`, `stale` or `distrusted`.
        reason: String,
        /// The same in words.
        why: String,
    } "pool {pool} does not go by its predictions ({reason}): {why}";

    /// The predictions of a pool route.
    FallbackEnded = "fallback_ended", Info {
        /// The pool.
        pool: String,
        /// For how long its fallback rule did, seconds.
        for_s: f64,
    } "pool {pool} goes by its predictions, after {for_s:.1} s by its fallback rule";

    /// Hosts reject most requests of a class, so most are rejected here.
    SheddingStarted = "shedding_started", Warn {
        /// The pool.
        pool: String,
        /// The class.
        class: String,
        /// Its requests within two minutes.
        requests: u64,
        /// Of these, what hosts accepted.
        accepted: u64,
    } "pool {pool} sheds requests of class {class}: hosts accepted {accepted} of {requests} within two minutes";

    /// Requests of a class are not rejected here any more.
    SheddingEnded = "shedding_ended", Info {
        /// The pool.
        pool: String,
        /// The class.
        class: String,
        /// For how long they were, seconds.
        for_s: u64,
    } "pool {pool} sheds requests of class {class} no more, after {for_s} s";

    /// A host was set to take no new requests, or to take them again, by whoever holds the token.
    DrainSet = "drain_set", Info {
        /// Its pool.
        pool: String,
        /// Its address.
        host: SocketAddr,
        /// Whether it takes no new requests now.
        drained: bool,
    } "host {host} of pool {pool}: drained = {drained}, by the admin API";

    /// A host's weight was set, or set back to what is configured, by whoever holds the token.
    WeightSet = "weight_set", Info {
        /// Its pool.
        pool: String,
        /// Its address.
        host: SocketAddr,
        /// The weight; none: as configured.
        weight: Option<u32>,
    } "host {host} of pool {pool}: weight = {weight:?}, by the admin API";

    /// A host's agent said something new.
    AgentReported = "agent_reported", Info {
        /// Its pool.
        pool: String,
        /// The host's address.
        host: SocketAddr,
        /// What it said.
        report: String,
    } "the agent of host {host} of pool {pool} says: {report}";

    /// A host's agent gives no answer that can be read; the last one holds.
    AgentFailed = "agent_failed", Warn {
        /// Its pool.
        pool: String,
        /// The host's address.
        host: SocketAddr,
        /// What went wrong.
        why: String,
    } "the agent of host {host} of pool {pool} does not answer: {why}; its last report holds";

    /// A name did not resolve; the last addresses are kept.
    DnsFailed = "dns_failed", Warn {
        /// The name.
        name: String,
        /// What went wrong.
        why: String,
        /// Addresses that are kept.
        kept: usize,
    } "{name} does not resolve: {why}; {kept} earlier addresses are kept";

    /// A name resolved to other addresses than before.
    DnsChanged = "dns_changed", Info {
        /// The name.
        name: String,
        /// Addresses now.
        addresses: usize,
        /// Addresses that are new.
        added: usize,
        /// Addresses that are gone.
        removed: usize,
    } "{name} has other addresses: {added} new, {removed} gone, {addresses} in all";

    /// A hosts file was read and its hosts are in use.
    HostsFileApplied = "hosts_file_applied", Info {
        /// The file.
        path: String,
        /// Its hosts.
        hosts: usize,
    } "{path} was read, hosts {hosts}";

    /// A hosts file was refused whole; its earlier hosts are kept.
    HostsFileRefused = "hosts_file_refused", Error {
        /// The file.
        path: String,
        /// What is wrong with it.
        why: String,
        /// Hosts that are kept.
        kept: usize,
    } "{path} was refused: {why}; its {kept} earlier hosts are kept";

    /// What a pool had learnt before the restart is not believed; it begins anew.
    ValuesRefused = "values_refused", Warn {
        /// The pool.
        pool: String,
        /// The file.
        path: String,
        /// Why.
        why: String,
    } "{path} was refused: {why}; pool {pool} begins to learn anew";

    /// What a pool has learnt could not be written.
    ValuesNotKept = "values_not_kept", Warn {
        /// The pool.
        pool: String,
        /// The file.
        path: String,
        /// Why.
        why: String,
    } "what pool {pool} has learnt could not be written to {path}: {why}";

    /// A configuration is in use.
    ConfigApplied = "config_applied", Info {
        /// The number of the snapshot that carries it.
        epoch: u64,
        /// Pools.
        pools: usize,
        /// Hosts known at once.
        hosts: usize,
    } "the configuration is applied: pools {pools}, hosts {hosts}, epoch {epoch}";

    /// A configuration was refused whole; the earlier one is in use.
    ConfigRefused = "config_refused", Error {
        /// What is wrong with it.
        why: String,
    } "the configuration was refused, the earlier one is in use: {why}";

    /// The process accepts on an address.
    Listening = "listening", Info {
        /// The address.
        address: SocketAddr,
        /// What is served there.
        what: String,
    } "{what} on http://{address}";

    /// An address could not be accepted on, or accepting failed for a while.
    AcceptFailed = "accept_failed", Error {
        /// The address.
        address: SocketAddr,
        /// What went wrong.
        why: String,
    } "accepting on {address} failed: {why}";

    /// The process is leaving.
    DrainStarted = "drain_started", Info {
        /// Requests in flight.
        requests: u64,
        /// What still runs after this long is cut, seconds.
        timeout_s: f64,
    } "leaving: {requests} requests in flight, cut after {timeout_s:.1} s";

    /// The process has left or cut everything.
    DrainFinished = "drain_finished", Info {
        /// Requests that were cut.
        cut: u64,
    } "left: {cut} requests were cut";

    /// Lines of the access log were lost because its writer did not get on.
    AccessLogDropped = "access_log_dropped", Warn {
        /// How many.
        lines: u64,
    } "{lines} lines of the access log were lost: its writer does not get on";

    /// The access log cannot be written.
    AccessLogFailed = "access_log_failed", Error {
        /// What went wrong.
        why: String,
    } "the access log cannot be written: {why}";

    /// Round trips of links cannot be written; rows are dropped.
    LinkRowsDropped = "link_rows_dropped", Error {
        /// The file.
        path: String,
        /// What went wrong.
        why: String,
    } "round trips of links are dropped until {path} can be written: {why}";

    /// Round trips of links are written again.
    LinkRowsWritten = "link_rows_written", Info {
        /// The file.
        path: String,
        /// Rows that were dropped meanwhile.
        dropped: u64,
    } "round trips of links are written to {path} again, after {dropped} rows that were dropped";

    /// A part of the process broke that should not; it was started anew or the process ends.
    InternalFault = "internal_fault", Error {
        /// The part and what broke.
        what: String,
    } "internal fault: {what}";

    /// Lines of one kind were left out because there were too many.
    LinesLeftOut = "lines_left_out", Warn {
        /// Their kind.
        of: String,
        /// How many.
        lines: u64,
    } "{lines} more lines of kind {of} were left out";
}
