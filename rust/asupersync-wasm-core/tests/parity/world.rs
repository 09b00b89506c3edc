//! Owns the interpreter of scenarios: lines become calls, records become reactions of bodies.

use std::collections::BTreeMap;

use asupersync_wasm_core::Driver;
use asupersync_wasm_core::encode::RECORD_WORDS;
use asupersync_wasm_core::queries::REASON_CAUSE;
use asupersync_wasm_core::semaphores::ASKED;

use crate::calls;
use crate::port::VirtualPort;
use crate::result::{Run, hex};
use crate::scenario::{Scenario, code, name_of};
use crate::text::{self, Line};

/// A task as the interpreter knows it.
#[derive(Debug, Default)]
struct Task {
    body: String,
    /// Bodies of its finalizers, the one registered last at the end.
    finalizers: Vec<String>,
}

pub(crate) struct World<'a> {
    scenario: &'a Scenario,
    seed: u32,
    port: VirtualPort,
    driver: Driver<VirtualPort>,
    handles: BTreeMap<String, f64>,
    /// By kind and slot: what a record names.
    names: BTreeMap<(u32, u32), String>,
    tasks: BTreeMap<String, Task>,
    /// Bodies of the finalizers of regions.
    finalizers: BTreeMap<String, Vec<String>>,
    /// The task that opened a host operation.
    owners: BTreeMap<String, String>,
    outcomes: BTreeMap<String, String>,
    log: Vec<String>,
}

/// Rounds of drain time that the end of a run may take.
const ROUNDS_MAX: usize = 20;

const ROOT: &str = "root";

/// Runs `scenario` with `seed` and shuts it down.
pub(crate) fn run(scenario: &Scenario, seed: u32) -> Run {
    let mut world = World::new(scenario, seed);
    for step in &scenario.steps {
        world.line(step, "", "");
    }
    world.end();
    world.result()
}

impl<'a> World<'a> {
    fn new(scenario: &'a Scenario, seed: u32) -> Self {
        let port = VirtualPort::default();
        let driver = Driver::new(scenario.config(seed, 1.0), port.clone());
        let driver = driver.expect("a scenario's configuration is sane");
        let mut world = Self {
            scenario,
            seed,
            port,
            driver,
            handles: BTreeMap::new(),
            names: BTreeMap::new(),
            tasks: BTreeMap::new(),
            finalizers: BTreeMap::new(),
            owners: BTreeMap::new(),
            outcomes: BTreeMap::new(),
            log: Vec::new(),
        };
        let root = world.driver.root();
        world.bind(ROOT, root);
        world
    }

    fn note(&mut self, entry: String) {
        if self.scenario.log {
            self.log.push(entry);
        }
    }

    /// Gives `name` to a handle that a call answered with.
    fn bind(&mut self, name: &str, handle: f64) {
        let parts = text::parts(handle);
        self.handles.insert(name.to_owned(), handle);
        self.names.insert((parts.kind, parts.slot), name.to_owned());
    }

    /// Carries out one line. `me` is the task that reacts, `it` what it reacts to.
    fn line(&mut self, source: &str, me: &str, it: &str) {
        let (times, source) = text::times(source);
        for index in 0..times {
            let line = Line::parse(source, index, me, it);
            let answer = self.command(&line);
            if let Some(answer) = &answer {
                self.note(format!("{} -> {answer}", line.text));
            }
            if line.expected.is_some() && line.expected != answer {
                let (name, seed) = (&self.scenario.name, self.seed);
                panic!("{name}, seed {seed}: `{source}` gave {answer:?}");
            }
        }
    }

    /// What the call answered; `None` for what is no call.
    fn command(&mut self, line: &Line) -> Option<String> {
        let argument = |index: usize| line.arguments.get(index).map_or("", String::as_str);
        match line.call.as_str() {
            "turn" => while self.tick() {},
            "tick" => drop(self.tick()),
            "pass" => self.port.pass(argument(0).parse().expect("milliseconds")),
            "snapshot" => self.snapshot(),
            "foreign" => self.foreign(argument(0)),
            _ => return Some(self.call(line)),
        }
        None
    }

