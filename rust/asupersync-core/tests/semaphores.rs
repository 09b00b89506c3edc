//! Behaviour of semaphores: who is granted what and when, and what a cancellation, an end and a
//! close make of those who wait. Channels are in `channels.rs`, random commands in
//! `semaphores_random.rs`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop where it fails"
)]

mod support;

use asupersync_core::limits::{PERMITS_MAX, SEMAPHORES_MAX};
use asupersync_core::{
    CancelKind, ErrorKind, Handle, KernelConfig, LeakPolicy, ObligationKind, ObligationState,
    Outcome, PermitFlow, Policy, RegionLimits, SemaphoreState,
};
use support::{Rig, config, kind_of};

use ObligationKind::{Lease, SemaphorePermit};
use ObligationState::{Asked, Reserved};

/// Started tasks with these names in the root region.
fn tasks<const N: usize>(rig: &mut Rig, names: [&str; N]) -> [Handle; N] {
    names.map(|name| {
        let root = rig.root();
        rig.started(name, root)
    })
}

fn state(rig: &Rig, obligation: Handle) -> ObligationState {
    rig.kernel.obligation_state(obligation).unwrap()
}

/// A semaphore whose one permit `holder` has, and for which `waiter` waits.
fn contended(rig: &mut Rig) -> (Handle, [Handle; 2], [Handle; 2]) {
    let [holder, waiter] = tasks(rig, ["holder", "waiter"]);
    let semaphore = rig.semaphore("s", rig.root(), 1);
    let held = rig.ask("held", holder, semaphore, 1);
    let asked = rig.ask("asked", waiter, semaphore, 1);
    (semaphore, [holder, waiter], [held, asked])
}

#[test]
fn permits_that_are_there_are_granted_without_a_dispatch() {
    let mut rig = Rig::new();
    let [task] = tasks(&mut rig, ["a"]);
    let semaphore = rig.semaphore("s", rig.root(), 3);
    let dispatches = rig.kernel.counters().dispatches;
    for _ in 0..10 {
        let held = rig.ask("held", task, semaphore, 2);
        assert_eq!(state(&rig, held), Reserved);
        assert_eq!(rig.permits(semaphore), [1, 2, 0]);
        rig.commit(held);
        assert_eq!(rig.permits(semaphore), [3, 0, 0]);
        assert!(!rig.kernel.is_runnable());
    }
    assert_eq!(rig.settle(), [""; 0]);
    assert_eq!(rig.kernel.counters().dispatches, dispatches);
    assert_eq!(rig.obligations(), [0, 10, 10, 0, 0]);
}

#[test]
fn a_lock_taken_again_and_again_within_one_turn_takes_no_room() {
    let mut rig = Rig::new();
    let [task] = tasks(&mut rig, ["a"]);
    let semaphore = rig.semaphore("s", rig.root(), 1);
    let first = rig.ask("first", task, semaphore, 1);
    rig.abort(first);
    for _ in 0..100 {
        let again = rig.ask("again", task, semaphore, 1);
        assert_eq!(again.slot(), first.slot());
        rig.abort(again);
    }
}

#[test]
fn those_who_wait_are_granted_in_the_order_of_asking_and_hear_it_by_their_token() {
    let mut rig = Rig::new();
    let [a, b, c] = tasks(&mut rig, ["a", "b", "c"]);
    let semaphore = rig.semaphore("s", rig.root(), 1);
    let held = rig.ask("held", a, semaphore, 1);
    let first = rig.ask("first", c, semaphore, 1);
    let second = rig.ask("second", b, semaphore, 1);
    assert_eq!([first, second].map(|o| state(&rig, o)), [Asked, Asked]);
    assert_eq!(rig.permits(semaphore), [0, 1, 2]);
    assert_eq!(rig.settle(), [""; 0], "they wait");
    assert_eq!(rig.kernel.next_deadline(), None, "for no time");
    rig.events();
    rig.commit(held);
    assert_eq!([first, second].map(|o| state(&rig, o)), [Reserved, Asked]);
    assert_eq!(rig.settle(), ["resume c #1 -> 0"]);
    rig.abort(first);
    assert_eq!(rig.settle(), ["resume b #1 -> 0"]);
    let mut events = rig.events();
    events.retain(|event| !event.contains("Dispatched"));
    assert_eq!(
        events,
        [
            "held ObligationCommitted",
            "s PermitsGiven 1",
            "first ObligationReserved",
            "s PermitsTaken 1",
            "first ObligationAborted",
            "s PermitsGiven 1",
            "second ObligationReserved",
            "s PermitsTaken 1",
        ]
    );
}

