//! Behaviour of budgets: the poll quota, the cost quota, the deadline, what is tightened and what
//! is refused.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop where it fails"
)]

mod support;

use asupersync_core::limits::PRIORITY_MAX;
use asupersync_core::{
    Budget, CancelKind, ErrorKind, Handle, Outcome, Ownership, Policy, TaskState,
};
use support::{Rig, kind_of, ms};

const SHIELDED: Ownership = Ownership {
    shielded: true,
    linked: false,
};

fn polls(polls: u32) -> Budget {
    Budget {
        polls,
        ..Budget::DEFAULT
    }
}

fn cost(cost: u64) -> Budget {
    Budget {
        cost,
        ..Budget::DEFAULT
    }
}

fn deadline(at: u64) -> Budget {
    Budget {
        deadline: ms(at),
        ..Budget::DEFAULT
    }
}

#[test]
fn a_task_that_has_used_up_its_polls_is_cancelled_at_the_next_one() {
    let mut rig = Rig::new();
    let task = rig.task_with("a", rig.root(), polls(3));
    let mut seen = rig.turn();
    for _ in 0..3 {
        rig.checkpoint(task);
        seen.append(&mut rig.turn());
    }
    assert_eq!(
        seen,
        ["start a", "resume a", "resume a", "fail a PollQuota"]
    );
    assert_eq!(rig.complete(task, Outcome::Ok), Some(Outcome::Cancelled));
}

#[test]
fn a_task_without_polls_never_starts() {
    let mut rig = Rig::new();
    rig.task_with("a", rig.root(), polls(0));
    assert_eq!(rig.settle(), ["done a Cancelled by PollQuota"]);
}

#[test]
fn a_regions_finalizer_starts_even_without_polls() {
    let mut rig = Rig::new();
    let region = rig.region("r", rig.root(), Policy::FailFast);
    rig.kernel.region_defer(region).unwrap();
    rig.kernel.region_close(region).unwrap();
    assert_eq!(rig.effects(), ["finalize r"]);
    let finalizer = rig.kernel.region_finalizer_spawn(region).unwrap();
    rig.name(finalizer, "f");
    rig.kernel.task_budget(finalizer, polls(0)).unwrap();
    assert_eq!(rig.turn(), ["start f"]);
    rig.complete(finalizer, Outcome::Ok);
    assert_eq!(rig.settle(), ["closed r Ok"]);
}

#[test]
fn a_masked_task_is_asked_when_its_polls_are_used_up_and_observes_later() {
    let mut rig = Rig::new();
    let task = rig.task_with("a", rig.root(), polls(2));
    rig.turn();
    rig.kernel.task_mask(task).unwrap();
    for _ in 0..5 {
        rig.checkpoint(task);
        assert_eq!(rig.turn(), ["resume a"]);
    }
    assert_eq!(rig.kernel.task_state(task), Ok(TaskState::CancelRequested));
    rig.checkpoint(task);
    rig.kernel.task_unmask(task).unwrap();
    assert_eq!(rig.turn(), ["fail a PollQuota"]);
}

#[test]
fn the_cleanup_budget_replaces_the_budget() {
    let mut rig = Rig::new();
    let task = rig.task_with("a", rig.root(), polls(2));
    rig.turn();
    rig.checkpoint(task);
    rig.cancel(task, CancelKind::User);
    assert_eq!(rig.turn(), ["fail a User"]);
    for _ in 0..100 {
        rig.checkpoint(task);
        assert_eq!(rig.turn(), ["fail a User"], "well past two polls");
    }
}

#[test]
fn a_deadline_cancels_a_waiting_task_at_its_time() {
    let mut rig = Rig::new();
    let task = rig.task_with("a", rig.root(), deadline(10));
    rig.turn();
    rig.sleep(task, 100, 1);
    assert_eq!(rig.at(9), [""; 0]);
    assert_eq!(rig.at(10), ["fail a #1 Deadline"]);
    rig.complete(task, Outcome::Cancelled);
    assert_eq!(rig.kernel.counters().timers_live, 0);
}

#[test]
fn of_a_deadline_and_a_sleep_of_the_same_moment_the_deadline_is_observed() {
    let mut rig = Rig::new();
    let task = rig.task_with("a", rig.root(), deadline(10));
    rig.turn();
    rig.sleep(task, 10, 1);
    assert_eq!(rig.at(10), ["fail a #1 Deadline"]);
    assert_eq!(rig.kernel.task_state(task), Ok(TaskState::Cancelling));
}

