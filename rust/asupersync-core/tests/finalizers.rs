//! Behaviour of finalizers of tasks and of regions: when they run, in what order, and what
//! becomes of the outcome when they fail or hang.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop where it fails"
)]

mod support;

use asupersync_core::{
    CancelKind, ErrorKind, Handle, HostOpKind, Outcome, Ownership, Policy, TaskState,
};
use support::{Rig, kind_of, ms};

fn finalized(rig: &mut Rig, task: Handle, outcome: Outcome) -> Option<Outcome> {
    let done = rig.kernel.task_finalized(task, outcome).unwrap();
    rig.check();
    done
}

#[test]
fn a_body_without_finalizers_asks_for_none() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    assert_eq!(rig.complete(task, Outcome::Ok), Some(Outcome::Ok));
    assert_eq!(rig.settle(), [""; 0]);
}

#[test]
fn every_finalizer_is_asked_for_once_one_after_the_other() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    for _ in 0..3 {
        rig.kernel.task_defer(task).unwrap();
    }
    assert_eq!(rig.complete(task, Outcome::Ok), None);
    for left in (0..3).rev() {
        assert_eq!(rig.settle(), ["finalize a"]);
        let expected = (left == 0).then_some(Outcome::Ok);
        assert_eq!(finalized(&mut rig, task, Outcome::Ok), expected);
    }
    assert_eq!(rig.settle(), [""; 0]);
    assert_eq!(
        rig.events_of("a"),
        [
            "TaskSpawned",
            "TaskDispatched Ready",
            "TaskFinalizing",
            "TaskDispatched Ready",
            "FinalizerEnded Ok",
            "TaskDispatched Ready",
            "FinalizerEnded Ok",
            "TaskDispatched Ready",
            "FinalizerEnded Ok",
            "TaskCompleted Ok"
        ]
    );
}

#[test]
fn a_finalizer_registered_by_a_finalizer_runs_too() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    rig.kernel.task_defer(task).unwrap();
    rig.complete(task, Outcome::Ok);
    assert_eq!(rig.settle(), ["finalize a"]);
    rig.kernel.task_defer(task).unwrap();
    assert_eq!(finalized(&mut rig, task, Outcome::Ok), None);
    assert_eq!(rig.settle(), ["finalize a"]);
    assert_eq!(finalized(&mut rig, task, Outcome::Ok), Some(Outcome::Ok));
}

#[test]
fn finalizers_wait_for_the_children_and_the_host_operations_of_the_body() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    rig.kernel.task_defer(task).unwrap();
    let region = rig.region_in("r", task, Policy::FailFast, Ownership::default());
    let child = rig.started("child", region);
    let op = rig.op("op", task, HostOpKind::Fetch, 0);
    assert_eq!(rig.complete(task, Outcome::Ok), None);
    assert_eq!(rig.settle(), ["abort op by LinkedExit"]);
    rig.complete(child, Outcome::Ok);
    assert_eq!(rig.settle(), ["closed r Ok"]);
    rig.kernel.host_complete(op, 1).unwrap();
    assert_eq!(rig.settle(), ["finalize a"]);
}

#[test]
fn a_failing_finalizer_makes_the_task_panicked_and_the_others_still_run() {
    for (body, failure) in [
        (Outcome::Ok, Outcome::Err),
        (Outcome::Err, Outcome::Panicked),
        (Outcome::Ok, Outcome::Cancelled),
    ] {
        let mut rig = Rig::new();
        let task = rig.started("a", rig.root());
        rig.kernel.task_defer(task).unwrap();
        rig.kernel.task_defer(task).unwrap();
        rig.complete(task, body);
        assert_eq!(rig.settle(), ["finalize a"]);
        assert_eq!(finalized(&mut rig, task, failure), None);
        assert_eq!(rig.settle(), ["finalize a"]);
        assert_eq!(
            finalized(&mut rig, task, Outcome::Ok),
            Some(Outcome::Panicked)
        );
    }
}