#[test]
fn a_large_request_at_the_head_is_not_passed_by_a_small_one_until_it_leaves() {
    let mut rig = Rig::new();
    let [a, b, c] = tasks(&mut rig, ["a", "b", "c"]);
    let semaphore = rig.semaphore("s", rig.root(), 3);
    let held = rig.ask("held", a, semaphore, 1);
    let large = rig.ask("large", b, semaphore, 3);
    let small = [
        rig.ask("small", c, semaphore, 1),
        rig.ask("other", a, semaphore, 1),
    ];
    assert_eq!(rig.permits(semaphore), [2, 1, 3]);
    let kernel = &mut rig.kernel;
    let passing = kernel.semaphore_try_acquire(c, semaphore, 1, Lease);
    assert_eq!(kind_of(passing), ErrorKind::WouldWait);
    rig.abort(large);
    assert_eq!(small.map(|o| state(&rig, o)), [Reserved, Reserved]);
    assert_eq!(rig.settle(), ["resume c #1 -> 0", "resume a #1 -> 0"]);
    assert_eq!(rig.permits(semaphore), [0, 3, 0]);
    rig.commit(held);
    assert_eq!(rig.permits(semaphore), [1, 2, 0]);
}

#[test]
fn one_that_is_asked_can_be_taken_back_and_nothing_else_and_is_not_heard_of_again() {
    let mut rig = Rig::new();
    let (semaphore, [holder, waiter], [held, asked]) = contended(&mut rig);
    let before = (rig.kernel.counters(), rig.kernel.fingerprint());
    let kernel = &mut rig.kernel;
    assert_eq!(
        kind_of(kernel.obligation_commit(asked)),
        ErrorKind::WrongState
    );
    let moved = kernel.obligation_transfer(asked, holder);
    assert_eq!(kind_of(moved), ErrorKind::WrongState);
    assert_eq!((kernel.counters(), kernel.fingerprint()), before);
    rig.abort(asked);
    assert_eq!(
        kind_of(rig.kernel.obligation_abort(asked)),
        ErrorKind::StaleHandle
    );
    rig.commit(held);
    assert_eq!(rig.permits(semaphore), [1, 0, 0]);
    assert_eq!(rig.settle(), [""; 0]);
    assert_eq!(
        rig.complete(waiter, Outcome::Ok),
        Some(Outcome::Ok),
        "no wait is left"
    );
}

#[test]
fn one_that_was_granted_and_taken_back_before_its_task_heard_of_it_makes_no_dispatch() {
    let mut rig = Rig::new();
    let (semaphore, _, [held, asked]) = contended(&mut rig);
    rig.commit(held);
    assert!(rig.kernel.is_runnable(), "the waiter is to be told");
    rig.abort(asked);
    assert!(!rig.kernel.is_runnable());
    assert_eq!(rig.permits(semaphore), [1, 0, 0]);
}

#[test]
fn one_that_was_granted_and_used_before_its_task_heard_of_it_is_still_told() {
    for moved in [false, true] {
        let mut rig = Rig::new();
        let (semaphore, [holder, waiter], [held, asked]) = contended(&mut rig);
        rig.commit(held);
        if moved {
            rig.kernel.obligation_transfer(asked, holder).unwrap();
        } else {
            rig.commit(asked);
        }
        rig.cancel(waiter, CancelKind::User);
        assert_eq!(rig.settle(), ["resume waiter #1 -> 0"]);
        assert_eq!(
            rig.permits(semaphore),
            [u32::from(!moved), u32::from(moved), 0]
        );
    }
}

#[test]
fn a_cancelled_waiter_leaves_the_line_and_those_behind_it_have_their_turn() {
    let mut rig = Rig::new();
    let [a, b, c] = tasks(&mut rig, ["a", "b", "c"]);
    let semaphore = rig.semaphore("s", rig.root(), 2);
    rig.ask("held", a, semaphore, 1);
    let large = rig.ask("large", b, semaphore, 2);
    let again = rig.ask("again", b, semaphore, 1);
    let small = rig.ask("small", c, semaphore, 1);
    rig.cancel(b, CancelKind::User);
    assert_eq!(state(&rig, large), Asked, "until it observes it");
    assert_eq!(
        rig.settle(),
        ["fail b #2 User", "fail b #1 User", "resume c #1 -> 0"]
    );
    for gone in [large, again] {
        assert!(rig.kernel.obligation_state(gone).is_err());
    }
    assert_eq!(state(&rig, small), Reserved);
    assert_eq!(rig.obligations(), [2, 4, 0, 2, 0]);
    assert_eq!(rig.permits(semaphore), [0, 2, 0]);
}

