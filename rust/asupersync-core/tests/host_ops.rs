//! Behaviour of host operations: results, cancellation, late completions, what a body leaves
//! open, and what does not drain.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop where it fails"
)]

mod support;

use asupersync_core::{CancelKind, ErrorKind, HostOpKind, HostOpState, Outcome, TaskState};
use support::{Rig, kind_of};

#[test]
fn a_completion_resumes_the_waiting_task_with_its_code() {
    for code in [0, 1] {
        let mut rig = Rig::new();
        let task = rig.started("a", rig.root());
        let op = rig.op("op", task, HostOpKind::Foreign, 1);
        assert_eq!(rig.settle(), [""; 0]);
        rig.kernel.host_complete(op, code).unwrap();
        assert_eq!(rig.settle(), [format!("resume a #1 -> {code}")]);
        let again = rig.kernel.host_complete(op, code);
        assert_eq!(kind_of(again), ErrorKind::StaleHandle);
        assert_eq!(rig.complete(task, Outcome::Ok), Some(Outcome::Ok));
        assert_eq!(
            rig.events_of("op"),
            [
                "HostOpSubmitted".to_owned(),
                format!("HostOpCompleted {code}")
            ]
        );
    }
}

#[test]
fn a_notified_operation_stays_open_for_further_waits() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    let op = rig.op("op", task, HostOpKind::Fetch, 1);
    rig.kernel.host_notify(op, 0).unwrap();
    assert_eq!(rig.settle(), ["resume a #1 -> 0"]);
    rig.kernel.host_wait(op, 2).unwrap();
    assert_eq!(
        kind_of(rig.kernel.host_wait(op, 3)),
        ErrorKind::WrongState,
        "one wait at a time"
    );
    rig.kernel.host_complete(op, 1).unwrap();
    assert_eq!(rig.settle(), ["resume a #2 -> 1"]);
    assert_eq!(kind_of(rig.kernel.host_wait(op, 4)), ErrorKind::StaleHandle);
}

#[test]
fn a_cancelled_tasks_operations_are_ordered_to_abort_and_hold_it_until_they_have() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    let op = rig.op("op", task, HostOpKind::Fetch, 1);
    rig.cancel(task, CancelKind::User);
    assert_eq!(rig.settle(), ["abort op by User", "fail a #1 User"]);
    assert_eq!(rig.kernel.host_op_state(op), Ok(HostOpState::Draining));
    assert_eq!(rig.complete(task, Outcome::Cancelled), None);
    assert_eq!(rig.kernel.task_state(task), Ok(TaskState::Finalizing));
    rig.kernel.host_complete(op, 1).unwrap();
    assert_eq!(rig.settle(), ["done a Cancelled by User"]);
    assert_eq!(
        rig.events_of("op"),
        [
            "HostOpSubmitted",
            "HostOpCancelRequested",
            "HostOpDraining",
            "HostOpLate 1",
            "HostOpCompleted 1"
        ]
    );
    assert_eq!(rig.kernel.counters().timers_live, 0);
}

#[test]
fn late_results_of_a_cancelled_operation_are_swallowed_and_traced() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    let op = rig.op("op", task, HostOpKind::Fetch, 1);
    rig.cancel(task, CancelKind::User);
    rig.settle();
    rig.events();
    rig.kernel.host_notify(op, 0).unwrap();
    rig.kernel.host_notify(op, 0).unwrap();
    assert_eq!(rig.settle(), [""; 0]);
    rig.kernel.host_complete(op, 0).unwrap();
    assert_eq!(rig.settle(), [""; 0], "the task hears of none of them");
    assert_eq!(
        rig.events(),
        [
            "op HostOpLate 0",
            "op HostOpLate 0",
            "op HostOpLate 0",
            "op HostOpCompleted 0"
        ]
    );
}

#[test]
fn an_operation_that_completed_before_the_cancellation_keeps_its_result() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    let op = rig.op("op", task, HostOpKind::Fetch, 1);
    rig.kernel.host_complete(op, 0).unwrap();
    rig.cancel(task, CancelKind::User);
    assert_eq!(rig.settle(), ["resume a #1 -> 0"]);
}

#[test]
fn an_unread_operation_is_cancelled_at_the_end_of_its_body() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    let response = rig.op("response", task, HostOpKind::Fetch, 1);
    rig.kernel.host_notify(response, 0).unwrap();
    assert_eq!(rig.settle(), ["resume a #1 -> 0"]);
    assert_eq!(rig.complete(task, Outcome::Ok), None);
    assert_eq!(rig.settle(), ["abort response by LinkedExit"]);
    rig.kernel.host_complete(response, 0).unwrap();
    assert_eq!(rig.settle(), ["done a Ok"], "its value stands");
}