#[test]
fn the_deadline_of_a_task_that_ended_is_disarmed() {
    let mut rig = Rig::new();
    let task = rig.task_with("a", rig.root(), deadline(10));
    rig.turn();
    assert_eq!(rig.kernel.counters().timers_live, 1);
    rig.complete(task, Outcome::Ok);
    assert_eq!(rig.kernel.counters().timers_live, 0);
    assert_eq!(rig.at(10), [""; 0]);
}

#[test]
fn a_deadline_in_the_past_cancels_before_the_start() {
    let mut rig = Rig::new();
    rig.at(50);
    rig.task_with("a", rig.root(), deadline(10));
    assert_eq!(rig.settle(), ["done a Cancelled by Deadline"]);
}

#[test]
fn a_budget_only_tightens() {
    let mut rig = Rig::new();
    let task = rig.task_with("a", rig.root(), deadline(100));
    rig.kernel.task_budget(task, deadline(500)).unwrap();
    assert_eq!(rig.kernel.next_deadline(), Some(ms(100)));
    rig.kernel.task_budget(task, deadline(50)).unwrap();
    assert_eq!(rig.kernel.next_deadline(), Some(ms(50)));
    assert_eq!(rig.kernel.counters().timers_live, 1);
    rig.kernel.task_budget(task, polls(2)).unwrap();
    rig.kernel.task_budget(task, polls(1_000)).unwrap();
    assert_eq!(rig.turn(), ["start a"]);
    rig.checkpoint(task);
    assert_eq!(rig.turn(), ["resume a"]);
    rig.checkpoint(task);
    assert_eq!(rig.turn(), ["fail a PollQuota"]);
}

#[test]
fn a_child_has_the_tighter_of_its_owners_budget_and_its_own() {
    for (asked, at) in [(20, 20), (80, 50)] {
        let mut rig = Rig::new();
        let owner = rig.task_with("owner", rig.root(), deadline(50));
        rig.turn();
        let region = rig.region_in("r", owner, Policy::FailFast, SHIELDED);
        let inner = rig.region("inner", region, Policy::FailFast);
        let child = rig.task_with("child", inner, deadline(asked));
        rig.turn();
        rig.sleep(child, 1_000, 1);
        rig.at(at - 1);
        assert_eq!(rig.kernel.task_state(child), Ok(TaskState::Running));
        assert!(rig.at(at).contains(&"fail child #1 Deadline".to_owned()));
    }
}

#[test]
fn a_priority_past_the_maximum_is_refused_and_changes_nothing() {
    let mut rig = Rig::new();
    let wrong = Budget {
        priority: 8,
        ..deadline(5)
    };
    let task = rig.task("a", rig.root());
    let before = rig.kernel.counters();
    let refused = rig.kernel.task_budget(task, wrong);
    assert_eq!(kind_of(refused), ErrorKind::LimitReached);
    let refused = rig.kernel.region_spawn_with(rig.kernel.root(), wrong);
    assert_eq!(kind_of(refused), ErrorKind::LimitReached);
    assert_eq!(rig.kernel.counters(), before);
    assert_eq!(rig.at(10), ["start a"]);
}

#[test]
fn a_charge_past_what_is_left_cancels_at_the_next_checkpoint() {
    let mut rig = Rig::new();
    let task = rig.task_with("a", rig.root(), cost(10));
    rig.turn();
    rig.kernel.task_charge(task, 4).unwrap();
    rig.kernel.task_charge(task, 6).unwrap();
    rig.checkpoint(task);
    assert_eq!(rig.turn(), ["resume a"], "used up to the last, not past it");
    rig.kernel.task_charge(task, 0).unwrap();
    assert_eq!(rig.kernel.task_state(task), Ok(TaskState::Running));
    rig.kernel.task_charge(task, 1).unwrap();
    assert_eq!(rig.kernel.task_state(task), Ok(TaskState::CancelRequested));
    assert_eq!(rig.reason(task).kind, CancelKind::CostBudget);
    assert_eq!(rig.reason(task).origin, task);
    rig.kernel.task_charge(task, u64::MAX).unwrap();
    rig.checkpoint(task);
    assert_eq!(rig.turn(), ["fail a CostBudget"]);
    assert_eq!(rig.complete(task, Outcome::Ok), Some(Outcome::Cancelled));
}