    fn call(&mut self, line: &Line) -> String {
        let name = line.call.as_str();
        let is_cancel = matches!(name, "task_cancel" | "region_cancel");
        let numbers = line
            .arguments
            .iter()
            .take(if is_cancel { 2 } else { usize::MAX });
        let numbers: Vec<f64> = numbers.map(|word| self.number(word)).collect();
        let message = if is_cancel {
            line.arguments.get(2)
        } else {
            None
        };
        let subject = line.arguments.first().cloned().unwrap_or_default();
        let ends = matches!(name, "task_complete" | "task_finalized");
        let reason = if ends {
            self.driver.task_reason(numbers[0])
        } else {
            0
        };
        let message = message.map_or("", String::as_str);
        let answer = calls::call(&mut self.driver, name, &numbers, message);
        if text::is_asked(answer) {
            self.bind(&line.name, answer - ASKED);
            return text::answer(answer);
        }
        if answer < 0.0 {
            return text::answer(answer);
        }
        if text::is_handle(answer) {
            self.bind(&line.name, answer);
            if text::parts(answer).kind == code("HandleKindCode.task").unwrap_or(0) {
                let task = Task {
                    body: line.body.clone(),
                    ..Task::default()
                };
                self.tasks.insert(line.name.clone(), task);
            }
            self.owners.insert(line.name.clone(), subject.clone());
        }
        match name {
            "task_defer" => {
                let task = self.tasks.get_mut(&subject).expect("a task of this run");
                task.finalizers.push(line.body.clone());
            }
            "region_defer" => {
                let stack = self.finalizers.entry(subject.clone()).or_default();
                stack.push(line.body.clone());
            }
            _ => {}
        }
        if !ends {
            return text::answer(answer);
        }
        if answer < 4.0 {
            return "later".to_owned();
        }
        let outcome = self.outcome(text::word(answer) - 4, reason);
        self.outcomes.insert(subject, outcome.clone());
        outcome
    }

    /// A number as JavaScript writes it, a code as `Group.name`, or the handle of that name.
    fn number(&self, word: &str) -> f64 {
        if let Some(handle) = self.handles.get(word) {
            return *handle;
        }
        if let Some(code) = code(word) {
            return f64::from(code);
        }
        let number = word.replace("Infinity", "inf").parse();
        number.unwrap_or_else(|_| panic!("`{word}` is no number, code or name"))
    }

    /// Turns the driver once and delivers; whether there was anything.
    fn tick(&mut self) -> bool {
        let count = self.driver.turn();
        if count == 0 {
            return false;
        }
        self.note(format!("@{} turn {count}", self.driver.now_ms()));
        let records: Vec<u32> = self.driver.records().to_vec();
        for record in records.chunks(RECORD_WORDS) {
            self.deliver(record[0], record[1], record[2], record[3]);
        }
        true
    }

    fn named(&self, kind: &str, slot: u32) -> String {
        let kind = code(&format!("HandleKindCode.{kind}")).unwrap_or(u32::MAX);
        let name = self.names.get(&(kind, slot));
        name.cloned().unwrap_or_else(|| format!("{slot}?"))
    }

    fn deliver(&mut self, effect: u32, slot: u32, token: u32, aux: u32) {
        let effect = name_of("EffectCode", effect);
        let kind = match effect {
            "regionClosed" | "regionFinalize" => "region",
            "hostCancel" | "hostRevoked" | "hostDropped" => "hostOp",
            _ => "task",
        };
        let name = self.named(kind, slot);
        let said = match effect {
            "resume" => format!(" {token} {aux}"),
            "cancel" => format!(" {token} {}", self.reason(aux)),
            "hostCancel" => format!(" {}", self.reason(aux)),
            "taskDone" | "regionClosed" => {
                let outcome = self.outcome(token, aux);
                self.outcomes.insert(name.clone(), outcome);
                let outcome = name_of("OutcomeCode", token);
                format!(" {outcome} {}", self.reason(aux))
                    .trim_end()
                    .to_owned()
            }
            "taskRevoked" => self.revoked(&name, token),
            "obligationLeaked" => {
                let kind = name_of("ObligationKindCode", token);
                format!(" {kind} {}", self.named("obligation", aux))
            }
            _ => String::new(),
        };
        self.note(format!("{effect} {name}{said}"));
        match effect {
            "finalize" => {
                let task = self.tasks.get_mut(&name).expect("a task of this run");
                task.body = task.finalizers.pop().expect("a finalizer was registered");
                self.react(&name, "start", "");
            }
            "regionFinalize" => {
                let stack = self
                    .finalizers
                    .get_mut(&name)
                    .expect("a region of this run");
                let body = stack.pop().expect("a finalizer was registered");
                let task = format!("{name}!{}", stack.len());
                self.line(
                    &format!("{task} = region_finalizer_spawn {name} : {body}"),
                    "",
                    "",
                );
            }
            "start" => self.react(&name, "start", ""),
            "resume" | "cancel" => self.react(&name, &format!("{effect} {token}"), ""),
            "hostCancel" | "hostRevoked" | "hostDropped" => {
                let owner = self.owners.get(&name).cloned().unwrap_or_default();
                self.react(&owner, effect, &name);
            }
            _ => {}
        }
    }

