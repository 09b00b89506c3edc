//! Behaviour of sleeping: earliest deadline first, ties by call, never early, and memory that
//! follows what is armed.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop where it fails"
)]

mod support;

use asupersync_core::{CancelKind, Handle, KernelConfig, Outcome, TieBreak, Time};
use support::{Rig, config, ms};

/// A kernel with one started task for each of `names`.
fn rig_with<const N: usize>(names: [&str; N]) -> (Rig, [Handle; N]) {
    let mut rig = Rig::new();
    let tasks = names.map(|name| rig.started(name, rig.root()));
    (rig, tasks)
}

#[test]
fn due_timers_fire_earliest_deadline_first() {
    let (mut rig, [a, b, c]) = rig_with(["a", "b", "c"]);
    rig.sleep(a, 30, 1);
    rig.sleep(b, 10, 2);
    rig.sleep(c, 20, 3);
    assert_eq!(rig.kernel.next_deadline(), Some(ms(10)));
    assert_eq!(
        rig.at(100),
        ["resume b #2 -> 0", "resume c #3 -> 0", "resume a #1 -> 0"]
    );
    assert_eq!(rig.kernel.next_deadline(), None);
}

#[test]
fn equal_deadlines_fire_in_the_order_of_the_calls() {
    let (mut rig, [a, b, c]) = rig_with(["a", "b", "c"]);
    rig.sleep(c, 10, 1);
    rig.sleep(a, 10, 2);
    rig.sleep(b, 10, 3);
    assert_eq!(
        rig.at(10),
        ["resume c #1 -> 0", "resume a #2 -> 0", "resume b #3 -> 0"]
    );
}

#[test]
fn a_timer_is_never_early_and_a_late_turn_fires_it_all_the_same() {
    let (mut rig, [a]) = rig_with(["a"]);
    rig.kernel
        .task_sleep(a, Time::from_nanos(10_000_001), 1)
        .unwrap();
    assert_eq!(rig.at(10), [""; 0]);
    assert_eq!(rig.at(11), ["resume a #1 -> 0"]);
    rig.sleep(a, 12, 2);
    assert_eq!(rig.at(100_000), ["resume a #2 -> 0"]);
}

#[test]
fn a_deadline_that_is_past_is_due_at_the_next_turn() {
    let (mut rig, [a]) = rig_with(["a"]);
    rig.at(50);
    rig.sleep(a, 0, 1);
    assert_eq!(rig.effects(), [""; 0]);
    assert_eq!(rig.turn(), ["resume a #1 -> 0"]);
}

#[test]
fn sleeps_can_be_chained_through_many_turns() {
    let (mut rig, [a, b]) = rig_with(["a", "b"]);
    let mut seen = Vec::new();
    rig.sleep(a, 10, 1);
    rig.sleep(b, 15, 1);
    let (mut next_a, mut next_b) = (10, 15);
    for at in 1..=60 {
        for effect in rig.at(at) {
            if effect.starts_with("resume a") {
                next_a += 10;
                rig.sleep(a, next_a, 1);
            } else {
                next_b += 15;
                rig.sleep(b, next_b, 1);
            }
            seen.push(format!("{at} {}", &effect[7..8]));
        }
    }
    assert_eq!(
        seen,
        [
            "10 a", "15 b", "20 a", "30 b", "30 a", "40 a", "45 b", "50 a", "60 b", "60 a"
        ],
        "of two at one time the one that was armed first"
    );
}

#[test]
fn one_task_can_sleep_several_times_at_once() {
    let (mut rig, [a]) = rig_with(["a"]);
    rig.sleep(a, 30, 3);
    rig.sleep(a, 10, 1);
    rig.sleep(a, 20, 2);
    assert_eq!(rig.at(10), ["resume a #1 -> 0"]);
    assert_eq!(
        rig.at(30),
        ["resume a #2 -> 0", "resume a #3 -> 0"],
        "by deadline, whatever the order of the calls"
    );
    assert_eq!(rig.settle(), [""; 0]);
}

#[test]
fn time_never_goes_back() {
    let (mut rig, [a]) = rig_with(["a"]);
    rig.at(100);
    rig.sleep(a, 150, 1);
    rig.kernel.tick(ms(20));
    assert_eq!(rig.kernel.now(), ms(100));
    rig.kernel.advance(ms(90));
    assert_eq!(rig.kernel.now(), ms(100));
    rig.kernel.advance(ms(150));
    assert_eq!(
        rig.effects(),
        [""; 0],
        "telling the time dispatches nothing"
    );
    assert_eq!(rig.turn(), ["resume a #1 -> 0"]);
}

