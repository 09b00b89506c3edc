//! Behaviour of revocation: bodies that do not answer, that swallow their cancellation or that
//! hide behind masks and shields are taken leave of, and closing always goes on.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop where it fails"
)]

mod support;

use asupersync_core::{
    CancelKind, Effect, ErrorKind, EventKind, Handle, HostOpKind, KernelConfig, Outcome, Ownership,
    Policy, TaskState,
};
use support::{Rig, config, kind_of, ms};

const SHIELDED: Ownership = Ownership {
    shielded: true,
    linked: false,
};

/// The successor that the last turn named.
fn heir_of(rig: &Rig, region: Handle) -> Handle {
    let rows = rig.kernel.snapshot();
    let mut tasks = rows.iter().filter(|row| row.parent == Some(region));
    let successor = tasks.next_back().expect("a successor").subject;
    assert_eq!(rig.kernel.task_state(successor), Ok(TaskState::Finalizing));
    successor
}

#[test]
fn a_body_that_does_not_answer_is_revoked_after_the_drain_time_and_its_region_closes() {
    let mut rig = Rig::new();
    let (region, _task) = rig.started_in_region("a", Policy::FailFast);
    rig.at(10);
    rig.cancel_region(region, CancelKind::User);
    assert_eq!(rig.at(5_009), [""; 0]);
    assert_eq!(
        rig.at(5_010),
        [
            "revoked a by ParentCancelled",
            "done a Cancelled by ParentCancelled",
            "closed r Cancelled by User"
        ]
    );
    assert_eq!(rig.kernel.counters().tasks_revoked, 1);
    assert!(rig.events_of("a").ends_with(
        &["TaskRevoked", "TaskFinalizing", "TaskCompleted Cancelled"].map(str::to_owned)
    ));
}

#[test]
fn nothing_that_a_revoked_body_does_later_touches_the_kernel() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    let op = rig.op("op", task, HostOpKind::Fetch, 0);
    rig.cancel(task, CancelKind::User);
    rig.at(6_000);
    rig.settle();
    let before = (rig.kernel.counters(), rig.kernel.fingerprint());
    let kernel = &mut rig.kernel;
    let ownership = Ownership::default();
    let answers = [
        kernel.task_complete(task, Outcome::Ok).err(),
        kernel.task_finalized(task, Outcome::Ok).err(),
        kernel.task_checkpoint(task).err(),
        kernel.task_sleep(task, ms(1), 1).err(),
        kernel.task_mask(task).err(),
        kernel.task_unmask(task).err(),
        kernel.task_defer(task).err(),
        kernel.host_open(task, HostOpKind::Fetch, 1).err(),
        kernel.region_open_in(task, Policy::Race, ownership).err(),
        kernel.task_cancel(task, CancelKind::User, "").err(),
        kernel.host_complete(op, 0).err(),
    ];
    for (nth, answer) in answers.iter().enumerate() {
        let kind = answer.map(|error| error.kind);
        assert_eq!(kind, Some(ErrorKind::StaleHandle), "command {nth}");
    }
    assert_eq!((rig.kernel.counters(), rig.kernel.fingerprint()), before);
    assert_eq!(rig.settle(), [""; 0]);
}

#[test]
fn a_body_that_answers_in_its_time_is_not_revoked() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    rig.cancel(task, CancelKind::User);
    rig.at(4_999);
    rig.complete(task, Outcome::Cancelled);
    rig.at(10_000);
    assert_eq!(rig.kernel.counters().tasks_revoked, 0);
}

#[test]
fn a_scheduler_that_is_late_revokes_nobody() {
    let mut rig = Rig::new();
    let waiting = rig.started("waiting", rig.root());
    let unstarted = rig.task("unstarted", rig.root());
    rig.sleep(waiting, 100_000, 1);
    rig.cancel(unstarted, CancelKind::User);
    rig.cancel(waiting, CancelKind::User);
    assert_eq!(
        rig.at(50_000),
        ["done unstarted Cancelled by User", "fail waiting #1 User"]
    );
    rig.complete(waiting, Outcome::Cancelled);
    assert_eq!(rig.kernel.counters().tasks_revoked, 0);
}

