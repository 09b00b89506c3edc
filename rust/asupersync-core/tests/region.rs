//! Behaviour of regions: what they admit, when they close, and what a closed root refuses.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop where it fails"
)]

mod support;

use asupersync_core::{
    Budget, CancelKind, Counters, ErrorKind, Handle, HandleKind, HostOpKind, Outcome, Ownership,
    Policy, RegionState, Time,
};
use support::{Rig, kind_of, ms};

#[test]
fn an_empty_region_closes_at_once_and_its_handle_turns_stale() {
    let mut rig = Rig::new();
    let region = rig.region("r", rig.root(), Policy::FailFast);
    rig.kernel.region_close(region).unwrap();
    assert_eq!(rig.effects(), ["closed r Ok"]);
    assert_eq!(
        kind_of(rig.kernel.region_close(region)),
        ErrorKind::StaleHandle
    );
    assert_eq!(
        rig.events(),
        ["r RegionOpened", "r RegionClosing", "r RegionClosed Ok"]
    );
}

#[test]
fn a_region_closes_only_after_its_last_task_and_child_region() {
    let mut rig = Rig::new();
    let region = rig.region("r", rig.root(), Policy::FailFast);
    let child = rig.region("child", region, Policy::FailFast);
    let a = rig.task("a", region);
    let b = rig.task("b", child);
    assert_eq!(rig.turn(), ["start a", "start b"]);

    rig.kernel.region_close(region).unwrap();
    assert_eq!(rig.complete(a, Outcome::Ok), Some(Outcome::Ok));
    assert_eq!(rig.effects(), [""; 0], "a child region is left");
    rig.kernel.region_close(child).unwrap();
    assert_eq!(rig.effects(), [""; 0], "the child's task is left");
    assert_eq!(rig.complete(b, Outcome::Ok), Some(Outcome::Ok));
    assert_eq!(rig.effects(), ["closed child Ok", "closed r Ok"]);
}

#[test]
fn an_open_region_stays_open_when_its_last_task_ends() {
    let mut rig = Rig::new();
    let (region, task) = rig.started_in_region("a", Policy::FailFast);
    rig.complete(task, Outcome::Ok);
    assert_eq!(rig.settle(), [""; 0]);
    assert_eq!(rig.kernel.region_state(region), Ok(RegionState::Open));
}

#[test]
fn only_an_open_region_admits_tasks_regions_and_finalizers() {
    let mut rig = Rig::new();
    let (region, task) = rig.started_in_region("a", Policy::FailFast);
    rig.kernel.region_close(region).unwrap();
    let before = rig.kernel.counters();
    let kernel = &mut rig.kernel;
    assert_eq!(kind_of(kernel.region_spawn(region)), ErrorKind::ScopeClosed);
    assert_eq!(
        kind_of(kernel.region_spawn_with(region, Budget::DEFAULT)),
        ErrorKind::ScopeClosed
    );
    assert_eq!(
        kind_of(kernel.region_open(region, Policy::Race)),
        ErrorKind::ScopeClosed
    );
    assert_eq!(kind_of(kernel.region_defer(region)), ErrorKind::ScopeClosed);
    assert_eq!(rig.kernel.counters(), before, "a refusal changes nothing");
    rig.complete(task, Outcome::Ok);
    assert_eq!(rig.effects(), ["closed r Ok"]);
}

#[test]
fn closing_twice_is_closing_once() {
    let mut rig = Rig::new();
    let (region, task) = rig.started_in_region("a", Policy::FailFast);
    rig.kernel.region_close(region).unwrap();
    rig.kernel.region_close(region).unwrap();
    assert_eq!(rig.kernel.region_state(region), Ok(RegionState::Closing));
    rig.complete(task, Outcome::Ok);
    assert_eq!(rig.effects(), ["closed r Ok"]);
}

