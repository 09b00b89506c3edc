//! The one direction of dependencies: which room may know of which.

use anyhow::{Context, Result};
use serde_json::Value;

use super::Finding;

/// A room and those of ours that it may depend on.
type Arrow = (&'static str, &'static [&'static str]);

const CRATES: &[Arrow] = &[
    ("asupersync-core", &[]),
    ("asupersync-simulator", &["asupersync-core"]),
    // Its tests name it with features of their own.
    (
        "asupersync-native",
        &[
            "asupersync-native",
            "asupersync-core",
            "asupersync-simulator",
        ],
    ),
    ("asupersync-wasm-core", &["asupersync-core"]),
    ("asupersync-wasm-bindings", &["asupersync-wasm-core"]),
    // Its tests name it with features of their own.
    (
        "asupersync",
        &[
            "asupersync",
            "asupersync-core",
            "asupersync-native",
            "asupersync-wasm-core",
        ],
    ),
    ("rust-demo", &["asupersync"]),
    // Generates the TypeScript table from wasm-core's.
    ("xtask", &["asupersync-wasm-core"]),
];

/// What the kernel must not know of, by any detour: JavaScript, threads of a runtime, randomness,
/// the clock.
const CORE_NEVER: &[&str] = &[
    "futures",
    "getrandom",
    "js-sys",
    "rand",
    "tokio",
    "wasm-bindgen",
    "web-sys",
    "web-time",
];

/// What nobody gets without asking for it: dependencies that only a feature may bring.
const ONLY_BY_FEATURE: &[&str] = &["tokio"];

const ROOMS_ABOVE_REACT: &[&str] = &[
    "@asupersync/next",
    "@asupersync/react",
    "@asupersync/browser",
];

/// Packages by their folder.
const PACKAGES: &[Arrow] = &[
    ("packages/browser-core", &[]),
    // The fault server is for its tests.
    (
        "packages/browser",
        &["@asupersync/browser-core", "@asupersync/fault-server"],
    ),
    ("packages/react", &["@asupersync/browser"]),
    (
        "packages/next",
        &["@asupersync/react", "@asupersync/browser"],
    ),
    ("apps/*", ROOMS_ABOVE_REACT),
    (
        "e2e",
        &[
            "@asupersync/next",
            "@asupersync/react",
            "@asupersync/browser",
            "@asupersync/fault-server",
        ],
    ),
    ("fault-server", &[]),
    (
        "bench",
        &["@asupersync/browser", "@asupersync/browser-core"],
    ),
];

const DEPENDENCY_TABLES: [&str; 4] = [
    "dependencies",
    "devDependencies",
    "peerDependencies",
    "optionalDependencies",
];

/// Checks the crates, given what `cargo metadata --no-deps` says.
///
/// # Errors
/// When that is not the JSON that is expected.
pub(super) fn check_crates(metadata: &str) -> Result<Vec<Finding>> {
    let metadata: Value = serde_json::from_str(metadata)?;
    let mut findings = Vec::new();
    for package in array(&metadata, "packages")? {
        let name = string(package, "name")?;
        let Some((_, allowed)) = CRATES.iter().find(|(room, _)| *room == name) else {
            findings.push(Finding::new(
                format!("crate {name}"),
                "is in no room: add it to xtask's tidy/rooms.rs and to ARCHITECTURE.md",
            ));
            continue;
        };
        let default = package["features"]["default"].as_array();
        for feature in default.into_iter().flatten().filter_map(Value::as_str) {
            if ONLY_BY_FEATURE.contains(&feature) {
                findings.push(Finding::new(
                    format!("crate {name}"),
                    format!("must not have the feature {feature} by default"),
                ));
            }
        }
        for entry in array(package, "dependencies")? {
            let dependency = string(entry, "name")?;
            let is_for_users = entry["kind"].is_null();
            if ONLY_BY_FEATURE.contains(&dependency) && is_for_users && entry["optional"] != true {
                findings.push(Finding::new(
                    format!("crate {name}"),
                    format!("must depend on {dependency} by a feature only: make it optional"),
                ));
            }
            let ours = CRATES.iter().any(|(room, _)| *room == dependency);
            let forbidden = name == "asupersync-core" && CORE_NEVER.contains(&dependency);
            if (ours && !allowed.contains(&dependency)) || forbidden {
                findings.push(Finding::new(
                    format!("crate {name}"),
                    format!("must not depend on {dependency}: may use {allowed:?} of ours"),
                ));
            }
        }
    }
    Ok(findings)
}

/// Checks what the kernel's crate is built of, given what `cargo tree --prefix none` says: one
/// `name version` a line.
pub(super) fn check_kernel_tree(tree: &str) -> Vec<Finding> {
    let crates = tree.lines().filter_map(|line| line.split(' ').next());
    crates
        .filter(|name| CORE_NEVER.contains(name))
        .map(|name| {
            Finding::new(
                "crate asupersync-core",
                format!("is built on {name}, by a dependency of its own or of another"),
            )
        })
        .collect()
}

/// Checks one `package.json`.
///
/// # Errors
/// When it is not JSON.
pub(super) fn check_package(file: &str, text: &str) -> Result<Vec<Finding>> {
    let package: Value = serde_json::from_str(text).with_context(|| format!("parsing {file}"))?;
    let folder = file.trim_end_matches("package.json").trim_end_matches('/');
    let Some((_, allowed)) = PACKAGES.iter().find(|(room, _)| is_in(folder, room)) else {
        return Ok(Vec::new()); // the root, and fixtures inside a room
    };
    let dependencies = DEPENDENCY_TABLES
        .iter()
        .filter_map(|table| package[table].as_object())
        .flat_map(|table| table.keys());
    Ok(dependencies
        .filter(|name| name.starts_with("@asupersync/") && !allowed.contains(&name.as_str()))
        .map(|name| {
            Finding::new(
                file,
                format!("must not depend on {name}: may use {allowed:?} of ours"),
            )
        })
        .collect())
}

/// Whether `folder` is `room`, or a folder right inside it when the room is written `room/*`.
fn is_in(folder: &str, room: &str) -> bool {
    match room.strip_suffix('*') {
        Some(parent) => folder
            .strip_prefix(parent)
            .is_some_and(|rest| !rest.contains('/')),
        None => folder == room,
    }
}

fn array<'a>(value: &'a Value, key: &str) -> Result<&'a Vec<Value>> {
    value[key]
        .as_array()
        .with_context(|| format!("cargo metadata has no list `{key}`"))
}

