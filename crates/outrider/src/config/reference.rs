//! The reference page of the configuration, in Markdown.

use std::fmt::Write;

use crate::config::keys::ROOT;
use crate::config::shape::{Key, Map, Need, Shape, Word};
use crate::config::suggest::inner;

/// How the page is made again.
pub(crate) const COMMAND: &str = "cargo run -p outrider -- schema --reference > docs/reference/configuration.md";

const HEAD: &str = "\
# Configuration

YAML 1.2, one document, at most 4 MiB. Durations are a whole number with `ms`, `s`, `m` or `h`; sizes a whole number with `B`,
`KB`, `KiB`, `MB`, `MiB`, `GB` or `GiB`. A number without its unit is refused, and so is every key that is not on this page.
`outrider check -c FILE` reports all mistakes at once; `outrider schema` prints the JSON Schema for editors. Files are
named relative to the folder of the configuration.

The least there can be:

```yaml
listeners: [{ address: 127.0.0.1:8080 }]
pools: [{ name: api, hosts: [127.0.0.1:9101, 127.0.0.1:9102] }]
```
";

/// The whole page.
pub(crate) fn reference() -> String {
    let mut page = format!("<!-- Generated: {COMMAND} -->\n\n{HEAD}");
    section(&ROOT, "", &mut page);
    page
}

fn section(map: &'static Map, path: &str, page: &mut String) {
    let title = if path.is_empty() { "The top level".to_owned() } else { format!("`{path}`") };
    let _ = write!(page, "\n## {title}\n\n| key | value | left out | meaning |\n|---|---|---|---|\n");
    map.keys.iter().for_each(|key| row(key, page));
    for key in map.keys {
        words(key, page);
    }
    for key in map.keys {
        let path = if path.is_empty() { key.name.to_owned() } else { format!("{path}.{}", key.name) };
        if let Some((map, path)) = inner(&key.shape, path) {
            section(map, &path, page);
        }
    }
}

fn row(key: &Key, page: &mut String) {
    let example = match key.example {
        "" => String::new(),
        example => format!(" For example `{}`.", cell(example)),
    };
    let _ = writeln!(
        page,
        "| `{}` | {} | {} | {}{example} |",
        key.name,
        cell(&value(&key.shape)),
        left_out(key),
        cell(key.doc),
    );
}

fn left_out(key: &Key) -> String {
    match key.need {
        Need::Required => "required".to_owned(),
        Need::Optional => "-".to_owned(),
        Need::Section => "defaults".to_owned(),
        Need::Default(default) => format!("`{}`", default()),
    }
}

fn value(shape: &Shape) -> String {
    match shape {
        Shape::Text(form) => form.what.to_owned(),
        Shape::Choice(_) => "one of the words below".to_owned(),
        Shape::List { item, .. } => format!("list of: {}", value(item)),
        Shape::Named { name, value: inner, .. } => format!("{} to {}", name.what, value(inner)),
        Shape::Map(map) => format!("keys of {}", map.what),
        Shape::ShortOrLong { short, long } => match short {
            Shape::Choice([word]) => format!("`{}`, or keys of {}", word.name, long.what),
            _ => format!("{}, or keys of {}", value(short), long.what),
        },
        _ => shape.expected(),
    }
}

fn words(key: &Key, page: &mut String) {
    let Shape::Choice(words) = &key.shape else { return };
    let _ = write!(page, "\n`{}` is one of:\n\n", key.name);
    for Word { name, doc } in *words {
        let _ = writeln!(page, "- `{name}`: {doc}");
    }
}

/// Text in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
