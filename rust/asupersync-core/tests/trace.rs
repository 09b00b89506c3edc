//! Behaviour of the record of a run: the trace ring, the certificate of the exact schedule, and
//! the fingerprint of its equivalence class.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "a test may stop where it fails"
)]

mod support;

use asupersync_core::{
    CancelKind, Effect, EventKind, Handle, HostOpKind, Kernel, KernelConfig, Outcome, Policy,
    TieBreak, TraceLevel,
};
use support::{Rig, config, ms};

#[test]
fn the_ring_keeps_the_newest_events_and_counts_the_rest() {
    let mut rig = Rig::with(&KernelConfig {
        trace_capacity: 3,
        ..config()
    });
    for name in ["a", "b", "c", "d"] {
        rig.task(name, rig.root());
    }
    assert_eq!(
        rig.events(),
        ["b TaskSpawned", "c TaskSpawned", "d TaskSpawned"]
    );
    let counters = rig.kernel.counters();
    assert_eq!((counters.events, counters.events_dropped), (5, 2));
    let seqs: Vec<u64> = rig.kernel.events().map(|event| event.seq).collect();
    assert_eq!(seqs, [3, 4, 5]);
}

#[test]
fn an_event_carries_the_time_of_its_transition() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    rig.at(7);
    rig.kernel.advance(ms(9));
    rig.complete(task, Outcome::Ok);
    let last = *rig.kernel.events().last().unwrap();
    assert_eq!((last.at, last.subject), (ms(9), task));
}

#[test]
fn without_a_ring_nothing_is_held_and_the_hashes_are_the_same() {
    let run = |trace_capacity| {
        let mut rig = Rig::with(&KernelConfig {
            trace_capacity,
            ..config()
        });
        let task = rig.started("a", rig.root());
        rig.cancel(task, CancelKind::User);
        rig.complete(task, Outcome::Ok);
        (
            rig.kernel.fingerprint(),
            rig.kernel.certificate(),
            rig.kernel.counters().events,
            rig.kernel.events().count(),
        )
    };
    let (silent, traced) = (run(0), run(100));
    assert_eq!(
        (silent.0, silent.1, silent.2),
        (traced.0, traced.1, traced.2)
    );
    assert_eq!((silent.3, traced.3), (0, 6));
}

/// A task that sleeps, is cancelled under its region and runs a finalizer, at this level.
fn levelled_run(trace_level: TraceLevel) -> Rig {
    let mut rig = Rig::with(&KernelConfig {
        trace_level,
        ..config()
    });
    let region = rig
        .kernel
        .region_open(rig.root(), Policy::FailFast)
        .unwrap();
    let task = rig.kernel.region_spawn(region).unwrap();
    rig.kernel.tick(ms(0));
    rig.kernel.task_defer(task).unwrap();
    rig.kernel.task_sleep(task, ms(9), 1).unwrap();
    rig.kernel
        .region_cancel(region, CancelKind::User, "")
        .unwrap();
    rig.kernel.tick(ms(1));
    rig.kernel.task_complete(task, Outcome::Ok).unwrap();
    rig.kernel.tick(ms(2));
    rig.kernel.task_finalized(task, Outcome::Ok).unwrap();
    rig
}

#[test]
fn a_full_trace_has_the_same_transitions_and_changes_no_hash() {
    let [plain, full] = [TraceLevel::Transitions, TraceLevel::Full].map(levelled_run);
    let hashes = |rig: &Rig| (rig.kernel.fingerprint(), rig.kernel.certificate());
    assert_eq!(hashes(&plain), hashes(&full));
    let transitions = |rig: &Rig| -> Vec<_> {
        let events = rig.kernel.events().filter(|event| (event.kind as u8) < 64);
        events
            .map(|event| {
                (
                    event.at,
                    event.kind,
                    event.subject,
                    event.detail,
                    event.argument,
                )
            })
            .collect()
    };
    assert_eq!(transitions(&plain), transitions(&full));
    assert_eq!(plain.kernel.events().count(), transitions(&plain).len());
}

