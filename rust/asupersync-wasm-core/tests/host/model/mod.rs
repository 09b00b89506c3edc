//! Random sequences of ABI calls agree with a model written apart: every answer, every record,
//! every counter, and the whole live tree after every call.

mod commands;
mod turn;
mod world;

use asupersync_wasm_core::queries::ROW_WORDS;
use asupersync_wasm_core::{Driver, DriverConfig};

use crate::draw::{Draw, count, number};
use crate::fake_port::{CONFIG, FakePort, records};
use commands::{Answer, Call};
use turn::Record;
use world::{Id, World};

/// Calls and turns of one sequence at most; with it no turn dispatches as many as end it early,
/// and no clean-up runs out of polls.
const LENGTH_MAX: u32 = 160;

struct Pair {
    draw: Draw,
    driver: Driver<FakePort>,
    port: FakePort,
    world: World,
    tokens: u32,
}

impl Pair {
    fn new(seed: u64) -> Self {
        let port = FakePort::default();
        let config = DriverConfig {
            // The model knows no end of patience and no end of a slice.
            drain_ms: 1e9,
            slice_ms: 1e9,
            ..CONFIG
        };
        let driver = Driver::new(config, port.clone()).unwrap();
        let world = World::new(driver.root() as u64);
        Self {
            draw: Draw::new(seed),
            driver,
            port,
            world,
            tokens: 0,
        }
    }

    fn now_ns(&self) -> u64 {
        (self.port.now.get() * 1e6) as u64
    }

    /// A handle of the map's kind that lives; now and then any other number.
    fn handle(&mut self, ids: &[Id]) -> f64 {
        match self.draw.below(24) {
            0 => self.draw.hostile(),
            1 => {
                let given: Vec<_> = self.world.given.iter().copied().collect();
                let given = number(self.draw.of(&given));
                self.draw.forged(given)
            }
            2 | 3 => {
                let given: Vec<_> = self.world.given.iter().copied().collect();
                number(self.draw.of(&given))
            }
            4 => number(self.world.root),
            _ if ids.is_empty() => number(self.world.root),
            _ => number(self.draw.of(ids)),
        }
    }

    fn region(&mut self) -> f64 {
        let ids: Vec<_> = self.world.regions.keys().copied().collect();
        self.handle(&ids)
    }

    fn task(&mut self) -> f64 {
        let ids: Vec<_> = self.world.tasks.keys().copied().collect();
        self.handle(&ids)
    }

    fn op(&mut self) -> f64 {
        let ids: Vec<_> = self.world.ops.keys().copied().collect();
        self.handle(&ids)
    }

    /// A number below `end`; now and then a hostile one.
    fn code(&mut self, end: u32) -> f64 {
        if self.draw.chance(1, 24) {
            self.draw.hostile()
        } else {
            f64::from(self.draw.below(end))
        }
    }

    fn token(&mut self) -> f64 {
        self.tokens += 1;
        f64::from(self.tokens)
    }

    fn call(&mut self) -> Call {
        match self.draw.below(100) {
            0..=7 => Call::RegionOpen(self.region(), self.code(4)),
            8..=27 => Call::RegionSpawn(self.region()),
            28..=29 => Call::RegionClose(self.region()),
            30..=31 => Call::RegionCancel(self.region(), self.code(13)),
            32..=35 => Call::TaskCancel(self.task(), self.code(13)),
            36..=45 => Call::TaskCheckpoint(self.task()),
            46..=57 => Call::TaskSleep(self.task(), self.code(30), self.token()),
            58..=62 => Call::TaskDefer(self.task()),
            63..=67 => Call::TaskFinalized(self.task(), self.code(2)),
            68..=77 => Call::TaskComplete(self.task(), self.code(4)),
            78..=87 => {
                let token = if self.draw.chance(1, 8) {
                    0.0
                } else {
                    self.token()
                };
                Call::HostOpen(self.task(), token, self.code(3))
            }
            88..=90 => Call::HostWait(self.op(), self.token()),
            91..=93 => Call::HostNotify(self.op(), self.code(3)),
            94..=98 => Call::HostComplete(self.op(), self.code(3)),
            _ if self.draw.chance(1, 4) => Call::Close,
            _ => Call::TaskCheckpoint(self.draw.hostile()),
        }
    }