#[test]
fn a_failing_finalizer_fails_its_region() {
    let mut rig = Rig::new();
    let (region, task) = rig.started_in_region("a", Policy::FailFast);
    rig.kernel.task_defer(task).unwrap();
    rig.kernel.region_close(region).unwrap();
    rig.complete(task, Outcome::Ok);
    rig.settle();
    assert_eq!(
        finalized(&mut rig, task, Outcome::Err),
        Some(Outcome::Panicked)
    );
    assert_eq!(rig.settle(), ["closed r Panicked by FailFast"]);
}

#[test]
fn a_finalizer_can_wait_and_work_under_a_cancellation() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    rig.kernel.task_defer(task).unwrap();
    rig.checkpoint(task);
    rig.cancel(task, CancelKind::User);
    rig.turn();
    rig.complete(task, Outcome::Cancelled);
    assert_eq!(rig.turn(), ["finalize a"]);

    rig.sleep(task, 10, 1);
    assert_eq!(rig.at(10), ["resume a #1 -> 0"]);
    rig.checkpoint(task);
    assert_eq!(rig.turn(), ["resume a"]);
    let op = rig.op("op", task, HostOpKind::Fetch, 2);
    rig.kernel.host_complete(op, 0).unwrap();
    assert_eq!(rig.turn(), ["resume a #2 -> 0"]);
    let region = rig.region_in("r", task, Policy::FailFast, Ownership::default());
    let child = rig.started("child", region);
    rig.kernel.region_join(task, region, 3).unwrap();
    rig.complete(child, Outcome::Ok);
    assert_eq!(rig.settle(), ["closed r Ok", "resume a #3 -> 0"]);
    assert_eq!(
        finalized(&mut rig, task, Outcome::Ok),
        Some(Outcome::Cancelled)
    );
}

#[test]
fn a_finalizer_cannot_take_its_mask_off() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    rig.kernel.task_defer(task).unwrap();
    rig.complete(task, Outcome::Ok);
    rig.turn();
    assert_eq!(kind_of(rig.kernel.task_unmask(task)), ErrorKind::WrongState);
    rig.kernel.task_mask(task).unwrap();
    rig.kernel.task_unmask(task).unwrap();
    assert_eq!(kind_of(rig.kernel.task_unmask(task)), ErrorKind::WrongState);
}

#[test]
fn a_mask_that_the_body_left_open_does_not_outlive_it() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    rig.kernel.task_defer(task).unwrap();
    for _ in 0..5 {
        rig.kernel.task_mask(task).unwrap();
    }
    rig.complete(task, Outcome::Ok);
    assert_eq!(rig.turn(), ["finalize a"]);
    assert_eq!(kind_of(rig.kernel.task_unmask(task)), ErrorKind::WrongState);
}

#[test]
fn finalizing_is_refused_while_no_finalizer_runs() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    rig.kernel.task_defer(task).unwrap();
    let wrong = ErrorKind::WrongState;
    let early = rig.kernel.task_finalized(task, Outcome::Ok);
    assert_eq!(kind_of(early), wrong, "the body still runs");
    rig.complete(task, Outcome::Ok);
    let early = rig.kernel.task_finalized(task, Outcome::Ok);
    assert_eq!(kind_of(early), wrong, "nobody has asked yet");
    assert_eq!(rig.turn(), ["finalize a"]);
    let body = rig.kernel.task_complete(task, Outcome::Ok);
    assert_eq!(kind_of(body), wrong, "the body has ended");
    finalized(&mut rig, task, Outcome::Ok);
    let late = rig.kernel.task_finalized(task, Outcome::Ok);
    assert_eq!(kind_of(late), ErrorKind::StaleHandle);
}