/// The timers of the sleepers are due before the drain timers of the others, which are thus
/// dispatched first.
#[test]
fn nobody_is_revoked_in_the_tick_that_dispatches_him() {
    let mut rig = Rig::new();
    let [sleeper, waiting, masked] =
        ["sleeper", "waiting", "masked"].map(|name| rig.started(name, rig.root()));
    let unstarted = rig.task("unstarted", rig.root());
    rig.sleep(sleeper, 10, 1);
    rig.sleep(waiting, 100_000, 1);
    rig.kernel.task_mask(masked).unwrap();
    rig.sleep(masked, 20, 1);
    for task in [waiting, masked, unstarted] {
        rig.cancel(task, CancelKind::User);
    }
    assert_eq!(
        rig.at(50_000),
        [
            "fail waiting #1 User",
            "done unstarted Cancelled by User",
            "resume sleeper #1 -> 0",
            "resume masked #1 -> 0"
        ]
    );
    assert_eq!(rig.at(54_999), [""; 0], "they have their drain time anew");
    rig.complete(waiting, Outcome::Cancelled);
    rig.complete(masked, Outcome::Ok);
    assert_eq!(rig.kernel.counters().tasks_revoked, 0);
}

#[test]
fn a_masked_body_that_does_not_answer_is_revoked_too() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    rig.kernel.task_mask(task).unwrap();
    rig.sleep(task, 1_000_000, 1);
    rig.cancel(task, CancelKind::User);
    assert_eq!(
        rig.at(5_000),
        ["revoked a by User", "done a Cancelled by User"]
    );
}

#[test]
fn a_loop_that_swallows_its_cancellation_runs_out_of_cleanup_polls() {
    for kind in CancelKind::ALL {
        let mut rig = Rig::new();
        let task = rig.started("a", rig.root());
        rig.checkpoint(task);
        rig.cancel(task, kind);
        let mut failures = 0;
        loop {
            let effects = rig.turn();
            if effects == [format!("fail a {kind:?}")] {
                failures += 1;
                rig.checkpoint(task);
                continue;
            }
            assert_eq!(
                effects,
                [
                    format!("revoked a by {kind:?}"),
                    format!("done a Cancelled by {kind:?}")
                ]
            );
            break;
        }
        assert_eq!(failures, 1 + kind.cleanup_polls(), "{kind:?}");
        assert_eq!(rig.kernel.now(), ms(0), "no time had to pass");
    }
}

#[test]
fn a_masked_loop_has_the_drain_time_and_then_its_cleanup_polls() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    rig.kernel.task_mask(task).unwrap();
    rig.cancel(task, CancelKind::User);
    let mut after = 0;
    for at in 0_u64.. {
        assert!(at < 30_000, "it spins for ever");
        rig.checkpoint(task);
        let effects = rig.at(at);
        if effects == ["resume a"] {
            after += u64::from(at > 5_000);
            continue;
        }
        assert_eq!(effects, ["revoked a by User", "done a Cancelled by User"]);
        break;
    }
    assert!((999..=1_001).contains(&after), "{after}");
}

#[test]
fn a_loop_that_masks_and_unmasks_is_revoked_all_the_same() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    rig.cancel(task, CancelKind::User);
    let mut turns = 0;
    while rig.is_live_task(task) {
        rig.kernel.task_mask(task).unwrap();
        rig.checkpoint(task);
        rig.turn();
        if rig.is_live_task(task) {
            rig.kernel.task_unmask(task).unwrap();
            rig.checkpoint(task);
            rig.turn();
        }
        turns += 1;
        assert!(turns < 2_000, "it spins for ever");
    }
    assert_eq!(rig.kernel.counters().tasks_revoked, 1);
}

