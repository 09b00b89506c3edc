//! `cargo xtask wasm`: compiles the bindings crate, makes its JavaScript glue, optimises the wasm.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use wasm_bindgen_cli_support::Bindgen;

use crate::{process, sizes};

/// Where the artefacts go, from the root.
pub(crate) const OUT_DIR: &str = "packages/browser-core/wasm";

const CRATE: &str = "asupersync-wasm-bindings";
const TARGET: &str = "wasm32-unknown-unknown";
const OUT_NAME: &str = "asupersync";

/// The crates whose code the kernel's wasm is of: what a tier asks of the compiler, it asks for these.
/// Their dependencies are compiled once for all tiers.
const OWN_CRATES: [&str; 3] = ["asupersync-core", "asupersync-wasm-core", CRATE];

/// Whether the wasm keeps the names of its functions.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub(crate) enum Names {
    /// For profiling: larger, otherwise the same code.
    Kept,
    /// What people get.
    Removed,
}

/// How much a build of the wasm has in it. All tiers have one and the same JavaScript.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub(crate) enum Tier {
    /// No trace, and all of its own code made for size.
    CoreMin,
    /// What people get who ask for nothing else.
    CoreTrace,
    /// Names, assertions, checked arithmetic, and invariants that are checked while it runs.
    FullDev,
}

impl Tier {
    /// The one whose JavaScript is kept comes first.
    pub(crate) const ALL: [Self; 3] = [Self::CoreTrace, Self::CoreMin, Self::FullDev];

    pub(crate) fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tier| tier.name() == name)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::CoreMin => "core-min",
            Self::CoreTrace => "core-trace",
            Self::FullDev => "full-dev",
        }
    }

    /// Name of its wasm file, without its ending.
    const fn file(self) -> &'static str {
        match self {
            Self::CoreMin => "asupersync-min",
            Self::CoreTrace => OUT_NAME,
            Self::FullDev => "asupersync-dev",
        }
    }

    const fn features(self) -> &'static [&'static str] {
        match self {
            Self::CoreMin => &["--no-default-features"],
            Self::CoreTrace => &[],
            Self::FullDev => &["--features=asupersync-wasm-bindings/full-dev"],
        }
    }

    /// What its own crates are compiled with beside the profile.
    const fn settings(self) -> &'static [&'static str] {
        match self {
            // What it costs in time is in `docs/decisions/three-tiers-of-wasm.md`.
            Self::CoreMin => &["opt-level=\"z\""],
            Self::CoreTrace => &[],
            Self::FullDev => &["debug-assertions=true", "overflow-checks=true"],
        }
    }

    /// What `wasm-opt` is called with.
    const fn optimiser(self) -> &'static str {
        match self {
            Self::CoreMin => "-O2",
            Self::CoreTrace | Self::FullDev => "-O3",
        }
    }

    const fn names(self, asked: Names) -> Names {
        match self {
            Self::FullDev => Names::Kept,
            Self::CoreMin | Self::CoreTrace => asked,
        }
    }

    fn artefacts(self) -> [String; 5] {
        let file = self.file();
        [
            format!("{file}.wasm"),
            format!("{file}-inline.js"),
            format!("{file}-inline.d.ts"),
            format!("{OUT_NAME}.js"),
            format!("{OUT_NAME}.d.ts"),
        ]
    }
}

/// Builds the artefacts of these tiers, or finds them up to date. The last line printed says which.
pub(crate) fn build(root: &Path, tiers: &[Tier], names: Names) -> Result<()> {
    let mut built = false;
    for tier in tiers {
        built |= build_tier(root, *tier, tier.names(names))?;
    }
    if built {
        sizes::print(root)?;
        println!("built");
    } else {
        println!("up to date");
    }
    Ok(())
}

/// Whether there was anything to do.
fn build_tier(root: &Path, tier: Tier, names: Names) -> Result<bool> {
    let compiled = compile_tier(root, tier)?;
    let stamp_file = root.join(format!("target/wasm/{}.stamp", tier.name()));
    let stamp = stamp(root, &compiled, names)?;
    let out_dir = root.join(OUT_DIR);
    let artefacts = tier.artefacts();
    let complete = artefacts.iter().all(|file| out_dir.join(file).exists());
    if complete && fs::read_to_string(&stamp_file).is_ok_and(|last| last == stamp) {
        return Ok(false);
    }

    let linked = root.join(format!("target/wasm/{}-linked.wasm", tier.name()));
    fs::create_dir_all(&out_dir)?;
    bind(&compiled, &linked, &out_dir, tier, names)?;
    let mut finish = Command::new("node");
    finish
        .arg(root.join("scripts/wasm-artefact.mjs"))
        .arg("finish")
        .args([&linked, &out_dir])
        .args([tier.file(), tier.optimiser()]);
    if names == Names::Kept {
        finish.arg("-g");
    }
    process::run(&mut finish)?;
    fs::write(stamp_file, stamp)?;
    Ok(true)
}

