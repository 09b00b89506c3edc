//! Behaviour of the lanes: priorities, the streak bound, the bound of one tick, seeded ties.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "a test may stop where it fails"
)]

mod support;

use asupersync_core::limits::DRAIN_TIME_NS_MAX;
use asupersync_core::{
    Budget, CancelKind, EventKind, Handle, HostOpKind, Kernel, KernelConfig, Lane, Outcome,
    TieBreak, Time,
};
use proptest::prelude::*;
use support::{Rig, config, ms};

fn priority(priority: u8) -> Budget {
    Budget {
        priority,
        ..Budget::DEFAULT
    }
}

#[test]
fn the_ready_lane_goes_by_priority_then_by_insertion() {
    let mut rig = Rig::new();
    for (name, level) in [("a", 0), ("b", 7), ("c", 3), ("d", 7), ("e", 0), ("f", 3)] {
        rig.task_with(name, rig.root(), priority(level));
    }
    assert_eq!(
        rig.turn(),
        [
            "start b", "start d", "start c", "start f", "start a", "start e"
        ]
    );
}

#[test]
fn the_cancel_lane_goes_by_priority_and_before_the_ready_lane() {
    let mut rig = Rig::new();
    let urgent = rig.task_with("urgent", rig.root(), priority(7));
    let low = rig.task_with("low", rig.root(), priority(0));
    let high = rig.task_with("high", rig.root(), priority(5));
    rig.turn();
    for task in [low, high, urgent] {
        rig.checkpoint(task);
    }
    rig.cancel(low, CancelKind::User);
    rig.cancel(high, CancelKind::User);
    assert_eq!(
        rig.turn(),
        ["fail high User", "fail low User", "resume urgent"]
    );
}

#[test]
fn the_timed_lane_goes_between_cancel_and_ready() {
    let mut rig = Rig::new();
    let [ready, timed, cancelled] =
        ["ready", "timed", "cancelled"].map(|name| rig.started(name, rig.root()));
    rig.checkpoint(ready);
    rig.sleep(timed, 5, 1);
    rig.checkpoint(cancelled);
    rig.cancel(cancelled, CancelKind::User);
    assert_eq!(
        rig.at(5),
        [
            "fail cancelled User",
            "resume timed #1 -> 0",
            "resume ready"
        ]
    );
}

#[test]
fn a_queued_task_that_is_cancelled_moves_to_the_cancel_lane_and_runs_once() {
    let mut rig = Rig::new();
    let a = rig.started("a", rig.root());
    let b = rig.started("b", rig.root());
    rig.checkpoint(a);
    rig.checkpoint(b);
    rig.cancel(b, CancelKind::User);
    let before = rig.kernel.counters().dispatches;
    assert_eq!(rig.settle(), ["fail b User", "resume a"]);
    assert_eq!(rig.kernel.counters().dispatches, before + 2);
}

#[test]
fn raising_the_priority_of_a_queued_task_moves_it_forward() {
    let mut rig = Rig::new();
    let [a, b] = ["a", "b"].map(|name| rig.task(name, rig.root()));
    rig.kernel.task_budget(b, priority(1)).unwrap();
    assert_eq!(rig.turn(), ["start b", "start a"]);
    assert!(rig.is_live_task(a));
}

#[test]
fn a_budget_that_leaves_the_priority_alone_keeps_the_place_in_the_queue() {
    let mut rig = Rig::new();
    let [a, b] = ["a", "b"].map(|name| rig.task(name, rig.root()));
    let later = Budget {
        deadline: ms(1_000),
        ..Budget::DEFAULT
    };
    rig.kernel.task_budget(a, later).unwrap();
    rig.check();
    assert_eq!(rig.turn(), ["start a", "start b"]);
    assert!(rig.is_live_task(b));
}

#[test]
fn one_tick_dispatches_at_most_its_polls_and_the_rest_comes_next() {
    let mut rig = Rig::with(&KernelConfig {
        polls_per_tick: 3,
        ..config()
    });
    for nth in 0..7 {
        rig.task(&nth.to_string(), rig.root());
    }
    assert_eq!(rig.turn(), ["start 0", "start 1", "start 2"]);
    assert!(rig.kernel.is_runnable());
    assert_eq!(rig.turn(), ["start 3", "start 4", "start 5"]);
    assert_eq!(rig.turn(), ["start 6"]);
    assert!(!rig.kernel.is_runnable());
}

#[test]
fn maxima_of_zero_count_as_one() {
    let mut rig = Rig::with(&KernelConfig {
        polls_per_tick: 0,
        cancel_streak: 0,
        drain_time_ns: 0,
        ..config()
    });
    let a = rig.started("a", rig.root());
    rig.kernel.task_mask(a).unwrap();
    rig.checkpoint(a);
    rig.cancel(a, CancelKind::User);
    assert_eq!(rig.turn(), ["resume a"]);
    rig.complete(a, Outcome::Ok);
    assert_eq!(rig.settle(), [""; 0]);
}

