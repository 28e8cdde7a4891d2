//! How numbers are written for people: three digits, never a false one.

/// Milliseconds with three digits or so; a dash for none.
pub(crate) fn ms(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), three_digits)
}

/// Three digits or so.
pub(crate) fn three_digits(value: f64) -> String {
    let decimals = match value.abs() {
        v if v < 9.995 => 2,
        v if v < 99.95 => 1,
        _ => 0,
    };
    format!("{value:.decimals$}")
}

/// The same without noughts at the end.
pub(crate) fn short(value: f64) -> String {
    let text = three_digits(value);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A share as percent.
pub(crate) fn percent(share: f64) -> String {
    match share {
        0.0 => "0 %".to_owned(),
        s if s < 0.000_1 => "<0.01 %".to_owned(),
        s if s < 0.1 => format!("{:.2} %", s * 100.0),
        s => format!("{:.1} %", s * 100.0),
    }
}

/// `low to high`; empty where there is no interval.
pub(crate) fn interval(low: Option<f64>, high: Option<f64>) -> String {
    low.zip(high).map_or_else(String::new, |(low, high)| format!("{} to {}", three_digits(low), three_digits(high)))
}

/// The singular or the plural.
pub(crate) fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_three_digits() {
        let written = [0.0, 0.004, 1.234, 9.996, 99.94, 99.96, 12_345.6].map(three_digits);
        assert_eq!(written, ["0.00", "0.00", "1.23", "10.0", "99.9", "100", "12346"]);
        assert_eq!([0.5, 2.0, 100.0].map(short), ["0.5", "2", "100"]);
        assert_eq!([0.0, 0.000_02, 0.001, 0.5].map(percent), ["0 %", "<0.01 %", "0.10 %", "50.0 %"]);
        assert_eq!((interval(Some(1.0), Some(2.0)), interval(None, Some(2.0))), ("1.00 to 2.00".into(), String::new()));
        assert_eq!((ms(None), counted(1, "seed"), counted(2, "seed")), ("-".into(), "1 seed".into(), "2 seeds".into()));
    }
}
