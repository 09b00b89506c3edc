//! The growth law: the same commands with more and more tasks live.

use asupersync_core::{CancelKind, Effect, Handle, Kernel, KernelConfig, Outcome, Policy, Time};

use crate::clock::processor_ns;
use crate::memory::resident_bytes;

/// Commands in all runs of one point together, so that small points are measured often enough.
const COMMANDS_MIN: u32 = 1_000_000;

/// Runs of a point at least: the minimum of one says nothing.
const RUNS_MIN: u32 = 3;

/// The operations, in the order in which a run does them.
pub(crate) const OPERATIONS: [&str; 5] = ["spawn", "wake", "sleep", "cancel", "close"];

/// What was measured with so many tasks live.
#[derive(Debug)]
pub(crate) struct Point {
    pub(crate) live: u32,
    /// Nanoseconds of processor time for one task, by run, for each of [`OPERATIONS`].
    pub(crate) samples_ns: [Vec<f64>; 5],
    /// Resident bytes that a started task adds, and one that sleeps.
    pub(crate) bytes_started: Option<f64>,
    pub(crate) bytes_asleep: Option<f64>,
}

pub(crate) fn measure(live: u32) -> Point {
    let mut point = Point {
        live,
        samples_ns: Default::default(),
        bytes_started: None,
        bytes_asleep: None,
    };
    for _ in 0..(COMMANDS_MIN / live).max(RUNS_MIN) {
        run(&mut point);
    }
    point
}

fn run(point: &mut Point) {
    let live = point.live;
    let before = resident_bytes();
    let mut world = World::new();
    let samples = &mut point.samples_ns;

    let (spawned, mut tasks) = timed(live, || world.spawn(live));
    samples[0].push(spawned);
    if point.bytes_started.is_none() {
        point.bytes_started = bytes_each(before, live);
    }
    let (woken, ()) = timed(live, || world.wake(&tasks));
    samples[1].push(woken);
    let (slept, ()) = timed(live, || world.sleep(&tasks));
    samples[2].push(slept);

    world.park(&tasks);
    if point.bytes_asleep.is_none() {
        point.bytes_asleep = bytes_each(before, live);
    }
    let (cancelled, ()) = timed(live, || world.cancel(&tasks));
    samples[3].push(cancelled);

    tasks = world.spawn(live);
    world.park(&tasks);
    let (closed, ()) = timed(live, || world.close());
    samples[4].push(closed);
    assert_eq!(world.kernel.counters().tasks_live, 0);
}

/// Nanoseconds of processor time for one of `count`, and what the work gave.
fn timed<T>(count: u32, work: impl FnOnce() -> T) -> (f64, T) {
    let start = processor_ns();
    let made = work();
    ((processor_ns() - start) / f64::from(count), made)
}

#[expect(clippy::cast_precision_loss, reason = "memory is below 2^53 bytes")]
fn bytes_each(before: Option<u64>, live: u32) -> Option<f64> {
    let grown = resident_bytes()?.checked_sub(before?)?;
    Some(grown as f64 / f64::from(live))
}

struct World {
    kernel: Kernel,
    region: Handle,
    effects: Vec<Effect>,
    now: Time,
}

impl World {
    fn new() -> Self {
        let mut kernel = Kernel::new(&KernelConfig::default());
        let region = kernel
            .region_open(kernel.root(), Policy::CollectAll)
            .expect("a new kernel admits a region");
        Self {
            kernel,
            region,
            effects: Vec::new(),
            now: Time::ZERO,
        }
    }

    /// Spawns and starts.
    fn spawn(&mut self, count: u32) -> Vec<Handle> {
        let spawned = (0..count)
            .map(|_| {
                self.kernel
                    .region_spawn(self.region)
                    .expect("there is room")
            })
            .collect();
        self.settle();
        spawned
    }

    /// Each gives the others a turn and goes on.
    fn wake(&mut self, tasks: &[Handle]) {
        for task in tasks {
            self.kernel
                .task_checkpoint(*task)
                .expect("a started body may checkpoint");
        }
        self.settle();
    }

    /// Each sleeps for a time of its own and goes on.
    fn sleep(&mut self, tasks: &[Handle]) {
        let count = tasks.len() as u64;
        let start = self.now.as_nanos();
        for (nth, task) in (0_u64..).zip(tasks) {
            // Deadlines in no order: 7919 is a prime.
            let at = Time::from_nanos(start + 1 + nth * 7_919 % count);
            self.kernel
                .task_sleep(*task, at, 1)
                .expect("a started body may sleep");
        }
        self.now = Time::from_nanos(start + 1 + count);
        self.settle();
    }

    /// Each sleeps for long.
    fn park(&mut self, tasks: &[Handle]) {
        let at = self.now.plus_nanos(1_000_000_000_000);
        for task in tasks {
            self.kernel
                .task_sleep(*task, at, 1)
                .expect("a started body may sleep");
        }
        self.settle();
    }

    /// Each is cancelled by itself, and seen out.
    fn cancel(&mut self, tasks: &[Handle]) {
        for task in tasks {
            self.kernel
                .task_cancel(*task, CancelKind::User, "")
                .expect("a sleeping task is live");
        }
        self.settle();
    }

    /// The region is cancelled and has closed.
    fn close(&mut self) {
        self.kernel
            .region_cancel(self.region, CancelKind::User, "")
            .expect("the region is open");
        self.settle();
        assert!(self.kernel.region_state(self.region).is_err());
    }

    fn settle(&mut self) {
        while self.kernel.is_runnable()
            || self.kernel.next_deadline().is_some_and(|at| at <= self.now)
        {
            self.kernel.tick(self.now);
            self.kernel.take_effects_into(&mut self.effects);
            for effect in &self.effects {
                if let Effect::Fail { task, .. } = effect {
                    self.kernel
                        .task_complete(*task, Outcome::Cancelled)
                        .expect("a body that gives up has not ended");
                }
            }
        }
    }
}
