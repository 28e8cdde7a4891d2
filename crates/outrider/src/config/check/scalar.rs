//! Single values against their shapes.

use std::time::Duration;

use crate::config::check::{Checker, describe_scalar, name_of, quoted};
use crate::config::forms::{Flaw, Form, parse_statuses};
use crate::config::mistake::Mistake;
use crate::config::shape::{Shape, UNLIMITED, Word};
use crate::config::suggest::nearest;
use crate::config::tree::{Node, Resolved, Scalar};
use crate::config::units::{parse_duration, parse_size};
use crate::config::written::Content;

impl Checker<'_> {
    /// A scalar that is not null, as the short form of `whole` or as all of it.
    pub(super) fn scalar(
        &mut self,
        node: &Node,
        scalar: &Scalar,
        shape: &Shape,
        whole: &Shape,
        path: &str,
    ) -> Option<Content> {
        if let Shape::Text(form) = shape {
            return self.text(node, scalar, form, &name_of(path));
        }
        let flaw = match read(scalar, shape) {
            Ok(content) => return Some(content),
            Err(_) if is_quoted(scalar, shape) => Flaw::because("in quotes").hint("remove the quotes"),
            Err(flaw) => accepted_instead(flaw, shape),
        };
        let why = flaw.why.as_ref().map(|why| format!(", {why}")).unwrap_or_default();
        let wrong = format!("{} {}{why}", name_of(path), describe_scalar(scalar));
        self.report.add(Mistake::at(node.place, wrong, whole.expected()).hint(flaw.advice()));
        None
    }

    /// Text must not be what YAML takes for something else, or editors and we would read the file differently.
    pub(super) fn text(&mut self, node: &Node, scalar: &Scalar, form: &Form, name: &str) -> Option<Content> {
        if let Err(flaw) = form.check(&scalar.text) {
            let why = flaw.why.as_ref().map(|why| format!(", {why}")).unwrap_or_default();
            let wrong = format!("{name} is `{}`{why}", quoted(&scalar.text));
            self.report.add(Mistake::at(node.place, wrong, form.expected).hint(flaw.advice()));
            return None;
        }
        if !matches!(scalar.resolve(), Resolved::Text(_)) {
            let wrong = format!("{name} {}, which is not text to YAML", describe_scalar(scalar));
            let hint = format!("write `\"{}\"`", quoted(&scalar.text));
            self.report.add(Mistake::at(node.place, wrong, form.expected).hint(hint));
            return None;
        }
        Some(Content::Text(scalar.text.clone()))
    }
}

fn read(scalar: &Scalar, shape: &Shape) -> Result<Content, Flaw> {
    match shape {
        Shape::Bool => boolean(scalar),
        Shape::Integer { min, max } => integer(scalar, *min, *max),
        Shape::Decimal { min, max } => decimal(scalar, *min, *max),
        Shape::Duration { min_ms, max_ms, unlimited } => duration(scalar, (*min_ms, *max_ms), *unlimited),
        Shape::Size { min, max, unlimited } => size(scalar, (*min, *max), *unlimited),
        Shape::Statuses => statuses(scalar),
        Shape::Choice(words) => choice(scalar, words),
        Shape::Text(_) | Shape::List { .. } | Shape::Named { .. } | Shape::Map(_) | Shape::ShortOrLong { .. } => {
            Err(Flaw::PLAIN)
        }
    }
}

/// A flaw never says to write what would be refused.
fn accepted_instead(flaw: Flaw, shape: &Shape) -> Flaw {
    let accepted = |text: &String| read(&Scalar::new(text, true), shape).is_ok();
    Flaw { instead: flaw.instead.filter(accepted), ..flaw }
}

/// Whether nothing but the quotes is wrong.
fn is_quoted(scalar: &Scalar, shape: &Shape) -> bool {
    scalar.unquoted().is_some_and(|plain| read(&plain, shape).is_ok())
}

fn boolean(scalar: &Scalar) -> Result<Content, Flaw> {
    match scalar.resolve() {
        Resolved::Bool(value) => Ok(Content::Bool(value)),
        _ => Err(match scalar.text.to_ascii_lowercase().as_str() {
            "yes" | "on" | "1" | "enabled" | "true" => Flaw::PLAIN.write("true"),
            "no" | "off" | "0" | "disabled" | "false" => Flaw::PLAIN.write("false"),
            _ => Flaw::PLAIN,
        }),
    }
}