#[test]
fn a_signal_is_passive_and_ends_with_its_body() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    let signal = rig.op("signal", task, HostOpKind::Signal, 0);
    assert_eq!(rig.complete(task, Outcome::Ok), Some(Outcome::Ok));
    assert_eq!(rig.settle(), ["dropped signal"]);
    assert_eq!(
        kind_of(rig.kernel.host_complete(signal, 0)),
        ErrorKind::StaleHandle
    );
}

#[test]
fn a_signal_is_told_of_a_cancellation_and_does_not_hold_its_task() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    rig.op("signal", task, HostOpKind::Signal, 0);
    rig.cancel(task, CancelKind::User);
    assert_eq!(rig.settle(), ["abort signal by User"]);
    assert_eq!(
        rig.complete(task, Outcome::Cancelled),
        Some(Outcome::Cancelled)
    );
    assert_eq!(rig.settle(), [""; 0]);
}

#[test]
fn a_wait_on_a_signal_fails_when_the_signal_fires_even_under_a_mask() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    rig.op("signal", task, HostOpKind::Signal, 1);
    rig.kernel.task_mask(task).unwrap();
    rig.cancel(task, CancelKind::User);
    assert_eq!(rig.settle(), ["abort signal by User", "fail a #1 User"]);
    rig.turn();
    rig.complete(task, Outcome::Ok);
}

#[test]
fn an_operation_that_does_not_drain_in_its_time_is_revoked() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    let op = rig.op("op", task, HostOpKind::Fetch, 1);
    rig.at(100);
    rig.cancel(task, CancelKind::User);
    rig.settle();
    rig.complete(task, Outcome::Cancelled);
    assert_eq!(rig.at(5_099), [""; 0]);
    assert_eq!(rig.at(5_100), ["revoked op", "done a Cancelled by User"]);
    assert_eq!(rig.kernel.counters().host_ops_revoked, 1);
    let late = rig.kernel.host_complete(op, 0);
    assert_eq!(kind_of(late), ErrorKind::StaleHandle);
    assert_eq!(rig.kernel.counters().timers_live, 0);
}

#[test]
fn an_operation_opened_under_a_mask_is_not_reached_by_the_cancellation() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    rig.kernel.task_mask(task).unwrap();
    let op = rig.op("op", task, HostOpKind::Fetch, 1);
    rig.cancel(task, CancelKind::User);
    assert_eq!(rig.settle(), [""; 0]);
    assert_eq!(rig.kernel.host_op_state(op), Ok(HostOpState::Submitted));
    rig.kernel.host_complete(op, 0).unwrap();
    assert_eq!(rig.settle(), ["resume a #1 -> 0"]);
}

#[test]
fn a_masked_wait_on_an_operation_that_was_aborted_fails_when_it_has_drained() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    let op = rig.op("op", task, HostOpKind::Fetch, 1);
    rig.kernel.task_mask(task).unwrap();
    rig.cancel(task, CancelKind::User);
    assert_eq!(rig.settle(), ["abort op by User"]);
    rig.kernel.host_complete(op, 0).unwrap();
    assert_eq!(rig.settle(), ["fail a #1 User"]);

    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    rig.op("op", task, HostOpKind::Fetch, 1);
    rig.kernel.task_mask(task).unwrap();
    rig.cancel(task, CancelKind::User);
    rig.settle();
    let effects = rig.at(5_000);
    assert!(effects.contains(&"revoked op".to_owned()), "{effects:?}");
}

#[test]
fn waiting_for_an_aborted_operation_fails_at_the_next_turn() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    let op = rig.op("op", task, HostOpKind::Fetch, 0);
    rig.cancel(task, CancelKind::User);
    rig.kernel.host_wait(op, 5).unwrap();
    assert_eq!(rig.settle(), ["abort op by User", "fail a #5 User"]);
}

#[test]
fn a_notification_that_nobody_waits_for_is_not_kept() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    let op = rig.op("op", task, HostOpKind::Fetch, 0);
    rig.kernel.host_notify(op, 0).unwrap();
    rig.kernel.host_wait(op, 1).unwrap();
    assert_eq!(rig.settle(), [""; 0]);
    rig.kernel.host_complete(op, 1).unwrap();
    assert_eq!(rig.settle(), ["resume a #1 -> 1"]);
}

#[test]
fn kinds_are_known_by_their_codes() {
    let kinds = [
        HostOpKind::Foreign,
        HostOpKind::Fetch,
        HostOpKind::Signal,
        HostOpKind::Socket,
    ];
    for (code, kind) in (0_u32..).zip(kinds) {
        assert_eq!(HostOpKind::from_code(code), Some(kind));
    }
    assert_eq!(HostOpKind::from_code(4), None);
    assert_eq!(HostOpKind::from_code(u32::MAX), None);
}