#[test]
fn a_body_that_ends_before_it_observes_that_its_cost_is_used_up_keeps_its_value() {
    let mut rig = Rig::new();
    let task = rig.task_with("a", rig.root(), cost(0));
    rig.turn();
    rig.kernel.task_charge(task, 1).unwrap();
    rig.sleep(task, 100, 1);
    assert_eq!(rig.complete(task, Outcome::Ok), Some(Outcome::Ok));
    assert_eq!(rig.settle(), [""; 0]);
}

#[test]
fn a_task_without_a_cost_quota_is_charged_nothing() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    for _ in 0..3 {
        rig.kernel.task_charge(task, u64::MAX).unwrap();
    }
    assert_eq!(rig.kernel.task_state(task), Ok(TaskState::Running));
    rig.kernel.task_budget(task, cost(1)).unwrap();
    rig.kernel.task_charge(task, 1).unwrap();
    assert_eq!(rig.kernel.task_state(task), Ok(TaskState::Running));
    rig.kernel.task_charge(task, 1).unwrap();
    assert_eq!(rig.kernel.task_state(task), Ok(TaskState::CancelRequested));
}

#[test]
fn a_waiting_task_may_be_charged_and_its_wait_then_fails() {
    let mut rig = Rig::new();
    let task = rig.task_with("a", rig.root(), cost(1));
    let refused = rig.kernel.task_charge(task, 2);
    assert_eq!(kind_of(refused), ErrorKind::WrongState, "it has not begun");
    rig.turn();
    rig.sleep(task, 100, 1);
    rig.kernel.task_charge(task, 2).unwrap();
    assert_eq!(rig.turn(), ["fail a #1 CostBudget"]);
}

#[test]
fn a_masked_task_is_charged_and_observes_later() {
    let mut rig = Rig::new();
    let task = rig.task_with("a", rig.root(), cost(1));
    rig.turn();
    rig.kernel.task_mask(task).unwrap();
    rig.kernel.task_charge(task, 2).unwrap();
    rig.checkpoint(task);
    assert_eq!(rig.turn(), ["resume a"]);
    rig.checkpoint(task);
    rig.kernel.task_unmask(task).unwrap();
    assert_eq!(rig.turn(), ["fail a CostBudget"]);
}

#[test]
fn finalizers_are_charged_polls_and_not_cost() {
    let mut rig = Rig::new();
    let task = rig.task_with("a", rig.root(), cost(1));
    rig.turn();
    rig.kernel.task_defer(task).unwrap();
    rig.complete(task, Outcome::Ok);
    assert_eq!(rig.turn(), ["finalize a"]);
    rig.kernel.task_charge(task, 100).unwrap();
    assert_eq!(rig.kernel.task_reason(task), Ok(None));
    for _ in 0..CancelKind::User.cleanup_polls() {
        rig.checkpoint(task);
        assert_eq!(rig.turn(), ["resume a"]);
    }
    rig.checkpoint(task);
    assert_eq!(rig.turn(), ["revoked a", "done a Panicked"]);
}

#[test]
fn every_cleanup_dispatch_of_a_body_is_charged_whatever_lane_it_comes_by() {
    let kind = CancelKind::Shutdown;
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    rig.checkpoint(task);
    rig.cancel(task, kind);
    assert_eq!(rig.turn(), ["fail a Shutdown"], "this one acknowledges");
    for _ in 0..kind.cleanup_polls() {
        rig.sleep(task, 1_000, 1);
        assert_eq!(rig.turn(), ["fail a #1 Shutdown"]);
    }
    rig.sleep(task, 1_000, 1);
    assert_eq!(
        rig.turn(),
        ["revoked a by Shutdown", "done a Cancelled by Shutdown"]
    );
}

#[test]
fn a_child_has_at_most_the_cost_that_its_owner_had_left() {
    let mut rig = Rig::new();
    let owner = rig.task_with("owner", rig.root(), cost(10));
    rig.turn();
    rig.kernel.task_charge(owner, 7).unwrap();
    let region = rig.region_in("r", owner, Policy::FailFast, Ownership::default());
    for (asked, left) in [(100, 3), (2, 2)] {
        let child = rig.task_with("child", region, cost(asked));
        rig.turn();
        rig.kernel.task_charge(child, left).unwrap();
        assert_eq!(rig.kernel.task_state(child), Ok(TaskState::Running));
        rig.kernel.task_charge(child, 1).unwrap();
        assert_eq!(rig.reason(child).kind, CancelKind::CostBudget);
        assert_eq!(rig.kernel.task_state(owner), Ok(TaskState::Running));
    }
}