#[test]
fn what_a_finalizer_leaves_open_is_let_go_before_the_next_one() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    rig.kernel.task_defer(task).unwrap();
    rig.kernel.task_defer(task).unwrap();
    rig.complete(task, Outcome::Ok);
    rig.turn();
    let op = rig.op("op", task, HostOpKind::Foreign, 1);
    assert_eq!(finalized(&mut rig, task, Outcome::Ok), None);
    assert_eq!(rig.settle(), ["abort op by LinkedExit"]);
    rig.kernel.host_complete(op, 0).unwrap();
    assert_eq!(rig.settle(), ["finalize a"]);
}

#[test]
fn a_finalizer_that_hangs_is_revoked_and_the_rest_run_in_its_successor() {
    let mut rig = Rig::new();
    let (region, task) = rig.started_in_region("a", Policy::CollectAll);
    rig.kernel.region_close(region).unwrap();
    for _ in 0..3 {
        rig.kernel.task_defer(task).unwrap();
    }
    rig.complete(task, Outcome::Ok);
    assert_eq!(rig.at(1), ["finalize a"]);
    assert_eq!(rig.at(5_000), [""; 0]);
    assert_eq!(
        rig.at(5_001),
        ["revoked a", "done a Panicked", "finalize a'"]
    );
    assert_eq!(
        kind_of(rig.kernel.task_finalized(task, Outcome::Ok)),
        ErrorKind::StaleHandle
    );
    assert_eq!(rig.kernel.counters().tasks_revoked, 1);
    let successor = rig.kernel.snapshot()[2].subject;
    assert_eq!(finalized(&mut rig, successor, Outcome::Ok), None);
    assert_eq!(rig.turn(), ["finalize a'"]);
    assert!(finalized(&mut rig, successor, Outcome::Ok).is_some());
    assert_eq!(rig.settle(), ["closed r Panicked"]);
}

#[test]
fn a_finalizer_that_never_stops_waiting_uses_up_its_polls_and_is_revoked() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    rig.kernel.task_defer(task).unwrap();
    rig.complete(task, Outcome::Ok);
    assert_eq!(rig.turn(), ["finalize a"]);
    let mut polls = 0;
    while rig.is_live_task(task) {
        rig.checkpoint(task);
        let effects = rig.turn();
        if effects == ["resume a"] {
            polls += 1;
        } else {
            assert_eq!(effects, ["revoked a", "done a Panicked"]);
        }
    }
    assert_eq!(polls, 1_000);
}

#[test]
fn the_time_of_a_finalizer_starts_anew_with_each() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    for _ in 0..4 {
        rig.kernel.task_defer(task).unwrap();
    }
    rig.complete(task, Outcome::Ok);
    let mut now = 0;
    for left in (0..4).rev() {
        assert_eq!(rig.turn(), ["finalize a"]);
        now += 4_999;
        assert_eq!(rig.at(now), [""; 0]);
        let done = finalized(&mut rig, task, Outcome::Ok);
        assert_eq!(done.is_some(), left == 0);
    }
    assert_eq!(rig.kernel.counters().timers_live, 0);
}

#[test]
fn the_finalizers_of_a_region_run_when_it_is_empty_one_masked_task_each() {
    let mut rig = Rig::new();
    let (region, task) = rig.started_in_region("a", Policy::FailFast);
    rig.kernel.region_defer(region).unwrap();
    rig.kernel.region_defer(region).unwrap();
    rig.kernel.region_close(region).unwrap();
    assert_eq!(rig.settle(), [""; 0], "a task is left");
    rig.complete(task, Outcome::Ok);
    assert_eq!(rig.settle(), ["finalize r"]);
    let first = rig.kernel.region_finalizer_spawn(region).unwrap();
    rig.name(first, "first");
    assert_eq!(rig.turn(), ["start first"]);
    rig.cancel_region(region, CancelKind::Shutdown);
    rig.sleep(first, 10, 1);
    assert_eq!(rig.at(10), ["resume first #1 -> 0"], "it is masked");
    rig.complete(first, Outcome::Ok);
    assert_eq!(rig.settle(), ["finalize r"]);
    let second = rig.kernel.region_finalizer_spawn(region).unwrap();
    rig.name(second, "second");
    assert_eq!(rig.turn(), ["start second"]);
    rig.complete(second, Outcome::Ok);
    assert_eq!(rig.settle(), ["closed r Cancelled by Shutdown"]);
}