#[test]
fn a_grant_that_a_cancelled_task_was_not_told_of_goes_to_the_next() {
    let mut rig = Rig::new();
    let (semaphore, [_, waiter], [held, asked]) = contended(&mut rig);
    let [next] = tasks(&mut rig, ["next"]);
    let behind = rig.ask("behind", next, semaphore, 1);
    rig.cancel(waiter, CancelKind::User);
    rig.commit(held);
    assert_eq!(state(&rig, asked), Reserved);
    assert_eq!(rig.settle(), ["fail waiter #1 User", "resume next #1 -> 0"]);
    assert!(rig.kernel.obligation_state(asked).is_err());
    assert_eq!(state(&rig, behind), Reserved);
}

#[test]
fn a_masked_task_waits_on_and_is_granted_under_a_cancellation() {
    let mut rig = Rig::new();
    let (semaphore, [_, waiter], [held, asked]) = contended(&mut rig);
    rig.kernel.task_mask(waiter).unwrap();
    rig.cancel(waiter, CancelKind::User);
    assert_eq!(rig.settle(), [""; 0]);
    rig.commit(held);
    assert_eq!(rig.settle(), ["resume waiter #1 -> 0"]);
    rig.abort(asked);
    rig.ask("mine", waiter, semaphore, 1);
    rig.ask("more", waiter, semaphore, 1);
    rig.kernel.task_unmask(waiter).unwrap();
    assert_eq!(rig.settle(), ["fail waiter #1 User"]);
    assert_eq!(rig.permits(semaphore), [0, 1, 0]);
    assert_eq!(rig.complete(waiter, Outcome::Ok), Some(Outcome::Cancelled));
    assert_eq!(rig.permits(semaphore), [1, 0, 0]);
}

#[test]
fn a_task_that_has_a_cancellation_to_observe_does_so_even_where_permits_are_there() {
    let mut rig = Rig::new();
    let [task] = tasks(&mut rig, ["a"]);
    let semaphore = rig.semaphore("s", rig.root(), 1);
    rig.cancel(task, CancelKind::User);
    let asked = rig.ask("asked", task, semaphore, 1);
    assert_eq!(state(&rig, asked), Asked);
    assert_eq!(rig.permits(semaphore), [1, 0, 0], "it is in no line");
    assert_eq!(rig.settle(), ["fail a #1 User"]);
    assert!(rig.kernel.obligation_state(asked).is_err());
    let taken_back = rig.ask("taken back", task, semaphore, 1);
    rig.abort(taken_back);
    assert_eq!(rig.settle(), [""; 0]);
    let kernel = &mut rig.kernel;
    let at_once = kernel.semaphore_try_acquire(task, semaphore, 1, SemaphorePermit);
    assert!(
        at_once.is_ok(),
        "what never waits is there for the clean-up"
    );
    assert_eq!(rig.complete(task, Outcome::Ok), Some(Outcome::Cancelled));
    assert_eq!(rig.permits(semaphore), [1, 0, 0]);
}

#[test]
fn what_was_asked_for_under_a_cancellation_fails_under_a_mask_too() {
    let mut rig = Rig::new();
    let [task] = tasks(&mut rig, ["a"]);
    let semaphore = rig.semaphore("s", rig.root(), 1);
    rig.cancel(task, CancelKind::User);
    let asked = rig.ask("asked", task, semaphore, 1);
    rig.kernel.task_mask(task).unwrap();
    assert_eq!(rig.settle(), ["fail a #1 User"]);
    assert!(rig.kernel.obligation_state(asked).is_err());
}

