//! Behaviour of the obligations that a task still holds at its end: leaked by policy, or aborted.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop where it fails"
)]

mod support;

use asupersync_core::{
    Budget, CancelKind, ErrorKind, Handle, HandleKind, HostOpKind, KernelConfig, LeakPolicy,
    ObligationKind, Outcome, Ownership, Policy, TaskState,
};
use support::{Rig, config, kind_of};

use ObligationKind::{Ack, Lease, SemaphorePermit, Transaction};

const POLICIES: [LeakPolicy; 3] = [LeakPolicy::Panic, LeakPolicy::Report, LeakPolicy::Abort];

fn under(leak_policy: LeakPolicy) -> Rig {
    Rig::with(&KernelConfig {
        leak_policy,
        ..config()
    })
}

fn finalized(rig: &mut Rig, task: Handle) -> Option<Outcome> {
    let done = rig.kernel.task_finalized(task, Outcome::Ok).unwrap();
    rig.check();
    done
}

#[test]
fn one_held_at_the_tasks_own_end_leaks_by_policy() {
    for (policy, said, recorded) in [
        (LeakPolicy::Panic, Outcome::Ok, Outcome::Panicked),
        (LeakPolicy::Panic, Outcome::Err, Outcome::Panicked),
        (LeakPolicy::Report, Outcome::Ok, Outcome::Ok),
        (LeakPolicy::Report, Outcome::Err, Outcome::Err),
        (LeakPolicy::Abort, Outcome::Ok, Outcome::Ok),
        (LeakPolicy::Abort, Outcome::Err, Outcome::Err),
    ] {
        let mut rig = under(policy);
        let region = rig.region("r", rig.root(), Policy::CollectAll);
        let task = rig.started("a", region);
        rig.obligation("one", task, Ack);
        rig.obligation("two", task, Lease);
        rig.obligation_events();
        let answer = rig.complete(task, said);
        if policy == LeakPolicy::Abort {
            assert_eq!(answer, Some(recorded));
            assert_eq!(rig.settle(), [""; 0]);
            assert_eq!(
                rig.obligation_events(),
                ["one ObligationAborted", "two ObligationAborted"]
            );
            assert_eq!(rig.obligations(), [0, 2, 0, 2, 0]);
        } else {
            assert_eq!(answer, None, "its end is told after its leaks: {policy:?}");
            assert_eq!(
                rig.settle(),
                [
                    "leaked one of a Ack",
                    "leaked two of a Lease",
                    &format!("done a {recorded:?}")
                ]
            );
            assert_eq!(
                rig.obligation_events(),
                ["one ObligationLeaked", "two ObligationLeaked"]
            );
            assert_eq!(rig.obligations(), [0, 2, 0, 0, 2]);
        }
        rig.kernel.region_close(region).unwrap();
        assert_eq!(rig.settle(), [format!("closed r {recorded:?}")]);
    }
}

#[test]
fn a_leak_under_panic_is_a_failure_of_the_region_and_reaches_the_joiner() {
    let mut rig = under(LeakPolicy::Panic);
    let (_, leaky) = rig.started_in_region("leaky", Policy::FailFast);
    let joiner = rig.started("joiner", rig.root());
    rig.kernel.task_join(joiner, leaky, 1).unwrap();
    rig.obligation("o", leaky, SemaphorePermit);
    assert_eq!(rig.complete(leaky, Outcome::Ok), None);
    assert_eq!(
        rig.settle(),
        [
            "leaked o of leaky SemaphorePermit",
            "done leaky Panicked",
            "closed r Panicked by FailFast",
            "resume joiner #1 -> 3"
        ]
    );
}

#[test]
fn a_leak_is_told_before_the_end_of_its_task() {
    let mut rig = under(LeakPolicy::Report);
    let task = rig.started("a", rig.root());
    let op = rig.op("op", task, HostOpKind::Fetch, 0);
    rig.obligation("o", task, Ack);
    assert_eq!(rig.complete(task, Outcome::Ok), None);
    assert_eq!(rig.settle(), ["abort op by LinkedExit"]);
    assert_eq!(rig.obligations(), [2, 2, 0, 0, 0], "it is not decided yet");
    rig.kernel.host_complete(op, 0).unwrap();
    assert_eq!(rig.settle(), ["leaked o of a Ack", "done a Ok"]);
    assert_eq!(rig.obligations(), [0, 2, 0, 1, 1]);
}