#[test]
fn a_regions_finalizer_is_spawned_only_when_asked_for_and_once() {
    let mut rig = Rig::new();
    let (region, task) = rig.started_in_region("a", Policy::FailFast);
    rig.kernel.region_defer(region).unwrap();
    let wrong = ErrorKind::WrongState;
    let early = rig.kernel.region_finalizer_spawn(region);
    assert_eq!(kind_of(early), wrong);
    rig.kernel.region_close(region).unwrap();
    let early = rig.kernel.region_finalizer_spawn(region);
    assert_eq!(kind_of(early), wrong);
    rig.complete(task, Outcome::Ok);
    assert_eq!(rig.settle(), ["finalize r"]);
    let finalizer = rig.kernel.region_finalizer_spawn(region).unwrap();
    rig.name(finalizer, "f");
    let twice = rig.kernel.region_finalizer_spawn(region);
    assert_eq!(kind_of(twice), wrong);
    assert_eq!(rig.settle(), ["start f"]);
    rig.complete(finalizer, Outcome::Ok);
    assert_eq!(rig.settle(), ["closed r Ok"]);
}

#[test]
fn a_regions_finalizer_that_fails_makes_the_region_panicked_and_the_others_still_run() {
    let mut rig = Rig::new();
    let region = rig.region("r", rig.root(), Policy::FailFast);
    rig.kernel.region_defer(region).unwrap();
    rig.kernel.region_defer(region).unwrap();
    rig.kernel.region_close(region).unwrap();
    for (nth, outcome) in [Outcome::Err, Outcome::Ok].into_iter().enumerate() {
        assert_eq!(rig.settle(), ["finalize r"]);
        let finalizer = rig.kernel.region_finalizer_spawn(region).unwrap();
        rig.name(finalizer, &nth.to_string());
        rig.turn();
        rig.complete(finalizer, outcome);
    }
    assert_eq!(rig.settle(), ["closed r Panicked"]);
}

#[test]
fn a_regions_finalizer_that_hangs_is_revoked_and_the_region_closes() {
    let mut rig = Rig::new();
    let region = rig.region("r", rig.root(), Policy::FailFast);
    rig.kernel.region_defer(region).unwrap();
    rig.kernel.region_close(region).unwrap();
    rig.settle();
    let finalizer = rig.kernel.region_finalizer_spawn(region).unwrap();
    rig.name(finalizer, "f");
    assert_eq!(rig.turn(), ["start f"]);
    assert_eq!(rig.at(4_999), [""; 0]);
    assert_eq!(
        rig.at(5_000),
        ["revoked f", "done f Panicked", "closed r Panicked"]
    );
}

#[test]
fn a_regions_finalizer_that_spins_is_revoked_and_the_region_closes() {
    let mut rig = Rig::new();
    let region = rig.region("r", rig.root(), Policy::FailFast);
    rig.kernel.region_defer(region).unwrap();
    rig.kernel.region_close(region).unwrap();
    rig.settle();
    let finalizer = rig.kernel.region_finalizer_spawn(region).unwrap();
    rig.name(finalizer, "f");
    assert_eq!(rig.turn(), ["start f"]);
    for at in 1.. {
        assert!(at < 60_000, "it spins for ever");
        rig.checkpoint(finalizer);
        let effects = rig.at(at);
        if effects != ["resume f"] {
            assert_eq!(
                effects,
                ["revoked f", "done f Panicked", "closed r Panicked"]
            );
            assert_eq!(at, 1_000, "it had its cleanup polls");
            break;
        }
    }
}