#[test]
fn at_a_normal_end_what_was_asked_is_aborted_and_what_is_held_is_left_to_the_policy() {
    let ends = [
        (LeakPolicy::Panic, Outcome::Panicked, [0, 4, 0, 3, 1]),
        (LeakPolicy::Report, Outcome::Ok, [0, 4, 0, 3, 1]),
        (LeakPolicy::Abort, Outcome::Ok, [0, 4, 0, 4, 0]),
    ];
    for (leak_policy, outcome, obligations) in ends {
        let mut rig = Rig::with(&KernelConfig {
            leak_policy,
            ..config()
        });
        let (semaphore, [_, waiter], [held, _]) = contended(&mut rig);
        let own = rig.semaphore("own", rig.root(), 1);
        rig.ask("mine", waiter, own, 1);
        rig.ask("untold", waiter, semaphore, 1);
        rig.abort(held);
        assert_eq!(rig.permits(semaphore), [0, 1, 1], "granted, and not told");
        let leaks = leak_policy != LeakPolicy::Abort;
        assert_eq!(
            rig.complete(waiter, Outcome::Ok),
            (!leaks).then_some(outcome),
            "the end of one that leaks is told after its leaks"
        );
        assert_eq!(rig.permits(semaphore), [1, 0, 0]);
        assert_eq!(rig.permits(own), [1, 0, 0], "a leak gives the permit back");
        assert_eq!(rig.obligations(), obligations);
    }
}

#[test]
fn a_revoked_body_neither_holds_nor_waits_any_more() {
    let mut rig = Rig::with(&KernelConfig {
        drain_time_ns: 1_000_000,
        ..config()
    });
    let (semaphore, both, _) = contended(&mut rig);
    let [holder, waiter] = both;
    for task in both {
        rig.kernel.task_mask(task).unwrap();
    }
    rig.cancel(waiter, CancelKind::User);
    assert_eq!(
        rig.at(1),
        ["revoked waiter by User", "done waiter Cancelled by User"]
    );
    assert_eq!(rig.permits(semaphore), [0, 1, 0]);
    rig.cancel(holder, CancelKind::User);
    rig.at(2);
    assert!(!rig.is_live_task(holder));
    assert_eq!(rig.permits(semaphore), [1, 0, 0]);
}

#[test]
fn a_finalizer_may_wait_for_permits() {
    let mut rig = Rig::new();
    let (semaphore, [_, waiter], [held, asked]) = contended(&mut rig);
    rig.kernel.task_defer(waiter).unwrap();
    rig.abort(asked);
    rig.complete(waiter, Outcome::Ok);
    assert_eq!(rig.settle(), ["finalize waiter"]);
    let last = rig.ask("last", waiter, semaphore, 1);
    rig.commit(held);
    assert_eq!(rig.settle(), ["resume waiter #1 -> 0"]);
    rig.commit(last);
    rig.kernel.task_finalized(waiter, Outcome::Ok).unwrap();
    assert!(!rig.is_live_task(waiter));
}

#[test]
fn a_permit_that_was_handed_over_comes_back_when_its_new_holder_ends() {
    let mut rig = Rig::new();
    let (semaphore, [holder, _], [held, asked]) = contended(&mut rig);
    let [other] = tasks(&mut rig, ["other"]);
    rig.kernel.obligation_transfer(held, other).unwrap();
    assert_eq!(rig.complete(holder, Outcome::Ok), Some(Outcome::Ok));
    assert_eq!(state(&rig, asked), Asked);
    rig.cancel(other, CancelKind::User);
    rig.checkpoint(other);
    rig.settle();
    rig.complete(other, Outcome::Cancelled);
    assert_eq!(state(&rig, asked), Reserved);
    assert_eq!(rig.permits(semaphore), [0, 1, 0]);
}

#[test]
fn a_closed_lock_refuses_everybody_and_what_is_held_stays() {
    let mut rig = Rig::new();
    let (semaphore, [holder, waiter], [held, asked]) = contended(&mut rig);
    rig.events();
    for _ in 0..2 {
        rig.kernel.semaphore_close(semaphore).unwrap();
        rig.check();
    }
    assert!(rig.kernel.obligation_state(asked).is_err());
    assert_eq!(rig.settle(), ["resume waiter #1 -> 1"]);
    assert_eq!(state(&rig, held), Reserved);
    rig.commit(held);
    assert_eq!(rig.permits(semaphore), [1, 0, 0]);
    let kernel = &mut rig.kernel;
    let closed = ErrorKind::SemaphoreClosed;
    let refused = kernel.semaphore_acquire(waiter, semaphore, 1, Lease, 5);
    assert_eq!(kind_of(refused), closed);
    let refused = kernel.semaphore_try_acquire(holder, semaphore, 1, Lease);
    assert_eq!(kind_of(refused), closed);
    assert_eq!(kind_of(kernel.semaphore_add(semaphore, 1)), closed);
    let status = kernel.semaphore_status(semaphore).unwrap();
    assert_eq!(status.state, SemaphoreState::Closed);
    let mut events = rig.events();
    events.retain(|event| !event.contains("Dispatched"));
    assert_eq!(
        events,
        [
            "s SemaphoreClosed",
            "asked ObligationAborted",
            "held ObligationCommitted",
            "s PermitsGiven 1",
        ]
    );
}

