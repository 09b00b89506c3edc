//! Behaviour of tasks: their life, their waits, their masks.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop where it fails"
)]

mod support;

use asupersync_core::limits::{FINALIZERS_MAX, MASK_DEPTH_MAX};
use asupersync_core::{
    Budget, CancelKind, ErrorKind, Handle, HostOpKind, Outcome, Ownership, Policy, TaskState,
};
use support::{Rig, kind_of, ms};

#[test]
fn a_task_starts_goes_on_after_its_checkpoint_and_completes_within_the_command() {
    let mut rig = Rig::new();
    let task = rig.task("a", rig.root());
    assert_eq!(rig.kernel.task_state(task), Ok(TaskState::Created));
    assert_eq!(rig.turn(), ["start a"]);
    assert_eq!(rig.kernel.task_state(task), Ok(TaskState::Running));
    rig.checkpoint(task);
    assert_eq!(rig.turn(), ["resume a"]);
    assert_eq!(rig.complete(task, Outcome::Ok), Some(Outcome::Ok));
    assert_eq!(rig.settle(), [""; 0], "the command has said it");
    assert_eq!(kind_of(rig.kernel.task_state(task)), ErrorKind::StaleHandle);
    assert_eq!(
        rig.events_of("a"),
        [
            "TaskSpawned",
            "TaskDispatched Ready",
            "TaskDispatched Ready",
            "TaskCompleted Ok"
        ]
    );
}

#[test]
fn tasks_start_in_the_order_in_which_they_were_spawned() {
    let mut rig = Rig::new();
    for name in ["a", "b", "c"] {
        rig.task(name, rig.root());
    }
    assert_eq!(rig.turn(), ["start a", "start b", "start c"]);
}

#[test]
fn a_second_checkpoint_before_the_first_is_answered_is_the_same_checkpoint() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    rig.checkpoint(task);
    rig.checkpoint(task);
    assert_eq!(rig.settle(), ["resume a"]);
}

#[test]
fn every_outcome_of_a_body_is_the_outcome_of_its_task() {
    for outcome in [Outcome::Ok, Outcome::Err, Outcome::Panicked] {
        let mut rig = Rig::new();
        let task = rig.started("a", rig.root());
        assert_eq!(rig.complete(task, outcome), Some(outcome));
    }
}

#[test]
fn nobody_is_cancelled_who_was_not_asked() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    let refused = rig.kernel.task_complete(task, Outcome::Cancelled);
    assert_eq!(kind_of(refused), ErrorKind::WrongState);
    assert_eq!(rig.kernel.task_state(task), Ok(TaskState::Running));
    assert_eq!(rig.complete(task, Outcome::Ok), Some(Outcome::Ok));
}

#[test]
fn a_task_completes_once() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    rig.complete(task, Outcome::Ok);
    for _ in 0..2 {
        let again = rig.kernel.task_complete(task, Outcome::Ok);
        assert_eq!(kind_of(again), ErrorKind::StaleHandle);
        rig.turn();
    }
    assert_eq!(rig.kernel.counters().tasks_completed, 1);
}

#[test]
fn before_its_start_and_after_its_body_a_task_may_ask_for_nothing() {
    let mut rig = Rig::new();
    let other = rig.started("other", rig.root());
    let unstarted = rig.task("unstarted", rig.root());
    let ended = rig.task("ended", rig.root());
    rig.kernel
        .task_cancel(unstarted, CancelKind::User, "")
        .unwrap();
    rig.turn();
    let unstarted = rig.task("unstarted", rig.root());
    let region = rig.region_in("r", ended, Policy::FailFast, Ownership::default());
    let child = rig.task("child", region);
    assert_eq!(
        rig.complete(ended, Outcome::Ok),
        None,
        "it waits for its region"
    );

    for task in [unstarted, ended] {
        let kernel = &mut rig.kernel;
        let answers = [
            kernel.task_checkpoint(task).err(),
            kernel.task_sleep(task, ms(1), 1).err(),
            kernel.task_join(task, other, 1).err(),
            kernel.task_mask(task).err(),
            kernel.task_unmask(task).err(),
            kernel.task_defer(task).err(),
            kernel.task_complete(task, Outcome::Ok).err(),
            kernel.task_finalized(task, Outcome::Ok).err(),
            kernel.host_open(task, HostOpKind::Fetch, 1).err(),
            kernel
                .region_open_in(task, Policy::FailFast, Ownership::default())
                .err(),
            kernel.region_join(task, region, 1).err(),
        ];
        for (nth, answer) in answers.iter().enumerate() {
            let kind = answer.map(|error| error.kind);
            assert_eq!(kind, Some(ErrorKind::WrongState), "command {nth}");
        }
        rig.check();
    }
    assert_eq!(rig.turn(), ["start unstarted", "start child"]);
    rig.complete(child, Outcome::Ok);
    assert_eq!(rig.effects(), ["closed r Ok", "done ended Ok"]);
}