/// What a finalizer's task leaves behind goes to a successor, which holds the region open.
#[test]
fn a_regions_finalizer_that_hangs_with_a_request_open_holds_the_region_until_that_has_drained() {
    let mut rig = Rig::new();
    let region = rig.region("r", rig.root(), Policy::FailFast);
    rig.kernel.region_defer(region).unwrap();
    rig.kernel.region_defer(region).unwrap();
    rig.kernel.region_close(region).unwrap();
    rig.settle();
    let finalizer = rig.kernel.region_finalizer_spawn(region).unwrap();
    rig.name(finalizer, "f");
    rig.turn();
    let op = rig.op("op", finalizer, HostOpKind::Fetch, 1);
    assert_eq!(
        rig.at(5_000),
        ["abort op by LinkedExit", "revoked f", "done f Panicked"]
    );
    rig.kernel.host_complete(op, 0).unwrap();
    let effects = rig.settle();
    assert_eq!(effects.len(), 2, "{effects:?}");
    assert!(effects[0].starts_with("done f' "), "{effects:?}");
    assert_eq!(effects[1], "finalize r");
    let second = rig.kernel.region_finalizer_spawn(region).unwrap();
    rig.name(second, "second");
    rig.turn();
    rig.complete(second, Outcome::Ok);
    assert_eq!(rig.settle(), ["closed r Panicked"]);
}

#[test]
fn work_that_a_finalizer_leaves_running_has_the_drain_time() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    rig.kernel.task_defer(task).unwrap();
    rig.complete(task, Outcome::Ok);
    assert_eq!(rig.turn(), ["finalize a"]);
    let region = rig.region_in("r", task, Policy::FailFast, Ownership::default());
    let child = rig.started("child", region);
    rig.sleep(child, 1_000_000, 1);
    rig.at(1_000);
    assert_eq!(finalized(&mut rig, task, Outcome::Ok), None);
    assert_eq!(rig.at(5_999), [""; 0]);
    assert_eq!(rig.at(6_000), ["fail child #1 ParentCancelled"]);
    rig.complete(child, Outcome::Cancelled);
    assert_eq!(
        rig.settle(),
        ["closed r Cancelled by LinkedExit", "done a Ok"]
    );
}

/// The finalizer is spawned after the cancellation, which has not reached it.
#[test]
fn work_that_a_regions_finalizer_leaves_running_does_not_hold_a_shutdown() {
    let mut rig = Rig::new();
    let region = rig.region("r", rig.root(), Policy::FailFast);
    rig.kernel.region_defer(region).unwrap();
    rig.kernel.shutdown().unwrap();
    assert_eq!(rig.effects(), ["finalize r"]);
    let finalizer = rig.kernel.region_finalizer_spawn(region).unwrap();
    rig.name(finalizer, "f");
    rig.turn();
    let left = rig.region_in("left", finalizer, Policy::FailFast, Ownership::default());
    let child = rig.started("child", left);
    rig.sleep(child, 1_000_000, 1);
    assert_eq!(rig.complete(finalizer, Outcome::Ok), None);
    assert_eq!(rig.at(5_000), ["fail child #1 ParentCancelled"]);
    rig.complete(child, Outcome::Cancelled);
    assert_eq!(
        rig.settle(),
        [
            "closed left Cancelled by LinkedExit",
            "done f Ok",
            "closed r Cancelled by ParentCancelled",
            "closed root Cancelled by Shutdown"
        ]
    );
}

#[test]
fn a_deadline_that_passes_during_finalization_does_not_disturb_it() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    rig.kernel.task_defer(task).unwrap();
    let budget = asupersync_core::Budget {
        deadline: ms(10),
        ..asupersync_core::Budget::DEFAULT
    };
    rig.kernel.task_budget(task, budget).unwrap();
    rig.complete(task, Outcome::Ok);
    assert_eq!(rig.turn(), ["finalize a"]);
    assert_eq!(rig.at(10), [""; 0]);
    assert_eq!(rig.kernel.task_state(task), Ok(TaskState::Finalizing));
    assert_eq!(finalized(&mut rig, task, Outcome::Ok), Some(Outcome::Ok));
}