#[test]
fn a_full_trace_says_what_leads_to_each_transition() {
    let rig = levelled_run(TraceLevel::Full);
    let kinds: Vec<EventKind> = rig.kernel.events().map(|event| event.kind).collect();
    use EventKind::*;
    assert_eq!(
        kinds,
        [
            RegionOpened,
            RegionOpened,
            TaskSpawned,
            TaskQueued,
            TaskDispatched,
            FinalizerDeferred,
            TimerArmed,
            RegionCancelRequested,
            RegionClosing,
            RegionDraining,
            TaskCancelRequested,
            TaskQueued,
            TaskDispatched,
            TaskCancelling,
            TimerDisarmed,
            TaskFinalizing,
            TaskQueued,
            TaskDispatched,
            FinalizerStarted,
            FinalizerEnded,
            TaskCompleted,
            RegionClosed,
        ]
    );
    let events: Vec<_> = rig.kernel.events().collect();
    let region = events[1].subject;
    assert_eq!(events[1].argument, rig.root().raw(), "its owner");
    assert_eq!(events[2].argument, region.raw(), "its region");
    assert_eq!(events[6].argument, ms(9).as_nanos(), "its time");
    assert_eq!(events[10].argument, region.raw(), "who asked");
}

/// Three tasks that wait, work and end, at priorities and times that do not tell them apart.
fn seeded_run(seed: u64, tag: u32) -> (Kernel, Vec<Effect>) {
    let mut kernel = Kernel::new(&KernelConfig {
        seed,
        tag,
        ties: TieBreak::Seeded,
        ..KernelConfig::default()
    });
    let region = kernel
        .region_open(kernel.root(), Policy::CollectAll)
        .unwrap();
    for _ in 0..4 {
        kernel.region_spawn(region).unwrap();
    }
    let mut all = Vec::new();
    for turn in 0_u64..10 {
        kernel.tick(ms(turn));
        for effect in kernel.take_effects() {
            match &effect {
                Effect::Start { task } => kernel.task_sleep(*task, ms(3), 1).unwrap(),
                Effect::Resume { task, token: 1, .. } => kernel.task_checkpoint(*task).unwrap(),
                Effect::Resume { task, .. } => {
                    kernel.task_complete(*task, Outcome::Ok).unwrap();
                }
                other => panic!("{other:?}"),
            }
            all.push(effect);
        }
    }
    (kernel, all)
}

#[test]
fn the_same_seed_and_commands_give_the_same_effects_certificate_and_fingerprint() {
    let record = |seed| {
        let (kernel, effects) = seeded_run(seed, 1);
        (effects, kernel.certificate(), kernel.fingerprint())
    };
    for seed in 0..20 {
        assert_eq!(record(seed), record(seed));
    }
}

#[test]
fn the_runtime_tag_changes_no_hash() {
    let (one, _) = seeded_run(5, 1);
    let (other, _) = seeded_run(5, 99);
    assert_eq!(one.certificate(), other.certificate());
    assert_eq!(one.fingerprint(), other.fingerprint());
    assert_ne!(one.root(), other.root());
}

#[test]
fn schedules_that_only_reorder_independent_tasks_share_a_fingerprint_and_no_certificate() {
    let runs: Vec<_> = (0..50).map(|seed| seeded_run(seed, 1)).collect();
    let mut schedules: Vec<_> = runs.iter().map(|(_, effects)| effects).collect();
    schedules.sort_by_key(|effects| format!("{effects:?}"));
    schedules.dedup();
    assert!(schedules.len() > 10, "the seeds do explore");
    let (first, _) = &runs[0];
    for (kernel, _) in &runs[1..] {
        assert_eq!(kernel.fingerprint(), first.fingerprint());
        assert_ne!(kernel.certificate(), first.certificate());
    }
}

/// Runs `script` on two started tasks of one region and gives the fingerprint.
fn fingerprint(policy: Policy, script: impl Fn(&mut Rig, Handle, [Handle; 2])) -> u64 {
    let mut rig = Rig::new();
    let region = rig.region("r", rig.root(), policy);
    let tasks = ["a", "b"].map(|name| rig.started(name, region));
    script(&mut rig, region, tasks);
    rig.settle();
    rig.kernel.fingerprint()
}

#[test]
fn commands_on_independent_tasks_commute() {
    let run = |order: [usize; 2]| {
        fingerprint(Policy::CollectAll, |rig, _, tasks| {
            for nth in order {
                rig.checkpoint(tasks[nth]);
            }
            rig.settle();
            for nth in order {
                rig.complete(tasks[nth], [Outcome::Ok, Outcome::Err][nth]);
            }
        })
    };
    assert_eq!(run([0, 1]), run([1, 0]));
}

#[test]
fn who_wins_a_race_is_told_by_the_fingerprint() {
    let run = |winner: usize| {
        fingerprint(Policy::Race, |rig, _, tasks| {
            rig.complete(tasks[winner], Outcome::Ok);
            rig.complete(tasks[1 - winner], Outcome::Ok);
        })
    };
    assert_ne!(run(0), run(1));
}