#[test]
fn a_cancelled_sleep_disarms_its_timer() {
    let (mut rig, [a]) = rig_with(["a"]);
    rig.sleep(a, 1_000, 1);
    assert_eq!(rig.kernel.counters().timers_live, 1);
    rig.cancel(a, CancelKind::User);
    assert_eq!(rig.turn(), ["fail a #1 User"]);
    rig.complete(a, Outcome::Cancelled);
    assert_eq!(rig.kernel.counters().timers_live, 0);
    assert_eq!(rig.kernel.next_deadline(), None);
}

#[test]
fn a_sleep_for_ever_is_ended_by_cancellation_alone() {
    let (mut rig, [a]) = rig_with(["a"]);
    rig.kernel.task_sleep(a, Time::NEVER, 1).unwrap();
    assert_eq!(rig.at(1 << 40), [""; 0]);
    rig.cancel(a, CancelKind::User);
    assert_eq!(rig.turn(), ["fail a #1 User"]);
    rig.complete(a, Outcome::Cancelled);
}

#[test]
fn a_turn_at_the_end_of_time_does_not_hang_and_everything_still_closes() {
    let (mut rig, [a, b]) = rig_with(["a", "b"]);
    rig.kernel.tick(Time::NEVER);
    rig.kernel.task_sleep(a, Time::NEVER, 1).unwrap();
    rig.kernel.shutdown().unwrap();
    assert!(rig.is_live_task(b));
    for _ in 0..10 {
        let next = rig.kernel.next_deadline().unwrap_or(Time::NEVER);
        rig.kernel.tick(next);
        rig.check();
    }
    rig.complete(a, Outcome::Cancelled);
    rig.complete(b, Outcome::Cancelled);
    assert!(rig.kernel.is_closed());
    assert_eq!(rig.kernel.counters().timers_live, 0);
}

#[test]
fn dead_timers_are_compacted_away() {
    let mut rig = Rig::with(&KernelConfig {
        trace_capacity: 0,
        ..config()
    });
    let sleeper = rig.started("sleeper", rig.root());
    rig.sleep(sleeper, 1_000_000, 1);
    for round in 0..20_000_u64 {
        let task = rig.kernel.region_spawn(rig.kernel.root()).unwrap();
        rig.kernel.tick(ms(0));
        rig.kernel.task_sleep(task, ms(500_000 + round), 1).unwrap();
        rig.kernel.task_complete(task, Outcome::Ok).unwrap();
        assert_eq!(rig.kernel.counters().timers_live, 1);
        if round % 1_000 == 0 {
            rig.check();
        }
    }
    // Memory cannot be seen through the public door, but for what `Debug` prints.
    let held = format!("{:?}", rig.kernel).matches("Reverse(").count();
    assert!((1..1_000).contains(&held), "{held} timers are held for one");
    rig.kernel.take_effects();
    assert_eq!(rig.at(999_999), [""; 0]);
    assert_eq!(rig.kernel.next_deadline(), Some(ms(1_000_000)));
    assert_eq!(rig.at(1_000_000), ["resume sleeper #1 -> 0"]);
}

#[test]
fn seeded_ties_reorder_equal_deadlines_and_nothing_else() {
    let order = |seed| {
        let mut rig = Rig::with(&KernelConfig {
            seed,
            ties: TieBreak::Seeded,
            ..config()
        });
        let names = ["a", "b", "c", "d"];
        let tasks = names.map(|name| rig.task(name, rig.root()));
        rig.turn();
        for (nth, task) in tasks.into_iter().enumerate() {
            // `a` and `b` are due before `c` and `d`.
            rig.sleep(task, if nth < 2 { 10 } else { 20 }, 1);
        }
        rig.at(20)
    };
    let orders: Vec<_> = (0..64).map(order).collect();
    for seen in &orders {
        assert!(seen[..2].iter().all(|effect| !effect.contains(['c', 'd'])));
    }
    let mut distinct = orders.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), 4, "both orders of both ties");
    assert_eq!(order(7), orders[7], "the seed decides");
}

#[test]
fn times_are_given_back_in_the_unit_in_which_they_were_given() {
    for nanos in [0, 1, 999_999, 7_000_001, u64::MAX] {
        assert_eq!(Time::from_nanos(nanos).as_nanos(), nanos);
    }
    assert_eq!(Time::from_millis(7).as_nanos(), 7_000_000);
    assert_eq!(Time::from_millis(7).plus_nanos(3).as_nanos(), 7_000_003);
}
