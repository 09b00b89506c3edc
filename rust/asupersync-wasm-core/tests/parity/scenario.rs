//! Owns scenarios as data: one JSON file each, as `parity/README.md` describes them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use asupersync_wasm_core::DriverConfig;
use asupersync_wasm_core::abi::GROUPS;
use serde::Deserialize;

/// Reactions of a body by what it reacts to, each a list of lines.
pub(crate) type Body = BTreeMap<String, Vec<String>>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    /// The file's name without its ending.
    #[serde(skip)]
    pub(crate) name: String,
    #[serde(rename = "about")]
    _about: String,
    pub(crate) concepts: Vec<String>,
    #[serde(default)]
    config: BTreeMap<String, Number>,
    #[serde(default = "one_seed")]
    pub(crate) seeds: Vec<u32>,
    #[serde(default)]
    pub(crate) bodies: BTreeMap<String, Body>,
    pub(crate) steps: Vec<String>,
    pub(crate) expect: Expect,
    #[serde(default = "is_logged")]
    pub(crate) log: bool,
}

/// What the author of a scenario says must come out; the golden file has the rest.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expect {
    #[serde(default)]
    pub(crate) outcomes: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) counts: BTreeMap<String, f64>,
}

/// A number, or the name of a code such as `LeakPolicyCode.abort`.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Number {
    Number(f64),
    Code(String),
}

fn one_seed() -> Vec<u32> {
    vec![1]
}

fn is_logged() -> bool {
    true
}

/// Where the corpus lies.
pub(crate) fn room() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../parity")
}

/// Every scenario, by name.
pub(crate) fn all() -> Vec<Scenario> {
    let mut files: Vec<_> = fs::read_dir(room().join("scenarios"))
        .expect("the room has scenarios")
        .map(|entry| entry.expect("a folder can be read to its end").path())
        .collect();
    files.sort();
    files.iter().map(|file| read(file)).collect()
}

fn read(file: &Path) -> Scenario {
    let text = fs::read_to_string(file).expect("a scenario can be read");
    let mut scenario: Scenario =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let stem = file.file_stem().and_then(|stem| stem.to_str());
    scenario.name = stem.expect("names are plain text").to_owned();
    scenario
}

/// Virtual time stands still within a turn, so a slice ends only where a scenario asks for it.
const SLICE_MS: f64 = 1e9;
const TRACE_CAPACITY: f64 = 4_096.0;

impl Scenario {
    pub(crate) fn config(&self, seed: u32, tag: f64) -> DriverConfig {
        let field = |name: &str, otherwise: f64| {
            self.config
                .get(name)
                .map_or(otherwise, |number| match number {
                    Number::Number(number) => *number,
                    Number::Code(name) => f64::from(code(name).expect("a known code")),
                })
        };
        let default = DriverConfig::DEFAULT;
        DriverConfig {
            seed: f64::from(seed),
            tag,
            drain_ms: field("drainMs", default.drain_ms),
            slice_ms: field("sliceMs", SLICE_MS),
            trace_capacity: field("traceCapacity", TRACE_CAPACITY),
            ties: field("ties", default.ties),
            leak_policy: field("leakPolicy", default.leak_policy),
            cancel_streak: field("cancelStreak", default.cancel_streak),
            polls_per_tick: field("pollsPerTick", default.polls_per_tick),
            generations_max: field("generationsMax", default.generations_max),
        }
    }
}

/// The code that `Group.name` names.
pub(crate) fn code(name: &str) -> Option<u32> {
    let (group, entry) = name.split_once('.')?;
    let group = GROUPS.iter().find(|each| each.name == group)?;
    let entry = group.entries.iter().find(|each| each.name == entry)?;
    Some(entry.code)
}

/// The name of a code of `group`.
pub(crate) fn name_of(group: &str, code: u32) -> &'static str {
    let group = GROUPS.iter().find(|each| each.name == group);
    let entry = group.and_then(|group| group.entries.iter().find(|each| each.code == code));
    entry.map_or("?", |entry| entry.name)
}
