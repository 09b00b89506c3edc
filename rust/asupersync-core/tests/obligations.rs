//! Behaviour of obligations: how they are kept, taken back and handed over, and that a host
//! operation is one. What a task's end makes of them is in `leaks.rs`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop where it fails"
)]

mod support;

use asupersync_core::{
    CancelKind, ErrorKind, HostOpKind, KernelConfig, LeakPolicy, ObligationKind, ObligationState,
    Outcome, Policy,
};
use support::{Rig, config, kind_of};

use ObligationKind::{Ack, Lease, SendPermit, Transaction};

const POLICIES: [LeakPolicy; 3] = [LeakPolicy::Panic, LeakPolicy::Report, LeakPolicy::Abort];

fn under(leak_policy: LeakPolicy) -> Rig {
    Rig::with(&KernelConfig {
        leak_policy,
        ..config()
    })
}

#[test]
fn an_obligation_that_was_kept_or_taken_back_is_stale_and_leaves_its_task_alone() {
    for policy in POLICIES {
        let mut rig = under(policy);
        let task = rig.started("a", rig.root());
        let kept = rig.obligation("kept", task, SendPermit);
        let dropped = rig.obligation("dropped", task, Transaction);
        assert_eq!(
            rig.kernel.obligation_state(kept),
            Ok(ObligationState::Reserved)
        );
        assert_eq!(rig.obligations(), [2, 2, 0, 0, 0]);
        rig.kernel.obligation_commit(kept).unwrap();
        rig.kernel.obligation_abort(dropped).unwrap();
        rig.check();
        assert_eq!(rig.obligations(), [0, 2, 1, 1, 0]);
        for handle in [kept, dropped] {
            let kernel = &mut rig.kernel;
            let stale = ErrorKind::StaleHandle;
            assert_eq!(kind_of(kernel.obligation_commit(handle)), stale);
            assert_eq!(kind_of(kernel.obligation_abort(handle)), stale);
            assert_eq!(kind_of(kernel.obligation_transfer(handle, task)), stale);
            assert_eq!(kind_of(kernel.obligation_state(handle)), stale);
        }
        assert_eq!(rig.complete(task, Outcome::Ok), Some(Outcome::Ok));
        assert_eq!(rig.settle(), [""; 0]);
        assert_eq!(
            rig.obligation_events(),
            [
                "kept ObligationReserved",
                "dropped ObligationReserved",
                "kept ObligationCommitted",
                "dropped ObligationAborted"
            ]
        );
    }
}

#[test]
fn a_transferred_obligation_is_answered_for_by_its_new_holder() {
    let mut rig = under(LeakPolicy::Report);
    let giver = rig.started("giver", rig.root());
    let taker = rig.started("taker", rig.root());
    let held = rig.obligation("o", giver, SendPermit);
    rig.kernel.obligation_transfer(held, taker).unwrap();
    assert_eq!(rig.complete(giver, Outcome::Ok), Some(Outcome::Ok));
    assert_eq!(rig.settle(), [""; 0]);
    assert_eq!(
        rig.kernel.obligation_state(held),
        Ok(ObligationState::Reserved)
    );
    rig.complete(taker, Outcome::Ok);
    assert_eq!(
        rig.settle(),
        ["leaked o of taker SendPermit", "done taker Ok"]
    );
    assert_eq!(
        rig.obligation_events(),
        [
            "o ObligationReserved",
            "o ObligationTransferred",
            "o ObligationLeaked"
        ]
    );
    assert_eq!(rig.obligations(), [0, 1, 0, 0, 1]);
}

#[test]
fn a_transfer_to_its_holder_changes_nothing() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    let held = rig.obligation("o", task, Ack);
    let before = (rig.kernel.counters(), rig.kernel.fingerprint());
    rig.kernel.obligation_transfer(held, task).unwrap();
    assert_eq!((rig.kernel.counters(), rig.kernel.fingerprint()), before);
}

#[test]
fn a_task_that_has_not_started_may_be_handed_an_obligation_and_aborts_it_when_cancelled() {
    let mut rig = under(LeakPolicy::Panic);
    let giver = rig.started("giver", rig.root());
    let taker = rig.task("taker", rig.root());
    let held = rig.obligation("o", giver, Ack);
    rig.kernel.obligation_transfer(held, taker).unwrap();
    rig.cancel(taker, CancelKind::User);
    assert_eq!(rig.settle(), ["done taker Cancelled by User"]);
    assert_eq!(rig.obligations(), [0, 1, 0, 1, 0]);
}

