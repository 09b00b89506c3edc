//! Owns the text of a run: how a line is read, and how numbers are shown.

use asupersync_core::Handle;
use asupersync_wasm_core::abi::GROUPS;
use asupersync_wasm_core::semaphores::ASKED;

use crate::scenario::name_of;

/// One line after its words were filled in: `[name =] call argument… [: body] [-> answer]`.
#[derive(Debug, Default)]
pub(crate) struct Line {
    /// All of it but the expected answer.
    pub(crate) text: String,
    pub(crate) name: String,
    pub(crate) call: String,
    pub(crate) arguments: Vec<String>,
    pub(crate) body: String,
    pub(crate) expected: Option<String>,
}

impl Line {
    /// `#` stands for `index`, `self` for `me`, `it` for `it`.
    pub(crate) fn parse(source: &str, index: u32, me: &str, it: &str) -> Self {
        let source = source.replace('#', &index.to_string());
        let fill = |word: &str| match word.split_once('.') {
            Some(("self", rest)) => format!("{me}.{rest}"),
            None if word == "self" => me.to_owned(),
            None if word == "it" => it.to_owned(),
            _ => word.to_owned(),
        };
        let (source, expected) = match source.split_once(" -> ") {
            Some((source, expected)) => (source.to_owned(), Some(expected.to_owned())),
            None => (source, None),
        };
        let words: Vec<String> = source.split(' ').map(fill).collect();
        let text = words.join(" ");
        let (words, body) = match words.iter().position(|word| word == ":") {
            Some(at) => (words[..at].to_vec(), words[at + 1].clone()),
            None => (words, String::new()),
        };
        let has_name = words.get(1).is_some_and(|word| word == "=");
        let (name, words) = if has_name {
            (words[0].clone(), &words[2..])
        } else {
            (String::new(), &words[..])
        };
        Self {
            text,
            name,
            call: words[0].clone(),
            arguments: words[1..].to_vec(),
            body,
            expected,
        }
    }
}

/// `times N line`: the number and the line; once if nothing is said.
pub(crate) fn times(source: &str) -> (u32, &str) {
    let Some(rest) = source.strip_prefix("times ") else {
        return (1, source);
    };
    let (count, line) = rest.split_once(' ').expect("a line after the number");
    (count.parse().expect("a number of times"), line)
}

/// What a handle is made of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parts {
    pub(crate) kind: u32,
    pub(crate) slot: u32,
    pub(crate) generation: u32,
}

pub(crate) fn parts(handle: f64) -> Parts {
    let handle = handle_of(handle);
    Parts {
        kind: handle.kind().map_or(u32::MAX, |kind| kind as u32),
        slot: handle.slot(),
        generation: handle.generation(),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "handles are whole numbers below 2^53"
)]
fn handle_of(number: f64) -> Handle {
    Handle::from_raw(number as u64)
}

/// The least handle of runtime 1: its tag stands above 46 bits.
const HANDLES_FROM: f64 = 70_368_744_177_664.0;

/// Whether an answer is a handle: those of runtime 1 and above are past every other answer.
pub(crate) fn is_handle(answer: f64) -> bool {
    answer >= HANDLES_FROM
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "callers pass whole numbers of 32 bits"
)]
pub(crate) fn word(number: f64) -> u32 {
    number as u32
}

/// Whether an answer is the handle of an obligation that waits in line.
pub(crate) fn is_asked(answer: f64) -> bool {
    answer < -f64::from(u32::MAX)
}

/// A handle as `kind slot/generation`, with `asked` before it if it waits in line; a refusal by
/// its name, any other number as it is.
pub(crate) fn answer(answer: f64) -> String {
    if is_asked(answer) {
        return format!("asked {}", self::answer(answer - ASKED));
    }
    if answer < 0.0 {
        return name_of("ErrorKindCode", word(-answer)).to_owned();
    }
    if !is_handle(answer) {
        return answer.to_string();
    }
    let Parts {
        kind,
        slot,
        generation,
    } = parts(answer);
    format!("{} {slot}/{generation}", name_of("HandleKindCode", kind))
}

/// The counters of the ABI.
pub(crate) fn counters() -> impl Iterator<Item = (&'static str, u32)> {
    let group = GROUPS.iter().filter(|group| group.name == "CounterCode");
    group
        .flat_map(|group| group.entries)
        .map(|entry| (entry.name, entry.code))
}

/// FNV-1a over whole numbers of 64 bits instead of bytes: the bits of each of `numbers`.
pub(crate) fn digest(numbers: &[f64]) -> u64 {
    numbers
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, number| {
            (hash ^ number.to_bits()).wrapping_mul(0x0000_0100_0000_01b3)
        })
}