#[test]
fn cancelling_a_closing_region_makes_it_drain() {
    let mut rig = Rig::new();
    let (region, task) = rig.started_in_region("a", Policy::FailFast);
    rig.kernel.region_close(region).unwrap();
    rig.cancel_region(region, CancelKind::Navigation);
    assert_eq!(rig.kernel.region_state(region), Ok(RegionState::Draining));
    rig.checkpoint(task);
    assert_eq!(rig.turn(), ["fail a ParentCancelled"]);
    assert_eq!(
        rig.complete(task, Outcome::Cancelled),
        Some(Outcome::Cancelled)
    );
    assert_eq!(rig.effects(), ["closed r Cancelled by Navigation"]);
}

#[test]
fn a_cancelled_region_closes_cancelled_even_if_its_tasks_finished_in_time() {
    let mut rig = Rig::new();
    let (region, task) = rig.started_in_region("a", Policy::FailFast);
    rig.cancel_region(region, CancelKind::User);
    assert_eq!(rig.complete(task, Outcome::Ok), Some(Outcome::Ok));
    assert_eq!(rig.effects(), ["closed r Cancelled by User"]);
}

#[test]
fn a_region_passes_through_its_states_in_order() {
    let mut rig = Rig::new();
    let (region, task) = rig.started_in_region("a", Policy::FailFast);
    rig.kernel.region_defer(region).unwrap();
    rig.cancel_region(region, CancelKind::User);
    rig.checkpoint(task);
    rig.turn();
    rig.complete(task, Outcome::Cancelled);
    assert_eq!(rig.effects(), ["finalize r"]);
    assert_eq!(rig.kernel.region_state(region), Ok(RegionState::Finalizing));
    let finalizer = rig.kernel.region_finalizer_spawn(region).unwrap();
    rig.name(finalizer, "f");
    assert_eq!(rig.turn(), ["start f"]);
    rig.complete(finalizer, Outcome::Ok);
    assert_eq!(rig.effects(), ["closed r Cancelled by User"]);
    assert_eq!(
        rig.events_of("r"),
        [
            "RegionOpened",
            "RegionClosing",
            "RegionDraining User",
            "RegionFinalizing",
            "RegionClosed Cancelled"
        ]
    );
}

#[test]
fn a_task_ends_only_after_the_regions_that_it_owns() {
    let mut rig = Rig::new();
    let parent = rig.started("parent", rig.root());
    let region = rig.region_in("r", parent, Policy::FailFast, Ownership::default());
    let child = rig.task("child", region);
    assert_eq!(rig.turn(), ["start child"]);
    assert_eq!(rig.complete(parent, Outcome::Ok), None);
    assert_eq!(
        kind_of(rig.kernel.region_spawn(region)),
        ErrorKind::ScopeClosed,
        "the end of the owner's body closes the region"
    );
    rig.sleep(child, 10, 1);
    assert_eq!(
        rig.at(10),
        ["resume child #1 -> 0"],
        "it goes on undisturbed"
    );
    assert_eq!(rig.complete(child, Outcome::Ok), Some(Outcome::Ok));
    assert_eq!(rig.effects(), ["closed r Ok", "done parent Ok"]);
}

#[test]
fn a_task_that_fails_cancels_the_regions_that_it_owns() {
    let mut rig = Rig::new();
    let parent = rig.started("parent", rig.root());
    let region = rig.region_in("r", parent, Policy::FailFast, Ownership::default());
    let child = rig.task("child", region);
    rig.turn();
    rig.checkpoint(child);
    assert_eq!(rig.complete(parent, Outcome::Err), None);
    assert_eq!(rig.turn(), ["fail child ParentCancelled"]);
    assert_eq!(
        rig.complete(child, Outcome::Cancelled),
        Some(Outcome::Cancelled)
    );
    assert_eq!(
        rig.effects(),
        ["closed r Cancelled by FailFast", "done parent Err"]
    );
}

