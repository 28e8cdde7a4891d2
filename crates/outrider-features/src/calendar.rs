//! The calendar as features, of a moment in time alone: microseconds since 1970 UTC. No zone comes in, so training and serving cannot
//! mean different hours; whoever wants a local hour shifts the moment on both sides.

const MICROS_PER_HOUR: i64 = 3_600_000_000;
const HOURS_PER_DAY: i64 = 24;
const DAYS_PER_WEEK: i64 = 7;
/// 1 January 1970 was a Thursday, and weeks begin on Monday.
const THURSDAY: i64 = 3;

/// The hour of the day, 0 to 23, UTC.
pub fn hour_utc(micros: i64) -> u8 {
    small(micros.div_euclid(MICROS_PER_HOUR).rem_euclid(HOURS_PER_DAY))
}

/// The day of the week, 0 (Monday) to 6 (Sunday), UTC.
pub fn weekday_utc(micros: i64) -> u8 {
    let days = micros.div_euclid(MICROS_PER_HOUR * HOURS_PER_DAY);
    small((days + THURSDAY).rem_euclid(DAYS_PER_WEEK))
}

/// Saturday or Sunday, UTC.
pub fn is_weekend_utc(micros: i64) -> bool {
    weekday_utc(micros) >= 5
}

/// From `from` up to but without `to`, hours of the day, UTC; over midnight if `to` is not later.
pub fn is_between_hours_utc(micros: i64, from: u8, to: u8) -> bool {
    let hour = hour_utc(micros);
    if from < to { (from..to).contains(&hour) } else { hour >= from || hour < to }
}

fn small(number: i64) -> u8 {
    u8::try_from(number).expect("a remainder of a small number")
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = MICROS_PER_HOUR;

    #[test]
    fn moments_have_one_hour_and_one_day() {
        // 2026-11-28 was a Saturday; 14:57:03 UTC.
        let saturday = 1_795_877_823_000_000;
        assert_eq!((hour_utc(saturday), weekday_utc(saturday), is_weekend_utc(saturday)), (14, 5, true));
        assert_eq!((hour_utc(0), weekday_utc(0), is_weekend_utc(0)), (0, 3, false));
        assert_eq!((hour_utc(-1), weekday_utc(-1)), (23, 2), "the Wednesday before");
    }

    #[test]
    fn hours_may_span_midnight() {
        let is_late = |hour: i64| is_between_hours_utc(hour * HOUR, 22, 0);
        assert_eq!([21, 22, 23, 0, 1].map(is_late), [false, true, true, false, false]);
        let is_peak = |hour: i64| is_between_hours_utc(hour * HOUR, 9, 17);
        assert_eq!([8, 9, 16, 17].map(is_peak), [false, true, true, false]);
        assert!((0..24).filter(|&hour| is_between_hours_utc(hour * HOUR, 22, 3)).eq([0, 1, 2, 22, 23]));
    }
}
