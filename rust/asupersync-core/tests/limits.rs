//! Behaviour at limits: what a region may hold by its own limits, and how far the maxima of a
//! whole kernel reach. Full tables are tested beside the kernel, where they can be made small.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop where it fails"
)]

mod support;

use asupersync_core::limits::{GENERATIONS_MAX, TRACE_CAPACITY_MAX};
use asupersync_core::{
    CancelKind, ErrorKind, Handle, HostOpKind, Kernel, KernelConfig, ObligationKind, Outcome,
    Ownership, PermitFlow, Policy, RegionLimits,
};
use support::{Rig, kind_of};

const LIMIT: ErrorKind = ErrorKind::LimitReached;

fn limit(rig: &mut Rig, region: Handle, limits: RegionLimits) {
    rig.kernel.region_limits(region, limits).unwrap();
    rig.check();
}

fn tasks(tasks: u32) -> RegionLimits {
    RegionLimits {
        tasks,
        ..RegionLimits::NONE
    }
}

fn regions(regions: u32) -> RegionLimits {
    RegionLimits {
        regions,
        ..RegionLimits::NONE
    }
}

fn obligations(obligations: u32) -> RegionLimits {
    RegionLimits {
        obligations,
        ..RegionLimits::NONE
    }
}

/// What may not change when a command is refused.
fn picture(kernel: &Kernel) -> impl PartialEq + core::fmt::Debug + use<> {
    (
        kernel.snapshot(),
        kernel.counters(),
        kernel.fingerprint(),
        kernel.is_runnable(),
    )
}

/// Checks that `command` is refused with `LimitReached` and changes nothing.
fn refused<T: core::fmt::Debug>(
    rig: &mut Rig,
    command: impl FnOnce(&mut Kernel) -> asupersync_core::Result<T>,
) {
    let before = picture(&rig.kernel);
    assert_eq!(kind_of(command(&mut rig.kernel)), LIMIT);
    assert_eq!(picture(&rig.kernel), before);
    rig.check();
}

#[test]
fn a_region_has_no_limits_of_its_own_until_they_are_set() {
    let mut rig = Rig::new();
    let region = rig.region("r", rig.root(), Policy::FailFast);
    for _ in 0..1_000 {
        rig.kernel.region_spawn(region).unwrap();
        rig.kernel.region_open(region, Policy::FailFast).unwrap();
    }
    assert_eq!(RegionLimits::default(), RegionLimits::NONE);
    rig.check();
}

#[test]
fn a_region_at_its_limit_of_tasks_refuses_one_more_until_one_has_ended() {
    let mut rig = Rig::new();
    let region = rig.region("r", rig.root(), Policy::FailFast);
    limit(&mut rig, region, tasks(2));
    let first = rig.task("a", region);
    rig.task("b", region);
    refused(&mut rig, |kernel| kernel.region_spawn(region));
    assert_eq!(rig.turn(), ["start a", "start b"]);
    refused(&mut rig, |kernel| kernel.region_spawn(region));
    rig.complete(first, Outcome::Ok);
    rig.task("c", region);
    refused(&mut rig, |kernel| kernel.region_spawn(region));
    rig.task("elsewhere", rig.root());
}

#[test]
fn a_refusal_says_how_many_there_are() {
    let mut rig = Rig::new();
    let region = rig.region("r", rig.root(), Policy::FailFast);
    rig.task("a", region);
    limit(&mut rig, region, tasks(0));
    let error = rig.kernel.region_spawn(region).unwrap_err();
    assert_eq!(
        error.to_string(),
        "expected fewer tasks in the region, got 0x1 (LimitReached)"
    );
}

#[test]
fn a_limit_below_what_is_there_ends_nothing_and_admits_nothing() {
    let mut rig = Rig::new();
    let region = rig.region("r", rig.root(), Policy::FailFast);
    let [a, b] = ["a", "b"].map(|name| rig.started(name, region));
    limit(&mut rig, region, tasks(1));
    rig.complete(a, Outcome::Ok);
    refused(&mut rig, |kernel| kernel.region_spawn(region));
    rig.complete(b, Outcome::Ok);
    rig.task("c", region);
    limit(&mut rig, region, RegionLimits::NONE);
    rig.task("d", region);
}

#[test]
fn regions_of_its_tasks_count_as_regions_of_a_region() {
    let mut rig = Rig::new();
    let region = rig.region("r", rig.root(), Policy::FailFast);
    let task = rig.started("a", region);
    limit(&mut rig, region, regions(2));
    let child = rig.region("child", region, Policy::FailFast);
    let owned = rig.region_in("owned", task, Policy::FailFast, Ownership::default());
    refused(&mut rig, |kernel| {
        kernel.region_open(region, Policy::FailFast)
    });
    refused(&mut rig, |kernel| {
        kernel.region_open_in(task, Policy::FailFast, Ownership::default())
    });
    rig.region("grandchild", child, Policy::FailFast);
    rig.kernel.region_close(owned).unwrap();
    assert_eq!(rig.settle(), ["closed owned Ok"]);
    rig.region("another", region, Policy::FailFast);
    refused(&mut rig, |kernel| {
        kernel.region_open(region, Policy::FailFast)
    });
}

#[test]
fn a_region_at_its_limit_of_obligations_refuses_one_more_of_any_task() {
    let mut rig = Rig::new();
    let region = rig.region("r", rig.root(), Policy::FailFast);
    let [a, b] = ["a", "b"].map(|name| rig.started(name, region));
    limit(&mut rig, region, obligations(2));
    let held = rig.obligation("o", a, ObligationKind::Ack);
    rig.obligation("p", b, ObligationKind::Lease);
    for task in [a, b] {
        refused(&mut rig, |kernel| {
            kernel.obligation_reserve(task, ObligationKind::Ack)
        });
    }
    rig.kernel.obligation_commit(held).unwrap();
    rig.obligation("q", b, ObligationKind::Ack);
}

