//! Behaviour of cancellation: request, drain, finalize; reasons that only strengthen; what a
//! cancelled task can and cannot do.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop where it fails"
)]

mod support;

use asupersync_core::limits::{CAUSES_MAX, MESSAGE_BYTES_MAX};
use asupersync_core::{
    CancelKind, ErrorKind, HostOpKind, Outcome, Ownership, Policy, RegionState, TaskState,
};
use support::{Rig, kind_of, ms};

const SHIELDED: Ownership = Ownership {
    shielded: true,
    linked: false,
};

#[test]
fn a_cancellation_is_requested_then_drains_then_finalizes() {
    let mut rig = Rig::new();
    let (region, task) = rig.started_in_region("a", Policy::FailFast);
    rig.kernel.task_defer(task).unwrap();
    rig.sleep(task, 1_000, 1);
    rig.events();

    rig.cancel_region(region, CancelKind::User);
    assert_eq!(rig.kernel.task_state(task), Ok(TaskState::CancelRequested));
    assert_eq!(rig.turn(), ["fail a #1 ParentCancelled"]);
    assert_eq!(rig.kernel.task_state(task), Ok(TaskState::Cancelling));
    assert_eq!(rig.complete(task, Outcome::Cancelled), None);
    assert_eq!(rig.kernel.task_state(task), Ok(TaskState::Finalizing));
    assert_eq!(rig.turn(), ["finalize a"]);
    assert_eq!(
        rig.kernel.task_finalized(task, Outcome::Ok),
        Ok(Some(Outcome::Cancelled))
    );
    assert_eq!(rig.settle(), ["closed r Cancelled by User"]);
    assert_eq!(
        rig.events(),
        [
            "r RegionClosing",
            "r RegionDraining User",
            "a TaskCancelRequested ParentCancelled",
            "a TaskDispatched Cancel",
            "a TaskCancelling 200",
            "a TaskFinalizing",
            "a TaskDispatched Cancel",
            "a FinalizerEnded Ok",
            "a TaskCompleted Cancelled",
            "r RegionClosed Cancelled"
        ]
    );
}

#[test]
fn a_task_cancelled_before_its_start_never_starts_and_is_done_once() {
    let mut rig = Rig::new();
    let task = rig.task("a", rig.root());
    rig.cancel(task, CancelKind::Unmount);
    assert_eq!(rig.settle(), ["done a Cancelled by Unmount"]);
    assert_eq!(
        rig.events_of("a"),
        [
            "TaskSpawned",
            "TaskCancelRequested Unmount",
            "TaskDispatched Cancel",
            "TaskCancelling 1000",
            "TaskFinalizing",
            "TaskCompleted Cancelled"
        ]
    );
}

#[test]
fn a_cancellation_wakes_every_kind_of_wait_at_once() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    let other = rig.started("other", rig.root());
    rig.sleep(task, 1_000, 1);
    rig.kernel.task_join(task, other, 2).unwrap();
    rig.op("op", task, HostOpKind::Fetch, 3);
    rig.checkpoint(task);
    rig.cancel(task, CancelKind::User);
    assert_eq!(
        rig.settle(),
        [
            "abort op by User",
            "fail a User",
            "fail a #1 User",
            "fail a #2 User",
            "fail a #3 User"
        ]
    );
}

#[test]
fn a_running_body_observes_at_its_next_wait() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    rig.cancel(task, CancelKind::User);
    assert_eq!(
        rig.settle(),
        [""; 0],
        "its body runs: there is nothing to wake"
    );
    assert_eq!(rig.kernel.task_state(task), Ok(TaskState::CancelRequested));
    rig.sleep(task, 1_000, 4);
    assert_eq!(rig.settle(), ["fail a #4 User"]);
    assert_eq!(rig.kernel.task_state(task), Ok(TaskState::Cancelling));
}

