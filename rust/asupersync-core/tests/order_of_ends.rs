//! Behaviour of ends: a host that takes answers at once and carries out effects in their order
//! hears of ends in the order in which the kernel decided them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop where it fails"
)]

mod support;

use asupersync_core::{CancelKind, Handle, Outcome, Ownership, Policy};
use support::Rig;

/// A race of `a` and `b`, both started; the body of `a` has ended and waits for its child `c`.
fn race() -> (Rig, Handle, Handle) {
    let mut rig = Rig::new();
    let race = rig.region("race", rig.root(), Policy::Race);
    let [a, b] = ["a", "b"].map(|name| rig.started(name, race));
    let children = rig.region_in("children", a, Policy::FailFast, Ownership::default());
    let c = rig.started("c", children);
    assert_eq!(rig.complete(a, Outcome::Ok), None);
    assert_eq!(rig.effects(), [""; 0]);
    rig.kernel.region_close(race).unwrap();
    (rig, b, c)
}

#[test]
fn an_end_is_not_answered_ahead_of_one_that_settled_before_it() {
    let (mut rig, b, c) = race();
    assert_eq!(rig.complete(c, Outcome::Ok), Some(Outcome::Ok));
    assert_eq!(rig.complete(b, Outcome::Ok), None);
    assert_eq!(
        rig.effects(),
        [
            "closed children Ok",
            "done a Ok",
            "done b Ok by ParentCancelled",
            "closed race Ok by RaceLost"
        ],
        "the winner is told first"
    );
}

#[test]
fn the_end_of_a_finalizer_is_not_answered_ahead_of_one_that_settled_before_it() {
    let (mut rig, b, c) = race();
    rig.kernel.task_defer(b).unwrap();
    assert_eq!(rig.complete(b, Outcome::Ok), None);
    assert_eq!(rig.turn(), ["finalize b"]);
    assert_eq!(rig.complete(c, Outcome::Ok), Some(Outcome::Ok));
    assert_eq!(rig.kernel.task_finalized(b, Outcome::Ok), Ok(None));
    assert_eq!(
        rig.effects(),
        [
            "closed children Ok",
            "done a Ok",
            "done b Ok by ParentCancelled",
            "closed race Ok by RaceLost"
        ]
    );
}

#[test]
fn once_the_effects_are_taken_ends_are_answered_again() {
    let (mut rig, b, c) = race();
    rig.complete(c, Outcome::Ok);
    assert_eq!(rig.effects(), ["closed children Ok", "done a Ok"]);
    assert_eq!(rig.complete(b, Outcome::Ok), Some(Outcome::Ok));
}

#[test]
fn an_end_is_not_answered_ahead_of_a_failed_region() {
    let mut rig = Rig::new();
    let above = rig.region("above", rig.root(), Policy::CollectAll);
    let below = rig.region("below", above, Policy::CollectAll);
    let [sibling, child] = [("sibling", above), ("child", below)].map(|(n, r)| rig.started(n, r));
    rig.kernel.region_close(below).unwrap();
    assert_eq!(rig.complete(child, Outcome::Err), Some(Outcome::Err));
    assert_eq!(rig.complete(sibling, Outcome::Err), None);
    assert_eq!(rig.effects(), ["closed below Err", "done sibling Err"]);
}

#[test]
fn regions_that_ended_well_hold_up_no_answer() {
    let mut rig = Rig::new();
    let below = rig.region("below", rig.root(), Policy::CollectAll);
    let [sibling, child] =
        [("sibling", rig.root()), ("child", below)].map(|(name, region)| rig.started(name, region));
    rig.kernel.region_close(below).unwrap();
    assert_eq!(rig.complete(child, Outcome::Ok), Some(Outcome::Ok));
    assert_eq!(rig.complete(sibling, Outcome::Ok), Some(Outcome::Ok));
    assert_eq!(rig.effects(), ["closed below Ok"]);
}

/// `a` is asked to cancel and does not answer; `b` sleeps until just before its time is over.
/// One tick then wakes `b` and takes leave of `a`.
fn revoked_behind_a_resume() -> (Rig, Handle) {
    let mut rig = Rig::new();
    let root = rig.root();
    let [a, b] = ["a", "b"].map(|name| rig.started(name, root));
    rig.sleep(b, 4_999, 1);
    rig.cancel(a, CancelKind::User);
    assert_eq!(
        rig.at(6_000),
        [
            "resume b #1 -> 0",
            "revoked a by User",
            "done a Cancelled by User"
        ]
    );
    (rig, b)
}

#[test]
fn an_end_is_not_answered_ahead_of_one_that_its_own_batch_tells_later() {
    let (mut rig, b) = revoked_behind_a_resume();
    assert_eq!(rig.complete(b, Outcome::Ok), None);
    assert_eq!(rig.effects(), ["done b Ok"]);
}

#[test]
fn the_next_tick_has_carried_out_what_was_taken() {
    let (mut rig, b) = revoked_behind_a_resume();
    assert_eq!(rig.turn(), [""; 0]);
    assert_eq!(rig.complete(b, Outcome::Ok), Some(Outcome::Ok));
}
