//! The laws of runs, for random ones: earliest deadline first, ties first in first out, finalizers
//! last in first out, a race ends after its losers. The laws of values stand in `laws.rs`, the
//! streak bound in `lanes.rs`, what a close costs in the kernel's own `cost.rs`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop where it fails"
)]

mod support;

use core::time::Duration;
use std::sync::{Arc, Mutex};

use asupersync_core::exec::{BoxFuture, Cx, Error, Lab, branch};
use asupersync_core::{Budget, CancelKind, Handle, Outcome, Policy};
use proptest::prelude::*;
use support::Rig;

fn laws() -> ProptestConfig {
    ProptestConfig {
        cases: if cfg!(miri) { 2 } else { 128 },
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Tasks named by their number, all started.
fn started(rig: &mut Rig, count: usize) -> Vec<Handle> {
    let spawned = (0..count)
        .map(|nth| rig.task(&nth.to_string(), rig.root()))
        .collect();
    rig.settle();
    spawned
}

/// The numbers of the tasks in `effects`, all of which begin with `verb`.
fn order(effects: &[String], verb: &str) -> Vec<usize> {
    let number = |effect: &String| {
        let rest = effect
            .strip_prefix(verb)
            .unwrap_or_else(|| panic!("{effect}"));
        rest.split(' ').nth(1).unwrap().parse().unwrap()
    };
    effects.iter().map(number).collect()
}

proptest! {
    #![proptest_config(laws())]

    /// Few deadlines, so that ties are common; turns at times of their own, so that some find
    /// several deadlines due and others none.
    #[test]
    fn sleepers_wake_earliest_deadline_first_and_ties_in_the_order_of_their_calls(
        deadlines in prop::collection::vec(1_u64..12, 1..30),
        steps in prop::collection::vec(1_u64..5, 0..8),
    ) {
        let mut rig = Rig::new();
        let tasks = started(&mut rig, deadlines.len());
        for (task, at) in tasks.iter().zip(&deadlines) {
            rig.sleep(*task, *at, 1);
        }
        let mut expected: Vec<usize> = (0..deadlines.len()).collect();
        expected.sort_by_key(|nth| deadlines[*nth]);
        let mut woken = Vec::new();
        let mut now = 0;
        for step in steps.into_iter().chain([12]) {
            now += step;
            let effects = rig.at(now);
            woken.extend(order(&effects, "resume"));
            let due = deadlines.iter().filter(|at| **at <= now).count();
            prop_assert_eq!(woken.len(), due, "never early, never late");
        }
        prop_assert_eq!(woken, expected);
    }

    #[test]
    fn equals_of_the_ready_lane_run_first_in_first_out(
        priorities in prop::collection::vec(0_u8..4, 1..40),
    ) {
        let mut rig = Rig::new();
        for (nth, priority) in priorities.iter().enumerate() {
            let budget = Budget { priority: *priority, ..Budget::DEFAULT };
            rig.task_with(&nth.to_string(), rig.root(), budget);
        }
        let mut expected: Vec<usize> = (0..priorities.len()).collect();
        expected.sort_by_key(|nth| core::cmp::Reverse(priorities[*nth]));
        prop_assert_eq!(order(&rig.turn(), "start"), expected);
    }

    /// In the order in which they were cancelled, which is not the one in which they were made.
    #[test]
    fn equals_of_the_cancel_lane_run_first_in_first_out(
        cancelled in prop::collection::vec(any::<u16>(), 1..30),
    ) {
        let mut rig = Rig::new();
        let tasks = started(&mut rig, cancelled.len());
        for task in &tasks {
            rig.sleep(*task, 1_000, 1);
        }
        let mut turn: Vec<usize> = (0..tasks.len()).collect();
        turn.sort_by_key(|nth| cancelled[*nth]);
        for nth in &turn {
            rig.cancel(tasks[*nth], CancelKind::User);
        }
        prop_assert_eq!(order(&rig.turn(), "fail"), turn);
    }

    /// Whether a task ends by itself or is cancelled, however long its finalizers take, and though
    /// some of them register others.
    #[test]
    fn finalizers_run_last_in_first_out(
        finalizers in prop::collection::vec((0_u64..3, 0_usize..3), 0..20),
        is_cancelled in any::<bool>(),
        seed in any::<u64>(),
    ) {
        let mut expected = Vec::new();
        for (nth, (_, more)) in finalizers.iter().enumerate().rev() {
            expected.push((nth, 0));
            expected.extend((1..=*more).rev().map(|inner| (nth, inner)));
        }
        let ran = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&ran);
        let run = Lab::new(seed).run(move |cx| async move {
            let task = cx.spawn(move |cx| async move {
                for (nth, (pause, more)) in finalizers.into_iter().enumerate() {
                    let seen = Arc::clone(&seen);
                    cx.defer(move |cx| finalizer(cx, seen, nth, pause, more))?;
                }
                cx.sleep(Duration::from_secs(1)).await
            })?;
            if is_cancelled {
                cx.sleep(Duration::from_millis(1)).await?;
                task.cancel("");
            }
            task.join().await?;
            Ok::<_, Error>(())
        });
        prop_assert!(run.report.live.is_none());
        prop_assert_eq!(&*ran.lock().unwrap(), &expected);
    }

    /// The winner ends at once; each loser goes on for some turns, and then has finalizers to run.
    #[test]
    fn a_race_closes_after_the_last_of_its_losers_has_drained(
        losers in prop::collection::vec((0_u32..5, 0_u32..3), 0..12),
        place in any::<prop::sample::Index>(),
        policy in prop::sample::select(vec![Policy::Race, Policy::Any]),
    ) {
        let mut rig = Rig::new();
        let race = rig.region("race", rig.root(), policy);
        let place = place.index(losers.len() + 1);
        let mut left: Vec<(Handle, u32)> = Vec::new();
        let mut winner = None;
        for nth in 0..=losers.len() {
            let task = rig.task(&nth.to_string(), race);
            if nth == place {
                winner = Some(task);
            } else {
                left.push((task, losers[left.len()].0));
            }
        }
        rig.settle();
        for ((task, _), (_, finalizers)) in left.iter().zip(&losers) {
            for _ in 0..*finalizers {
                rig.kernel.task_defer(*task).unwrap();
            }
            rig.checkpoint(*task);
        }
        rig.kernel.region_close(race).unwrap();
        prop_assert_eq!(rig.complete(winner.unwrap(), Outcome::Ok), Some(Outcome::Ok));

        let mut said = Vec::new();
        while rig.kernel.is_runnable() {
            let live = rig.kernel.counters().tasks_live;
            prop_assert_eq!(rig.is_live_region(race), live > 0, "open as long as a loser lives");
            let effects = rig.turn();
            for effect in &effects {
                drive_loser(&mut rig, &mut left, effect);
            }
            said.extend(effects);
        }
        prop_assert!(!rig.is_live_region(race));
        prop_assert_eq!(said.iter().filter(|effect| effect.starts_with("closed")).count(), 1);
        prop_assert_eq!(said.last().map(String::as_str), Some("closed race Ok by RaceLost"));
    }

    #[test]
    fn the_losers_of_a_race_have_drained_when_it_returns(
        losers in prop::collection::vec((2_u64..50, 0_u64..20), 0..8),
        seed in any::<u64>(),
    ) {
        let count = losers.len();
        let run = Lab::new(seed).run(|cx| async move {
            let drained = Arc::new(Mutex::new(0));
            let mut branches = vec![branch(|cx: Cx| async move {
                cx.sleep(Duration::from_millis(1)).await?;
                Ok::<_, Error>(7)
            })];
            for (sleep, clean_up) in losers {
                let drained = Arc::clone(&drained);
                branches.push(branch(move |cx: Cx| async move {
                    cx.defer(move |cx| async move {
                        cx.sleep(Duration::from_millis(clean_up)).await.unwrap();
                        *drained.lock().unwrap() += 1;
                    })?;
                    cx.sleep(Duration::from_millis(sleep)).await?;
                    Ok(0)
                }));
            }
            let won = cx.race(branches).await?;
            let drained = *drained.lock().unwrap();
            Ok::<_, Error>((won, drained))
        });
        prop_assert_eq!(run.outcome.into_result().unwrap(), (7, count));
        prop_assert!(run.report.live.is_none());
    }
}

type Ran = Arc<Mutex<Vec<(usize, usize)>>>;

/// Says that it runs, registers `more` finalizers, and takes its time.
fn finalizer(cx: Cx, ran: Ran, nth: usize, pause: u64, more: usize) -> BoxFuture<()> {
    Box::pin(async move {
        ran.lock().unwrap().push((nth, 0));
        for inner in 1..=more {
            let ran = Arc::clone(&ran);
            let say = move |_| async move { ran.lock().unwrap().push((nth, inner)) };
            cx.defer(say).unwrap();
        }
        cx.sleep(Duration::from_millis(pause)).await.unwrap();
    })
}

/// Does what a loser does: some turns, then its end, then its finalizers.
fn drive_loser(rig: &mut Rig, left: &mut [(Handle, u32)], effect: &str) {
    let mut words = effect.split(' ');
    let (verb, name) = (words.next().unwrap(), words.next().unwrap());
    let names = |rig: &Rig, task: Handle| rig.is_live_task(task) && rig.named(task) == name;
    let Some((task, turns)) = left.iter_mut().find(|(task, _)| names(rig, *task)) else {
        return;
    };
    match verb {
        "finalize" => {
            rig.kernel.task_finalized(*task, Outcome::Ok).unwrap();
        }
        "fail" | "resume" if *turns > 0 => {
            *turns -= 1;
            rig.checkpoint(*task);
        }
        "fail" | "resume" => {
            rig.complete(*task, Outcome::Cancelled);
        }
        _ => {}
    }
}