#[test]
fn a_cancelled_task_fails_at_every_wait_and_starts_nothing_outside() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    let other = rig.started("other", rig.root());
    rig.cancel(task, CancelKind::User);
    for round in 0..3 {
        rig.checkpoint(task);
        rig.sleep(task, 0, 1);
        rig.kernel.task_join(task, other, 2).unwrap();
        let op = rig.kernel.host_open(task, HostOpKind::Fetch, 3);
        assert_eq!(op, Ok(None), "round {round}: no request may leave");
        let op = rig.kernel.host_open(task, HostOpKind::Signal, 0);
        assert_eq!(op, Ok(None));
        assert_eq!(
            rig.settle(),
            [
                "fail a User",
                "fail a #1 User",
                "fail a #2 User",
                "fail a #3 User"
            ]
        );
    }
    assert_eq!(rig.kernel.counters().timers_live, 1, "only its drain time");
}

#[test]
fn every_failure_of_one_cancellation_carries_the_same_reason() {
    let mut rig = Rig::new();
    let region = rig.region("r", rig.root(), Policy::FailFast);
    let a = rig.started("a", region);
    let b = rig.started("b", region);
    rig.cancel_region(region, CancelKind::User);
    let (first, second) = (rig.reason(a), rig.reason(b));
    assert!(
        std::sync::Arc::ptr_eq(&first, &second),
        "one reason is made for all tasks of a region"
    );
    assert_eq!(first.kind, CancelKind::ParentCancelled);
    assert_eq!(first.origin, region);
    let cause = first.cause.as_ref().unwrap();
    assert_eq!(
        (cause.kind, cause.origin, &cause.cause),
        (CancelKind::User, region, &None)
    );
}

#[test]
fn a_value_that_came_before_the_cancellation_was_observed_is_handed_over() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    let op = rig.op("op", task, HostOpKind::Foreign, 1);
    rig.sleep(task, 1_000, 2);
    rig.kernel.host_complete(op, 0).unwrap();
    rig.cancel(task, CancelKind::User);
    assert_eq!(rig.settle(), ["resume a #1 -> 0", "fail a #2 User"]);
}

#[test]
fn a_body_that_ended_before_it_observed_keeps_its_outcome() {
    for outcome in [
        Outcome::Ok,
        Outcome::Err,
        Outcome::Cancelled,
        Outcome::Panicked,
    ] {
        let mut rig = Rig::new();
        let task = rig.started("a", rig.root());
        rig.cancel(task, CancelKind::User);
        assert_eq!(rig.complete(task, outcome), Some(outcome));
    }
}

#[test]
fn a_body_that_observed_ends_cancelled_whatever_it_says_unless_it_panicked() {
    for (said, recorded) in [
        (Outcome::Ok, Outcome::Cancelled),
        (Outcome::Err, Outcome::Cancelled),
        (Outcome::Cancelled, Outcome::Cancelled),
        (Outcome::Panicked, Outcome::Panicked),
    ] {
        let mut rig = Rig::new();
        let task = rig.started("a", rig.root());
        rig.checkpoint(task);
        rig.cancel(task, CancelKind::User);
        assert_eq!(rig.turn(), ["fail a User"]);
        assert_eq!(rig.complete(task, said), Some(recorded));
    }
}

#[test]
fn cancelling_after_the_end_changes_nothing() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    rig.complete(task, Outcome::Ok);
    let before = (rig.kernel.counters(), rig.kernel.fingerprint());
    let late = rig.kernel.task_cancel(task, CancelKind::User, "");
    assert_eq!(kind_of(late), ErrorKind::StaleHandle);
    assert_eq!((rig.kernel.counters(), rig.kernel.fingerprint()), before);
    assert_eq!(rig.settle(), [""; 0]);
}

