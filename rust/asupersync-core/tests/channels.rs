//! Behaviour of the two halves of a channel: its capacity, the order of its messages' permits,
//! and how it is closed and drained.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop where it fails"
)]

mod support;

use asupersync_core::{
    CancelKind, ChannelHalves, ErrorKind, Handle, ObligationKind, ObligationState, Outcome, Policy,
    RegionLimits,
};
use support::{Rig, kind_of};

use ObligationKind::{Ack, SendPermit};
use ObligationState::{Asked, Reserved};

/// A channel and two started tasks.
fn channel(capacity: u32) -> (Rig, ChannelHalves, [Handle; 2]) {
    let mut rig = Rig::new();
    let root = rig.root();
    let halves = rig.kernel.channel_open(root, capacity).unwrap();
    rig.name(halves.free, "free");
    rig.name(halves.items, "items");
    let tasks = ["sender", "receiver"].map(|name| rig.started(name, root));
    (rig, halves, tasks)
}

/// Available and held permits of the free half, then of the items half.
fn counts(rig: &Rig, halves: ChannelHalves) -> [u32; 4] {
    let [free, sending, _] = rig.permits(halves.free);
    let [items, receiving, _] = rig.permits(halves.items);
    [free, sending, items, receiving]
}

fn send(rig: &mut Rig, halves: ChannelHalves, task: Handle) {
    let permit = rig.ask("send", task, halves.free, 1);
    rig.commit(permit);
}

fn state(rig: &Rig, obligation: Handle) -> ObligationState {
    rig.kernel.obligation_state(obligation).unwrap()
}

#[test]
fn a_message_goes_from_free_to_sending_to_items_to_receiving_to_free() {
    let (mut rig, halves, [sender, receiver]) = channel(2);
    rig.events();
    assert_eq!(counts(&rig, halves), [2, 0, 0, 0]);
    let sending = rig.ask("sending", sender, halves.free, 1);
    assert_eq!(counts(&rig, halves), [1, 1, 0, 0]);
    rig.commit(sending);
    assert_eq!(counts(&rig, halves), [1, 0, 1, 0]);
    let receiving = rig.ask("receiving", receiver, halves.items, 1);
    assert_eq!(counts(&rig, halves), [1, 0, 0, 1]);
    rig.commit(receiving);
    assert_eq!(counts(&rig, halves), [2, 0, 0, 0]);
    assert_eq!(
        rig.events(),
        [
            "sending PermitAsked",
            "sending ObligationReserved",
            "free PermitsTaken 1",
            "sending ObligationCommitted",
            "items PermitsGiven 1",
            "receiving PermitAsked",
            "receiving ObligationReserved",
            "items PermitsTaken 1",
            "receiving ObligationCommitted",
            "free PermitsGiven 1",
        ]
    );
}

#[test]
fn a_message_that_need_not_wait_passes_from_half_to_half_without_an_obligation() {
    let (mut rig, halves, [sender, receiver]) = channel(1);
    rig.events();
    let pass = |rig: &mut Rig, task, of, kind| rig.kernel.semaphore_pass(task, of, kind, 7);
    let limits = RegionLimits {
        obligations: 0,
        ..RegionLimits::NONE
    };
    rig.kernel.region_limits(rig.root(), limits).unwrap();
    assert_eq!(pass(&mut rig, sender, halves.free, SendPermit), Ok(None));
    assert_eq!(counts(&rig, halves), [0, 0, 1, 0]);
    assert_eq!(pass(&mut rig, receiver, halves.items, Ack), Ok(None));
    assert_eq!(counts(&rig, halves), [1, 0, 0, 0]);
    assert_eq!(
        rig.events(),
        [
            "free PermitsPassed 1",
            "items PermitsGiven 1",
            "items PermitsPassed 1",
            "free PermitsGiven 1",
        ]
    );
    let refused = pass(&mut rig, receiver, halves.items, Ack).unwrap_err();
    assert_eq!(refused.kind, ErrorKind::LimitReached, "to wait is to ask");
}

