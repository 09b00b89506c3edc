//! Behaviour of region policies: what the end of one child does to the others, and to the
//! outcome of the region.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop where it fails"
)]

mod support;

use asupersync_core::{CancelKind, Handle, Outcome, Policy, TaskState};
use support::Rig;

const OK: Outcome = Outcome::Ok;
const ERR: Outcome = Outcome::Err;
const CANCELLED: Outcome = Outcome::Cancelled;
const PANICKED: Outcome = Outcome::Panicked;

/// A region with tasks `a`, `b` and `c`, started and asleep, that admits no more.
fn three(policy: Policy) -> (Rig, Handle, [Handle; 3]) {
    let mut rig = Rig::new();
    let region = rig.region("r", rig.root(), policy);
    let tasks = ["a", "b", "c"].map(|name| rig.started(name, region));
    for task in tasks {
        rig.sleep(task, 1_000, 1);
    }
    rig.kernel.region_close(region).unwrap();
    (rig, region, tasks)
}

/// Ends the tasks of `three` by `ends`, in order; an outcome of cancelled is a cancellation by
/// the user. Then ends what the policy has cancelled, and gives all effects.
fn check(policy: Policy, ends: &[(usize, Outcome)], expected: &[&str]) {
    let (mut rig, _, tasks) = three(policy);
    let mut seen = Vec::new();
    for (nth, outcome) in ends {
        if *outcome == CANCELLED {
            rig.cancel(tasks[*nth], CancelKind::User);
            seen.append(&mut rig.settle());
        }
        rig.complete(tasks[*nth], *outcome);
        seen.append(&mut rig.settle());
    }
    for task in tasks {
        if rig.kernel.task_state(task) == Ok(TaskState::Cancelling) {
            rig.complete(task, CANCELLED);
        }
    }
    seen.append(&mut rig.settle());
    assert_eq!(seen, expected, "{policy:?} {ends:?}");
}

#[test]
fn fail_fast_closes_well_when_everybody_ends_well() {
    check(
        Policy::FailFast,
        &[(0, OK), (1, OK), (2, OK)],
        &["closed r Ok"],
    );
}

#[test]
fn fail_fast_cancels_the_siblings_of_a_failed_task() {
    check(
        Policy::FailFast,
        &[(1, ERR)],
        &[
            "fail a #1 ParentCancelled",
            "fail c #1 ParentCancelled",
            "closed r Err by FailFast",
        ],
    );
}

#[test]
fn fail_fast_treats_a_panic_as_a_failure() {
    check(
        Policy::FailFast,
        &[(0, OK), (1, PANICKED)],
        &["fail c #1 ParentCancelled", "closed r Panicked by FailFast"],
    );
}

#[test]
fn fail_fast_leaves_the_siblings_of_a_cancelled_task_alone() {
    check(
        Policy::FailFast,
        &[(0, CANCELLED), (1, OK), (2, OK)],
        &["fail a #1 User", "closed r Ok"],
    );
}

#[test]
fn fail_fast_closes_with_the_worst_failure() {
    check(
        Policy::FailFast,
        &[(0, ERR), (1, PANICKED)],
        &[
            "fail b #1 ParentCancelled",
            "fail c #1 ParentCancelled",
            "closed r Panicked by FailFast",
        ],
    );
}

#[test]
fn collect_all_cancels_nobody_and_closes_with_the_worst() {
    check(
        Policy::CollectAll,
        &[(0, ERR), (1, PANICKED), (2, OK)],
        &["closed r Panicked"],
    );
    check(
        Policy::CollectAll,
        &[(0, OK), (1, ERR), (2, OK)],
        &["closed r Err"],
    );
    check(
        Policy::CollectAll,
        &[(0, OK), (1, CANCELLED), (2, OK)],
        &["fail b #1 User", "closed r Ok"],
    );
}

#[test]
fn a_race_is_won_by_the_first_value_and_closes_after_its_losers() {
    check(
        Policy::Race,
        &[(1, OK)],
        &[
            "fail a #1 ParentCancelled",
            "fail c #1 ParentCancelled",
            "closed r Ok by RaceLost",
        ],
    );
}

#[test]
fn a_race_is_won_by_the_first_failure_too() {
    check(
        Policy::Race,
        &[(2, ERR)],
        &[
            "fail a #1 ParentCancelled",
            "fail b #1 ParentCancelled",
            "closed r Err by RaceLost",
        ],
    );
}

#[test]
fn a_race_is_not_won_by_a_cancelled_task() {
    check(
        Policy::Race,
        &[(0, CANCELLED), (1, OK)],
        &[
            "fail a #1 User",
            "fail c #1 ParentCancelled",
            "closed r Ok by RaceLost",
        ],
    );
}

#[test]
fn a_loser_that_fails_while_it_drains_does_not_change_the_winner() {
    check(
        Policy::Race,
        &[(0, OK), (1, PANICKED)],
        &[
            "fail b #1 ParentCancelled",
            "fail c #1 ParentCancelled",
            "closed r Ok by RaceLost",
        ],
    );
}