#[test]
fn a_second_request_strengthens_and_never_weakens() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    rig.cancel(task, CancelKind::Timeout);
    rig.cancel(task, CancelKind::User);
    assert_eq!(rig.reason(task).kind, CancelKind::Timeout);
    rig.cancel(task, CancelKind::Shutdown);
    assert_eq!(rig.reason(task).kind, CancelKind::Shutdown);
    rig.cancel(task, CancelKind::Timeout);
    assert_eq!(rig.reason(task).kind, CancelKind::Shutdown);
    let asked = rig
        .events_of("a")
        .iter()
        .filter(|event| event.starts_with("TaskCancelRequested"))
        .count();
    assert_eq!(asked, 1, "cancelling again is cancelling once");
}

#[test]
fn of_equal_kinds_the_earlier_request_stands_and_a_message_is_over_none() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    let ask = |rig: &mut Rig, message| {
        let asked = rig.kernel.task_cancel(task, CancelKind::User, message);
        asked.unwrap();
        rig.reason(task).message.as_deref().map(str::to_owned)
    };
    assert_eq!(ask(&mut rig, ""), None);
    assert_eq!(ask(&mut rig, "b"), Some("b".to_owned()));
    assert_eq!(ask(&mut rig, "a"), Some("a".to_owned()), "the smaller");
    assert_eq!(ask(&mut rig, "b"), Some("a".to_owned()));
    rig.at(1);
    assert_eq!(ask(&mut rig, "0"), Some("a".to_owned()), "the earlier");
    assert_eq!(rig.reason(task).at, ms(0));
}

#[test]
fn a_region_takes_over_the_stronger_reason_and_closes_with_it() {
    let mut rig = Rig::new();
    let (region, task) = rig.started_in_region("a", Policy::FailFast);
    rig.cancel_region(region, CancelKind::User);
    rig.cancel_region(region, CancelKind::Shutdown);
    rig.cancel_region(region, CancelKind::Timeout);
    rig.complete(task, Outcome::Cancelled);
    assert_eq!(rig.effects(), ["closed r Cancelled by Shutdown"]);
}

#[test]
fn a_cancellation_during_finalization_keeps_the_outcome_and_the_stronger_reason() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    rig.kernel.task_defer(task).unwrap();
    rig.checkpoint(task);
    rig.cancel(task, CancelKind::User);
    rig.turn();
    rig.complete(task, Outcome::Cancelled);
    assert_eq!(rig.turn(), ["finalize a"]);
    rig.cancel(task, CancelKind::Shutdown);
    rig.cancel(task, CancelKind::Timeout);
    assert_eq!(rig.kernel.task_state(task), Ok(TaskState::Finalizing));
    assert_eq!(rig.reason(task).kind, CancelKind::Shutdown);
    assert_eq!(
        rig.kernel.task_finalized(task, Outcome::Ok),
        Ok(Some(Outcome::Cancelled))
    );
}

#[test]
fn a_cancellation_that_comes_while_a_finished_task_finalizes_does_not_change_its_outcome() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    rig.kernel.task_defer(task).unwrap();
    rig.complete(task, Outcome::Ok);
    assert_eq!(rig.turn(), ["finalize a"]);
    rig.cancel(task, CancelKind::Shutdown);
    rig.sleep(task, 5, 1);
    assert_eq!(rig.at(5), ["resume a #1 -> 0"], "a finalizer is masked");
    assert_eq!(
        rig.kernel.task_finalized(task, Outcome::Ok),
        Ok(Some(Outcome::Ok))
    );
}

#[test]
fn a_cancellation_reaches_the_regions_of_a_task_that_only_waits_for_them() {
    let mut rig = Rig::new();
    let owner = rig.started("owner", rig.root());
    let region = rig.region_in("r", owner, Policy::FailFast, Ownership::default());
    let child = rig.started("child", region);
    rig.sleep(child, 1_000, 1);
    rig.complete(owner, Outcome::Ok);
    rig.cancel(owner, CancelKind::User);
    assert_eq!(rig.settle(), ["fail child #1 ParentCancelled"]);
    rig.complete(child, Outcome::Cancelled);
    assert_eq!(
        rig.settle(),
        [
            "closed r Cancelled by ParentCancelled",
            "done owner Ok by User"
        ]
    );
}

