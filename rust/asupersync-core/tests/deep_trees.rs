//! Behaviour at size: trees of a hundred thousand levels, regions of a hundred thousand
//! children, and costs that follow a region's own children alone.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    clippy::disallowed_types,
    reason = "a test may stop where it fails; the clock is read to compare costs, never to decide"
)]

mod support;

use std::time::{Duration, Instant};

use asupersync_core::{
    CancelKind, Effect, EventKind, Handle, Kernel, KernelConfig, Outcome, Ownership, Policy,
};
use support::ms;

const LEVELS: usize = 100_000;

/// Everything that a deep tree records fits.
fn traced() -> KernelConfig {
    KernelConfig {
        trace_capacity: 1 << 20,
        ..KernelConfig::default()
    }
}

/// A region with a started task, in a region with a started task, and so on.
fn nested_regions(kernel: &mut Kernel) -> (Vec<Handle>, Vec<Handle>) {
    let mut regions = vec![kernel.root()];
    let mut tasks = Vec::new();
    for level in 0..LEVELS {
        let region = kernel
            .region_open(regions[level], Policy::FailFast)
            .unwrap();
        tasks.push(kernel.region_spawn(region).unwrap());
        regions.push(region);
    }
    run(kernel);
    (regions, tasks)
}

/// A task that owns a region with a task that owns a region, and so on.
fn nested_tasks(kernel: &mut Kernel) -> Vec<Handle> {
    let mut tasks = vec![kernel.region_spawn(kernel.root()).unwrap()];
    run(kernel);
    for level in 1..LEVELS {
        let region = kernel
            .region_open_in(tasks[level - 1], Policy::FailFast, Ownership::default())
            .unwrap();
        tasks.push(kernel.region_spawn(region).unwrap());
        kernel.tick(ms(0));
        kernel.take_effects();
    }
    tasks
}

fn run(kernel: &mut Kernel) -> Vec<Effect> {
    let mut all = kernel.take_effects();
    while kernel.is_runnable() {
        kernel.tick(ms(0));
        all.append(&mut kernel.take_effects());
    }
    all
}

#[test]
fn a_tree_of_a_hundred_thousand_regions_is_cancelled_parents_first_and_closes_children_first() {
    let mut kernel = Kernel::new(&traced());
    let (regions, tasks) = nested_regions(&mut kernel);
    for task in &tasks {
        kernel.task_checkpoint(*task).unwrap();
    }
    let first = kernel.counters().events;
    kernel.shutdown().unwrap();
    let asked: Vec<Handle> = kernel
        .events()
        .filter(|event| event.seq > first && event.kind == EventKind::RegionDraining)
        .map(|event| event.subject)
        .collect();
    assert!(asked == regions, "parents first, each once");

    let failed = run(&mut kernel);
    assert_eq!(failed.len(), LEVELS);
    for task in &tasks {
        kernel.task_complete(*task, Outcome::Cancelled).unwrap();
    }
    let closed: Vec<Handle> = run(&mut kernel)
        .iter()
        .filter_map(|effect| match effect {
            Effect::RegionClosed { region, .. } => Some(*region),
            _ => None,
        })
        .collect();
    assert!(
        closed.iter().rev().eq(&regions),
        "children first, each once"
    );
    assert!(kernel.is_closed());
    assert_eq!(kernel.counters().tasks_live, 0);
    assert_eq!(kernel.counters().timers_live, 0);
}

#[test]
fn a_tree_of_a_hundred_thousand_tasks_that_own_each_other_is_cancelled_and_drains() {
    let mut kernel = Kernel::new(&traced());
    let tasks = nested_tasks(&mut kernel);
    for task in &tasks {
        kernel.task_checkpoint(*task).unwrap();
    }
    let first = kernel.counters().events;
    kernel.task_cancel(tasks[0], CancelKind::User, "").unwrap();
    let asked: Vec<Handle> = kernel
        .events()
        .filter(|event| event.seq > first && event.kind == EventKind::TaskCancelRequested)
        .map(|event| event.subject)
        .collect();
    assert!(asked == tasks, "parents first, each once");
    run(&mut kernel);
    for task in &tasks {
        // All but the innermost wait for what they own.
        kernel.task_complete(*task, Outcome::Cancelled).unwrap();
    }
    let effects = run(&mut kernel);
    let done = effects
        .iter()
        .filter(|effect| matches!(effect, Effect::TaskDone { .. }))
        .count();
    assert_eq!(done, LEVELS - 1, "the innermost was done in its command");
    assert_eq!(kernel.counters().tasks_live, 0);
    assert_eq!(kernel.counters().regions_live, 1);
}

