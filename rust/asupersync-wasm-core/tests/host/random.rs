//! Random commands, and as many as asked for: hostile numbers, handles that are stale, foreign or
//! forged, in any order, before and after close. Nothing panics or hangs, every answer is one of
//! the table's, the invariants hold, and whatever was done, the runtime still closes.

use std::collections::BTreeMap;

use crate::calls::{CALLS, TIMEOUT, call, is_answer, is_asked};
use crate::draw::{Draw, Repeat, count};
use crate::fake_port::{CONFIG, FakePort, records};
use asupersync_core::Handle;
use asupersync_wasm_core::abi::EffectCode;
use asupersync_wasm_core::queries::{REASON_CAUSE, ROW_WORDS};
use asupersync_wasm_core::semaphores::ASKED;
use asupersync_wasm_core::{Driver, DriverConfig};

/// Handles of one kind that are kept to be used again; many of them are stale after a while.
const POOL: usize = 16;

/// Turns in which a closed runtime has to drain, each past the drain time.
const DRAIN_TURNS_MAX: u32 = 1_000;

/// Minus the code of `ErrorKind::StaleHandle`.
const STALE: f64 = -1.0;

struct Run {
    draw: Draw,
    driver: Driver<FakePort>,
    port: FakePort,
    /// Handles that were given, by kind.
    pools: [Vec<f64>; 5],
    /// Handles of another runtime.
    foreign: Vec<f64>,
    /// Regions by slot, to answer orders to run their finalizers.
    regions: BTreeMap<u32, f64>,
    owed: Vec<u32>,
    /// The latest time that the clock gave: time of the kernel never goes back.
    latest_ms: f64,
    /// Calls that were not refused.
    taken: u64,
    /// Permits that were there, and such that had to be waited for.
    permits: [u64; 2],
}

impl Run {
    fn new(seed: u64) -> Self {
        let mut draw = Draw::new(seed);
        let port = FakePort::default();
        let config = DriverConfig {
            seed: f64::from(draw.below(1 << 20)),
            tag: f64::from(1 + draw.below(126)),
            drain_ms: draw.of(&[0.0, 0.5, 20.0, 5_000.0]),
            slice_ms: draw.of(&[0.0, 5.0, 1e9]),
            trace_capacity: draw.of(&[0.0, 1.0, 64.0]),
            ..CONFIG
        };
        let driver = Driver::new(config, port.clone()).unwrap();
        let mut other = Driver::new(
            DriverConfig {
                tag: config.tag + 1.0,
                ..CONFIG
            },
            FakePort::default(),
        )
        .unwrap();
        let task = other.region_spawn(other.root());
        other.turn();
        let foreign = vec![other.root(), task, other.host_open(task, 1.0, 0.0)];
        let root = driver.root();
        Self {
            draw,
            driver,
            port,
            pools: core::array::from_fn(|_| vec![root]),
            foreign,
            regions: BTreeMap::from([(slot(root), root)]),
            owed: Vec::new(),
            latest_ms: 0.0,
            taken: 0,
            permits: [0; 2],
        }
    }

    /// A handle for call `which`: most often one that was given for such calls.
    fn handle(&mut self, which: usize) -> f64 {
        match self.draw.below(24) {
            0 => self.draw.of(&self.foreign),
            1 => {
                let known = self.draw.of(&self.pools[which % 5]);
                self.draw.forged(known)
            }
            2 => self.draw.any_handle(),
            3 => self.draw.hostile(),
            4 => self.draw.of(&self.pools[which % 5]),
            5 | 6 if kind_of_call(which) == 0 => self.driver.root(),
            _ => self.draw.of(&self.pools[kind_of_call(which)]),
        }
    }

