//! `cargo xtask features`: every combination of the facade's features compiles, or says in one
//! sentence what to choose.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::wasm;

/// Which target a combination is checked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Target {
    Host,
    Wasm,
}

/// What a combination is to come to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Expected {
    Compiles,
    /// It fails with one error, which holds this.
    Says(&'static str),
}

use Expected::{Compiles, Says};
use Target::{Host, Wasm};

const NO_RUNTIME: Expected =
    Says("asupersync has no runtime to run on: enable the feature `native-runtime`");
const NATIVE_IN_WASM: Expected = Says(
    "needs threads, which wasm has not: depend on it with `default-features = false`, and enable `wasm-runtime`",
);
const WASM_ON_HOST: Expected = Says("needs a browser's event loop: enable `native-runtime` here");
const IO_ON_HOST: Expected = Says(
    "`browser-io` is `fetch` and WebSockets of a browser: enable it for `cfg(target_family = \"wasm\")` alone",
);
const TRACE_ON_HOST: Expected = Says(
    "`browser-trace` is of a browser's runtime: enable it for `cfg(target_family = \"wasm\")` alone",
);

const COMBINATIONS: &[(Target, &str, Expected)] = &[
    (Host, "", NO_RUNTIME),
    (Host, "native-runtime", Compiles),
    (Host, "deterministic-mode", Compiles),
    (Host, "native-runtime,deterministic-mode", Compiles),
    (Host, "tokio,deterministic-mode", Compiles),
    (Host, "wasm-runtime", WASM_ON_HOST),
    (Host, "native-runtime,wasm-runtime", WASM_ON_HOST),
    (Host, "browser-io", IO_ON_HOST),
    (Host, "browser-trace", TRACE_ON_HOST),
    (Wasm, "", NO_RUNTIME),
    (Wasm, "native-runtime", NATIVE_IN_WASM),
    (Wasm, "tokio", NATIVE_IN_WASM),
    (Wasm, "native-runtime,wasm-runtime", NATIVE_IN_WASM),
    (Wasm, "deterministic-mode", Compiles),
    (Wasm, "wasm-runtime", Compiles),
    (Wasm, "browser-io", Compiles),
    (Wasm, "browser-trace", Compiles),
    (
        Wasm,
        "browser-io,browser-trace,deterministic-mode",
        Compiles,
    ),
];

/// Checks all of them, prints each, and fails if one is not what it is to be.
pub(crate) fn check(root: &Path) -> Result<()> {
    let mut wrong = 0;
    for (target, features, expected) in COMBINATIONS {
        let came = came_to(root, *target, features)?;
        let fault = fault(*expected, came.as_deref());
        let sign = if fault.is_none() { "ok" } else { "WRONG" };
        let name = if features.is_empty() {
            "none"
        } else {
            features
        };
        println!("{sign:5} {target:?} {name}");
        if let Some(fault) = fault {
            println!("{fault}");
            wrong += 1;
        }
    }
    if wrong > 0 {
        bail!(
            "{wrong} of {} combinations of features are wrong",
            COMBINATIONS.len()
        );
    }
    println!(
        "{} combinations of features compile or say why not",
        COMBINATIONS.len()
    );
    Ok(())
}

/// What the compiler wrote when it failed, with what was wrapped made one line again.
fn came_to(root: &Path, target: Target, features: &str) -> Result<Option<String>> {
    let arguments = [
        "check",
        "--quiet",
        "--locked",
        "--package=asupersync",
        "--no-default-features",
        "--features",
        features,
    ];
    let mut command = match target {
        Wasm => wasm::cargo_for_wasm(root, &arguments)?,
        Host => {
            let mut command = Command::new(wasm::cargo());
            command.current_dir(root).args(arguments);
            command
        }
    };
    let output = command.output().context("starting cargo")?;
    if output.status.success() {
        return Ok(None);
    }
    Ok(Some(String::from_utf8_lossy(&output.stderr).into_owned()))
}

/// What is wrong, if anything is.
fn fault(expected: Expected, came: Option<&str>) -> Option<String> {
    match (expected, came) {
        (Compiles, None) => None,
        (Compiles, Some(errors)) => Some(format!("expected it to compile, got\n{errors}")),
        (Says(sentence), None) => Some(format!("expected an error, got none: {sentence}")),
        (Says(sentence), Some(errors)) => {
            // cargo's own closing line is `error: could not compile …`.
            let count = errors
                .lines()
                .filter(|line| line.starts_with("error"))
                .count();
            let is_right = errors.contains(sentence) && count == 2;
            (!is_right).then(|| format!("expected one error with `{sentence}`, got\n{errors}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Compiles, Says, fault};

    const SAID: &str = "error: choose a\n\nerror: could not compile `x`";

    #[test]
    fn one_error_with_the_sentence_is_right_and_anything_else_is_not() {
        assert_eq!(fault(Compiles, None), None);
        assert_eq!(fault(Says("choose a"), Some(SAID)), None);
        assert!(fault(Says("choose b"), Some(SAID)).is_some());
        assert!(fault(Says("choose a"), None).is_some());
        assert!(fault(Compiles, Some(SAID)).is_some());
        let more = format!("error[E0433]: no `y`\n{SAID}");
        assert!(fault(Says("choose a"), Some(&more)).is_some());
    }
}
