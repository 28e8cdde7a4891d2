//! CPU time of processes, as Linux tells it in `/proc`.

use std::fs;

/// What Linux calls `USER_HZ`, the unit of `/proc/PID/stat` on every architecture that Debian supports.
const TICKS_PER_S: f64 = 100.0;

/// User and system time of all processes of a group, s.
pub(super) fn group_cpu_seconds(group: i32) -> Option<f64> {
    let entries = fs::read_dir("/proc").ok()?.filter_map(Result::ok);
    let stats = entries.filter_map(|entry| fs::read_to_string(entry.path().join("stat")).ok());
    Some(stats.filter_map(|stat| read(&stat)).filter(|process| process.group == group).map(|p| p.cpu_s).sum())
}

struct Process {
    group: i32,
    cpu_s: f64,
}

/// proc(5): the name, in brackets, may hold blanks; the group is the third field after it, utime and stime the twelfth and
/// thirteenth.
fn read(stat: &str) -> Option<Process> {
    let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
    Some(Process { group: fields.get(2)?.parse().ok()?, cpu_s: (ticks(11)? + ticks(12)?) / TICKS_PER_S })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_blanks_and_brackets_is_stepped_over() {
        let stat = "17 (a (b) c) S 1 42 42 0 -1 4194560 100 0 0 0 250 50 0 0 20 0";
        let process = read(stat).unwrap();
        assert_eq!(process.group, 42);
        assert!((process.cpu_s - 3.0).abs() < 1e-9);
        assert!(read("").is_none() && read("1 (x) S 1").is_none());
    }
}