/// Turns that `task` gets, asking for the next one each time, until its cancellation is told.
fn turns_until_told(rig: &mut Rig, task: Handle) -> u32 {
    let mut turns = 0;
    loop {
        rig.turn();
        if rig.kernel.task_state(task) != Ok(TaskState::Running) {
            return turns;
        }
        turns += 1;
        rig.checkpoint(task);
    }
}

#[test]
fn a_child_has_at_most_the_polls_that_its_owner_had_left() {
    let mut rig = Rig::new();
    let owner = rig.task_with("owner", rig.root(), polls(5));
    rig.turn();
    rig.checkpoint(owner);
    rig.turn();
    for ownership in [Ownership::default(), SHIELDED] {
        let region = rig.region_in("r", owner, Policy::FailFast, ownership);
        let inner = rig.region("inner", region, Policy::FailFast);
        for (region, asked, left) in [
            (region, u32::MAX, 3),
            (region, 100, 3),
            (region, 2, 2),
            (inner, 4, 3),
        ] {
            let child = rig.task_with("child", region, polls(asked));
            assert_eq!(turns_until_told(&mut rig, child), left);
            assert_eq!(rig.reason(child).kind, CancelKind::PollQuota);
            assert_eq!(rig.kernel.task_state(owner), Ok(TaskState::Running));
        }
    }
}

#[test]
fn a_child_of_a_child_has_at_most_what_its_own_owner_had_left() {
    let mut rig = Rig::new();
    let mut above = rig.task_with("t0", rig.root(), polls(4));
    for (name, left) in [("t1", 3), ("t2", 2), ("t3", 1)] {
        rig.turn();
        let region = rig.region_in("r", above, Policy::FailFast, Ownership::default());
        let child = rig.task(name, region);
        if left == 1 {
            assert_eq!(turns_until_told(&mut rig, child), left);
        }
        above = child;
    }
}

#[test]
fn a_child_of_an_owner_on_its_last_poll_never_starts() {
    let mut rig = Rig::new();
    let owner = rig.task_with("owner", rig.root(), polls(1));
    rig.turn();
    let region = rig.region_in("r", owner, Policy::FailFast, Ownership::default());
    rig.task("child", region);
    assert_eq!(rig.settle(), ["done child Cancelled by PollQuota"]);
    assert_eq!(rig.kernel.task_state(owner), Ok(TaskState::Running));
}

#[test]
fn what_a_region_has_left_is_not_tightened_after_it_was_opened() {
    let mut rig = Rig::new();
    let owner = rig.task_with("owner", rig.root(), polls(20));
    rig.turn();
    let region = rig.region_in("r", owner, Policy::FailFast, Ownership::default());
    rig.kernel.task_budget(owner, polls(2)).unwrap();
    let child = rig.task("child", region);
    assert_eq!(turns_until_told(&mut rig, child), 19);
}

#[test]
fn a_regions_finalizer_is_charged_no_cost() {
    let mut rig = Rig::new();
    let region = rig.region("r", rig.root(), Policy::FailFast);
    rig.kernel.region_defer(region).unwrap();
    rig.kernel.region_close(region).unwrap();
    rig.effects();
    let finalizer = rig.kernel.region_finalizer_spawn(region).unwrap();
    rig.kernel.task_budget(finalizer, cost(0)).unwrap();
    rig.turn();
    rig.kernel.task_charge(finalizer, 1).unwrap();
    assert_eq!(rig.kernel.task_reason(finalizer), Ok(None));
}