/// Compiles the bindings for a tier and returns the wasm file.
fn compile_tier(root: &Path, tier: Tier) -> Result<PathBuf> {
    let mut arguments: Vec<String> = tier.features().iter().map(|&each| each.into()).collect();
    for package in OWN_CRATES {
        for setting in tier.settings() {
            arguments.push("--config".into());
            arguments.push(format!("profile.wasm.package.{package}.{setting}"));
        }
    }
    compile_with(root, CRATE, &arguments)
}

/// Runs clippy on the crates that have code for wasm only, which clippy for the host never sees.
pub(crate) fn lint(root: &Path) -> Result<()> {
    // The demo turns on what JavaScript's kernel goes without, so that they are two runs.
    let kernel = [
        "--package=asupersync-wasm-core",
        "--package=asupersync-wasm-bindings",
    ];
    // core-trace is what the packages have by default.
    for tier in Tier::ALL {
        clippy(root, &[&kernel, tier.features()].concat())?;
    }
    clippy(root, &["--package=rust-demo"])?;
    let facade = [
        "--package=asupersync",
        "--no-default-features",
        "--features=browser-io,browser-trace,deterministic-mode",
    ];
    clippy(root, &facade)
}

fn clippy(root: &Path, arguments: &[&str]) -> Result<()> {
    let toolchain = Toolchain::read(root)?;
    let mut command = match toolchain.variable("CARGO_CLIPPY") {
        Some(program) => Command::new(program),
        None => Command::new(cargo()),
    };
    command.current_dir(root).args(["clippy", "--locked"]);
    command.args(arguments);
    target(&mut command, root, toolchain);
    process::run(command.args(["--", "--deny", "warnings"]))
}

/// A cargo command for the wasm target, with the compiler and the flags for it.
pub(crate) fn cargo_for_wasm(root: &Path, arguments: &[&str]) -> Result<Command> {
    let mut command = Command::new(cargo());
    command.current_dir(root).args(arguments);
    target(&mut command, root, Toolchain::read(root)?);
    Ok(command)
}

/// Compiles a crate as people get it and returns the wasm file.
pub(crate) fn compile(root: &Path, package: &str) -> Result<PathBuf> {
    compile_with(root, package, &[])
}

fn compile_with(root: &Path, package: &str, more: &[String]) -> Result<PathBuf> {
    let arguments = ["build", "--quiet", "--locked", "--profile", "wasm"];
    let mut command = cargo_for_wasm(root, &arguments)?;
    process::run(command.args(["--package", package]).args(more))
        .context("compiling for wasm; if its std is missing, `npm run setup` gets it")?;
    let file = package.replace('-', "_") + ".wasm";
    Ok(target_dir(root).join(TARGET).join("wasm").join(file))
}

pub(crate) fn cargo() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// A target folder of its own, because the compiler may be another than the host's.
fn target_dir(root: &Path) -> PathBuf {
    root.join("target/wasm")
}

/// Points a cargo command at the wasm target, with the compiler and the flags for it.
fn target(command: &mut Command, root: &Path, toolchain: Toolchain) {
    command
        .args(["--target", TARGET, "--target-dir"])
        .arg(target_dir(root));
    let flags = flags(root, toolchain.flags).join("\u{1f}");
    command
        .envs(toolchain.variables)
        .env("CARGO_ENCODED_RUSTFLAGS", flags);
}

/// All of the compiler's flags: those given, and what keeps this machine's folders out of the
/// messages of panics, so that every machine builds the same bytes.
fn flags(root: &Path, mut flags: Vec<String>) -> Vec<String> {
    let home = env::var_os("HOME").or_else(|| env::var_os("USERPROFILE"));
    let cargo_home = env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| home.map(|home| Path::new(&home).join(".cargo")));
    if let Some(cargo_home) = cargo_home {
        flags.push(format!(
            "--remap-path-prefix={}=cargo",
            cargo_home.display()
        ));
    }
    flags.push(format!("--remap-path-prefix={}=", root.display()));
    flags
}