#[test]
fn a_masked_task_stays_requested_and_observes_when_the_last_mask_ends() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    rig.kernel.task_mask(task).unwrap();
    rig.kernel.task_mask(task).unwrap();
    rig.sleep(task, 10, 1);
    rig.cancel(task, CancelKind::User);
    assert_eq!(rig.turn(), [""; 0]);
    assert_eq!(rig.at(10), ["resume a #1 -> 0"]);
    rig.checkpoint(task);
    assert_eq!(rig.turn(), ["resume a"]);
    rig.kernel.task_unmask(task).unwrap();
    rig.checkpoint(task);
    assert_eq!(rig.turn(), ["resume a"], "one mask is left");
    assert_eq!(rig.kernel.task_state(task), Ok(TaskState::CancelRequested));
    rig.sleep(task, 20, 2);
    rig.kernel.task_unmask(task).unwrap();
    assert_eq!(rig.turn(), ["fail a #2 User"]);
    assert_eq!(rig.kernel.task_state(task), Ok(TaskState::Cancelling));
}

#[test]
fn a_task_that_masks_itself_after_it_observed_can_wait_for_its_clean_up() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    rig.checkpoint(task);
    rig.cancel(task, CancelKind::User);
    assert_eq!(rig.turn(), ["fail a User"]);
    rig.kernel.task_mask(task).unwrap();
    rig.sleep(task, 10, 1);
    assert_eq!(rig.at(10), ["resume a #1 -> 0"]);
    rig.kernel.task_unmask(task).unwrap();
    rig.sleep(task, 20, 2);
    assert_eq!(rig.turn(), ["fail a #2 User"], "level-triggered");
}

#[test]
fn a_masked_task_keeps_its_value() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    rig.kernel.task_mask(task).unwrap();
    rig.checkpoint(task);
    rig.cancel(task, CancelKind::User);
    assert_eq!(rig.turn(), ["resume a"]);
    assert_eq!(rig.complete(task, Outcome::Ok), Some(Outcome::Ok));
}

#[test]
fn a_cancellation_of_the_owner_does_not_reach_into_a_shielded_region() {
    for by_mask in [false, true] {
        let mut rig = Rig::new();
        let owner = rig.started("owner", rig.root());
        if by_mask {
            rig.kernel.task_mask(owner).unwrap();
        }
        let ownership = if by_mask {
            Ownership::default()
        } else {
            SHIELDED
        };
        let region = rig.region_in("r", owner, Policy::FailFast, ownership);
        let child = rig.started("child", region);
        rig.sleep(child, 10, 1);
        rig.kernel.region_join(owner, region, 2).unwrap();
        rig.cancel(owner, CancelKind::User);
        assert_eq!(rig.settle(), [""; 0]);
        assert_eq!(rig.kernel.region_state(region), Ok(RegionState::Closing));
        assert_eq!(rig.at(10), ["resume child #1 -> 0"]);
        rig.complete(child, Outcome::Ok);
        assert_eq!(rig.settle(), ["closed r Ok", "resume owner #2 -> 0"]);
    }
}

#[test]
fn a_shielded_region_can_still_be_cancelled_by_its_own_name() {
    let mut rig = Rig::new();
    let owner = rig.started("owner", rig.root());
    let region = rig.region_in("r", owner, Policy::FailFast, SHIELDED);
    let child = rig.started("child", region);
    rig.checkpoint(child);
    rig.cancel_region(region, CancelKind::User);
    assert_eq!(rig.settle(), ["fail child ParentCancelled"]);
}