    fn argument(&mut self, which: usize) -> f64 {
        match self.draw.below(24) {
            0 => self.draw.hostile(),
            1 => self.handle(1),
            // What is asked of, or handed over to.
            2..=20 if which == 31 => self.draw.of(&self.pools[4]),
            2..=20 if which == 28 => self.draw.of(&self.pools[1]),
            2 => f64::from(self.draw.below(1 << 16)),
            3 => f64::from(self.draw.below(40)) + 0.25,
            4 => -1.0,
            _ => f64::from(self.draw.below(4)),
        }
    }

    fn step(&mut self) {
        match self.draw.below(64) {
            0..=11 => self.turn(),
            12 => self.driver.pause(),
            13 => self.pass(),
            14 => self.query(),
            // Rare, or there would be little before it.
            15 if self.draw.chance(1, 32) => {
                assert!(is_answer(self.driver.close()));
            }
            _ => {
                let which = self.draw.below(u32::try_from(CALLS).unwrap()) as usize;
                let handle = self.handle(which);
                let (a, b) = (self.argument(which), self.argument(0));
                // Ending the root ends everything: rare too.
                if handle == self.driver.root()
                    && (3..6).contains(&which)
                    && !self.draw.chance(1, 64)
                {
                    return;
                }
                let answer = call(&mut self.driver, which, handle, a, b);
                let is_time = which == TIMEOUT;
                assert!(
                    is_answer(answer) || (is_time && answer >= 0.0),
                    "call {which} on {handle}, {a}, {b}: {answer}"
                );
                if answer == STALE && self.draw.chance(1, 2) {
                    self.forget(handle);
                }
                self.taken += u64::from(answer >= 0.0);
                self.keep(which, answer);
            }
        }
    }

    fn keep(&mut self, which: usize, answer: f64) {
        let is_asked = is_asked(answer);
        let answer = if is_asked { answer - ASKED } else { answer };
        if which == 31 && answer > 0.0 {
            self.permits[usize::from(is_asked)] += 1;
        }
        if answer <= f64::from(u32::MAX) {
            return;
        }
        let pool = match which {
            0 | 1 => {
                self.regions.insert(slot(answer), answer);
                &mut self.pools[0]
            }
            17 => &mut self.pools[2],
            25 | 31 => &mut self.pools[3],
            30 | 32 => &mut self.pools[4],
            _ => &mut self.pools[1],
        };
        if pool.len() < POOL {
            pool.push(answer);
        } else {
            pool[self.draw.below(POOL as u32) as usize] = answer;
        }
    }

    /// Takes a stale handle out, so that some of what is drawn lives.
    fn forget(&mut self, handle: f64) {
        for pool in &mut self.pools {
            if pool.len() > 1 {
                pool.retain(|kept| *kept != handle);
            }
            if pool.is_empty() {
                pool.push(handle);
            }
        }
    }

    fn turn(&mut self) {
        self.driver.turn();
        for (code, slot, _, _) in records(&self.driver) {
            if code == EffectCode::Finalize as u32 && self.draw.chance(3, 4) {
                let task = self.driver.task_at(f64::from(slot));
                let outcome = f64::from(self.draw.below(2));
                assert!(is_answer(self.driver.task_finalized(task, outcome)));
            }
            if code == EffectCode::RegionFinalize as u32 {
                self.owed.push(slot);
            }
        }
        if self.draw.chance(3, 4) {
            self.answer_regions();
        }
    }

    /// Spawns the finalizers that regions asked for, unless a random call did before.
    fn answer_regions(&mut self) {
        for slot in core::mem::take(&mut self.owed) {
            let answer = self.driver.region_finalizer_spawn(self.regions[&slot]);
            assert!(is_answer(answer));
            self.keep(8, answer);
        }
    }

    /// Time goes on, jumps, stands still or goes back, or the clock gives no time at all.
    fn pass(&mut self) {
        let now = self.port.now.get();
        let next = match self.draw.below(32) {
            0 => self
                .draw
                .of(&[f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1e300]),
            1 => now - 1_000.0,
            2..=4 => now + 10_000.0,
            5 => now + 1e9,
            _ => now + f64::from(self.draw.below(64)) / 4.0,
        };
        self.port.now.set(next);
        if self.draw.chance(1, 4) {
            self.port.fired.set(true);
        }
        if !next.is_finite() || next < -1e9 {
            self.turn();
            self.port.now.set(now);
        }
        self.latest_ms = self.latest_ms.max(self.port.now.get());
    }