#[test]
fn a_drain_time_without_end_ends_at_its_maximum() {
    let mut rig = Rig::with(&KernelConfig {
        drain_time_ns: u64::MAX,
        ..config()
    });
    let a = rig.started("a", rig.root());
    rig.cancel(a, CancelKind::User);
    let end = rig.kernel.next_deadline();
    assert_eq!(end, Some(Time::from_nanos(DRAIN_TIME_NS_MAX)));
    rig.complete(a, Outcome::Ok);
    assert_eq!(rig.kernel.counters().timers_live, 0);
}

/// Keeps the lanes as busy as the arguments say for `dispatches` dispatches, and gives the lane
/// of each. Bodies that were cancelled swallow it and wait again at once, which keeps the
/// cancel lane full; sleepers sleep until now.
fn schedule(
    streak: u32,
    draining: bool,
    sleepers: usize,
    ready: usize,
    dispatches: usize,
) -> Vec<Lane> {
    let mut kernel = Kernel::new(&KernelConfig {
        cancel_streak: streak,
        trace_capacity: 1 << 16,
        // So that whoever was dispatched is runnable again before the next dispatch.
        polls_per_tick: 1,
        ..KernelConfig::default()
    });
    let root = kernel.root();
    let mut spawn = |count: usize| -> Vec<Handle> {
        (0..count)
            .map(|_| kernel.region_spawn(root).unwrap())
            .collect()
    };
    let (swallowers, sleepers, ready) = (spawn(80), spawn(sleepers), spawn(ready));
    while kernel.is_runnable() {
        kernel.tick(ms(0));
        kernel.take_effects();
    }
    for task in sleepers.iter().chain(&ready) {
        // Masked, so that the shutdown of `draining` does not move them to the cancel lane.
        kernel.task_mask(*task).unwrap();
    }
    if draining {
        kernel.shutdown().unwrap();
    } else {
        for task in &swallowers {
            kernel.task_cancel(*task, CancelKind::User, "").unwrap();
        }
    }
    let first = kernel.counters().events;
    let again = |kernel: &mut Kernel, task: Handle| {
        if sleepers.contains(&task) {
            kernel.task_sleep(task, ms(0), 1).unwrap();
        } else {
            kernel.task_checkpoint(task).unwrap();
        }
    };
    for task in swallowers.iter().chain(&sleepers).chain(&ready) {
        again(&mut kernel, *task);
    }
    for _ in 0..dispatches {
        kernel.tick(ms(0));
        for effect in kernel.take_effects() {
            match effect {
                asupersync_core::Effect::Resume { task, .. }
                | asupersync_core::Effect::Fail { task, .. } => again(&mut kernel, task),
                other => panic!("nobody ends here: {other:?}"),
            }
        }
    }
    let lanes = [Lane::Cancel, Lane::Timed, Lane::Ready];
    kernel
        .events()
        .filter(|event| event.seq > first && event.kind == EventKind::TaskDispatched)
        .map(|event| lanes[event.detail as usize])
        .collect()
}

/// The longest run of dispatches that are not of `lanes`.
fn longest_wait(schedule: &[Lane], lanes: &[Lane]) -> usize {
    schedule
        .split(|lane| lanes.contains(lane))
        .map(<[Lane]>::len)
        .max()
        .unwrap_or(0)
}

#[test]
fn work_outside_the_cancel_lane_is_dispatched_within_the_streak_bound() {
    for streak in 1..=64_u32 {
        for draining in [false, true] {
            let bound = if draining { 2 * streak } else { streak } as usize;
            for (sleepers, ready) in [(0, 1), (1, 0), (3, 3)] {
                let schedule = schedule(streak, draining, sleepers, ready, 3 * bound + 16);
                let waited = longest_wait(&schedule, &[Lane::Timed, Lane::Ready]);
                assert_eq!(
                    waited,
                    bound,
                    "L = {streak}, draining: {draining}: dispatched as number {} of at most {}",
                    waited + 1,
                    bound + 1
                );
            }
        }
    }
}

#[test]
fn due_timers_and_ready_work_share_what_the_cancel_lane_leaves() {
    for streak in [1, 2, 5, 16] {
        // 80 sleepers keep the timed lane as full as the swallowers keep the cancel lane.
        let schedule = schedule(streak, false, 80, 1, 2_000);
        let bound = streak as usize;
        let others: Vec<_> = schedule
            .iter()
            .copied()
            .filter(|lane| *lane != Lane::Cancel)
            .collect();
        assert_eq!(longest_wait(&others, &[Lane::Ready]), bound, "L = {streak}");
        assert!(longest_wait(&schedule, &[Lane::Ready]) <= (bound + 1) * (bound + 1));
    }
}