fn string<'a>(value: &'a Value, key: &str) -> Result<&'a str> {
    value[key]
        .as_str()
        .with_context(|| format!("cargo metadata has no text `{key}`"))
}

#[cfg(test)]
mod tests {
    use super::{check_crates, check_kernel_tree, check_package};

    fn crates(name: &str, dependency: &str) -> usize {
        let metadata = format!(
            r#"{{"packages": [{{"name": "{name}", "dependencies": [{{"name": "{dependency}"}}]}}]}}"#
        );
        check_crates(&metadata).expect("it is metadata").len()
    }

    fn packages(file: &str, table: &str, dependency: &str) -> usize {
        let text = format!(r#"{{"{table}": {{"{dependency}": "0.1.0"}}}}"#);
        check_package(file, &text).expect("it is JSON").len()
    }

    #[test]
    fn crates_point_downwards_only() {
        assert_eq!(crates("asupersync-wasm-core", "asupersync-core"), 0);
        assert_eq!(crates("asupersync-core", "slotmap"), 0);
        assert_eq!(crates("asupersync-core", "asupersync-wasm-core"), 1);
        assert_eq!(crates("asupersync-wasm-bindings", "asupersync-core"), 1);
    }

    #[test]
    fn the_kernel_knows_nothing_of_javascript() {
        assert_eq!(crates("asupersync-core", "js-sys"), 1);
        assert_eq!(crates("asupersync-wasm-core", "js-sys"), 0);
    }

    #[test]
    fn a_crate_without_a_room_is_named() {
        assert_eq!(crates("asupersync-extra", "slotmap"), 1);
    }

    #[test]
    fn the_kernel_knows_nothing_of_tokio_by_a_detour_either() {
        let tree = "asupersync-core v0.1.0 (a folder)\nslotmap v1.1.1\n";
        assert_eq!(check_kernel_tree(tree), []);
        assert_eq!(
            check_kernel_tree(&format!("{tree}tokio v1.54.1\n")).len(),
            1
        );
    }

    #[test]
    fn tokio_comes_by_a_feature_or_to_tests_only() {
        let findings = |facts: &str, default: &str| {
            let dependency = format!(r#"{{"name": "tokio", {facts}}}"#);
            let features = format!(r#""features": {{"default": [{default}], "tokio": []}}"#);
            let package =
                format!(r#"{{"name": "asupersync", "dependencies": [{dependency}], {features}}}"#);
            let metadata = format!(r#"{{"packages": [{package}]}}"#);
            check_crates(&metadata).expect("it is metadata").len()
        };
        assert_eq!(findings(r#""kind": null, "optional": true"#, ""), 0);
        assert_eq!(findings(r#""kind": "dev", "optional": false"#, ""), 0);
        assert_eq!(findings(r#""kind": null, "optional": false"#, ""), 1);
        assert_eq!(
            findings(r#""kind": null, "optional": true"#, r#""tokio""#),
            1
        );
    }

    #[test]
    fn packages_point_downwards_only_in_every_table() {
        let react = "packages/react/package.json";
        for table in super::DEPENDENCY_TABLES {
            assert_eq!(packages(react, table, "@asupersync/browser"), 0);
            assert_eq!(packages(react, table, "@asupersync/browser-core"), 1);
        }
        assert_eq!(packages(react, "peerDependencies", "react"), 0);
    }

    #[test]
    fn every_app_is_held_to_the_apps_rule_and_fixtures_are_not() {
        let core = "@asupersync/browser-core";
        assert_eq!(
            packages("apps/next-demo/package.json", "dependencies", core),
            1
        );
        assert_eq!(
            packages("apps/a/fixture/package.json", "dependencies", core),
            0
        );
    }
}