    fn query(&mut self) {
        let which = self.draw.of(&[0, 1]);
        let handle = self.handle(which);
        let number = self.argument(0);
        let driver = &mut self.driver;
        let found = driver.task_at(number);
        assert!(is_answer(found) && found >= 0.0);
        let of_task = driver.task_reason(handle);
        let of_region = driver.region_reason(handle);
        for id in [of_task, of_region, number as u32] {
            let facts = driver.reason_facts(id);
            let cause = (facts / f64::from(REASON_CAUSE)) as u32;
            assert!(cause == 0 || driver.reason(cause).is_some());
            assert!(driver.reason_at_ms(id) >= 0.0);
        }
        assert!((0.0..1.0).contains(&driver.random()));
        assert!(driver.revision() >= 0.0);
        let rows = driver.snapshot();
        assert_eq!(driver.rows().len(), rows * ROW_WORDS);
        assert!(driver.events(0.0).len().is_multiple_of(5));
        assert!(driver.count(number).is_nan() || driver.count(number) >= 0.0);
    }

    fn check(&self) {
        assert_eq!(self.driver.check_invariants(), Ok(()));
    }

    /// Closes the runtime, in which nothing may be left.
    fn close(mut self) {
        self.port.now.set(self.latest_ms);
        self.driver.close();
        let mut turns = 0;
        while self.driver.count(1.0) > 0.0 {
            assert!(turns < DRAIN_TURNS_MAX, "it does not close");
            turns += 1;
            self.port.pass(6_000.0);
            self.turn();
            self.answer_regions();
        }
        // The command that closed it left its last words, and the slice may be used up.
        self.driver.turn();
        self.driver.turn();
        self.check();
        for code in [0.0, 1.0, 2.0, 3.0, 12.0] {
            assert_eq!(self.driver.count(code), 0.0, "counter {code}");
        }
        for which in 0..CALLS {
            let handle = self.handle(which);
            let (a, b) = (self.argument(which), self.argument(0));
            let answer = call(&mut self.driver, which, handle, a, b);
            assert!(answer == -4.0 || answer == -8.0, "after close: {answer}");
        }
        assert_eq!(self.driver.turn(), 0, "a closed runtime has nothing to say");
    }
}

/// The pool of the kind of handle that call `which` is for.
fn kind_of_call(which: usize) -> usize {
    match which {
        0 | 2..=5 | 7 | 8 | 21 | 30 => 0,
        18..=20 => 2,
        26..=28 => 3,
        32..=36 => 4,
        _ => 1,
    }
}

fn slot(handle: f64) -> u32 {
    Handle::from_raw(handle as u64).slot()
}

#[test]
fn random_commands_break_nothing() {
    let wanted = count("COMMANDS", 200_000);
    let mut seed = count("SEED", 1);
    let (mut made, mut taken, mut permits) = (0, 0, [0; 2]);
    while made < wanted {
        let _repeat = Repeat::new(seed, "COMMANDS=1", "random_commands");
        let mut run = Run::new(seed);
        let length = 1 + run.draw.below(2_000);
        for nth in 0..length {
            run.step();
            if nth % 64 == 0 {
                run.check();
            }
        }
        run.check();
        taken += run.taken;
        for (sum, count) in permits.iter_mut().zip(run.permits) {
            *sum += count;
        }
        run.close();
        made += u64::from(length);
        seed += 1;
    }
    assert!(
        taken > made / 10,
        "most was refused: {taken} of {made} commands were taken"
    );
    let least = made / 10_000;
    assert!(
        permits.iter().all(|count| *count >= least),
        "few permits were given: {permits:?} of {made} commands"
    );
}