#[test]
fn what_is_spent_is_gone_and_a_closed_count_is_drained_to_the_last() {
    let mut rig = Rig::new();
    let [a, b, c] = tasks(&mut rig, ["a", "b", "c"]);
    let count = rig.semaphore_with("s", rig.root(), 0, PermitFlow::Spent);
    let first = rig.ask("first", a, count, 1);
    rig.kernel.semaphore_add(count, 2).unwrap();
    assert_eq!(rig.settle(), ["resume a #1 -> 0"]);
    rig.kernel.semaphore_close(count).unwrap();
    let second = rig.ask("second", b, count, 1);
    assert_eq!(state(&rig, second), Reserved, "what it has it grants");
    let third = rig.ask("third", c, count, 1);
    assert_eq!(state(&rig, third), Asked, "what is held may come back");
    let kernel = &mut rig.kernel;
    let too_many = kernel.semaphore_acquire(c, count, 3, Lease, 9);
    assert_eq!(kind_of(too_many), ErrorKind::SemaphoreClosed);
    rig.commit(first);
    assert_eq!(state(&rig, third), Asked);
    rig.commit(second);
    assert_eq!(rig.settle(), ["resume c #1 -> 1"]);
    assert_eq!(rig.permits(count), [0, 0, 0]);
}

#[test]
fn a_cancelled_task_hears_of_its_cancellation_and_not_of_the_close() {
    let mut rig = Rig::new();
    let (semaphore, [_, waiter], _) = contended(&mut rig);
    rig.kernel.semaphore_close(semaphore).unwrap();
    rig.cancel(waiter, CancelKind::User);
    assert_eq!(rig.settle(), ["fail waiter #1 User"]);
}

#[test]
fn a_region_takes_its_semaphores_with_it_and_is_not_kept_open_by_them() {
    let mut rig = Rig::new();
    let region = rig.region("r", rig.root(), Policy::CollectAll);
    let [holder, waiter] = tasks(&mut rig, ["holder", "waiter"]);
    let semaphore = rig.semaphore("s", region, 1);
    let held = rig.ask("held", holder, semaphore, 1);
    rig.ask("asked", waiter, semaphore, 1);
    rig.events();
    rig.kernel.region_close(region).unwrap();
    rig.check();
    assert_eq!(rig.settle(), ["closed r Ok", "resume waiter #1 -> 1"]);
    let stale = rig.kernel.semaphore_status(semaphore);
    assert_eq!(kind_of(stale), ErrorKind::StaleHandle);
    assert_eq!(rig.events_of("s"), ["SemaphoreDropped"]);
    rig.commit(held);
    assert_eq!(rig.obligations(), [0, 2, 1, 1, 0]);
}

#[test]
fn a_region_that_closes_still_opens_semaphores_for_the_work_left_in_it() {
    let mut rig = Rig::new();
    let (region, task) = rig.started_in_region("a", Policy::CollectAll);
    rig.kernel.region_close(region).unwrap();
    let semaphore = rig.semaphore("s", region, 1);
    let held = rig.ask("held", task, semaphore, 1);
    rig.commit(held);
    rig.complete(task, Outcome::Ok);
    assert_eq!(rig.settle(), ["closed r Ok"]);
}

#[test]
fn a_dropped_semaphore_refuses_who_waits_and_forgets_what_is_held() {
    let mut rig = Rig::new();
    let (semaphore, _, [held, _]) = contended(&mut rig);
    rig.kernel.semaphore_drop(semaphore).unwrap();
    rig.check();
    assert_eq!(rig.settle(), ["resume waiter #1 -> 1"]);
    let again = rig.semaphore("again", rig.root(), 1);
    assert_eq!(again.slot(), semaphore.slot());
    rig.abort(held);
    assert_eq!(rig.permits(again), [1, 0, 0], "it is another one");
}

#[test]
fn what_is_asked_counts_for_the_limit_of_its_region() {
    let mut rig = Rig::new();
    let (region, task) = rig.started_in_region("a", Policy::CollectAll);
    let limits = RegionLimits {
        obligations: 2,
        ..RegionLimits::NONE
    };
    rig.kernel.region_limits(region, limits).unwrap();
    let semaphore = rig.semaphore("s", region, 1);
    rig.ask("held", task, semaphore, 1);
    let asked = rig.ask("asked", task, semaphore, 1);
    let kernel = &mut rig.kernel;
    let refused = kernel.semaphore_acquire(task, semaphore, 1, Lease, 7);
    assert_eq!(kind_of(refused), ErrorKind::LimitReached);
    rig.abort(asked);
    rig.ask("asked", task, semaphore, 1);
}

