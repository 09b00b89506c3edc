//! Rules about single files: where they lie, how long they are, what stands in them.

use std::path::Path;

use super::Finding;

/// Everything that may lie at the top. A new entry belongs in ARCHITECTURE.md too.
const TOP: &[&str] = &[
    ".cargo",
    ".changeset",
    ".ci",
    ".gitattributes",
    ".github",
    ".gitignore",
    ".npmrc",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "apps",
    "bench",
    "biome.json",
    "docs",
    "e2e",
    "fault-server",
    "package-lock.json",
    "package.json",
    "packages",
    "parity",
    "rust",
    "rustfmt.toml",
    "scripts",
    "tsconfig.base.json",
    "turbo.json",
];

/// Made by a build or left by an editor.
const STRAY: &[&str] = &["bak", "log", "orig", "rej", "swp", "tgz", "tmp", "wasm"];

/// Languages written by hand, and how a comment starts in each.
const LANGUAGES: &[(&str, &[&str])] = &[
    ("rs", &["//!"]),
    ("ts", &["//", "/*"]),
    ("tsx", &["//", "/*"]),
    ("mts", &["//", "/*"]),
    ("js", &["//", "/*"]),
    ("mjs", &["//", "/*"]),
    ("cjs", &["//", "/*"]),
    ("css", &["/*"]),
    ("sh", &["#"]),
];

/// Past this a file has two owners.
const LINES_MAX: usize = 600;

/// Larger ones belong in a release, not in every clone.
const BYTES_MAX: usize = 1 << 20;

/// How far down the line may stand that says what the file owns: after `#!` or `"use client"`.
const DOC_WITHIN_LINES: usize = 3;

/// Words that take a test out of the run or all others out of it, split so as not to find
/// themselves here.
const SILENCED: &[&str] = &[
    concat!("it", ".only("),
    concat!("it", ".skip("),
    concat!("it", ".todo("),
    concat!("test", ".only("),
    concat!("test", ".skip("),
    concat!("test", ".todo("),
    concat!("test", ".fixme("),
    concat!("describe", ".only("),
    concat!("describe", ".skip("),
    concat!("#[", "ignore"),
];

/// Crates without a line of unsafe code; lifting it is a decision to be written down. Examples,
/// tests and benchmarks have the lint of the workspace.
const FORBID_UNSAFE: &str = "#![forbid(unsafe_code)]";

/// Folders of one machine: home folders, temporary ones, this project's own place on some disk.
const MACHINE_PATHS: &[&str] = &[
    concat!("/", "root/"),
    concat!("/", "tmp/"),
    concat!("/", "work/"),
    concat!("/", "farm/"),
    concat!("/", "Users/"),
];

pub(super) fn check_place(file: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let top = file.split('/').next().unwrap_or(file);
    if !TOP.contains(&top) {
        findings.push(Finding::new(
            file,
            format!("`{top}` has no place at the top: see xtask's tidy/sources.rs"),
        ));
    }
    if STRAY.contains(&extension(file)) {
        findings.push(Finding::new(file, "is made by a tool: do not track it"));
    }
    findings
}

pub(super) fn check_size(file: &str, bytes: usize) -> Option<Finding> {
    (bytes > BYTES_MAX && !is_lockfile(file)).then(|| {
        Finding::new(
            file,
            format!("has {bytes} bytes, at most {BYTES_MAX} are kept in the repository"),
        )
    })
}

pub(super) fn check_text(file: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let place = || format!("{file}:{}", index + 1);
        if let Some(word) = SILENCED.iter().find(|word| line.contains(**word)) {
            findings.push(Finding::new(place(), format!("`{word}` silences tests")));
        }
        if let Some(path) = MACHINE_PATHS.iter().find(|path| holds_path(line, path)) {
            findings.push(Finding::new(
                place(),
                format!("names a folder of one machine: {path}"),
            ));
        }
        if file == "package-lock.json" && line.contains(r#""resolved": "http"#) {
            findings.push(Finding::new(
                place(),
                "names a registry's host: install with the .npmrc of this repository",
            ));
        }
    }
    if is_crate_root(file) && !text.lines().any(|line| line == FORBID_UNSAFE) {
        findings.push(Finding::new(file, format!("lacks `{FORBID_UNSAFE}`")));
    }
    if let Some((_, comments)) = language(file) {
        findings.extend(check_doc(file, text, comments));
        findings.extend(check_length(file, text));
    }
    findings
}

/// Whether `file` is the root of a library or of a program of ours: `rust/x/src/lib.rs`,
/// `main.rs`, or one right in `src/bin`.
fn is_crate_root(file: &str) -> bool {
    let parts: Vec<_> = file.split('/').collect();
    match parts[..] {
        ["rust", _, "src", name] => name == "lib.rs" || name == "main.rs",
        ["rust", _, "src", "bin", name] => name.ends_with(".rs"),
        ["rust", _, "src", "bin", _, name] => name == "main.rs",
        _ => false,
    }
}

/// The first lines say what the file owns.
fn check_doc(file: &str, text: &str, comments: &[&str]) -> Option<Finding> {
    let documented = text
        .lines()
        .take(DOC_WITHIN_LINES)
        .filter(|line| !line.starts_with("#!"))
        .any(|line| comments.iter().any(|comment| line.starts_with(comment)));
    (!documented).then(|| {
        Finding::new(
            file,
            format!(
                "must begin with a comment ({}) on what it owns",
                comments.join(" or ")
            ),
        )
    })
}

