//! What one command of the kernel costs natively: `cargo bench -p asupersync-native --bench kernel`.
//!
//! Each benchmark runs its command for every one of [`LIVE`] tasks (or for as many races or
//! children as it says) and divides by their number; making and dropping the kernel is not timed.
//! `-- --help` lists the options: `--sample-count 100` for steadier figures, a name to filter.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a benchmark carries out the effects that its own commands can have"
)]

use asupersync_core::{CancelKind, Effect, Handle, Kernel, KernelConfig, Outcome, Policy, Time};
use divan::Bencher;
use divan::counter::ItemsCount;

/// Tasks that live at once.
const LIVE: u32 = 1_000;

fn main() {
    divan::main();
}

/// A kernel, a region of its own, and the bodies in it that have been started.
struct World {
    kernel: Kernel,
    region: Handle,
    tasks: Vec<Handle>,
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
            tasks: Vec::new(),
            effects: Vec::new(),
            now: Time::ZERO,
        }
    }

    fn with_tasks(live: u32) -> Self {
        let mut world = Self::new();
        for _ in 0..live {
            let task = world.spawn(world.region);
            world.tasks.push(task);
        }
        world.settle(|_, _| {});
        world
    }

    fn with_sleepers(live: u32) -> Self {
        let mut world = Self::with_tasks(live);
        for task in &world.tasks {
            world
                .kernel
                .task_sleep(*task, Time::from_millis(1_000), 1)
                .expect("a started body may sleep");
        }
        world
    }

    fn spawn(&mut self, region: Handle) -> Handle {
        self.kernel.region_spawn(region).expect("there is room")
    }

    /// Turns until nothing can run, and gives each effect to `carry_out`.
    fn settle(&mut self, mut carry_out: impl FnMut(&mut Kernel, &Effect)) {
        while self.kernel.is_runnable()
            || self.kernel.next_deadline().is_some_and(|at| at <= self.now)
        {
            self.kernel.tick(self.now);
            self.kernel.take_effects_into(&mut self.effects);
            for effect in &self.effects {
                carry_out(&mut self.kernel, effect);
            }
        }
    }
}

/// Ends every body that is told to go on or to give up.
fn end_all(kernel: &mut Kernel, effect: &Effect) {
    let (task, outcome) = match effect {
        Effect::Start { task } | Effect::Resume { task, .. } => (*task, Outcome::Ok),
        Effect::Fail { task, .. } => (*task, Outcome::Cancelled),
        _ => return,
    };
    kernel
        .task_complete(task, outcome)
        .expect("the body that was resumed has not ended");
}

#[divan::bench]
fn spawn_and_complete(bencher: Bencher<'_, '_>) {
    bencher
        .counter(ItemsCount::new(LIVE))
        .with_inputs(World::new)
        .bench_refs(|world| {
            for _ in 0..LIVE {
                world.spawn(world.region);
            }
            world.settle(end_all);
        });
}

#[divan::bench]
fn checkpoint_and_resume(bencher: Bencher<'_, '_>) {
    bencher
        .counter(ItemsCount::new(LIVE))
        .with_inputs(|| World::with_tasks(LIVE))
        .bench_refs(|world| {
            for task in &world.tasks {
                world
                    .kernel
                    .task_checkpoint(*task)
                    .expect("a started body may checkpoint");
            }
            world.settle(|_, _| {});
        });
}

#[divan::bench]
fn sleep_and_fire(bencher: Bencher<'_, '_>) {
    bencher
        .counter(ItemsCount::new(LIVE))
        .with_inputs(|| World::with_tasks(LIVE))
        .bench_refs(|world| {
            for (nth, task) in (0_u64..).zip(&world.tasks) {
                // Deadlines in no order: 7919 is a prime.
                let at = Time::from_nanos(1 + nth * 7_919 % u64::from(LIVE));
                world
                    .kernel
                    .task_sleep(*task, at, 1)
                    .expect("a started body may sleep");
            }
            world.now = Time::from_millis(1);
            world.settle(|_, _| {});
        });
}

#[divan::bench]
fn cancel_one_sleeper_and_see_it_out(bencher: Bencher<'_, '_>) {
    bencher
        .counter(ItemsCount::new(LIVE))
        .with_inputs(|| World::with_sleepers(LIVE))
        .bench_refs(|world| {
            for task in core::mem::take(&mut world.tasks) {
                world
                    .kernel
                    .task_cancel(task, CancelKind::User, "")
                    .expect("a sleeping task is live");
            }
            world.settle(end_all);
        });
}

#[divan::bench(args = [10, 1_000, 100_000])]
fn cancel_a_region_and_close_it(bencher: Bencher<'_, '_>, children: u32) {
    bencher
        .counter(ItemsCount::new(children))
        .with_inputs(|| World::with_sleepers(children))
        .bench_refs(|world| {
            world
                .kernel
                .region_cancel(world.region, CancelKind::User, "")
                .expect("the region is open");
            world.settle(end_all);
            assert!(world.kernel.region_state(world.region).is_err());
        });
}

#[divan::bench]
fn race_of_two_with_the_loser_drained(bencher: Bencher<'_, '_>) {
    const RACES: u32 = 500;
    bencher
        .counter(ItemsCount::new(RACES))
        .with_inputs(World::new)
        .bench_refs(|world| {
            for _ in 0..RACES {
                let race = world
                    .kernel
                    .region_open(world.region, Policy::Race)
                    .expect("the region is open");
                let winner = world.spawn(race);
                world.spawn(race);
                world.kernel.region_close(race).expect("it is open");
                world.settle(|kernel, effect| match effect {
                    Effect::Start { task } if *task != winner => kernel
                        .task_sleep(*task, Time::from_millis(1_000), 1)
                        .expect("a started body may sleep"),
                    _ => end_all(kernel, effect),
                });
                assert!(world.kernel.region_state(race).is_err());
            }
        });
}