#[test]
fn a_cancelled_child_does_not_touch_its_siblings_or_its_parent() {
    let mut rig = Rig::new();
    let region = rig.region("r", rig.root(), Policy::FailFast);
    let a = rig.started("a", region);
    let b = rig.started("b", region);
    rig.checkpoint(a);
    rig.cancel(a, CancelKind::User);
    assert_eq!(rig.turn(), ["fail a User"]);
    rig.complete(a, Outcome::Cancelled);
    assert_eq!(rig.kernel.task_state(b), Ok(TaskState::Running));
    rig.kernel.region_close(region).unwrap();
    rig.complete(b, Outcome::Ok);
    assert_eq!(rig.effects(), ["closed r Ok"]);
}

#[test]
fn a_request_spreads_to_parents_before_children() {
    let mut rig = Rig::new();
    let outer = rig.region("outer", rig.root(), Policy::FailFast);
    let a = rig.started("a", outer);
    let owned = rig.region_in("owned", a, Policy::FailFast, Ownership::default());
    let _b = rig.started("b", owned);
    let inner = rig.region("inner", outer, Policy::FailFast);
    let _c = rig.started("c", inner);
    rig.events();
    rig.cancel_region(outer, CancelKind::User);
    assert_eq!(
        rig.events(),
        [
            "outer RegionClosing",
            "outer RegionDraining User",
            "a TaskCancelRequested ParentCancelled",
            "owned RegionClosing",
            "owned RegionDraining ParentCancelled",
            "b TaskCancelRequested ParentCancelled",
            "inner RegionClosing",
            "inner RegionDraining ParentCancelled",
            "c TaskCancelRequested ParentCancelled"
        ]
    );
}

#[test]
fn the_cause_chain_names_every_level_down_to_its_maximum() {
    let mut rig = Rig::new();
    let mut regions = vec![rig.root()];
    for depth in 0..40 {
        let name = format!("r{depth}");
        let region = rig.region(&name, regions[depth], Policy::FailFast);
        regions.push(region);
    }
    let task = rig.started("a", regions[40]);
    rig.kernel
        .region_cancel(regions[1], CancelKind::Navigation, "left the page")
        .unwrap();
    let reason = rig.reason(task);
    let mut length = 1;
    let mut at = &reason;
    while let Some(cause) = &at.cause {
        length += 1;
        at = cause;
    }
    assert_eq!(length, usize::from(CAUSES_MAX));
    assert!(reason.truncated);
    assert_eq!(
        (at.kind, at.origin, at.message.as_deref()),
        (CancelKind::Navigation, regions[1], Some("left the page")),
        "the first cause is always there"
    );

    let near = rig.kernel.region_reason(regions[3]).unwrap().unwrap();
    assert!(!near.truncated);
    assert_eq!(near.cause.as_ref().unwrap().origin, regions[1]);
}

#[test]
fn a_message_is_cut_to_its_maximum() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    let long = "é".repeat(100_000);
    rig.kernel
        .task_cancel(task, CancelKind::User, &long)
        .unwrap();
    let message = rig.reason(task).message.clone().unwrap();
    assert_eq!(message.len(), MESSAGE_BYTES_MAX);
    assert!(long.starts_with(&*message));
}

#[test]
fn every_kind_of_cancellation_gives_the_cleanup_polls_of_its_severity() {
    let polls = [
        (CancelKind::User, 1_000),
        (CancelKind::Unmount, 1_000),
        (CancelKind::Navigation, 1_000),
        (CancelKind::Timeout, 500),
        (CancelKind::Deadline, 500),
        (CancelKind::PollQuota, 300),
        (CancelKind::CostBudget, 300),
        (CancelKind::FailFast, 200),
        (CancelKind::RaceLost, 200),
        (CancelKind::LinkedExit, 200),
        (CancelKind::ParentCancelled, 200),
        (CancelKind::ResourceUnavailable, 200),
        (CancelKind::Shutdown, 50),
    ];
    assert_eq!(polls.map(|(kind, _)| kind), CancelKind::ALL);
    for (code, (kind, polls)) in (0_u32..).zip(polls) {
        assert_eq!(CancelKind::from_code(code), Some(kind));
        let mut rig = Rig::new();
        let task = rig.started("a", rig.root());
        rig.checkpoint(task);
        rig.cancel(task, kind);
        rig.turn();
        let acknowledged = format!("TaskCancelling {polls}");
        assert!(rig.events_of("a").contains(&acknowledged), "{kind:?}");
    }
    assert_eq!(CancelKind::from_code(13), None);
    assert_eq!(CancelKind::from_code(u32::MAX), None);
}