#[test]
fn joining_a_region_closes_it_and_resumes_its_owner_with_the_outcome() {
    let mut rig = Rig::new();
    let parent = rig.started("parent", rig.root());
    let region = rig.region_in("r", parent, Policy::CollectAll, Ownership::default());
    let child = rig.task("child", region);
    rig.kernel.region_join(parent, region, 7).unwrap();
    assert_eq!(rig.turn(), ["start child"]);
    assert_eq!(
        kind_of(rig.kernel.region_spawn(region)),
        ErrorKind::ScopeClosed
    );
    rig.complete(child, Outcome::Err);
    assert_eq!(rig.settle(), ["closed r Err", "resume parent #7 -> 1"]);
}

#[test]
fn joining_an_empty_region_resumes_its_owner_at_the_next_turn() {
    let mut rig = Rig::new();
    let parent = rig.started("parent", rig.root());
    let region = rig.region_in("r", parent, Policy::FailFast, Ownership::default());
    rig.kernel.region_join(parent, region, 7).unwrap();
    assert_eq!(rig.settle(), ["closed r Ok", "resume parent #7 -> 0"]);
}

#[test]
fn only_the_owner_joins_a_region_and_only_once_at_a_time() {
    let mut rig = Rig::new();
    let owner = rig.started("owner", rig.root());
    let other = rig.started("other", rig.root());
    let region = rig.region_in("r", owner, Policy::FailFast, Ownership::default());
    let _child = rig.task("child", region);
    let loose = rig.region("loose", rig.root(), Policy::FailFast);
    let kernel = &mut rig.kernel;
    let wrong = ErrorKind::WrongState;
    assert_eq!(kind_of(kernel.region_join(other, region, 1)), wrong);
    assert_eq!(kind_of(kernel.region_join(owner, loose, 1)), wrong);
    kernel.region_join(owner, region, 1).unwrap();
    assert_eq!(kind_of(kernel.region_join(owner, region, 2)), wrong);
}

#[test]
fn a_cancelled_owner_waits_for_its_region_to_drain() {
    let mut rig = Rig::new();
    let parent = rig.started("parent", rig.root());
    let region = rig.region_in("r", parent, Policy::FailFast, Ownership::default());
    let child = rig.started("child", region);
    rig.sleep(child, 1_000, 1);
    rig.kernel.region_join(parent, region, 7).unwrap();
    rig.cancel(parent, CancelKind::User);
    assert_eq!(
        rig.settle(),
        ["fail child #1 ParentCancelled"],
        "the owner's wait does not fail before its region has drained"
    );
    rig.complete(child, Outcome::Cancelled);
    assert_eq!(
        rig.settle(),
        [
            "closed r Cancelled by ParentCancelled",
            "resume parent #7 -> 2"
        ]
    );
}

#[test]
fn a_region_opened_by_a_cancelled_task_is_cancelled_from_the_start() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    rig.cancel(task, CancelKind::User);
    let region = rig.region_in("r", task, Policy::FailFast, Ownership::default());
    assert_eq!(rig.effects(), ["closed r Cancelled by ParentCancelled"]);
    assert_eq!(
        kind_of(rig.kernel.region_spawn(region)),
        ErrorKind::StaleHandle
    );
}

#[test]
fn a_region_that_times_out_is_cancelled_with_timeout() {
    let mut rig = Rig::new();
    let (region, task) = rig.started_in_region("a", Policy::FailFast);
    rig.kernel.region_timeout(region, ms(10)).unwrap();
    rig.sleep(task, 50, 1);
    assert_eq!(rig.at(9), [""; 0]);
    assert_eq!(rig.at(10), ["fail a #1 ParentCancelled"]);
    assert_eq!(
        rig.reason(task).cause.as_ref().unwrap().kind,
        CancelKind::Timeout
    );
    rig.complete(task, Outcome::Cancelled);
    assert_eq!(rig.effects(), ["closed r Cancelled by Timeout"]);
}