#[test]
fn another_outcome_another_kind_and_another_number_of_steps_are_other_runs() {
    let base = fingerprint(Policy::CollectAll, |_, _, _| {});
    let end = |outcome| {
        fingerprint(Policy::CollectAll, move |rig, _, [a, _]| {
            rig.complete(a, outcome);
        })
    };
    let cancel = |kind| {
        fingerprint(Policy::CollectAll, move |rig, _, [a, _]| {
            rig.cancel(a, kind)
        })
    };
    let steps = |count| {
        fingerprint(Policy::CollectAll, move |rig, _, [a, _]| {
            for _ in 0..count {
                rig.checkpoint(a);
                rig.turn();
            }
        })
    };
    let mut all = vec![
        base,
        end(Outcome::Ok),
        end(Outcome::Err),
        end(Outcome::Panicked),
        cancel(CancelKind::User),
        cancel(CancelKind::Timeout),
        steps(1),
        steps(2),
    ];
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 8);
}

/// Somebody who waits for two things sees which of them came first, so the two orders are two
/// runs, whatever is done with it afterwards.
#[test]
fn the_order_in_which_a_waiter_hears_of_independent_ends_is_told_by_the_fingerprint() {
    let joins = |order: [usize; 2]| {
        fingerprint(Policy::CollectAll, |rig, region, tasks| {
            let waiter = rig.started("waiter", region);
            for (token, task) in (1..).zip(tasks) {
                rig.kernel.task_join(waiter, task, token).unwrap();
            }
            for nth in order {
                rig.complete(tasks[nth], Outcome::Ok);
                assert_eq!(rig.turn().len(), 1);
            }
        })
    };
    assert_ne!(joins([0, 1]), joins([1, 0]));

    let requests = |order: [usize; 2]| {
        fingerprint(Policy::CollectAll, |rig, _, [task, _]| {
            let ops = [1, 2].map(|token| {
                let name = format!("op {token}");
                rig.op(&name, task, HostOpKind::Fetch, token)
            });
            for nth in order {
                rig.kernel.host_complete(ops[nth], 0).unwrap();
                assert_eq!(rig.turn().len(), 1);
            }
        })
    };
    assert_ne!(requests([0, 1]), requests([1, 0]));
}

#[test]
fn what_a_host_operation_answered_is_told_by_the_fingerprint() {
    let notified = |code| {
        fingerprint(Policy::CollectAll, move |rig, _, [task, _]| {
            let op = rig.op("op", task, HostOpKind::Fetch, 1);
            rig.kernel.host_notify(op, code).unwrap();
            rig.turn();
        })
    };
    assert_ne!(notified(0), notified(1));
    let completed = |code| {
        fingerprint(Policy::CollectAll, move |rig, _, [task, _]| {
            let op = rig.op("op", task, HostOpKind::Fetch, 1);
            rig.kernel.host_complete(op, code).unwrap();
            rig.turn();
        })
    };
    assert_ne!(completed(0), completed(1));
}

#[test]
fn two_deliveries_to_one_dispatch_do_not_tell_their_order() {
    let joins = |order: [usize; 2]| {
        fingerprint(Policy::CollectAll, |rig, region, tasks| {
            let waiter = rig.started("waiter", region);
            for (token, task) in (1..).zip(tasks) {
                rig.kernel.task_join(waiter, task, token).unwrap();
            }
            for nth in order {
                rig.complete(tasks[nth], Outcome::Ok);
            }
            assert_eq!(
                rig.turn(),
                ["resume waiter #1 -> 0", "resume waiter #2 -> 0"]
            );
        })
    };
    assert_eq!(joins([0, 1]), joins([1, 0]));
}

#[test]
fn the_same_run_on_a_slower_clock_is_the_same_run() {
    let run = |step: u64| {
        let mut rig = Rig::new();
        let task = rig.started("a", rig.root());
        for turn in 1..5 {
            rig.sleep(task, turn * step, 1);
            rig.at(turn * step);
        }
        rig.complete(task, Outcome::Ok);
        (rig.kernel.fingerprint(), rig.kernel.certificate())
    };
    assert_eq!(run(1), run(1_000));
}

#[test]
fn random_numbers_come_from_the_seed_alone() {
    let numbers = |seed, busy| {
        let mut rig = Rig::with(&KernelConfig {
            seed,
            ties: TieBreak::Seeded,
            ..config()
        });
        let mut drawn = Vec::new();
        for nth in 0..10 {
            if busy {
                let name = nth.to_string();
                rig.task(&name, rig.root());
                rig.turn();
            }
            drawn.push(rig.kernel.random());
        }
        drawn
    };
    assert_eq!(numbers(1, false), numbers(1, true), "whatever else happens");
    assert_ne!(numbers(1, false), numbers(2, false));
}