#[test]
fn a_joiner_gets_the_outcome_of_its_target_whatever_it_is() {
    for outcome in [Outcome::Ok, Outcome::Err, Outcome::Panicked] {
        let mut rig = Rig::new();
        let target = rig.started("target", rig.root());
        let first = rig.started("first", rig.root());
        let second = rig.started("second", rig.root());
        rig.kernel.task_join(first, target, 1).unwrap();
        rig.kernel.task_join(second, target, 2).unwrap();
        rig.complete(target, outcome);
        let code = outcome.code();
        assert_eq!(
            rig.settle(),
            [
                format!("resume first #1 -> {code}"),
                format!("resume second #2 -> {code}")
            ]
        );
    }
}

#[test]
fn joiners_are_told_in_the_order_in_which_they_asked() {
    let mut rig = Rig::new();
    let [late, early, target] =
        ["late", "early", "target"].map(|name| rig.started(name, rig.root()));
    // Its next wait takes the place of this one, which was made first.
    rig.sleep(late, 1, 1);
    rig.kernel.task_join(early, target, 1).unwrap();
    assert_eq!(rig.at(1), ["resume late #1 -> 0"]);
    rig.kernel.task_join(late, target, 2).unwrap();
    rig.complete(target, Outcome::Ok);
    assert_eq!(rig.turn(), ["resume early #1 -> 0", "resume late #2 -> 0"]);
}

#[test]
fn a_joiner_gets_the_outcome_of_a_cancelled_target() {
    let mut rig = Rig::new();
    let joiner = rig.started("joiner", rig.root());
    let target = rig.task("target", rig.root());
    rig.kernel.task_join(joiner, target, 1).unwrap();
    rig.cancel(target, CancelKind::User);
    assert_eq!(
        rig.turn(),
        ["done target Cancelled by User", "resume joiner #1 -> 2"]
    );
}

#[test]
fn a_task_cannot_join_itself_nor_what_has_ended() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    let gone = rig.started("gone", rig.root());
    rig.complete(gone, Outcome::Ok);
    let kernel = &mut rig.kernel;
    assert_eq!(
        kind_of(kernel.task_join(task, task, 1)),
        ErrorKind::WrongState
    );
    assert_eq!(
        kind_of(kernel.task_join(task, gone, 1)),
        ErrorKind::StaleHandle
    );
}

#[test]
fn what_came_for_a_task_is_handed_over_in_the_order_in_which_it_asked() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    let target = rig.started("target", rig.root());
    rig.sleep(task, 5, 1);
    rig.kernel.task_join(task, target, 2).unwrap();
    let op = rig.op("op", task, HostOpKind::Foreign, 3);
    rig.kernel.host_complete(op, 1).unwrap();
    rig.complete(target, Outcome::Err);
    assert_eq!(
        rig.at(5),
        ["resume a #1 -> 0", "resume a #2 -> 1", "resume a #3 -> 1"]
    );
    assert_eq!(rig.settle(), [""; 0], "each token comes once");
}

#[test]
fn a_task_that_ends_leaves_its_waits_behind() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    let target = rig.started("target", rig.root());
    rig.sleep(task, 5, 1);
    rig.kernel.task_join(task, target, 2).unwrap();
    rig.checkpoint(task);
    assert_eq!(rig.complete(task, Outcome::Ok), Some(Outcome::Ok));
    rig.complete(target, Outcome::Ok);
    assert_eq!(rig.at(5), [""; 0]);
    assert_eq!(rig.kernel.counters().timers_live, 0);
    assert!(!rig.kernel.is_runnable());
}