#[test]
fn permits_stay_within_their_maximum() {
    let mut rig = Rig::new();
    let [task] = tasks(&mut rig, ["a"]);
    let root = rig.root();
    let semaphore = rig.semaphore("s", root, PERMITS_MAX);
    let held = rig.ask("held", task, semaphore, PERMITS_MAX);
    let before = (rig.kernel.counters(), rig.kernel.fingerprint());
    let kernel = &mut rig.kernel;
    let limit = ErrorKind::LimitReached;
    let add = kernel.semaphore_add(semaphore, 1);
    assert_eq!(kind_of(add), limit, "what is held will come back");
    let open = kernel.semaphore_open(root, PERMITS_MAX + 1, PermitFlow::Spent);
    assert_eq!(kind_of(open), limit);
    let channel = kernel.channel_open(root, PERMITS_MAX + 1);
    assert_eq!(kind_of(channel), limit);
    let ask = kernel.semaphore_acquire(task, semaphore, PERMITS_MAX + 1, Lease, 1);
    assert_eq!(kind_of(ask), limit);
    let none = kernel.semaphore_acquire(task, semaphore, 0, Lease, 1);
    assert_eq!(kind_of(none), ErrorKind::InvalidNumber);
    assert_eq!((kernel.counters(), kernel.fingerprint()), before);
    rig.commit(held);
    assert_eq!(rig.permits(semaphore), [PERMITS_MAX, 0, 0]);
}

#[test]
fn there_are_as_many_semaphores_as_the_maximum_says() {
    let mut rig = Rig::new();
    let root = rig.root();
    let kernel = &mut rig.kernel;
    for _ in 1..SEMAPHORES_MAX {
        kernel
            .semaphore_open(root, 1, PermitFlow::Returned)
            .unwrap();
    }
    let halves = kernel.channel_open(root, 1);
    assert_eq!(
        kind_of(halves),
        ErrorKind::LimitReached,
        "room for one half"
    );
    let last = kernel
        .semaphore_open(root, 1, PermitFlow::Returned)
        .unwrap();
    let over = kernel.semaphore_open(root, 1, PermitFlow::Returned);
    assert_eq!(kind_of(over), ErrorKind::LimitReached);
    kernel.semaphore_drop(last).unwrap();
    assert!(kernel.semaphore_open(root, 1, PermitFlow::Returned).is_ok());
}

#[test]
fn a_task_whose_code_does_not_run_asks_for_nothing() {
    let mut rig = Rig::new();
    let semaphore = rig.semaphore("s", rig.root(), 1);
    let unstarted = rig.task("a", rig.root());
    let kernel = &mut rig.kernel;
    let asked = kernel.semaphore_acquire(unstarted, semaphore, 1, Lease, 1);
    assert_eq!(kind_of(asked), ErrorKind::WrongState);
    let asked = kernel.semaphore_try_acquire(unstarted, semaphore, 1, Lease);
    assert_eq!(kind_of(asked), ErrorKind::WrongState);
}

/// Runs `order` of two tasks that take and give back a permit of a semaphore with this many.
fn fingerprint(semaphores: usize, permits: u32, order: [usize; 2]) -> u64 {
    let mut rig = Rig::new();
    let both = tasks(&mut rig, ["a", "b"]);
    let semaphores: Vec<Handle> = (0..semaphores)
        .map(|_| rig.semaphore("s", rig.root(), permits))
        .collect();
    let asked = order.map(|nth| {
        let semaphore = semaphores[nth % semaphores.len()];
        rig.ask("o", both[nth], semaphore, 1)
    });
    for obligation in asked {
        rig.commit(obligation);
    }
    rig.settle();
    rig.kernel.fingerprint()
}

#[test]
fn who_is_granted_first_is_told_by_the_fingerprint_and_the_order_of_independent_grants_is_not() {
    assert_eq!(fingerprint(1, 1, [0, 1]), fingerprint(1, 1, [0, 1]));
    assert_ne!(fingerprint(1, 1, [0, 1]), fingerprint(1, 1, [1, 0]));
    assert_eq!(fingerprint(2, 1, [0, 1]), fingerprint(2, 1, [1, 0]));
}