#[test]
fn what_a_revoked_body_owned_goes_to_a_successor_that_runs_its_finalizers() {
    let mut rig = Rig::new();
    let (region, task) = rig.started_in_region("a", Policy::CollectAll);
    rig.kernel.region_close(region).unwrap();
    rig.kernel.task_defer(task).unwrap();
    rig.kernel.task_defer(task).unwrap();
    let owned = rig.region_in("owned", task, Policy::FailFast, Ownership::default());
    let child = rig.started("child", owned);
    let op = rig.op("op", task, HostOpKind::Fetch, 0);
    rig.kernel.task_mask(task).unwrap();
    rig.cancel(task, CancelKind::User);
    assert_eq!(rig.settle(), ["abort op by User"]);
    rig.checkpoint(child);
    assert_eq!(rig.settle(), ["fail child ParentCancelled"]);
    rig.at(4_000);
    rig.complete(child, Outcome::Cancelled);
    assert_eq!(rig.settle(), ["closed owned Cancelled by ParentCancelled"]);
    assert_eq!(
        rig.at(5_000),
        [
            "revoked a by User",
            "done a Cancelled by User",
            "revoked op",
            "finalize a'"
        ]
    );
    assert_eq!(
        kind_of(rig.kernel.host_complete(op, 0)),
        ErrorKind::StaleHandle
    );
    let successor = heir_of(&rig, region);
    assert_eq!(rig.kernel.task_finalized(successor, Outcome::Ok), Ok(None));
    assert_eq!(rig.turn(), ["finalize a'"]);
    let done = rig.kernel.task_finalized(successor, Outcome::Ok).unwrap();
    assert!(done.is_some());
    assert_eq!(rig.settle(), ["closed r Ok"]);
    assert_eq!(rig.kernel.counters().tasks_live, 0);
}

#[test]
fn a_successor_waits_for_the_regions_that_it_inherits() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    let owned = rig.region_in("owned", task, Policy::FailFast, Ownership::default());
    let child = rig.started("child", owned);
    rig.kernel.task_defer(child).unwrap();
    rig.cancel(task, CancelKind::User);
    rig.checkpoint(child);
    rig.turn();
    rig.at(4_999);
    rig.complete(child, Outcome::Cancelled);
    assert_eq!(rig.settle(), ["finalize child"]);
    assert_eq!(
        rig.at(5_000),
        ["revoked a by User", "done a Cancelled by User"]
    );
    let root = rig.root();
    let successor = heir_of(&rig, root);
    rig.name(successor, "successor");
    let done = rig.kernel.task_finalized(child, Outcome::Ok).unwrap();
    assert_eq!(done, Some(Outcome::Cancelled));
    let effects = rig.settle();
    assert_eq!(effects[0], "closed owned Cancelled by ParentCancelled");
    assert!(effects[1].starts_with("done successor "), "{effects:?}");
}

#[test]
fn a_hanging_finalizer_of_a_successor_is_revoked_in_its_turn() {
    let mut rig = Rig::new();
    let (region, task) = rig.started_in_region("a", Policy::CollectAll);
    for _ in 0..3 {
        rig.kernel.task_defer(task).unwrap();
    }
    rig.cancel_region(region, CancelKind::User);
    let mut seen = Vec::new();
    for at in 1..=8 {
        for effect in rig.at(at * 5_000) {
            seen.push(effect.split(' ').next().unwrap().to_owned());
        }
    }
    assert_eq!(
        seen,
        [
            "revoked", "done", "finalize", "revoked", "done", "finalize", "revoked", "done",
            "finalize", "revoked", "done", "closed"
        ]
    );
    assert_eq!(rig.kernel.counters().tasks_revoked, 4);
    assert!(!rig.is_live_region(region));
}

