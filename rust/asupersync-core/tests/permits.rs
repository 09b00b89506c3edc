//! Behaviour of permits as they move: how many may be added, a grant that is given back before its
//! task was told, and what a run tells of them. Who is granted what is in `semaphores.rs`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop where it fails"
)]

mod support;

use asupersync_core::limits::PERMITS_MAX;
use asupersync_core::{CancelKind, ErrorKind, Handle, HostOpKind, ObligationState, PermitFlow};
use support::{Rig, kind_of};

#[test]
fn permits_may_be_added_up_to_the_maximum_and_the_refusal_says_what_there_would_be() {
    let mut rig = Rig::new();
    let semaphore = rig.semaphore("s", rig.root(), PERMITS_MAX - 3);
    let kernel = &mut rig.kernel;
    kernel.semaphore_add(semaphore, 1).unwrap();
    let refused = kernel.semaphore_add(semaphore, 5).unwrap_err();
    let there_would_be = u64::from(PERMITS_MAX) + 3;
    assert_eq!(
        (refused.kind, refused.received),
        (ErrorKind::LimitReached, there_would_be)
    );
    kernel.semaphore_add(semaphore, 2).unwrap();
    assert_eq!(rig.permits(semaphore), [PERMITS_MAX, 0, 0]);
    let refused = kind_of(rig.kernel.semaphore_add(semaphore, 1));
    assert_eq!(refused, ErrorKind::LimitReached);
}

#[test]
fn another_flow_and_another_number_of_permits_are_other_runs() {
    let fingerprint = |permits, flow| {
        let mut rig = Rig::new();
        let root = rig.root();
        rig.kernel.semaphore_open(root, permits, flow).unwrap();
        rig.kernel.fingerprint()
    };
    let one = fingerprint(1, PermitFlow::Returned);
    assert_eq!(fingerprint(1, PermitFlow::Returned), one);
    assert_ne!(fingerprint(2, PermitFlow::Returned), one);
    assert_ne!(fingerprint(1, PermitFlow::Spent), one);
    assert_ne!(
        fingerprint(2, PermitFlow::Spent),
        fingerprint(1, PermitFlow::Spent)
    );
}

/// A grant queues its task. If it is given back before the task was told, what else has come
/// decides whether there is anything to tell.
#[test]
fn a_grant_given_back_in_time_leaves_its_task_only_what_else_has_come() {
    type Also = fn(&mut Rig, Handle);
    let cases: [(Also, &[&str]); 6] = [
        (|_, _| {}, &[]),
        (|rig, waiter| rig.sleep(waiter, 1_000, 5), &[]),
        (|rig, waiter| rig.checkpoint(waiter), &["resume waiter"]),
        (
            |rig, waiter| {
                let op = rig.op("o", waiter, HostOpKind::Foreign, 6);
                rig.kernel.host_notify(op, 9).unwrap();
            },
            &["resume waiter #6 -> 9"],
        ),
        (
            |rig, waiter| {
                rig.sleep(waiter, 1_000, 5);
                rig.cancel(waiter, CancelKind::User);
            },
            &["fail waiter #5 User"],
        ),
        (
            |rig, waiter| {
                rig.kernel.task_mask(waiter).unwrap();
                rig.sleep(waiter, 1_000, 5);
                rig.cancel(waiter, CancelKind::User);
            },
            &[],
        ),
    ];
    for (also, told) in cases {
        let mut rig = Rig::new();
        let root = rig.root();
        let [holder, waiter] = ["holder", "waiter"].map(|name| rig.started(name, root));
        let semaphore = rig.semaphore("s", root, 1);
        let held = rig.ask("held", holder, semaphore, 1);
        let asked = rig.ask("asked", waiter, semaphore, 1);
        also(&mut rig, waiter);
        rig.commit(held);
        let state = rig.kernel.obligation_state(asked);
        assert_eq!(state, Ok(ObligationState::Reserved));
        assert!(rig.kernel.is_runnable());
        rig.abort(asked);
        let before = rig.kernel.counters().dispatches;
        assert_eq!(rig.settle(), told);
        let dispatches = rig.kernel.counters().dispatches - before;
        assert_eq!(dispatches, u64::from(!told.is_empty()));
    }
}