#[test]
fn one_failure_at_the_bottom_of_a_deep_tree_of_linked_regions_reaches_the_top() {
    let levels = 20_000;
    let mut kernel = Kernel::new(&KernelConfig::default());
    let linked = Ownership {
        linked: true,
        shielded: false,
    };
    let mut tasks = vec![kernel.region_spawn(kernel.root()).unwrap()];
    run(&mut kernel);
    for level in 1..levels {
        let region = kernel
            .region_open_in(tasks[level - 1], Policy::FailFast, linked)
            .unwrap();
        tasks.push(kernel.region_spawn(region).unwrap());
        run(&mut kernel);
    }
    for task in &tasks[..levels - 1] {
        assert_eq!(kernel.task_complete(*task, Outcome::Ok), Ok(None));
    }
    kernel
        .task_complete(tasks[levels - 1], Outcome::Err)
        .unwrap();
    let outcomes: Vec<Outcome> = run(&mut kernel)
        .iter()
        .filter_map(|effect| match effect {
            Effect::TaskDone { outcome, .. } => Some(*outcome),
            _ => None,
        })
        .collect();
    assert_eq!(outcomes, vec![Outcome::Err; levels - 1]);
}

#[test]
fn a_deep_tree_can_be_listed_and_dropped_without_closing() {
    let mut kernel = Kernel::new(&KernelConfig::default());
    let (regions, tasks) = nested_regions(&mut kernel);
    kernel
        .region_cancel(regions[1], CancelKind::Navigation, "left")
        .unwrap();
    assert_eq!(kernel.snapshot().len(), regions.len() + tasks.len());
    drop(kernel);
}

#[test]
fn a_hundred_thousand_siblings_are_cancelled_and_drain_in_order() {
    let mut kernel = Kernel::new(&KernelConfig::default());
    let region = kernel.region_open(kernel.root(), Policy::FailFast).unwrap();
    let tasks: Vec<Handle> = (0..LEVELS)
        .map(|_| kernel.region_spawn(region).unwrap())
        .collect();
    run(&mut kernel);
    for task in &tasks {
        kernel.task_sleep(*task, ms(1_000), 1).unwrap();
    }
    kernel.region_cancel(region, CancelKind::User, "").unwrap();
    let failed: Vec<Handle> = run(&mut kernel)
        .iter()
        .filter_map(|effect| match effect {
            Effect::Fail { task, .. } => Some(*task),
            _ => None,
        })
        .collect();
    assert!(failed == tasks);
    for task in failed {
        kernel.task_complete(task, Outcome::Cancelled).unwrap();
    }
    assert!(matches!(
        run(&mut kernel)[..],
        [Effect::RegionClosed { .. }]
    ));
    assert_eq!(kernel.counters().timers_live, 0);
}

/// The time of opening, cancelling and draining a small region, many times over, beside
/// `others` parked tasks.
fn cost_beside(others: usize) -> Duration {
    let mut kernel = Kernel::new(&KernelConfig::default());
    for _ in 0..others {
        let task = kernel.region_spawn(kernel.root()).unwrap();
        kernel.tick(ms(0));
        kernel.task_sleep(task, ms(1_000_000), 1).unwrap();
    }
    run(&mut kernel);
    let start = Instant::now();
    for _ in 0..300 {
        let region = kernel.region_open(kernel.root(), Policy::FailFast).unwrap();
        let tasks: Vec<Handle> = (0..3)
            .map(|_| kernel.region_spawn(region).unwrap())
            .collect();
        run(&mut kernel);
        for task in &tasks {
            kernel.task_checkpoint(*task).unwrap();
        }
        kernel.region_cancel(region, CancelKind::User, "").unwrap();
        run(&mut kernel);
        for task in tasks {
            kernel.task_complete(task, Outcome::Cancelled).unwrap();
        }
        run(&mut kernel);
    }
    start.elapsed()
}

/// A cost of O(all tasks) would be thousands of times larger here; the bound leaves room for
/// caches and a busy machine.
#[test]
fn closing_a_region_costs_its_own_children_and_not_all_tasks() {
    let least = |others| (0..3).map(|_| cost_beside(others)).min().unwrap();
    let (alone, crowded) = (least(0), least(100_000));
    assert!(
        crowded < alone * 40,
        "alone {alone:?}, beside 100,000 others {crowded:?}"
    );
}