#[test]
fn a_failed_child_of_a_linked_region_makes_its_owner_fail_too() {
    let linked = Ownership {
        linked: true,
        ..Ownership::default()
    };
    let mut rig = Rig::new();
    let owner = rig.started("owner", rig.root());
    let region = rig.region_in("r", owner, Policy::FailFast, linked);
    let child = rig.started("child", region);
    rig.sleep(owner, 1_000, 1);
    rig.complete(child, Outcome::Err);
    assert_eq!(
        rig.settle(),
        ["closed r Err by ParentCancelled", "fail owner #1 FailFast"],
        "the owner's cancellation reaches the region too, and is the stronger one"
    );
    assert_eq!(
        rig.complete(owner, Outcome::Cancelled),
        Some(Outcome::Err),
        "the child's failure is its own"
    );
}

#[test]
fn an_owner_that_had_its_value_still_ends_with_the_failure_of_a_linked_child() {
    let linked = Ownership {
        linked: true,
        ..Ownership::default()
    };
    let mut rig = Rig::new();
    let owner = rig.started("owner", rig.root());
    let region = rig.region_in("r", owner, Policy::FailFast, linked);
    let child = rig.started("child", region);
    assert_eq!(rig.complete(owner, Outcome::Ok), None);
    rig.complete(child, Outcome::Panicked);
    assert_eq!(
        rig.settle(),
        ["closed r Panicked by FailFast", "done owner Panicked"]
    );
}

#[test]
fn a_linked_child_that_is_cancelled_is_no_failure_of_its_owner() {
    let linked = Ownership {
        linked: true,
        ..Ownership::default()
    };
    let mut rig = Rig::new();
    let owner = rig.started("owner", rig.root());
    let region = rig.region_in("r", owner, Policy::FailFast, linked);
    let child = rig.task("child", region);
    rig.cancel(child, CancelKind::User);
    assert_eq!(rig.settle(), ["done child Cancelled by User"]);
    assert_eq!(rig.complete(owner, Outcome::Ok), Some(Outcome::Ok));
    assert_eq!(rig.effects(), ["closed r Ok"]);
}

#[test]
fn an_owner_cancelled_for_another_cause_stays_cancelled_when_a_linked_child_fails() {
    let linked = Ownership {
        linked: true,
        ..Ownership::default()
    };
    let mut rig = Rig::new();
    let owner = rig.started("owner", rig.root());
    let region = rig.region_in("r", owner, Policy::FailFast, linked);
    let child = rig.started("child", region);
    rig.checkpoint(owner);
    rig.cancel(owner, CancelKind::Timeout);
    assert_eq!(rig.turn(), ["fail owner Timeout"]);
    assert_eq!(rig.complete(owner, Outcome::Cancelled), None);
    rig.complete(child, Outcome::Err);
    assert_eq!(
        rig.settle(),
        [
            "closed r Err by ParentCancelled",
            "done owner Cancelled by Timeout"
        ]
    );
}

#[test]
fn a_region_that_is_not_linked_keeps_its_failures_to_itself() {
    let mut rig = Rig::new();
    let owner = rig.started("owner", rig.root());
    let region = rig.region_in("r", owner, Policy::FailFast, Ownership::default());
    let child = rig.started("child", region);
    rig.complete(child, Outcome::Err);
    assert_eq!(rig.settle(), ["closed r Err by FailFast"]);
    assert_eq!(rig.complete(owner, Outcome::Ok), Some(Outcome::Ok));
}

#[test]
fn masks_nest_to_their_maximum_and_each_is_closed_once() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    let kernel = &mut rig.kernel;
    assert_eq!(kind_of(kernel.task_unmask(task)), ErrorKind::WrongState);
    for _ in 0..MASK_DEPTH_MAX {
        kernel.task_mask(task).unwrap();
    }
    assert_eq!(kind_of(kernel.task_mask(task)), ErrorKind::LimitReached);
    for _ in 0..MASK_DEPTH_MAX {
        kernel.task_unmask(task).unwrap();
    }
    assert_eq!(kind_of(kernel.task_unmask(task)), ErrorKind::WrongState);
}

