//! Five hours of the day in which platforms are compared, UTC as every other time here.

use outrider_core::frame::NO_TIME;
use outrider_features::calendar::is_between_hours_utc;

/// From and to, and the name.
const WINDOWS: [(u8, u8, &str); 5] =
    [(2, 3, "02-03"), (8, 9, "08-09"), (12, 13, "12-13"), (18, 19, "18-19"), (22, 23, "22-23")];

/// The window that a moment is in, `other` outside of all; `None` without a time.
pub(super) fn of(at_us: i64) -> Option<&'static str> {
    let is_in = |&&(from, to, _): &&(u8, u8, &str)| is_between_hours_utc(at_us, from, to);
    let name = || WINDOWS.iter().find(is_in).map_or("other", |(.., name)| name);
    (at_us != NO_TIME).then(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_an_hour_of_the_day_and_no_hour_is_in_all() {
        let names: Vec<&str> = (0..24).filter_map(|hour| of(hour * 3_600_000_000)).collect();
        let at = |name: &str| (0..24).filter(|&hour| names[hour] == name).collect::<Vec<_>>();
        assert_eq!((at("02-03"), at("08-09"), at("12-13")), (vec![2], vec![8], vec![12]));
        assert_eq!((at("18-19"), at("22-23"), at("other").len()), (vec![18], vec![22], 19));
        assert_eq!(of(NO_TIME), None);
    }
}