#[test]
fn of_two_timeouts_the_earlier_one_stands() {
    for (first, second) in [(10, 20), (20, 10)] {
        let mut rig = Rig::new();
        let region = rig.region("r", rig.root(), Policy::FailFast);
        rig.kernel.region_timeout(region, ms(first)).unwrap();
        rig.kernel.region_timeout(region, ms(second)).unwrap();
        assert_eq!(rig.kernel.counters().timers_live, 1);
        assert_eq!(rig.kernel.next_deadline(), Some(ms(10)));
        assert_eq!(rig.at(10), ["closed r Cancelled by Timeout"]);
        assert_eq!(rig.kernel.next_deadline(), None);
    }
}

#[test]
fn the_timeout_of_a_region_that_closed_or_was_cancelled_is_disarmed() {
    let mut rig = Rig::new();
    let region = rig.region("r", rig.root(), Policy::FailFast);
    rig.kernel.region_timeout(region, ms(10)).unwrap();
    rig.kernel.region_close(region).unwrap();
    assert_eq!(rig.effects(), ["closed r Ok"]);
    assert_eq!(rig.kernel.counters().timers_live, 0);
    assert_eq!(rig.kernel.next_deadline(), None);

    let other = rig.region("other", rig.root(), Policy::FailFast);
    let task = rig.started("a", other);
    rig.kernel.region_timeout(other, ms(10)).unwrap();
    rig.cancel_region(other, CancelKind::User);
    rig.kernel.region_timeout(other, ms(5)).unwrap();
    rig.complete(task, Outcome::Ok);
    assert_eq!(rig.effects(), ["closed other Cancelled by User"]);
    assert_eq!(rig.kernel.counters().timers_live, 0);
}

#[test]
fn a_timeout_in_the_past_is_due_at_the_next_turn() {
    let mut rig = Rig::new();
    rig.at(100);
    let region = rig.region("r", rig.root(), Policy::FailFast);
    rig.kernel.region_timeout(region, Time::ZERO).unwrap();
    assert_eq!(rig.effects(), [""; 0]);
    assert_eq!(rig.turn(), ["closed r Cancelled by Timeout"]);
}

#[test]
fn the_snapshot_lists_parents_before_children_and_siblings_by_birth() {
    let mut rig = Rig::new();
    let root = rig.root();
    let first = rig.region("first", root, Policy::FailFast);
    let second = rig.region("second", root, Policy::FailFast);
    let inner = rig.region("inner", first, Policy::FailFast);
    let a = rig.task("a", first);
    let b = rig.task("b", first);
    rig.turn();
    let op = rig.op("op", a, HostOpKind::Fetch, 1);
    let owned = rig.region_in("owned", a, Policy::FailFast, Ownership::default());
    rig.cancel(b, CancelKind::Unmount);

    let rows = rig.kernel.snapshot();
    let seen: Vec<_> = rows.iter().map(|row| (row.subject, row.parent)).collect();
    let expected = [
        (root, None),
        (first, Some(root)),
        (a, Some(first)),
        (op, Some(a)),
        (b, Some(first)),
        (inner, Some(first)),
        (owned, Some(a)),
        (second, Some(root)),
    ];
    assert_eq!(seen, expected);
    let cancelled: Vec<_> = rows.iter().filter(|row| row.cancel.is_some()).collect();
    assert_eq!(cancelled.len(), 1);
    assert_eq!(
        (cancelled[0].subject, cancelled[0].cancel),
        (b, Some(CancelKind::Unmount))
    );
}

#[test]
fn shutdown_closes_an_idle_kernel_at_once_and_leaves_nothing() {
    let mut rig = Rig::new();
    let inner = rig.region("r", rig.root(), Policy::FailFast);
    rig.kernel.region_timeout(inner, ms(5)).unwrap();
    rig.kernel.shutdown().unwrap();
    assert_eq!(
        rig.effects(),
        [
            "closed r Cancelled by ParentCancelled",
            "closed root Cancelled by Shutdown"
        ]
    );
    assert!(rig.kernel.is_closed());
    assert_eq!(rig.kernel.snapshot(), []);
    let counters = rig.kernel.counters();
    assert_eq!(
        (
            counters.regions_live,
            counters.tasks_live,
            counters.timers_live
        ),
        (0, 0, 0)
    );
}