fn integer(scalar: &Scalar, min: u64, max: u64) -> Result<Content, Flaw> {
    let range = min..=max;
    match scalar.resolve() {
        Resolved::Integer(value) => match u64::try_from(value).ok().filter(|value| range.contains(value)) {
            Some(value) => Ok(Content::Integer(value)),
            None => Err(Flaw::because("out of range")),
        },
        Resolved::Text(text) => {
            let meant = text.replace(['_', ','], "").parse::<u64>().ok();
            Err(meant.filter(|value| range.contains(value)).map_or(Flaw::PLAIN, |value| Flaw::PLAIN.write(value)))
        }
        _ => Err(Flaw::PLAIN),
    }
}

fn decimal(scalar: &Scalar, min: f64, max: f64) -> Result<Content, Flaw> {
    #[expect(clippy::cast_precision_loss, reason = "out of range long before")]
    let value = match scalar.resolve() {
        Resolved::Integer(value) => value as f64,
        Resolved::Decimal(value) => value,
        Resolved::Text(text) => return Err(percent(text, min, max)),
        _ => return Err(Flaw::PLAIN),
    };
    if (min..=max).contains(&value) { Ok(Content::Decimal(value)) } else { Err(Flaw::because("out of range")) }
}

fn percent(text: &str, min: f64, max: f64) -> Flaw {
    let number = text.trim_end_matches('%').trim_end().parse::<f64>().ok();
    let meant = number.map(|n| if text.ends_with('%') { n / 100.0 } else { n });
    meant.filter(|n| (min..=max).contains(n)).map_or(Flaw::PLAIN, |n| Flaw::PLAIN.write(n))
}

fn duration(scalar: &Scalar, (min_ms, max_ms): (u64, u64), unlimited: bool) -> Result<Content, Flaw> {
    if unlimited && scalar.resolve() == Resolved::Text(UNLIMITED) {
        return Ok(Content::Duration(None));
    }
    let span = parse_duration(&scalar.text).map_err(|flaw| or_unlimited(flaw, scalar, unlimited))?;
    if (Duration::from_millis(min_ms)..=Duration::from_millis(max_ms)).contains(&span) {
        Ok(Content::Duration(Some(span)))
    } else {
        Err(or_unlimited(Flaw::because("out of range"), scalar, unlimited))
    }
}

fn size(scalar: &Scalar, (min, max): (u64, u64), unlimited: bool) -> Result<Content, Flaw> {
    if unlimited && scalar.resolve() == Resolved::Text(UNLIMITED) {
        return Ok(Content::Size(None));
    }
    let bytes = parse_size(&scalar.text).map_err(|flaw| or_unlimited(flaw, scalar, unlimited))?;
    if (min..=max).contains(&bytes) {
        Ok(Content::Size(Some(bytes)))
    } else {
        Err(or_unlimited(Flaw::because("out of range"), scalar, unlimited))
    }
}

/// Zero and words such as `none` are what other balancers write for no limit.
fn or_unlimited(flaw: Flaw, scalar: &Scalar, allowed: bool) -> Flaw {
    let text = scalar.text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let words = ["none", "off", "never", "infinite", "infinity", "no", "-1"];
    let open = text == "0" || words.contains(&scalar.text.to_ascii_lowercase().as_str());
    if allowed && open { flaw.write(UNLIMITED) } else { flaw }
}

fn statuses(scalar: &Scalar) -> Result<Content, Flaw> {
    parse_statuses(&scalar.text).map(|_| Content::Text(scalar.text.clone()))
}

fn choice(scalar: &Scalar, words: &[Word]) -> Result<Content, Flaw> {
    let names = || words.iter().map(|word| word.name);
    if names().any(|name| Resolved::Text(name) == scalar.resolve()) {
        return Ok(Content::Text(scalar.text.clone()));
    }
    Err(match nearest(&scalar.text, names()) {
        Some(name) => Flaw::PLAIN.hint(format!("did you mean `{name}`?")),
        None => Flaw::PLAIN,
    })
}