    fn make(&mut self, call: Call) -> f64 {
        let driver = &mut self.driver;
        match call {
            Call::RegionOpen(parent, policy) => driver.region_open(parent, policy),
            Call::RegionSpawn(region) => driver.region_spawn(region),
            Call::RegionClose(region) => driver.region_close(region),
            Call::RegionCancel(region, kind) => driver.region_cancel(region, kind, ""),
            Call::TaskCancel(task, kind) => driver.task_cancel(task, kind, ""),
            Call::TaskCheckpoint(task) => driver.task_checkpoint(task),
            Call::TaskSleep(task, ms, token) => driver.task_sleep(task, ms, token),
            Call::TaskDefer(task) => driver.task_defer(task),
            Call::TaskFinalized(task, outcome) => driver.task_finalized(task, outcome),
            Call::TaskComplete(task, outcome) => driver.task_complete(task, outcome),
            Call::HostOpen(task, token, kind) => driver.host_open(task, token, kind),
            Call::HostWait(op, token) => driver.host_wait(op, token),
            Call::HostNotify(op, result) => driver.host_notify(op, result),
            Call::HostComplete(op, result) => driver.host_complete(op, result),
            Call::Close => driver.close(),
        }
    }

    fn step(&mut self) {
        match self.draw.below(10) {
            0 | 1 => self.turn(),
            2 => self.port.pass(f64::from(self.draw.below(12))),
            _ => {
                let call = self.call();
                let now_ns = self.now_ns();
                let expected = self.world.answer(call, now_ns);
                let answer = self.make(call);
                match expected {
                    Answer::Status(status) => assert_eq!(answer, f64::from(status), "{call:?}"),
                    Answer::Refused(code) => assert_eq!(answer, -f64::from(code), "{call:?}"),
                    Answer::NewRegion(..) | Answer::NewTask(_) | Answer::NewOp { .. } => {
                        assert!(answer > 0.0, "{call:?}: {answer}");
                        self.world.named(expected, answer as u64);
                    }
                }
            }
        }
        self.compare();
    }

    fn turn(&mut self) {
        self.driver.turn();
        let records: Vec<Record> = records(&self.driver)
            .into_iter()
            .map(|(code, slot, token, aux)| {
                let reason = self
                    .driver
                    .reason(aux)
                    .filter(|_| matches!(code, 3 | 5..=7));
                (code, slot, token, aux, reason.map(|reason| reason.kind))
            })
            .collect();
        let now_ns = self.now_ns();
        self.world.turned(&records, now_ns);
    }

    fn compare(&mut self) {
        let world = &self.world;
        let totals = world.totals;
        let obligations = world.ops.values().filter(|op| !op.is_signal).count();
        let expected = [
            (0, world.tasks.len() as u64),
            (1, world.regions.len() as u64),
            (2, world.ops.len() as u64),
            (3, world.timers() as u64),
            (4, totals.spawned),
            (5, totals.completed),
            (6, totals.cancelled),
            (7, 0),
            (8, 0),
            (12, obligations as u64),
            (13, totals.reserved),
            (14, totals.committed),
            (15, totals.aborted),
            (16, 0),
        ];
        for (code, expected) in expected {
            let found = self.driver.count(f64::from(code));
            assert_eq!(found, number(expected), "counter {code}");
        }
        self.driver.snapshot();
        let mut rows: Vec<[u32; ROW_WORDS]> = self
            .driver
            .rows()
            .chunks(ROW_WORDS)
            .map(|row| row.try_into().unwrap())
            .collect();
        rows.sort_unstable();
        assert_eq!(rows, self.world.rows());
    }
}

impl World {
    /// The live tree as the snapshot has it, sorted.
    fn rows(&self) -> Vec<[u32; ROW_WORDS]> {
        // `HandleKindCode` is half of what the three bits of a handle say, for these kinds.
        let named = |id: Id| [(id >> 44 & 3) as u32, (id & 0x3F_FFFF) as u32];
        let row = |id: Id, parent: Option<Id>, state, reason: Option<world::Reason>, detail| {
            let ([kind, slot], [above, at]) = (named(id), parent.map_or([0, 0], named));
            let cancel = reason.map_or(0, |reason| u32::from(reason.kind.code()) + 1);
            [kind, slot, above, at, state, cancel, detail]
        };
        let regions = self.regions.iter();
        let tasks = self.tasks.iter();
        let ops = self.ops.iter();
        let mut rows: Vec<_> = regions
            .map(|(id, region)| {
                let policy = region.policy as u32;
                row(*id, region.parent, region.state, region.reason, policy)
            })
            .chain(tasks.map(|(id, task)| row(*id, Some(task.region), task.state, task.reason, 0)))
            .chain(ops.map(|(id, op)| row(*id, Some(op.task), op.state, op.reason, op.kind)))
            .collect();
        rows.sort_unstable();
        rows
    }
}

#[test]
fn random_sequences_of_calls_agree_with_the_model() {
    let first = count("SEED", 1);
    for seed in first..first + count("SEQUENCES", 500) {
        let _repeat = crate::draw::Repeat::new(seed, "SEQUENCES=1", "agree_with_the_model");
        let mut pair = Pair::new(seed);
        let length = 1 + pair.draw.below(LENGTH_MAX);
        for _ in 0..length {
            pair.step();
        }
        pair.turn();
        pair.compare();
    }
}