#[test]
fn who_passes_serves_who_waits_and_passes_nobody_in_line_and_no_cancellation() {
    let (mut rig, halves, [sender, receiver]) = channel(1);
    let first = rig.kernel.semaphore_pass(receiver, halves.items, Ack, 7);
    let first = first.unwrap().expect("it waits");
    assert_eq!(
        rig.kernel
            .semaphore_pass(sender, halves.free, SendPermit, 7),
        Ok(None)
    );
    assert_eq!(state(&rig, first), Reserved);
    rig.abort(first);
    let ahead = rig.ask("ahead", receiver, halves.items, 1);
    rig.commit(ahead);
    let ahead = rig.ask("ahead", receiver, halves.free, 1);
    let behind = rig
        .kernel
        .semaphore_pass(sender, halves.free, SendPermit, 8);
    assert_eq!(state(&rig, behind.unwrap().expect("it waits")), Asked);
    rig.abort(ahead);
    rig.turn();
    rig.kernel
        .task_cancel(sender, CancelKind::User, "")
        .unwrap();
    let held = rig
        .kernel
        .semaphore_pass(sender, halves.free, SendPermit, 9);
    assert_eq!(state(&rig, held.unwrap().expect("it waits")), Asked);
}

#[test]
fn what_is_taken_back_is_free_or_an_item_again() {
    let (mut rig, halves, [sender, receiver]) = channel(2);
    let sending = rig.ask("sending", sender, halves.free, 2);
    rig.abort(sending);
    assert_eq!(counts(&rig, halves), [2, 0, 0, 0]);
    send(&mut rig, halves, sender);
    let receiving = rig.ask("receiving", receiver, halves.items, 1);
    rig.abort(receiving);
    assert_eq!(counts(&rig, halves), [1, 0, 1, 0]);
}

#[test]
fn capacity_counts_the_permits_that_are_reserved() {
    let (mut rig, halves, [sender, receiver]) = channel(1);
    let first = rig.ask("first", sender, halves.free, 1);
    let second = rig.ask("second", sender, halves.free, 1);
    assert_eq!([first, second].map(|o| state(&rig, o)), [Reserved, Asked]);
    rig.commit(first);
    assert_eq!(state(&rig, second), Asked, "the message fills the channel");
    let receiving = rig.ask("receiving", receiver, halves.items, 1);
    assert_eq!(
        state(&rig, second),
        Asked,
        "taking it is not to have taken it"
    );
    rig.commit(receiving);
    assert_eq!(state(&rig, second), Reserved);
    assert_eq!(rig.settle(), ["resume sender #1 -> 0"]);
}

#[test]
fn receivers_wait_for_what_is_sent_and_get_it_in_the_order_of_asking() {
    let (mut rig, halves, [sender, one]) = channel(4);
    let two = rig.started("other", rig.root());
    let first = rig.ask("first", one, halves.items, 1);
    let second = rig.ask("second", two, halves.items, 1);
    let sending = rig.ask("sending", sender, halves.free, 1);
    assert_eq!(rig.settle(), [""; 0]);
    rig.commit(sending);
    assert_eq!(rig.settle(), ["resume receiver #1 -> 0"]);
    assert_eq!([first, second].map(|o| state(&rig, o)), [Reserved, Asked]);
    rig.abort(first);
    assert_eq!(
        rig.settle(),
        ["resume other #1 -> 0"],
        "the message is not lost"
    );
}

#[test]
fn a_closed_channel_refuses_senders_and_is_drained_to_the_last_message() {
    let (mut rig, halves, [sender, receiver]) = channel(2);
    send(&mut rig, halves, sender);
    let sending = rig.ask("sending", sender, halves.free, 1);
    rig.ask("blocked", sender, halves.free, 1);
    rig.kernel.semaphore_close(halves.items).unwrap();
    rig.check();
    assert_eq!(rig.settle(), ["resume sender #1 -> 1"]);
    let kernel = &mut rig.kernel;
    let late = kernel.semaphore_try_acquire(sender, halves.free, 1, SendPermit);
    assert_eq!(kind_of(late), ErrorKind::SemaphoreClosed);
    let first = rig.ask("first", receiver, halves.items, 1);
    rig.commit(first);
    let second = rig.ask("second", receiver, halves.items, 1);
    assert_eq!(
        state(&rig, second),
        Asked,
        "one permit to send is still held"
    );
    rig.commit(sending);
    assert_eq!(rig.settle(), ["resume receiver #1 -> 0"]);
    let third = rig.ask("third", receiver, halves.items, 1);
    assert_eq!(state(&rig, third), Asked, "the second may come back");
    rig.commit(second);
    assert_eq!(rig.settle(), ["resume receiver #1 -> 1"]);
    let kernel = &mut rig.kernel;
    let over = kernel.semaphore_acquire(receiver, halves.items, 1, Ack, 1);
    assert_eq!(kind_of(over), ErrorKind::SemaphoreClosed);
    assert_eq!(counts(&rig, halves), [2, 0, 0, 0]);
}