#[test]
fn the_cancel_lane_has_every_dispatch_when_nothing_else_can_run() {
    let schedule = schedule(4, false, 0, 0, 200);
    assert!(schedule.iter().all(|lane| *lane == Lane::Cancel));
    assert!(schedule.len() >= 200);
}

#[test]
fn seeded_ties_reach_every_order_of_equals_and_the_seed_decides() {
    let order = |seed| {
        let mut rig = Rig::with(&KernelConfig {
            seed,
            ties: TieBreak::Seeded,
            ..config()
        });
        for name in ["a", "b", "c"] {
            rig.task(name, rig.root());
        }
        rig.task_with("first", rig.root(), priority(1));
        rig.turn()
    };
    let mut seen: Vec<_> = (0..200).map(order).collect();
    assert!(seen.iter().all(|order| order[0] == "start first"));
    assert_eq!(order(11), seen[11]);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 6, "all orders of three");
}

/// Tasks that are cancelled before they start leave a dead place behind in the ready lane.
#[test]
fn places_of_tasks_that_moved_on_do_not_pile_up() {
    let mut rig = Rig::with(&KernelConfig {
        trace_capacity: 0,
        ..config()
    });
    let waiting = rig.task_with("waiting", rig.root(), priority(0));
    for _ in 0..50_000 {
        let task = rig
            .kernel
            .region_spawn_with(rig.kernel.root(), priority(3))
            .unwrap();
        rig.kernel.task_cancel(task, CancelKind::User, "").unwrap();
    }
    // Memory cannot be seen through the public door, but for what `Debug` prints.
    let places = |rig: &Rig| format!("{:?}", rig.kernel).matches("Place {").count();
    assert!((50_001..51_000).contains(&places(&rig)), "{}", places(&rig));
    while rig.kernel.is_runnable() {
        rig.kernel.tick(ms(0));
        rig.kernel.take_effects();
    }
    assert!(rig.is_live_task(waiting));
    assert!(places(&rig) < 1_000);
}

#[test]
fn a_queued_task_that_is_woken_again_keeps_its_place() {
    let mut rig = Rig::new();
    let [a, b] = ["a", "b"].map(|name| rig.started(name, rig.root()));
    let op = rig.op("o", a, HostOpKind::Foreign, 1);
    rig.checkpoint(a);
    rig.checkpoint(b);
    rig.kernel.host_notify(op, 5).unwrap();
    rig.checkpoint(a);
    assert_eq!(rig.turn(), ["resume a", "resume a #1 -> 5", "resume b"]);
}

#[test]
fn a_task_that_is_alone_in_its_queue_draws_no_chance() {
    let order = |dispatches| {
        let mut rig = Rig::with(&KernelConfig {
            seed: 5,
            ties: TieBreak::Seeded,
            ..config()
        });
        let alone = rig.started("alone", rig.root());
        for _ in 0..dispatches {
            rig.checkpoint(alone);
            assert_eq!(rig.turn(), ["resume alone"]);
        }
        for nth in 0..20 {
            rig.task(&nth.to_string(), rig.root());
        }
        rig.turn()
    };
    let seen = order(0);
    assert!((1..10).all(|dispatches| order(dispatches) == seen));
}

#[test]
fn orders_of_equals_are_known_by_their_codes() {
    let known = [TieBreak::Insertion, TieBreak::Seeded];
    for (code, ties) in (0_u32..).zip(known) {
        assert_eq!(ties as u32, code);
        assert_eq!(TieBreak::from_code(code), Some(ties));
    }
    assert_eq!(TieBreak::from_code(2), None);
    assert_eq!(TieBreak::from_code(u32::MAX), None);
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: if cfg!(miri) { 1 } else { 64 },
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_streak_bound_holds_whatever_else_is_runnable(
        streak in 1_u32..=64,
        draining in any::<bool>(),
        sleepers in 0_usize..90,
        ready in 0_usize..90,
    ) {
        prop_assume!(sleepers + ready > 0);
        let bound = if draining { 2 * streak } else { streak } as usize;
        let schedule = schedule(streak, draining, sleepers, ready, 4 * bound + 16);
        prop_assert!(longest_wait(&schedule, &[Lane::Timed, Lane::Ready]) <= bound);
        if ready > 0 {
            let mut others = schedule;
            others.retain(|lane| *lane != Lane::Cancel);
            prop_assert!(longest_wait(&others, &[Lane::Ready]) <= streak as usize);
        }
    }
}