fn check_length(file: &str, text: &str) -> Option<Finding> {
    let lines = text.lines().count();
    (lines > LINES_MAX && !file.contains(".gen.")).then(|| {
        Finding::new(
            file,
            format!("has {lines} lines: past {LINES_MAX} it owns two things, split it"),
        )
    })
}

/// Whether `path` stands in `line` as a path from the top: `src/tmp/x` and `//host/tmp/x` do not.
fn holds_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || "-_./@}*".contains(c))
    })
}

fn language(file: &str) -> Option<&'static (&'static str, &'static [&'static str])> {
    LANGUAGES.iter().find(|(name, _)| *name == extension(file))
}

fn extension(file: &str) -> &str {
    Path::new(file)
        .extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or("")
}

fn is_lockfile(file: &str) -> bool {
    matches!(file, "Cargo.lock" | "package-lock.json")
}

#[cfg(test)]
mod tests {
    use super::{BYTES_MAX, LINES_MAX, check_place, check_size, check_text};

    /// What `check_text` says about `text`, one message a breach.
    fn messages(file: &str, text: &str) -> Vec<String> {
        let findings = check_text(file, text);
        findings
            .into_iter()
            .map(|finding| finding.to_string())
            .collect()
    }

    #[test]
    fn a_file_without_a_first_doc_line_is_found_in_every_language() {
        for (file, good) in [
            ("a.rs", "//! The table.\nfn f() {}\n"),
            ("a.ts", "// The table.\n"),
            ("a.tsx", "\"use client\";\n\n/** The table. */\n"),
            ("a.mjs", "#!/usr/bin/env node\n// The table.\n"),
            ("a.css", "/* The table. */\n"),
            ("a.sh", "#!/bin/sh\n# The table.\n"),
        ] {
            assert_eq!(messages(file, good), [""; 0]);
            assert_eq!(messages(file, "\n\n\nx\n").len(), 1, "{file}");
        }
        assert_eq!(
            messages("a.sh", "#!/bin/sh\nx\n").len(),
            1,
            "a shebang says nothing"
        );
        assert_eq!(messages("a.json", "{}").len(), 0, "JSON has no comments");
    }

    #[test]
    fn a_crate_that_does_not_forbid_unsafe_code_is_found() {
        let (with, without) = ("//! A.\n#![forbid(unsafe_code)]\n", "//! A.\n");
        for root in ["lib.rs", "main.rs", "bin/tool.rs", "bin/tool/main.rs"] {
            let file = format!("rust/a/src/{root}");
            assert_eq!(messages(&file, with), [""; 0]);
            assert_eq!(messages(&file, without).len(), 1, "{file}");
        }
        for other in [
            "rust/a/src/lib/x.rs",
            "rust/a/tests/x.rs",
            "apps/a/src/lib.rs",
        ] {
            assert_eq!(messages(other, without), [""; 0]);
        }
    }

    #[test]
    fn a_silenced_test_is_found_and_an_iterator_is_not() {
        let doc = "// Tests.\n";
        let silenced = doc.to_owned() + concat!("it", ".only(\"x\", f);\n");
        assert_eq!(messages("a.test.ts", &silenced).len(), 1);
        assert_eq!(
            messages("a.ts", &(doc.to_owned() + "list.skip(1);\n")).len(),
            0
        );
    }

    #[test]
    fn a_machine_path_is_found_and_a_longer_path_is_not() {
        let found = messages("a.md", concat!("see\n`/", "work/x`\n"));
        assert_eq!(
            found,
            [concat!("a.md:2: names a folder of one machine: /", "work/")]
        );
        assert_eq!(messages("a.md", concat!("src/", "tmp/x")).len(), 0);
        assert_eq!(
            messages("a.md", concat!("https://host/", "work/x")).len(),
            0
        );
    }

    #[test]
    fn a_registry_host_in_the_lockfile_is_found() {
        let line = r#"      "resolved": "https://host/a.tgz","#;
        assert_eq!(messages("package-lock.json", line).len(), 1);
        assert_eq!(
            messages("package-lock.json", r#""resolved": "packages/a","#).len(),
            0
        );
    }

    #[test]
    fn length_counts_for_hand_written_code_only() {
        let long = "// x\n".repeat(LINES_MAX + 1);
        assert_eq!(messages("a.ts", &long).len(), 1);
        assert_eq!(messages("a.gen.ts", &long).len(), 0);
        assert_eq!(messages("a.ts", &"// x\n".repeat(LINES_MAX)).len(), 0);
    }

    #[test]
    fn strangers_at_the_top_and_tool_leftovers_are_found() {
        assert_eq!(check_place("rust/a/src/lib.rs"), []);
        assert_eq!(check_place("notes.txt").len(), 1);
        assert_eq!(check_place("packages/a/out.wasm").len(), 1);
    }

    #[test]
    fn a_file_may_be_as_large_as_the_limit() {
        assert_eq!(check_size("docs/a.png", BYTES_MAX), None);
        assert!(check_size("docs/a.png", BYTES_MAX + 1).is_some());
        assert_eq!(check_size("package-lock.json", BYTES_MAX + 1), None);
    }
}