#[test]
fn any_is_won_by_the_first_value_past_failures() {
    check(
        Policy::Any,
        &[(0, ERR), (2, OK)],
        &["fail b #1 ParentCancelled", "closed r Ok by RaceLost"],
    );
}

#[test]
fn any_closes_with_the_worst_failure_when_nobody_gives_a_value() {
    check(
        Policy::Any,
        &[(0, ERR), (1, PANICKED), (2, ERR)],
        &["closed r Panicked"],
    );
}

#[test]
fn the_second_value_of_the_same_moment_loses() {
    let (mut rig, region, [a, b, c]) = three(Policy::Race);
    rig.complete(a, OK);
    assert_eq!(
        rig.complete(b, OK),
        Some(OK),
        "its value was finished before it observed that it lost"
    );
    assert_eq!(rig.settle(), ["fail c #1 ParentCancelled"]);
    rig.complete(c, CANCELLED);
    assert_eq!(rig.settle(), ["closed r Ok by RaceLost"]);
    assert!(!rig.is_live_region(region));
}

#[test]
fn a_race_closes_only_when_the_clean_up_of_its_losers_is_done() {
    let (mut rig, region, [a, b, c]) = three(Policy::Race);
    rig.kernel.task_defer(b).unwrap();
    rig.complete(a, OK);
    rig.settle();
    rig.complete(c, CANCELLED);
    assert_eq!(rig.complete(b, CANCELLED), None);
    assert_eq!(rig.settle(), ["finalize b"]);
    assert!(rig.is_live_region(region));
    rig.kernel.task_finalized(b, OK).unwrap();
    assert_eq!(rig.settle(), ["closed r Ok by RaceLost"]);
}

#[test]
fn a_race_that_was_cancelled_from_outside_still_takes_a_value_that_was_finished() {
    let (mut rig, region, [a, b, c]) = three(Policy::Race);
    rig.cancel_region(region, CancelKind::Timeout);
    rig.complete(a, OK);
    rig.settle();
    rig.complete(b, CANCELLED);
    rig.complete(c, CANCELLED);
    assert_eq!(rig.settle(), ["closed r Ok by Timeout"]);
}

#[test]
fn a_region_whose_race_nobody_can_win_closes_without_a_winner() {
    for policy in [Policy::Race, Policy::Any] {
        check(
            policy,
            &[(0, CANCELLED), (1, CANCELLED), (2, CANCELLED)],
            &[
                "fail a #1 User",
                "fail b #1 User",
                "fail c #1 User",
                "closed r Ok",
            ],
        );
        let mut rig = Rig::new();
        let empty = rig.region("r", rig.root(), policy);
        rig.kernel.region_close(empty).unwrap();
        assert_eq!(rig.settle(), ["closed r Ok"]);
    }
}

#[test]
fn a_failed_child_region_fails_its_parent_by_the_parents_policy() {
    for (policy, expected) in [
        (
            Policy::FailFast,
            &[
                "closed child Err",
                "fail sibling #1 ParentCancelled",
                "closed r Err by FailFast",
            ][..],
        ),
        (Policy::CollectAll, &["closed child Err", "closed r Err"]),
    ] {
        let mut rig = Rig::new();
        let region = rig.region("r", rig.root(), policy);
        let sibling = rig.started("sibling", region);
        let child = rig.region("child", region, Policy::CollectAll);
        let task = rig.started("a", child);
        rig.sleep(sibling, 1_000, 1);
        rig.kernel.region_close(child).unwrap();
        rig.complete(task, ERR);
        let mut seen = rig.settle();
        rig.kernel.region_close(region).unwrap();
        rig.complete(sibling, OK);
        seen.append(&mut rig.settle());
        assert_eq!(seen, expected, "{policy:?}");
    }
}

#[test]
fn a_cancelled_child_region_is_no_failure_of_its_parent() {
    let mut rig = Rig::new();
    let region = rig.region("r", rig.root(), Policy::FailFast);
    let child = rig.region("child", region, Policy::FailFast);
    rig.cancel_region(child, CancelKind::User);
    rig.kernel.region_close(region).unwrap();
    assert_eq!(
        rig.settle(),
        ["closed child Cancelled by User", "closed r Ok"]
    );
}

#[test]
fn the_root_collects_and_is_cancelled_by_no_failure() {
    let mut rig = Rig::new();
    let a = rig.started("a", rig.root());
    let b = rig.started("b", rig.root());
    rig.complete(a, PANICKED);
    assert_eq!(rig.kernel.task_state(b), Ok(TaskState::Running));
    rig.complete(b, OK);
    rig.kernel.region_close(rig.kernel.root()).unwrap();
    assert_eq!(rig.settle(), ["closed root Panicked"]);
}

#[test]
fn policies_are_known_by_their_codes() {
    let policies = [
        Policy::FailFast,
        Policy::CollectAll,
        Policy::Race,
        Policy::Any,
    ];
    for (code, policy) in (0_u32..).zip(policies) {
        assert_eq!(Policy::from_code(code), Some(policy));
    }
    assert_eq!(Policy::from_code(4), None);
    assert_eq!(Policy::from_code(u32::MAX), None);
}