    /// Lets the body of `task` react: to `event`, or to its first word with any token.
    fn react(&mut self, task: &str, event: &str, it: &str) {
        let Some(body) = self.tasks.get(task).map(|task| task.body.as_str()) else {
            return;
        };
        let scenario = self.scenario;
        let Some(body) = scenario.bodies.get(body) else {
            return;
        };
        let any = event.split(' ').next().unwrap_or(event);
        let lines = body.get(event).or_else(|| body.get(any));
        for line in lines.into_iter().flatten() {
            self.line(line, task, it);
        }
    }

    /// Hands what a revoked task registered to its successor.
    fn revoked(&mut self, name: &str, successor: u32) -> String {
        let handle = self.driver.task_at(f64::from(successor));
        if handle <= 0.0 {
            return String::new();
        }
        let heir = format!("{name}+");
        let finalizers = self
            .tasks
            .get_mut(name)
            .map(|task| task.finalizers.split_off(0));
        let task = Task {
            body: String::new(),
            finalizers: finalizers.unwrap_or_default(),
        };
        self.tasks.insert(heir.clone(), task);
        self.bind(&heir, handle);
        format!(" {heir}")
    }

    fn outcome(&self, outcome: u32, reason: u32) -> String {
        let outcome = name_of("OutcomeCode", outcome);
        match self.driver.reason(reason) {
            Some(reason) if outcome == "cancelled" => {
                let kind = u32::from(reason.kind.code());
                format!("{outcome} {}", name_of("CancelKindCode", kind))
            }
            _ => outcome.to_owned(),
        }
    }

    /// A reason with its causes, nearest first.
    fn reason(&mut self, mut id: u32) -> String {
        let mut links = Vec::new();
        while let Some(reason) = self.driver.reason(id) {
            let kind = name_of("CancelKindCode", u32::from(reason.kind.code()));
            let message = reason.message.as_deref().unwrap_or("").to_owned();
            let cut = if reason.truncated { " truncated" } else { "" };
            let at = self.driver.reason_at_ms(id);
            links.push(format!("{kind}@{at} {message}{cut}").trim_end().to_owned());
            id = text::word((self.driver.reason_facts(id) / f64::from(REASON_CAUSE)).floor());
        }
        links.join(" < ")
    }

    fn snapshot(&mut self) {
        self.driver.snapshot();
        let rows: Vec<u32> = self.driver.rows().to_vec();
        for row in rows.chunks(asupersync_wasm_core::queries::ROW_WORDS) {
            let name = |kind, slot| self.named(name_of("HandleKindCode", kind), slot);
            let parent = if row[3] == 0 {
                "-".to_owned()
            } else {
                name(row[2], row[3])
            };
            let (kind, name) = (name_of("HandleKindCode", row[0]), name(row[0], row[1]));
            let rest = [row[4], row[5], row[6]]
                .map(|word| word.to_string())
                .join(" ");
            self.note(format!("row {kind} {name} {parent} {rest}"));
        }
    }

    /// Gives `name` to a task of another runtime.
    fn foreign(&mut self, name: &str) {
        let config = self.scenario.config(self.seed, 2.0);
        let mut other = Driver::new(config, self.port.clone()).expect("it was sane before");
        let task = other.region_spawn(other.root());
        self.handles.insert(name.to_owned(), task);
    }

    /// Shuts the runtime down and lets drain times pass until it has closed.
    fn end(&mut self) {
        self.line("close", "", "");
        for _ in 0..ROUNDS_MAX {
            while self.tick() {}
            if self.outcomes.contains_key(ROOT) {
                return;
            }
            self.port
                .pass(self.scenario.config(self.seed, 1.0).drain_ms);
        }
    }

    fn result(self) -> Run {
        let counts = text::counters().map(|(name, code)| {
            let count = self.driver.count(f64::from(code));
            (name.to_owned(), count)
        });
        let counts: BTreeMap<String, f64> = counts.collect();
        let nothing_lives = counts
            .iter()
            .all(|(name, count)| !name.ends_with("Live") || *count == 0.0);
        Run {
            seed: self.seed,
            quiescent: nothing_lives && self.outcomes.contains_key(ROOT),
            outcomes: self.outcomes,
            counts,
            certificate: hex(self.driver.certificate()),
            fingerprint: hex(self.driver.fingerprint()),
            trace: hex(text::digest(&self.driver.events(0.0))),
            log: self.log,
        }
    }
}