/// What set-up found to be needed for this machine's wasm compiler; often nothing.
#[derive(Debug, Default, PartialEq, Eq)]
struct Toolchain {
    /// Such as `RUSTC`.
    variables: Vec<(String, String)>,
    /// For the compiler. They take the place of `RUSTFLAGS`, which may not suit it.
    flags: Vec<String>,
}

impl Toolchain {
    fn variable(&self, name: &str) -> Option<&str> {
        let found = self.variables.iter().find(|(each, _)| each == name);
        found.map(|(_, value)| value.as_str())
    }

    fn read(root: &Path) -> Result<Toolchain> {
        let file = root.join("target/setup/wasm-toolchain.env");
        if !file.exists() {
            return Ok(Toolchain::default());
        }
        Toolchain::parse(&fs::read_to_string(file)?)
    }

    /// Lines of `NAME=value`; `RUSTFLAG` may come more than once, each time with one flag.
    fn parse(text: &str) -> Result<Toolchain> {
        let mut toolchain = Toolchain::default();
        for line in text.lines() {
            let (name, value) = line
                .split_once('=')
                .with_context(|| format!("expected NAME=value, got `{line}`"))?;
            match name {
                "RUSTFLAG" => toolchain.flags.push(value.to_owned()),
                _ => toolchain
                    .variables
                    .push((name.to_owned(), value.to_owned())),
            }
        }
        Ok(toolchain)
    }
}

/// A hash of everything that the steps after compiling read.
fn stamp(root: &Path, compiled: &Path, names: Names) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    names.hash(&mut hasher);
    include_str!("wasm.rs").hash(&mut hasher);
    for file in [
        compiled,
        &root.join("Cargo.lock"),
        &root.join("scripts/wasm-artefact.mjs"),
        &root.join("node_modules/binaryen/package.json"),
    ] {
        // A missing optimiser is an input too: its coming must rebuild.
        fs::read(file).unwrap_or_default().hash(&mut hasher);
    }
    Ok(format!("{:016x}\n", hasher.finish()))
}

/// Writes `linked`, and the JavaScript and its types into `out_dir`: those of core-trace, which the
/// other tiers only have to agree with.
fn bind(compiled: &Path, linked: &Path, out_dir: &Path, tier: Tier, names: Names) -> Result<()> {
    let mut output = Bindgen::new()
        .input_path(compiled)
        .out_name(OUT_NAME)
        .web(true)?
        .typescript(true)
        // The loader says where the wasm is; a default path would make bundlers look for it.
        .omit_default_module_path(true)
        // After the instance has died, objects of the old one must throw.
        .reset_state_function(true)
        .remove_name_section(names == Names::Removed)
        .remove_producers_section(true)
        .generate_output()?;
    ensure!(
        output.snippets().values().all(Vec::is_empty) && output.local_modules().is_empty(),
        "the bindings carry JavaScript snippets, which this build does not copy"
    );
    let types = output
        .ts()
        .context("wasm-bindgen made no types")?
        .to_owned();
    let script = out_dir.join("asupersync.js");
    if tier == Tier::CoreTrace || !script.exists() {
        fs::write(&script, output.js())?;
        fs::write(out_dir.join("asupersync.d.ts"), types)?;
    }
    ensure!(
        fs::read_to_string(script)? == output.js(),
        "the JavaScript of {} is not that of core-trace: build core-trace too, and if it stays so, \
         give all tiers the same calls",
        tier.name()
    );
    fs::write(linked, output.wasm_mut().emit_wasm())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Toolchain;

    #[test]
    fn a_flag_may_hold_equals_signs_and_spaces() {
        let text = "RUSTC=/a/b\nRUSTFLAG=--sysroot=/c d\nRUSTFLAG=-Clinker=/e\n";
        let expected = Toolchain {
            variables: vec![("RUSTC".to_owned(), "/a/b".to_owned())],
            flags: vec!["--sysroot=/c d".to_owned(), "-Clinker=/e".to_owned()],
        };
        assert_eq!(Toolchain::parse(text).expect("it is well formed"), expected);
    }

    #[test]
    fn a_line_without_a_value_is_an_error_that_shows_it() {
        let error = Toolchain::parse("RUSTC\n").expect_err("there is no `=`");
        assert!(error.to_string().contains("`RUSTC`"), "{error}");
    }
}
