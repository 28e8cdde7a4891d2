//! A crate depends only on crates of a lower floor (dev-dependencies exempt), so that what decides cannot come to need
//! what serves.

use crate::tree::Tree;

/// The crates of the design by floor. A crate is added here when it is born.
const FLOORS: [(&str, u8); 12] = [
    ("outrider-core", 0),
    ("outrider-features", 1),
    ("outrider-infer", 1),
    ("outrider-workload", 1),
    ("outrider-pilot", 2),
    ("outrider-train", 2),
    ("outrider-sim", 3),
    ("outrider-store", 4),
    ("outrider-proxy", 5),
    ("outrider-lab", 6),
    ("outrider-admin", 6),
    ("outrider", 7),
];

/// I/O, async, clocks and luck begin above this floor.
pub(crate) const HIGHEST_PURE_FLOOR: u8 = 3;

/// The floor of crate `name`.
pub(crate) fn floor(name: &str) -> Option<u8> {
    FLOORS.iter().find(|(known, _)| *known == name).map(|(_, floor)| *floor)
}

/// Dependencies that do not point downwards, and crates without a floor.
pub(crate) fn breaches(tree: &Tree) -> Vec<String> {
    tree.crates().flat_map(|name| breaches_of(tree, name)).collect()
}

fn breaches_of(tree: &Tree, name: &str) -> Vec<String> {
    let manifest = format!("crates/{name}/Cargo.toml");
    let Some(own) = floor(name) else {
        return vec![format!(
            "{manifest}: the crate has no floor. Give it one in tests/laws/floors.rs, as design and ARCHITECTURE.md do."
        )];
    };
    let text = tree.text(&manifest).expect("crates are found by their manifests");
    let ours = dependencies(text).into_iter().filter_map(|dependency| Some((floor(&dependency)?, dependency)));
    ours.filter(|(floor, _)| *floor >= own)
        .map(|(floor, dependency)| {
            format!(
                "{manifest}: {name} (floor {own}) depends on {dependency} (floor {floor}). Move what it needs down to a floor \
                 below {own}, or what needs it up."
            )
        })
        .collect()
}

/// What a manifest depends on outside of tests, whatever the target.
pub(crate) fn dependencies(manifest: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut inside = false;
    for line in manifest.lines().map(str::trim) {
        if let Some(section) = line.strip_prefix('[') {
            let section = section.trim_end_matches(']');
            let counts = section.contains("dependencies") && !section.contains("dev-dependencies");
            inside = counts && section.ends_with("dependencies");
            // [dependencies.name]
            found.extend((counts && !inside).then(|| section.rsplit('.').next().unwrap_or(section).to_owned()));
        } else if inside && !line.is_empty() && !line.starts_with('#') {
            found.push(line.split(['=', '.', ' ']).next().unwrap_or(line).to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifests_are_read() {
        let manifest = "[package]\nname = \"x\"\n[dependencies]\na.workspace = true\n# b\nc = { path = \"d\" }\n\n\
                        [target.'cfg(unix)'.dependencies]\ne = \"1\"\n[dependencies.f]\nversion = \"1\"\n[dev-dependencies]\ng = \"1\"\n";
        assert_eq!(dependencies(manifest), ["a", "c", "e", "f"]);
    }

    #[test]
    fn what_points_upwards_or_sideways_is_told() {
        let tree = Tree::of(&[
            ("crates/outrider-core/Cargo.toml", "[dependencies]\noutrider-pilot.workspace = true"),
            ("crates/outrider-features/Cargo.toml", "[dependencies]\noutrider-workload = \"1\"\noutrider-core = \"1\""),
            ("crates/outrider-pilot/Cargo.toml", "[dev-dependencies]\noutrider-proxy = \"1\""),
            ("crates/outrider-new/Cargo.toml", ""),
        ]);
        let told = breaches(&tree);
        assert_eq!(told.len(), 3, "{told:#?}");
        assert!(told[0].contains("outrider-core (floor 0) depends on outrider-pilot (floor 2)"));
    }
}
