//! Tests of what commands cost: the entries of its tables that the kernel looks at are counted, so
//! that a cost is a number of steps and no matter of time or machine.

#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test may stop where it fails"
)]

use proptest::prelude::*;

use super::{Kernel, KernelConfig};
use crate::cancel::CancelKind;
use crate::effect::Effect;
use crate::handle::{Handle, HandleKind};
use crate::outcome::Outcome;
use crate::region::Policy;
use crate::time::Time;

impl Kernel {
    fn touched(&self) -> u64 {
        self.regions.touched()
            + self.tasks.touched()
            + self.host_ops.touched()
            + self.obligations.touched()
            + self.semaphores.touched()
            + self.waits.touched()
    }
}

/// Entries that the kernel looked at while `work` ran.
fn cost(kernel: &mut Kernel, work: impl FnOnce(&mut Kernel)) -> u64 {
    let before = kernel.touched();
    work(kernel);
    kernel.touched() - before
}

/// Turns until nothing can run; a body whose wait fails ends at once.
fn settle(kernel: &mut Kernel) {
    while kernel.is_runnable() {
        kernel.tick(Time::ZERO);
        for effect in kernel.take_effects() {
            if let Effect::Fail { task, .. } = effect {
                kernel.task_complete(task, Outcome::Cancelled).unwrap();
            }
        }
    }
    // What ended is buried by the tick after its effects were taken.
    kernel.tick(Time::ZERO);
}

/// A region under the root with `tasks` bodies asleep in it.
fn sleepers(kernel: &mut Kernel, tasks: u32) -> (Handle, Vec<Handle>) {
    let region = kernel
        .region_open(kernel.root(), Policy::CollectAll)
        .unwrap();
    let spawned: Vec<_> = (0..tasks)
        .map(|_| kernel.region_spawn(region).unwrap())
        .collect();
    settle(kernel);
    for task in &spawned {
        kernel.task_sleep(*task, Time::from_millis(1), 1).unwrap();
    }
    (region, spawned)
}

/// A kernel in which `tasks` bodies sleep that the measured commands have nothing to do with.
fn crowded(tasks: u32) -> Kernel {
    let mut kernel = Kernel::new(&KernelConfig::default());
    sleepers(&mut kernel, tasks);
    kernel
}

#[derive(Clone, Copy, Debug)]
enum Close {
    /// Cancelled: the children drain, then the region closes.
    Cancel,
    /// Closed for admission: the children end by themselves.
    Graceful,
}

fn cost_of_close(how: Close, children: u32, unrelated: u32) -> u64 {
    let mut kernel = crowded(unrelated);
    let (region, tasks) = sleepers(&mut kernel, children);
    let touched = cost(&mut kernel, |kernel| {
        match how {
            Close::Cancel => kernel.region_cancel(region, CancelKind::User, "").unwrap(),
            Close::Graceful => {
                kernel.region_close(region).unwrap();
                for task in tasks {
                    kernel.task_complete(task, Outcome::Ok).unwrap();
                }
            }
        }
        settle(kernel);
    });
    assert!(kernel.region_state(region).is_err(), "it has closed");
    assert_eq!(kernel.counters().tasks_live, unrelated);
    touched
}

/// What each command costs in a kernel where `unrelated` others sleep.
fn costs_of_one(unrelated: u32) -> Vec<(&'static str, u64)> {
    let mut kernel = crowded(unrelated);
    let kernel = &mut kernel;
    let (region, tasks) = sleepers(kernel, 2);
    let [a, b] = tasks[..] else {
        unreachable!("two were asked for")
    };
    let mut spawned = a;
    let slot = b.slot();
    let mut costs = vec![
        (
            "spawn",
            cost(kernel, |k| spawned = k.region_spawn(region).unwrap()),
        ),
        ("start", cost(kernel, settle)),
        (
            "sleep",
            cost(kernel, |k| k.task_sleep(spawned, Time::NEVER, 2).unwrap()),
        ),
        (
            "find by slot",
            cost(kernel, |k| {
                assert_eq!(k.handle_at(HandleKind::Task, slot), Some(b));
            }),
        ),
        (
            "cancel one",
            cost(kernel, |k| {
                k.task_cancel(spawned, CancelKind::User, "").unwrap();
            }),
        ),
        ("see it out", cost(kernel, settle)),
    ];
    costs.push((
        "wake",
        cost(kernel, |k| {
            k.task_checkpoint(a).unwrap();
            settle(k);
        }),
    ));
    costs.push((
        "complete",
        cost(kernel, |k| {
            k.task_complete(a, Outcome::Ok).unwrap();
        }),
    ));
    costs
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: if cfg!(miri) { 2 } else { 64 },
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    // With 64 children and fewer, the two timers of each are never so many that dead ones are swept
    // out, which looks at all timers and is paid for by those that it drops.
    #[test]
    fn closing_a_region_looks_at_nothing_but_its_own_children(
        children in 0_u32..if cfg!(miri) { 8 } else { 64 },
        unrelated in 0_u32..if cfg!(miri) { 10 } else { 2_000 },
    ) {
        for how in [Close::Cancel, Close::Graceful] {
            let alone = cost_of_close(how, children, 0);
            prop_assert_eq!(cost_of_close(how, children, unrelated), alone, "{:?}", how);
        }
    }
}

#[test]
fn closing_a_region_costs_the_same_for_each_of_its_children() {
    const PER_CHILD_MAX: u64 = 80;
    let most = if cfg!(miri) { 10 } else { 10_000 };
    for how in [Close::Cancel, Close::Graceful] {
        let fixed = cost_of_close(how, 0, 0);
        for children in [1, 10, 100, 1_000, 10_000] {
            if children > most {
                break;
            }
            let each = (cost_of_close(how, children, 0) - fixed) / u64::from(children);
            assert!(each <= PER_CHILD_MAX, "{how:?} {children}: {each} each");
        }
    }
}

#[test]
fn a_command_on_one_task_costs_the_same_however_many_others_live() {
    let alone = costs_of_one(0);
    assert!(alone.iter().all(|(_, cost)| *cost > 0 && *cost < 100));
    for unrelated in if cfg!(miri) { [1, 10] } else { [1, 10_000] } {
        assert_eq!(costs_of_one(unrelated), alone, "among {unrelated}");
    }
}