#[test]
fn one_held_at_a_cancelled_or_panicked_end_is_aborted_under_every_policy() {
    for policy in POLICIES {
        let mut rig = under(policy);
        let [cancelled, panicked] = ["cancelled", "panicked"].map(|name| {
            let region = rig.region("r", rig.root(), Policy::CollectAll);
            let task = rig.started(name, region);
            rig.obligation(name, task, Lease);
            task
        });
        rig.checkpoint(cancelled);
        rig.cancel(cancelled, CancelKind::User);
        rig.settle();
        assert_eq!(
            rig.complete(cancelled, Outcome::Ok),
            Some(Outcome::Cancelled)
        );
        assert_eq!(
            rig.complete(panicked, Outcome::Panicked),
            Some(Outcome::Panicked)
        );
        assert_eq!(rig.settle(), [""; 0]);
        assert_eq!(rig.obligations(), [0, 2, 0, 2, 0], "{policy:?}");
    }
}

#[test]
fn a_body_that_ended_before_it_observed_its_cancellation_leaks() {
    let mut rig = under(LeakPolicy::Report);
    let task = rig.started("a", rig.root());
    rig.obligation("o", task, Ack);
    rig.cancel(task, CancelKind::User);
    assert_eq!(rig.complete(task, Outcome::Ok), None);
    assert_eq!(rig.settle(), ["leaked o of a Ack", "done a Ok by User"]);
}

#[test]
fn a_finalizer_may_still_keep_or_take_back_what_its_body_left() {
    let mut rig = under(LeakPolicy::Panic);
    let task = rig.started("a", rig.root());
    let kept = rig.obligation("kept", task, Ack);
    let dropped = rig.obligation("dropped", task, Lease);
    for _ in 0..2 {
        rig.kernel.task_defer(task).unwrap();
    }
    assert_eq!(rig.complete(task, Outcome::Ok), None);
    assert_eq!(rig.turn(), ["finalize a"]);
    rig.kernel.obligation_commit(kept).unwrap();
    assert_eq!(finalized(&mut rig, task), None);
    assert_eq!(rig.turn(), ["finalize a"]);
    rig.kernel.obligation_abort(dropped).unwrap();
    assert_eq!(finalized(&mut rig, task), Some(Outcome::Ok));
    assert_eq!(rig.obligations(), [0, 2, 1, 1, 0]);
}

#[test]
fn a_leak_is_decided_after_the_last_finalizer_whoever_reserved() {
    let mut rig = under(LeakPolicy::Panic);
    let task = rig.started("a", rig.root());
    rig.kernel.task_defer(task).unwrap();
    rig.complete(task, Outcome::Ok);
    assert_eq!(rig.turn(), ["finalize a"]);
    rig.obligation("o", task, Transaction);
    assert_eq!(finalized(&mut rig, task), None);
    assert_eq!(
        rig.settle(),
        ["leaked o of a Transaction", "done a Panicked"]
    );
}

#[test]
fn a_regions_finalizer_that_leaks_makes_the_region_panicked() {
    let mut rig = under(LeakPolicy::Panic);
    let region = rig.region("r", rig.root(), Policy::FailFast);
    rig.kernel.region_defer(region).unwrap();
    rig.kernel.region_close(region).unwrap();
    assert_eq!(rig.settle(), ["finalize r"]);
    let finalizer = rig.kernel.region_finalizer_spawn(region).unwrap();
    rig.name(finalizer, "f");
    assert_eq!(rig.turn(), ["start f"]);
    rig.obligation("o", finalizer, Ack);
    rig.complete(finalizer, Outcome::Ok);
    assert_eq!(
        rig.settle(),
        ["leaked o of f Ack", "done f Panicked", "closed r Panicked"]
    );
}