/// A successor only sees a revoked task's leftovers out. It has no value, so it wins nothing.
#[test]
fn a_successor_never_wins_a_race() {
    for policy in [Policy::Race, Policy::Any] {
        let mut rig = Rig::new();
        let region = rig.region("r", rig.root(), policy);
        let hung = rig.started("hung", region);
        let runner = rig.started("runner", region);
        rig.kernel.task_defer(hung).unwrap();
        rig.kernel.region_close(region).unwrap();
        rig.cancel(hung, CancelKind::User);
        assert_eq!(
            rig.at(5_000),
            [
                "revoked hung by User",
                "done hung Cancelled by User",
                "finalize hung'"
            ]
        );
        let successor = heir_of(&rig, region);
        rig.kernel.task_finalized(successor, Outcome::Ok).unwrap();
        assert_eq!(rig.settle(), [""; 0], "{policy:?}: the runner runs on");
        assert_eq!(rig.kernel.task_state(runner), Ok(TaskState::Running));
        rig.complete(runner, Outcome::Ok);
        assert_eq!(rig.settle(), ["closed r Ok by RaceLost"]);
    }
}

#[test]
fn a_revoked_task_tells_its_joiners_and_lets_its_siblings_be() {
    let mut rig = Rig::new();
    let region = rig.region("r", rig.root(), Policy::FailFast);
    let hung = rig.started("hung", region);
    let sibling = rig.started("sibling", region);
    rig.kernel.task_join(sibling, hung, 1).unwrap();
    rig.cancel(hung, CancelKind::User);
    assert_eq!(
        rig.at(5_000),
        [
            "revoked hung by User",
            "done hung Cancelled by User",
            "resume sibling #1 -> 2"
        ]
    );
    assert_eq!(rig.kernel.task_state(sibling), Ok(TaskState::Running));
}

#[test]
fn shielded_work_that_a_cancelled_body_waits_for_has_the_drain_time() {
    let mut rig = Rig::new();
    let owner = rig.started("owner", rig.root());
    let region = rig.region_in("r", owner, Policy::FailFast, SHIELDED);
    let child = rig.started("child", region);
    rig.sleep(child, 1_000_000, 1);
    rig.kernel.region_join(owner, region, 2).unwrap();
    rig.cancel(owner, CancelKind::User);
    assert_eq!(rig.at(4_999), [""; 0]);
    assert_eq!(rig.at(5_000), ["fail child #1 ParentCancelled"]);
    rig.complete(child, Outcome::Cancelled);
    assert_eq!(
        rig.settle(),
        [
            "closed r Cancelled by ParentCancelled",
            "resume owner #2 -> 2"
        ]
    );
    rig.complete(owner, Outcome::Ok);
    assert_eq!(rig.kernel.counters().tasks_revoked, 0);
}

#[test]
fn shielded_work_that_outlives_its_body_has_the_drain_time_too() {
    // The body may end before the cancellation comes, or after it as a value that was finished.
    for asked_first in [false, true] {
        let mut rig = Rig::new();
        let owner = rig.started("owner", rig.root());
        let region = rig.region_in("r", owner, Policy::FailFast, SHIELDED);
        let child = rig.started("child", region);
        rig.sleep(child, 1_000_000, 1);
        if asked_first {
            rig.kernel.shutdown().unwrap();
            assert_eq!(rig.complete(owner, Outcome::Ok), None);
        } else {
            assert_eq!(rig.complete(owner, Outcome::Ok), None);
            rig.kernel.shutdown().unwrap();
        }
        assert_eq!(rig.at(4_999), [""; 0], "{asked_first}");
        assert_eq!(rig.at(5_000), ["fail child #1 ParentCancelled"]);
        rig.complete(child, Outcome::Cancelled);
        let effects = rig.settle();
        assert_eq!(
            effects.last().map(String::as_str),
            Some("closed root Cancelled by Shutdown"),
            "{effects:?}"
        );
    }
}