/// A task that is at its clean-up, and has next to nothing left to use up.
fn cleaning(rig: &mut Rig, how: &str) -> Handle {
    let budget = Budget {
        polls: 2,
        cost: 3,
        ..deadline(2_000)
    };
    if how == "a region's finalizer" {
        let region = rig.region("r", rig.root(), Policy::FailFast);
        rig.kernel.region_defer(region).unwrap();
        rig.kernel.region_close(region).unwrap();
        let task = rig.kernel.region_finalizer_spawn(region).unwrap();
        rig.kernel.task_budget(task, budget).unwrap();
        rig.turn();
        return task;
    }
    let task = rig.task_with("a", rig.root(), budget);
    rig.turn();
    match how {
        "its cost is used up" => rig.kernel.task_charge(task, 4).unwrap(),
        "its polls are used up under a mask" => {
            rig.kernel.task_mask(task).unwrap();
            for _ in 0..3 {
                rig.checkpoint(task);
                rig.turn();
            }
        }
        "past its deadline" => {
            rig.sleep(task, 3_000, 1);
            assert_eq!(rig.at(2_000), ["fail a #1 Deadline"]);
        }
        "asked under a mask" => {
            rig.kernel.task_mask(task).unwrap();
            rig.cancel(task, CancelKind::Shutdown);
        }
        "observed" => {
            rig.cancel(task, CancelKind::Shutdown);
            rig.checkpoint(task);
            rig.turn();
        }
        _ => {
            rig.kernel.task_defer(task).unwrap();
            rig.complete(task, Outcome::Ok);
            rig.turn();
        }
    }
    task
}

#[test]
fn what_is_opened_for_a_clean_up_has_no_quotas_and_no_deadline() {
    for how in [
        "its cost is used up",
        "its polls are used up under a mask",
        "asked under a mask",
        "observed",
        "past its deadline",
        "a task's finalizer",
        "a region's finalizer",
    ] {
        let mut rig = Rig::new();
        let task = cleaning(&mut rig, how);
        let region = rig.region_in("r", task, Policy::FailFast, SHIELDED);
        let child = rig.started("child", region);
        rig.kernel.task_charge(child, 1_000).unwrap();
        for _ in 0..2_000 {
            rig.checkpoint(child);
            assert_eq!(rig.turn(), ["resume child"], "{how}");
        }
        rig.at(2_001);
        assert_eq!(rig.kernel.task_reason(child), Ok(None), "{how}");
    }
}

#[test]
fn the_highest_priority_may_be_asked_for_at_any_time() {
    let mut rig = Rig::new();
    let highest = Budget {
        priority: PRIORITY_MAX,
        ..Budget::DEFAULT
    };
    let [a, b, c] = ["a", "b", "c"].map(|name| rig.task(name, rig.root()));
    rig.kernel.task_budget(b, highest).unwrap();
    rig.task_with("d", rig.root(), highest);
    assert_eq!(rig.turn(), ["start b", "start d", "start a", "start c"]);
    assert!([a, b, c].iter().all(|task| rig.is_live_task(*task)));
}

#[test]
fn a_body_that_ended_on_its_last_poll_still_has_its_finalizers_run() {
    let mut rig = Rig::new();
    let a = rig.task_with("a", rig.root(), polls(1));
    assert_eq!(rig.turn(), ["start a"]);
    rig.kernel.task_defer(a).unwrap();
    assert_eq!(rig.complete(a, Outcome::Ok), None);
    assert_eq!(rig.turn(), ["finalize a"]);
    let done = rig.kernel.task_finalized(a, Outcome::Ok);
    assert_eq!(done, Ok(Some(Outcome::Ok)));
}

#[test]
fn a_masked_task_that_was_asked_to_cancel_is_not_revoked_for_the_polls_it_had_left() {
    let mut rig = Rig::new();
    let a = rig.task_with("a", rig.root(), polls(2));
    assert_eq!(rig.turn(), ["start a"]);
    rig.kernel.task_mask(a).unwrap();
    rig.cancel(a, CancelKind::User);
    for _ in 0..5 {
        rig.checkpoint(a);
        assert_eq!(rig.turn(), ["resume a"]);
    }
    rig.kernel.task_unmask(a).unwrap();
    rig.checkpoint(a);
    assert_eq!(rig.turn(), ["fail a User"]);
}

#[test]
fn what_a_cancelled_task_opens_for_its_clean_up_keeps_its_priority() {
    let mut rig = Rig::new();
    let urgent = Budget {
        priority: 5,
        ..Budget::DEFAULT
    };
    let owner = rig.task_with("owner", rig.root(), urgent);
    assert_eq!(rig.turn(), ["start owner"]);
    rig.kernel.task_mask(owner).unwrap();
    rig.cancel(owner, CancelKind::User);
    let region = rig.region_in("r", owner, Policy::FailFast, Ownership::default());
    rig.task("other", rig.root());
    rig.task("cleaner", region);
    assert_eq!(rig.turn(), ["start cleaner", "start other"]);
}