#[test]
fn a_task_that_can_no_longer_act_is_handed_nothing() {
    let mut rig = Rig::new();
    let giver = rig.started("giver", rig.root());
    let ended = rig.started("ended", rig.root());
    let held = rig.obligation("o", giver, Ack);
    rig.op("op", ended, HostOpKind::Fetch, 0);
    rig.complete(ended, Outcome::Ok);
    rig.effects();
    let before = (rig.kernel.snapshot(), rig.kernel.counters());
    let refused = rig.kernel.obligation_transfer(held, ended);
    assert_eq!(kind_of(refused), ErrorKind::WrongState);
    assert_eq!((rig.kernel.snapshot(), rig.kernel.counters()), before);
    let forged = rig.kernel.obligation_transfer(held, rig.kernel.root());
    assert_eq!(kind_of(forged), ErrorKind::ForgedHandle);
    rig.check();
}

#[test]
fn only_a_task_whose_code_runs_may_reserve() {
    let mut rig = Rig::new();
    let unstarted = rig.task("unstarted", rig.root());
    let refused = rig.kernel.obligation_reserve(unstarted, Ack);
    assert_eq!(kind_of(refused), ErrorKind::WrongState);
    rig.turn();
    rig.op("op", unstarted, HostOpKind::Fetch, 0);
    rig.complete(unstarted, Outcome::Ok);
    let refused = rig.kernel.obligation_reserve(unstarted, Ack);
    assert_eq!(kind_of(refused), ErrorKind::WrongState);
    assert_eq!(rig.obligations(), [1, 1, 0, 0, 0]);
}

#[test]
fn a_cancelled_body_may_reserve_for_its_clean_up() {
    let mut rig = under(LeakPolicy::Panic);
    let task = rig.started("a", rig.root());
    rig.checkpoint(task);
    rig.cancel(task, CancelKind::User);
    rig.settle();
    let held = rig.obligation("o", task, Ack);
    rig.kernel.obligation_commit(held).unwrap();
    assert_eq!(rig.complete(task, Outcome::Ok), Some(Outcome::Cancelled));
}

#[test]
fn a_host_operation_is_an_obligation_that_its_completion_keeps() {
    for code in [0, 1] {
        let mut rig = Rig::new();
        let task = rig.started("a", rig.root());
        let op = rig.op("op", task, HostOpKind::Fetch, 1);
        assert_eq!(rig.obligations(), [1, 1, 0, 0, 0]);
        rig.kernel.host_notify(op, 0).unwrap();
        assert_eq!(rig.obligations(), [1, 1, 0, 0, 0], "it stays open");
        rig.kernel.host_complete(op, code).unwrap();
        assert_eq!(rig.obligations(), [0, 1, 1, 0, 0], "with either result");
        assert_eq!(
            rig.obligation_events(),
            [""; 0],
            "its own events say it all"
        );
    }
}

#[test]
fn a_host_operation_that_was_cancelled_or_revoked_is_an_aborted_obligation() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    let drains = rig.op("drains", task, HostOpKind::Fetch, 1);
    rig.op("hangs", task, HostOpKind::Foreign, 2);
    rig.cancel(task, CancelKind::User);
    rig.settle();
    rig.complete(task, Outcome::Cancelled);
    assert_eq!(rig.obligations(), [2, 2, 0, 0, 0]);
    rig.kernel.host_complete(drains, 0).unwrap();
    assert_eq!(rig.obligations(), [1, 2, 0, 1, 0]);
    assert_eq!(rig.at(5_000), ["revoked hangs", "done a Cancelled by User"]);
    assert_eq!(rig.obligations(), [0, 2, 0, 2, 0]);
}

#[test]
fn an_operation_left_open_by_its_body_is_aborted_and_never_leaks() {
    let mut rig = under(LeakPolicy::Panic);
    let task = rig.started("a", rig.root());
    let op = rig.op("op", task, HostOpKind::Fetch, 0);
    rig.complete(task, Outcome::Ok);
    rig.settle();
    rig.kernel.host_complete(op, 0).unwrap();
    assert_eq!(rig.settle(), ["done a Ok"]);
    assert_eq!(rig.obligations(), [0, 1, 0, 1, 0]);
}

#[test]
fn a_signal_promises_nothing() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    rig.op("signal", task, HostOpKind::Signal, 0);
    assert_eq!(rig.obligations(), [0; 5]);
    rig.complete(task, Outcome::Ok);
    rig.settle();
    assert_eq!(rig.obligations(), [0; 5]);
}