#[test]
fn a_root_that_is_closed_waits_for_what_is_left_and_ends_well() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    rig.kernel.region_close(rig.kernel.root()).unwrap();
    assert!(!rig.kernel.is_closed());
    rig.complete(task, Outcome::Ok);
    assert_eq!(rig.effects(), ["closed root Ok"]);
    assert!(rig.kernel.is_closed());
}

#[test]
fn a_closed_kernel_refuses_every_command_and_a_turn_is_harmless() {
    let mut rig = Rig::new();
    let region = rig.region("r", rig.root(), Policy::FailFast);
    let task = rig.started("a", region);
    let op = rig.op("op", task, HostOpKind::Foreign, 0);
    rig.kernel.host_complete(op, 0).unwrap();
    rig.complete(task, Outcome::Ok);
    rig.kernel.shutdown().unwrap();
    rig.effects();
    let root = rig.root();
    for _ in 0..2 {
        let before = (rig.kernel.counters(), rig.kernel.fingerprint());
        let kernel = &mut rig.kernel;
        let user = CancelKind::User;
        let answers = [
            kernel.shutdown().err(),
            kernel.region_open(root, Policy::Race).err(),
            kernel
                .region_open_in(task, Policy::Race, Ownership::default())
                .err(),
            kernel.region_spawn(region).err(),
            kernel.region_spawn_with(root, Budget::DEFAULT).err(),
            kernel.region_close(root).err(),
            kernel.region_cancel(root, user, "").err(),
            kernel.region_timeout(root, ms(1)).err(),
            kernel.region_defer(root).err(),
            kernel.region_finalizer_spawn(root).err(),
            kernel.region_join(task, region, 1).err(),
            kernel.region_state(root).err(),
            kernel.region_reason(root).err(),
            kernel.task_complete(task, Outcome::Ok).err(),
            kernel.task_finalized(task, Outcome::Ok).err(),
            kernel.task_cancel(task, user, "").err(),
            kernel.task_budget(task, Budget::DEFAULT).err(),
            kernel.task_mask(task).err(),
            kernel.task_unmask(task).err(),
            kernel.task_defer(task).err(),
            kernel.task_checkpoint(task).err(),
            kernel.task_sleep(task, ms(1), 1).err(),
            kernel.task_join(task, task, 1).err(),
            kernel.task_state(task).err(),
            kernel.task_reason(task).err(),
            kernel.host_open(task, HostOpKind::Fetch, 1).err(),
            kernel.host_wait(op, 1).err(),
            kernel.host_notify(op, 0).err(),
            kernel.host_complete(op, 0).err(),
            kernel.host_op_state(op).err(),
            kernel
                .task_cancel(Handle::from_raw(u64::MAX), user, "")
                .err(),
        ];
        for (nth, answer) in answers.iter().enumerate() {
            let kind = answer.map(|error| error.kind);
            assert_eq!(kind, Some(ErrorKind::RuntimeClosed), "command {nth}");
        }
        assert_eq!(rig.settle(), [""; 0]);
        assert_eq!(rig.kernel.next_deadline(), None);
        assert_eq!(rig.kernel.handle_at(HandleKind::Region, root.slot()), None);
        assert_eq!(rig.kernel.snapshot(), []);
        assert_eq!((rig.kernel.counters(), rig.kernel.fingerprint()), before);
        // Once with the ended things still in their slots, once after they were freed.
        rig.at(1_000);
    }
    let left = Counters {
        tasks_spawned: 1,
        tasks_completed: 1,
        dispatches: 1,
        ..rig.kernel.counters()
    };
    assert_eq!(rig.kernel.counters(), left);
}