#[test]
fn host_operations_count_as_obligations_and_signals_do_not() {
    let mut rig = Rig::new();
    let region = rig.region("r", rig.root(), Policy::FailFast);
    let task = rig.started("a", region);
    limit(&mut rig, region, obligations(1));
    let op = rig.op("op", task, HostOpKind::Fetch, 0);
    refused(&mut rig, |kernel| {
        kernel.host_open(task, HostOpKind::Foreign, 1)
    });
    refused(&mut rig, |kernel| {
        kernel.obligation_reserve(task, ObligationKind::Io)
    });
    rig.op("signal", task, HostOpKind::Signal, 0);
    rig.kernel.host_complete(op, 0).unwrap();
    rig.op("next", task, HostOpKind::Fetch, 0);
    rig.cancel(task, CancelKind::User);
    assert_eq!(
        rig.kernel.host_open(task, HostOpKind::Fetch, 1),
        Ok(None),
        "a cancellation is said first"
    );
}

#[test]
fn a_transfer_into_a_full_region_is_refused_and_within_one_it_is_not() {
    let mut rig = Rig::new();
    let [here, there] =
        ["here", "there"].map(|name| rig.region(name, rig.root(), Policy::FailFast));
    let giver = rig.started("giver", here);
    let neighbour = rig.started("neighbour", here);
    let stranger = rig.started("stranger", there);
    let held = rig.obligation("o", giver, ObligationKind::SendPermit);
    limit(&mut rig, here, obligations(1));
    limit(&mut rig, there, obligations(0));
    refused(&mut rig, |kernel| {
        kernel.obligation_transfer(held, stranger)
    });
    rig.kernel.obligation_transfer(held, neighbour).unwrap();
    rig.check();
    limit(&mut rig, there, obligations(1));
    rig.kernel.obligation_transfer(held, stranger).unwrap();
    rig.check();
    rig.obligation("room again", giver, ObligationKind::Ack);
}

#[test]
fn limits_never_hold_up_a_close() {
    let mut rig = Rig::new();
    let region = rig.region("r", rig.root(), Policy::FailFast);
    let task = rig.started("a", region);
    rig.kernel.task_defer(task).unwrap();
    rig.kernel.region_defer(region).unwrap();
    let none = RegionLimits {
        tasks: 0,
        regions: 0,
        obligations: 0,
    };
    limit(&mut rig, region, none);
    rig.cancel_region(region, CancelKind::User);
    rig.settle();
    assert_eq!(
        rig.at(5_000),
        [
            "revoked a by ParentCancelled",
            "done a Cancelled by ParentCancelled",
            "finalize a'"
        ],
        "the successor is admitted"
    );
    let successor = rig.kernel.snapshot().last().unwrap().subject;
    rig.kernel.task_finalized(successor, Outcome::Ok).unwrap();
    assert_eq!(rig.settle(), ["finalize r"]);
    let finalizer = rig.kernel.region_finalizer_spawn(region).unwrap();
    rig.name(finalizer, "f");
    assert_eq!(rig.turn(), ["start f"]);
    rig.complete(finalizer, Outcome::Ok);
    assert_eq!(rig.settle(), ["closed r Cancelled by User"]);
}

#[test]
fn a_closing_region_says_so_before_its_limit() {
    let mut rig = Rig::new();
    let region = rig.region("r", rig.root(), Policy::FailFast);
    rig.task("a", region);
    limit(&mut rig, region, tasks(0));
    rig.kernel.region_close(region).unwrap();
    let answer = rig.kernel.region_spawn(region);
    assert_eq!(kind_of(answer), ErrorKind::ScopeClosed);
    rig.cancel_region(region, CancelKind::User);
    rig.settle();
    let stale = rig.kernel.region_limits(region, RegionLimits::NONE);
    assert_eq!(kind_of(stale), ErrorKind::StaleHandle);
}

#[test]
fn a_slot_is_used_as_often_as_a_handle_can_tell_and_never_again() {
    let mut kernel = Kernel::new(&KernelConfig {
        generations_max: u32::MAX,
        ..KernelConfig::default()
    });
    let root = kernel.root();
    let mut open = || {
        let opened = kernel.semaphore_open(root, 0, PermitFlow::Spent).unwrap();
        kernel.semaphore_drop(opened).unwrap();
        opened
    };
    let first = open();
    for generation in 1..=GENERATIONS_MAX {
        let next = open();
        assert_eq!(
            (next.slot(), next.generation()),
            (first.slot(), generation),
            "one slot serves them all"
        );
    }
    let other = open();
    assert_ne!(other.slot(), first.slot(), "retired");
    assert_eq!(other.generation(), first.generation());
    let stale = kernel.semaphore_status(first);
    assert_eq!(kind_of(stale), ErrorKind::StaleHandle);
    assert_eq!(kernel.check_invariants(), Ok(()));
}

#[test]
fn a_larger_trace_than_there_may_be_is_cut() {
    let mut kernel = Kernel::new(&KernelConfig {
        trace_capacity: u32::MAX,
        ..KernelConfig::default()
    });
    let count = kernel.semaphore_open(kernel.root(), 0, PermitFlow::Spent);
    let count = count.unwrap();
    while kernel.counters().events < u64::from(TRACE_CAPACITY_MAX) + 7 {
        kernel.semaphore_add(count, 0).unwrap();
    }
    assert_eq!(kernel.events().count(), TRACE_CAPACITY_MAX as usize);
    assert_eq!(kernel.counters().events_dropped, 7);
}