#[test]
fn shutdown_of_a_house_full_of_bodies_that_never_answer_closes_in_bounded_time() {
    let mut rig = Rig::with(&KernelConfig {
        trace_capacity: 1 << 12,
        ..config()
    });
    let mut regions = vec![rig.root()];
    for depth in 0..6 {
        let parent = regions[depth];
        let region = rig.kernel.region_open(parent, Policy::FailFast).unwrap();
        let task = rig.kernel.region_spawn(region).unwrap();
        rig.kernel.tick(ms(0));
        rig.kernel.task_defer(task).unwrap();
        rig.kernel.task_mask(task).unwrap();
        let owned = rig
            .kernel
            .region_open_in(task, Policy::Race, SHIELDED)
            .unwrap();
        let child = rig.kernel.region_spawn(owned).unwrap();
        rig.kernel.tick(ms(0));
        rig.kernel.host_open(child, HostOpKind::Fetch, 1).unwrap();
        regions.push(region);
    }
    rig.kernel.shutdown().unwrap();
    let mut last = None;
    for _ in 0..200 {
        let Some(next) = rig.kernel.next_deadline() else {
            break;
        };
        rig.kernel.tick(next);
        rig.check();
        last = Some(next);
        let effects = rig.kernel.take_effects();
        let asked = effects
            .iter()
            .any(|effect| matches!(effect, Effect::RegionFinalize { .. }));
        assert!(!asked, "no region has finalizers here");
    }
    assert!(rig.kernel.is_closed());
    assert!(last.unwrap() <= ms(60_000), "{last:?}");
    let counters = rig.kernel.counters();
    assert_eq!(
        (
            counters.tasks_live,
            counters.host_ops_live,
            counters.timers_live
        ),
        (0, 0, 0)
    );
    let revoked = rig
        .kernel
        .events()
        .filter(|event| event.kind == EventKind::TaskRevoked)
        .count();
    assert!(revoked >= 12, "{revoked}");
}

/// Late are the scheduler and the region's finalizer's first dispatch, so that its time starts
/// anew; the request that comes then bounds what it still has.
#[test]
fn a_regions_finalizer_that_started_late_has_the_cleanup_polls_of_a_later_request() {
    let mut rig = Rig::new();
    let region = rig.region("r", rig.root(), Policy::FailFast);
    rig.kernel.region_defer(region).unwrap();
    rig.kernel.region_close(region).unwrap();
    rig.settle();
    let finalizer = rig.kernel.region_finalizer_spawn(region).unwrap();
    rig.name(finalizer, "f");
    assert_eq!(rig.at(6_000), ["start f"]);
    rig.cancel_region(region, CancelKind::User);
    let mut after = 0;
    for at in (6_000_u64..).step_by(1_000) {
        assert!(at < 1_000_000, "it has the polls of a weaker request");
        rig.checkpoint(finalizer);
        let effects = rig.at(at);
        if effects != ["resume f"] {
            assert_eq!(effects[0], "revoked f by ParentCancelled");
            break;
        }
        after += u64::from(at > 11_000);
    }
    let allowed = u64::from(CancelKind::ParentCancelled.cleanup_polls());
    assert!((allowed - 1..=allowed + 1).contains(&after), "{after}");
}

/// As for a body that has observed its cancellation: the clean-up budget is given once.
#[test]
fn a_stronger_request_does_not_shorten_the_cleanup_polls_of_a_loop_in_overtime() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    rig.kernel.task_mask(task).unwrap();
    rig.cancel(task, CancelKind::User);
    let mut after = 0;
    for at in (0_u64..).step_by(100) {
        assert!(at < 1_000_000, "it spins for ever");
        if at == 6_000 {
            rig.cancel(task, CancelKind::Shutdown);
        }
        rig.checkpoint(task);
        let effects = rig.at(at);
        if effects != ["resume a"] {
            assert_eq!(effects[0], "revoked a by Shutdown");
            break;
        }
        after += u64::from(at > 5_000);
    }
    let allowed = u64::from(CancelKind::User.cleanup_polls());
    assert!((allowed - 1..=allowed + 1).contains(&after), "{after}");
}