#[test]
fn a_sleep_that_came_due_before_the_cancellation_was_observed_fails() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    rig.sleep(task, 10, 1);
    rig.turn();
    rig.cancel(task, CancelKind::User);
    assert_eq!(rig.at(10), ["fail a #1 User"]);
}

#[test]
fn reasons_are_numbered_from_one_and_no_number_comes_twice() {
    let mut rig = Rig::new();
    let (region, a) = rig.started_in_region("a", Policy::CollectAll);
    let b = rig.started("b", region);
    let own = rig.region_in("own", a, Policy::CollectAll, Ownership::default());
    rig.started("c", own);
    rig.cancel(b, CancelKind::User);
    assert_eq!(rig.reason(b).id, 1);
    rig.cancel_region(region, CancelKind::User);
    let of_region = rig.kernel.region_reason(region).unwrap().unwrap();
    let of_own = rig.kernel.region_reason(own).unwrap().unwrap();
    let ids = [&of_region, &rig.reason(a), &of_own].map(|reason| reason.id);
    assert_eq!(ids, [2, 3, 4]);
    assert_eq!(rig.reason(b).id, 3, "the stronger one");
}

#[test]
fn a_request_that_finds_only_host_operations_draining_starts_no_clock_of_its_own() {
    let mut rig = Rig::new();
    let a = rig.started("a", rig.root());
    let op = rig.op("o", a, HostOpKind::Foreign, 0);
    assert_eq!(rig.complete(a, Outcome::Ok), None);
    assert_eq!(rig.effects(), ["abort o by LinkedExit"]);
    assert_eq!(rig.kernel.counters().timers_live, 1, "the operation's own");
    rig.cancel(a, CancelKind::User);
    assert_eq!(rig.kernel.counters().timers_live, 1);
    rig.kernel.host_complete(op, 0).unwrap();
    assert_eq!(rig.settle(), ["done a Ok by User"]);
    assert_eq!(rig.kernel.counters().timers_live, 0);
}

#[test]
fn a_cancelled_body_that_leaves_only_host_operations_starts_no_clock_of_its_own() {
    let mut rig = Rig::new();
    let a = rig.started("a", rig.root());
    let op = rig.op("o", a, HostOpKind::Foreign, 0);
    rig.cancel(a, CancelKind::User);
    assert_eq!(rig.kernel.counters().timers_live, 2, "the body's and o's");
    assert_eq!(rig.complete(a, Outcome::Err), None);
    assert_eq!(rig.kernel.counters().timers_live, 1);
    rig.kernel.host_complete(op, 0).unwrap();
    assert_eq!(rig.settle(), ["abort o by User", "done a Err by User"]);
    assert_eq!(rig.kernel.counters().timers_live, 0);
}

#[test]
fn a_result_of_any_code_that_came_before_the_cancellation_was_observed_is_handed_over() {
    for code in 0..4 {
        let mut rig = Rig::new();
        let a = rig.started("a", rig.root());
        let op = rig.op("o", a, HostOpKind::Foreign, 1);
        rig.kernel.host_complete(op, code).unwrap();
        rig.cancel(a, CancelKind::User);
        assert_eq!(rig.turn(), [format!("resume a #1 -> {code}")]);
    }
}
