//! What a scalar says, by the core schema of YAML 1.2 (section 10.3): no `yes` for true, no `1_000`, no sexagesimals.

/// A scalar as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scalar {
    pub(crate) text: String,
    /// Without quotes: only such a scalar can be anything but text.
    plain: bool,
}

/// What a scalar says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Resolved<'a> {
    /// Nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number; those beyond 64 bits are decimals.
    Integer(i64),
    /// Any other number, the infinities and NaN among them.
    Decimal(f64),
    /// Everything else.
    Text(&'a str),
}

impl Scalar {
    pub(crate) fn new(text: &str, plain: bool) -> Scalar {
        Scalar { text: text.to_owned(), plain }
    }

    /// The same text without quotes, if it has some.
    pub(crate) fn unquoted(&self) -> Option<Scalar> {
        (!self.plain).then(|| Scalar::new(&self.text, true))
    }

    /// What it says.
    pub(crate) fn resolve(&self) -> Resolved<'_> {
        let text = self.text.as_str();
        if !self.plain {
            return Resolved::Text(text);
        }
        match text {
            "" | "~" | "null" | "Null" | "NULL" => Resolved::Null,
            "true" | "True" | "TRUE" => Resolved::Bool(true),
            "false" | "False" | "FALSE" => Resolved::Bool(false),
            _ => number(text).unwrap_or(Resolved::Text(text)),
        }
    }
}

fn number(text: &str) -> Option<Resolved<'_>> {
    integer(text).map(Resolved::Integer).or_else(|| decimal(text).map(Resolved::Decimal))
}

fn integer(text: &str) -> Option<i64> {
    if let Some(digits) = text.strip_prefix("0x") {
        return unsigned(digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return unsigned(digits, 8);
    }
    text.parse().ok()
}

fn unsigned(digits: &str, radix: u32) -> Option<i64> {
    let sound = digits.bytes().all(|b| b.is_ascii_alphanumeric());
    sound.then(|| i64::from_str_radix(digits, radix).ok())?
}

fn decimal(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    match unsigned {
        ".inf" | ".Inf" | ".INF" if text.starts_with('-') => Some(f64::NEG_INFINITY),
        ".inf" | ".Inf" | ".INF" => Some(f64::INFINITY),
        ".nan" | ".NaN" | ".NAN" => Some(f64::NAN),
        _ if unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') => text.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_resolve_by_the_core_schema() {
        let table = [
            ("", Resolved::Null),
            ("~", Resolved::Null),
            ("true", Resolved::Bool(true)),
            ("False", Resolved::Bool(false)),
            ("yes", Resolved::Text("yes")),
            ("12", Resolved::Integer(12)),
            ("-3", Resolved::Integer(-3)),
            ("+3", Resolved::Integer(3)),
            ("0x1F", Resolved::Integer(31)),
            ("0x-1", Resolved::Text("0x-1")),
            ("0o17", Resolved::Integer(15)),
            ("1_000", Resolved::Text("1_000")),
            ("99999999999999999999", Resolved::Decimal(1e20)),
            ("0.5", Resolved::Decimal(0.5)),
            (".5", Resolved::Decimal(0.5)),
            ("1e3", Resolved::Decimal(1000.0)),
            ("-.inf", Resolved::Decimal(f64::NEG_INFINITY)),
            ("inf", Resolved::Text("inf")),
            ("nan", Resolved::Text("nan")),
            ("127.0.0.1:80", Resolved::Text("127.0.0.1:80")),
        ];
        for (text, expected) in table {
            assert_eq!(Scalar::new(text, true).resolve(), expected, "{text}");
        }
    }

    #[test]
    fn quotes_make_text() {
        assert_eq!(Scalar::new("12", false).resolve(), Resolved::Text("12"));
        assert_eq!(Scalar::new("", false).resolve(), Resolved::Text(""));
    }
}
