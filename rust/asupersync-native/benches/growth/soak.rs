//! The soak: tasks come and go in waves, and memory is looked at between them.

use std::time::Instant;

use asupersync_core::{CancelKind, Effect, Handle, Kernel, KernelConfig, Outcome, Policy, Time};

use crate::memory::resident_bytes;

/// Tasks that live at once.
const WAVE: u32 = 10_000;

/// Looks at memory.
const SAMPLES: u64 = 200;

/// What was seen.
#[derive(Debug)]
pub(crate) struct Soak {
    pub(crate) tasks: u64,
    pub(crate) wave: u32,
    pub(crate) seconds: f64,
    /// Tasks that had ended, and resident bytes then.
    pub(crate) samples: Vec<(u64, u64)>,
}

/// Spawns and ends `tasks` tasks in one kernel. A quarter ends at once, a quarter gives the others
/// a turn first, a quarter sleeps first, and a quarter is cancelled in its sleep.
pub(crate) fn run(tasks: u64) -> Soak {
    let mut kernel = Kernel::new(&KernelConfig::default());
    let waves = tasks.div_ceil(u64::from(WAVE));
    let every = waves.div_ceil(SAMPLES);
    let mut samples = Vec::with_capacity(usize::try_from(SAMPLES + 1).unwrap_or(0));
    let mut effects = Vec::new();
    let start = Instant::now();
    for nth in 1..=waves {
        wave(&mut kernel, Time::from_millis(nth), &mut effects);
        if nth % every == 0 {
            samples.extend(resident_bytes().map(|bytes| (nth * u64::from(WAVE), bytes)));
        }
    }
    let ended = kernel.counters().tasks_completed;
    assert_eq!(
        (ended, kernel.counters().tasks_live),
        (waves * u64::from(WAVE), 0)
    );
    Soak {
        tasks: ended,
        wave: WAVE,
        seconds: start.elapsed().as_secs_f64(),
        samples,
    }
}

fn wave(kernel: &mut Kernel, now: Time, effects: &mut Vec<Effect>) {
    let region = kernel
        .region_open(kernel.root(), Policy::CollectAll)
        .expect("the root is open");
    for _ in 0..WAVE {
        kernel.region_spawn(region).expect("there is room");
    }
    kernel.region_close(region).expect("it is open");
    let mut sleepers: Vec<Handle> = Vec::new();
    let mut started = 0_u32;
    while kernel.region_state(region).is_ok() {
        kernel.tick(now);
        kernel.take_effects_into(effects);
        for effect in &*effects {
            match effect {
                Effect::Start { task } => {
                    started += 1;
                    begin(kernel, *task, started, now, &mut sleepers);
                }
                Effect::Resume { task, .. } => end(kernel, *task, Outcome::Ok),
                Effect::Fail { task, .. } => end(kernel, *task, Outcome::Cancelled),
                _ => {}
            }
        }
        if started == WAVE {
            for task in sleepers.drain(..) {
                kernel
                    .task_cancel(task, CancelKind::User, "")
                    .expect("a sleeping task is live");
            }
        }
    }
}

fn begin(kernel: &mut Kernel, task: Handle, nth: u32, now: Time, sleepers: &mut Vec<Handle>) {
    let sleep = |kernel: &mut Kernel, at| kernel.task_sleep(task, at, 1);
    match nth % 4 {
        0 => return end(kernel, task, Outcome::Ok),
        1 => kernel.task_checkpoint(task),
        2 => sleep(kernel, now),
        _ => {
            sleepers.push(task);
            sleep(kernel, Time::NEVER)
        }
    }
    .expect("a body that was started may wait");
}

fn end(kernel: &mut Kernel, task: Handle, outcome: Outcome) {
    kernel
        .task_complete(task, outcome)
        .expect("a body that was resumed has not ended");
}