#[test]
fn the_snapshot_shows_a_pending_obligation_below_its_holder() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    let held = rig.obligation("o", task, Ack);
    let rows = rig.kernel.snapshot();
    let row = rows.iter().find(|row| row.subject == held).unwrap();
    assert_eq!(row.parent, Some(task));
    assert_eq!(row.state, ObligationState::Reserved as u8);
    rig.kernel.obligation_commit(held).unwrap();
    assert!(rig.kernel.snapshot().iter().all(|row| row.subject != held));
}

#[test]
fn the_slot_of_an_ended_obligation_is_free_at_once_unless_an_effect_names_it() {
    let mut rig = under(LeakPolicy::Report);
    let [task, forgetful] = ["a", "forgetful"].map(|name| {
        let root = rig.root();
        rig.started(name, root)
    });
    let gone = rig.obligation("gone", task, Ack);
    rig.kernel.obligation_commit(gone).unwrap();
    let leaked = rig.obligation("leaked", forgetful, Ack);
    assert_eq!(leaked.slot(), gone.slot());
    assert_ne!(leaked, gone, "the generation tells them apart");
    rig.complete(forgetful, Outcome::Ok);
    let next = rig.obligation("next", task, Ack);
    assert_ne!(next.slot(), leaked.slot(), "the effect is to be taken");
    assert_eq!(
        rig.turn(),
        ["leaked leaked of forgetful Ack", "done forgetful Ok"]
    );
    let soon = rig.obligation("soon", task, Ack);
    assert_ne!(
        soon.slot(),
        leaked.slot(),
        "the effects were taken just now"
    );
    rig.turn();
    let later = rig.obligation("later", task, Ack);
    assert_eq!(later.slot(), leaked.slot());
}

#[test]
fn the_order_in_which_one_task_settles_its_obligations_is_one_run_and_their_end_is_not() {
    let run = |orders: [usize; 2], commits: bool| {
        let mut rig = Rig::new();
        let task = rig.started("a", rig.root());
        let held = [Ack, Lease].map(|kind| rig.obligation("o", task, kind));
        for at in orders {
            if commits {
                rig.kernel.obligation_commit(held[at]).unwrap();
            } else {
                rig.kernel.obligation_abort(held[at]).unwrap();
            }
        }
        rig.complete(task, Outcome::Ok);
        rig.kernel.fingerprint()
    };
    assert_eq!(run([0, 1], true), run([1, 0], true));
    assert_ne!(run([0, 1], true), run([0, 1], false));
}

#[test]
fn to_whom_an_obligation_went_and_when_is_part_of_the_fingerprint() {
    let run = |to: usize, late: bool| {
        let mut rig = Rig::new();
        let giver = rig.started("giver", rig.root());
        let takers = ["b", "c"].map(|name| {
            let region = rig.region("r", rig.root(), Policy::FailFast);
            rig.started(name, region)
        });
        let held = rig.obligation("o", giver, Ack);
        if late {
            rig.checkpoint(takers[to]);
            rig.turn();
        }
        rig.kernel.obligation_transfer(held, takers[to]).unwrap();
        if !late {
            rig.checkpoint(takers[to]);
            rig.turn();
        }
        rig.kernel.obligation_commit(held).unwrap();
        rig.kernel.fingerprint()
    };
    assert_eq!(run(0, false), run(0, false));
    assert_ne!(run(0, false), run(1, false));
    assert_ne!(run(0, false), run(0, true));
}

#[test]
fn a_chain_of_transfers_and_many_obligations_of_one_task_cost_no_stack() {
    let mut rig = under(LeakPolicy::Report);
    let task = rig.started("a", rig.root());
    let other = rig.started("b", rig.root());
    let held: Vec<_> = (0..20_000)
        .map(|_| rig.kernel.obligation_reserve(task, Lease).unwrap())
        .collect();
    for handle in &held {
        rig.kernel.obligation_transfer(*handle, other).unwrap();
    }
    rig.complete(task, Outcome::Ok);
    assert_eq!(rig.kernel.take_effects(), []);
    rig.complete(other, Outcome::Ok);
    let end = 1;
    assert_eq!(rig.kernel.take_effects().len(), held.len() + end);
    assert_eq!(rig.obligations(), [0, 20_000, 0, 0, 20_000]);
}

#[test]
fn kinds_are_known_by_their_codes() {
    for (code, kind) in (0_u32..).zip(ObligationKind::ALL) {
        assert_eq!(u32::from(kind.code()), code);
        assert_eq!(ObligationKind::from_code(code), Some(kind));
    }
    assert_eq!(ObligationKind::from_code(6), None);
    assert_eq!(ObligationKind::from_code(u32::MAX), None);
}