#[test]
fn a_leak_of_another_that_ends_in_the_same_command_leaves_the_answer_alone() {
    let mut rig = under(LeakPolicy::Report);
    let owner = rig.started("owner", rig.root());
    let region = rig.region_in("r", owner, Policy::FailFast, Ownership::default());
    let child = rig.started("child", region);
    rig.obligation("o", owner, Ack);
    assert_eq!(rig.complete(owner, Outcome::Ok), None);
    assert_eq!(rig.complete(child, Outcome::Ok), Some(Outcome::Ok));
    assert_eq!(
        rig.settle(),
        ["closed r Ok", "leaked o of owner Ack", "done owner Ok"]
    );
}

#[test]
fn a_revoked_body_takes_its_obligations_with_it_and_its_successor_has_none() {
    let mut rig = under(LeakPolicy::Panic);
    let task = rig.started("a", rig.root());
    let held = rig.obligation("o", task, Ack);
    rig.kernel.task_defer(task).unwrap();
    rig.cancel(task, CancelKind::User);
    rig.settle();
    rig.obligation_events();
    assert_eq!(rig.at(5_000)[0], "revoked a by User");
    assert_eq!(rig.obligation_events(), ["o ObligationAborted"]);
    assert_eq!(
        kind_of(rig.kernel.obligation_commit(held)),
        ErrorKind::StaleHandle
    );
    assert_eq!(rig.obligations(), [0, 1, 0, 1, 0]);
}

#[test]
fn what_a_successors_finalizer_reserves_and_forgets_is_aborted() {
    let mut rig = under(LeakPolicy::Panic);
    let task = rig.started("a", rig.root());
    rig.kernel.task_defer(task).unwrap();
    rig.cancel(task, CancelKind::User);
    rig.settle();
    rig.at(5_000);
    rig.settle();
    let row = rig.kernel.snapshot().into_iter().find(|row| {
        row.subject.kind() == Some(HandleKind::Task) && row.state == TaskState::Finalizing as u8
    });
    let successor = row.unwrap().subject;
    rig.obligation("o", successor, Ack);
    assert_eq!(finalized(&mut rig, successor), Some(Outcome::Ok));
    assert_eq!(rig.obligations(), [0, 1, 0, 1, 0]);
}

#[test]
fn a_region_closes_only_after_the_obligations_in_it() {
    let mut rig = under(LeakPolicy::Report);
    let (region, task) = rig.started_in_region("a", Policy::FailFast);
    let held = rig.obligation("o", task, Ack);
    rig.kernel.region_close(region).unwrap();
    assert_eq!(rig.settle(), [""; 0]);
    assert!(rig.is_live_region(region));
    rig.kernel.obligation_commit(held).unwrap();
    rig.complete(task, Outcome::Ok);
    assert_eq!(rig.settle(), ["closed r Ok"]);

    let (region, task) = rig.started_in_region("b", Policy::FailFast);
    rig.obligation("p", task, Ack);
    rig.kernel.region_close(region).unwrap();
    rig.events();
    rig.complete(task, Outcome::Ok);
    assert_eq!(
        rig.events(),
        [
            "p ObligationLeaked",
            "b TaskCompleted Ok",
            "r RegionClosed Ok"
        ]
    );
}

#[test]
fn a_shutdown_leaves_no_obligation() {
    for policy in POLICIES {
        let mut rig = under(policy);
        let task = rig.task_with("a", rig.root(), Budget::DEFAULT);
        rig.turn();
        rig.obligation("o", task, Lease);
        rig.sleep(task, 1_000, 1);
        rig.kernel.shutdown().unwrap();
        rig.settle();
        rig.complete(task, Outcome::Ok);
        rig.settle();
        assert!(rig.kernel.is_closed());
        assert_eq!(rig.obligations(), [0, 1, 0, 1, 0]);
    }
}

#[test]
fn policies_for_leaks_are_known_by_their_codes() {
    let known = [LeakPolicy::Panic, LeakPolicy::Report, LeakPolicy::Abort];
    for (code, policy) in (0_u32..).zip(known) {
        assert_eq!(policy as u32, code);
        assert_eq!(LeakPolicy::from_code(code), Some(policy));
    }
    assert_eq!(LeakPolicy::from_code(3), None);
    assert_eq!(LeakPolicy::from_code(u32::MAX), None);
}