#[test]
fn a_receiver_of_a_closed_channel_hears_that_the_last_sender_took_back() {
    for by_end in [false, true] {
        let (mut rig, halves, [sender, receiver]) = channel(1);
        let sending = rig.ask("sending", sender, halves.free, 1);
        rig.ask("receiving", receiver, halves.items, 1);
        rig.kernel.semaphore_close(halves.free).unwrap();
        assert_eq!(rig.settle(), [""; 0]);
        if by_end {
            rig.complete(sender, Outcome::Panicked);
        } else {
            rig.abort(sending);
        }
        assert_eq!(rig.settle(), ["resume receiver #1 -> 1"]);
        rig.check();
    }
}

#[test]
fn a_cancelled_sender_frees_its_place_and_a_cancelled_receiver_leaves_the_message() {
    let (mut rig, halves, [sender, receiver]) = channel(1);
    let other = rig.started("other", rig.root());
    rig.ask("sending", sender, halves.free, 1);
    let waiting = rig.ask("waiting", other, halves.free, 1);
    rig.cancel(sender, CancelKind::User);
    rig.checkpoint(sender);
    assert_eq!(rig.settle(), ["fail sender User"]);
    assert_eq!(
        state(&rig, waiting),
        Asked,
        "it is the sender's until it ends"
    );
    rig.complete(sender, Outcome::Cancelled);
    assert_eq!(rig.settle(), ["resume other #1 -> 0"]);
    rig.ask("receiving", receiver, halves.items, 1);
    rig.cancel(receiver, CancelKind::User);
    rig.commit(waiting);
    assert_eq!(rig.settle(), ["fail receiver #1 User"]);
    assert_eq!(counts(&rig, halves), [0, 0, 1, 0]);
}

#[test]
fn a_channel_is_dropped_whole_and_goes_with_its_region_even_while_others_use_it() {
    for by_region in [false, true] {
        let mut rig = Rig::new();
        let region = rig.region("r", rig.root(), Policy::CollectAll);
        let halves = rig.kernel.channel_open(region, 1).unwrap();
        let [sender, blocked, receiver] = ["sender", "blocked", "receiver"].map(|name| {
            let root = rig.root();
            rig.started(name, root)
        });
        let sending = rig.ask("sending", sender, halves.free, 1);
        rig.ask("more", blocked, halves.free, 1);
        rig.ask("receiving", receiver, halves.items, 1);
        if by_region {
            rig.kernel.semaphore_close(halves.free).unwrap();
            rig.kernel.region_close(region).unwrap();
        } else {
            rig.kernel.semaphore_drop(halves.items).unwrap();
        }
        rig.check();
        let mut told = rig.settle();
        told.retain(|effect| effect.starts_with("resume"));
        assert_eq!(told, ["resume blocked #1 -> 1", "resume receiver #1 -> 1"]);
        for half in [halves.free, halves.items] {
            let stale = rig.kernel.semaphore_close(half);
            assert_eq!(kind_of(stale), ErrorKind::StaleHandle);
        }
        rig.commit(sending);
        assert_eq!(rig.obligations(), [0, 3, 1, 2, 0]);
    }
}

#[test]
fn a_channel_has_room_for_something_and_keeps_its_capacity() {
    let (mut rig, halves, _) = channel(1);
    let root = rig.root();
    let none = rig.kernel.channel_open(root, 0);
    assert_eq!(kind_of(none), ErrorKind::InvalidNumber);
    for half in [halves.free, halves.items] {
        let more = rig.kernel.semaphore_add(half, 1);
        assert_eq!(kind_of(more), ErrorKind::WrongState);
    }
}

#[test]
fn sending_and_receiving_of_different_messages_are_independent_until_the_channel_is_closed() {
    let run = |closed: bool, order: [bool; 2]| {
        let (mut rig, halves, [sender, receiver]) = channel(3);
        for _ in 0..2 {
            send(&mut rig, halves, sender);
        }
        let sending = rig.ask("sending", sender, halves.free, 1);
        let receiving = rig.ask("receiving", receiver, halves.items, 1);
        if closed {
            rig.kernel.semaphore_close(halves.free).unwrap();
        }
        for sends in order {
            rig.commit(if sends { sending } else { receiving });
        }
        rig.settle();
        rig.kernel.fingerprint()
    };
    assert_eq!(run(false, [true, false]), run(false, [false, true]));
    assert_ne!(run(true, [true, false]), run(true, [false, true]));
}