#[test]
fn finalizers_are_counted_to_their_maximum() {
    let mut rig = Rig::new();
    let (region, task) = rig.started_in_region("a", Policy::FailFast);
    for _ in 0..FINALIZERS_MAX {
        rig.kernel.task_defer(task).unwrap();
        rig.kernel.region_defer(region).unwrap();
    }
    assert_eq!(
        kind_of(rig.kernel.task_defer(task)),
        ErrorKind::LimitReached
    );
    assert_eq!(
        kind_of(rig.kernel.region_defer(region)),
        ErrorKind::LimitReached
    );
    rig.check();
}

#[test]
fn a_slot_that_an_effect_names_is_not_used_again_before_the_next_turn() {
    let mut rig = Rig::new();
    let gone = rig.task("gone", rig.root());
    rig.cancel(gone, CancelKind::User);
    assert_eq!(rig.turn(), ["done gone Cancelled by User"]);
    let next = rig.task("next", rig.root());
    assert_ne!(next.slot(), gone.slot());
    rig.turn();
    let later = rig.task("later", rig.root());
    assert_eq!(later.slot(), gone.slot());
    assert_ne!(later, gone, "the generation tells them apart");
}

#[test]
fn a_task_inherits_its_owners_deadline_and_priority() {
    let mut rig = Rig::new();
    let budget = Budget {
        deadline: ms(50),
        priority: 3,
        ..Budget::DEFAULT
    };
    let owner = rig.task_with("owner", rig.root(), budget);
    rig.turn();
    let shielded = Ownership {
        shielded: true,
        linked: false,
    };
    let region = rig.region_in("r", owner, Policy::FailFast, shielded);
    let child = rig.task("child", region);
    let urgent = rig.task_with(
        "urgent",
        rig.root(),
        Budget {
            priority: 2,
            ..Budget::DEFAULT
        },
    );
    assert_eq!(rig.turn(), ["start child", "start urgent"], "3 before 2");
    for task in [child, urgent] {
        for _ in 0..5 {
            rig.checkpoint(task);
            rig.turn();
        }
    }
    assert_eq!(rig.kernel.task_state(child), Ok(TaskState::Running));
    rig.at(50);
    assert_eq!(rig.reason(child).kind, CancelKind::Deadline);
    assert_eq!(rig.kernel.task_state(urgent), Ok(TaskState::Running));
}

#[test]
fn only_the_failure_of_its_own_child_makes_a_cancelled_owner_fail() {
    let linked = Ownership {
        linked: true,
        ..Ownership::default()
    };
    type Cancel = fn(&mut Rig, Handle, Handle);
    let causes: [(Cancel, &str); 2] = [
        (
            |rig, _, above| rig.cancel_region(above, CancelKind::User),
            "done owner Cancelled by ParentCancelled",
        ),
        (
            |rig, owner, _| rig.cancel(owner, CancelKind::FailFast),
            "done owner Cancelled by FailFast",
        ),
    ];
    for (cancel, end) in causes {
        let mut rig = Rig::new();
        let (above, owner) = rig.started_in_region("owner", Policy::CollectAll);
        let region = rig.region_in("own", owner, Policy::CollectAll, linked);
        let child = rig.started("child", region);
        rig.checkpoint(owner);
        cancel(&mut rig, owner, above);
        rig.turn();
        assert_eq!(rig.complete(owner, Outcome::Cancelled), None);
        rig.complete(child, Outcome::Err);
        assert!(rig.settle().contains(&end.to_owned()), "{end}");
    }
}

#[test]
fn ends_are_counted_and_those_by_cancellation_once_more() {
    let mut rig = Rig::new();
    let counts = |rig: &Rig| {
        let counters = rig.kernel.counters();
        let ended = (counters.tasks_completed, counters.tasks_cancelled);
        (counters.tasks_spawned, counters.tasks_live, ended)
    };
    let [a, b, c, d] = ["a", "b", "c", "d"].map(|name| rig.started(name, rig.root()));
    assert_eq!(counts(&rig), (4, 4, (0, 0)));
    rig.complete(a, Outcome::Ok);
    rig.complete(b, Outcome::Err);
    assert_eq!(counts(&rig), (4, 2, (2, 0)));
    for (task, cancelled) in [(c, 1), (d, 2)] {
        rig.cancel(task, CancelKind::User);
        rig.complete(task, Outcome::Cancelled);
        assert_eq!(counts(&rig).2, (2 + cancelled, cancelled));
    }
}
