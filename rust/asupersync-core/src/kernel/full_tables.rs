//! Owns the tests of tables that are full: a command that finds no room is refused and changes
//! nothing, and what closes regions goes on. The tables are made small by hand, since millions of
//! records do not fit into a test.

use crate::limits::{DRAIN_TIME_NS, TASKS_KEPT};
use crate::{
    CancelKind, Effect, ErrorKind, Handle, HostOpKind, Kernel, KernelConfig, KernelError,
    ObligationKind, Outcome, Ownership, PermitFlow, Policy, Result, TaskState, Time,
};

const ACK: ObligationKind = ObligationKind::Ack;
const END_OF_DRAIN: Time = Time::from_nanos(DRAIN_TIME_NS);

/// A kernel and two tasks whose bodies run.
fn kernel() -> (Kernel, [Handle; 2]) {
    let mut kernel = Kernel::new(&KernelConfig::default());
    let tasks = [(); 2].map(|()| kernel.region_spawn(kernel.root()).expect("room"));
    kernel.tick(Time::ZERO);
    (kernel, tasks)
}

/// What may not change when a command is refused.
fn picture(kernel: &Kernel) -> impl PartialEq + core::fmt::Debug + use<> {
    let hashes = (kernel.fingerprint(), kernel.certificate());
    let is_runnable = kernel.is_runnable();
    (kernel.snapshot(), kernel.counters(), hashes, is_runnable)
}

#[track_caller]
fn refused<T>(kernel: &mut Kernel, command: impl FnOnce(&mut Kernel) -> Result<T>) -> KernelError {
    let before = picture(kernel);
    let error = command(kernel).err().expect("there is no room");
    assert_eq!(error.kind, ErrorKind::LimitReached);
    assert_eq!(picture(kernel), before);
    assert_eq!(kernel.check_invariants(), Ok(()));
    error
}

fn leaked_by(effect: &Effect) -> Option<Handle> {
    if let Effect::ObligationLeaked { obligation, .. } = effect {
        Some(*obligation)
    } else {
        None
    }
}

#[test]
fn a_full_table_of_regions_refuses_one_more() {
    let (mut kernel, [task, _]) = kernel();
    let root = kernel.root();
    let region = kernel.region_open(root, Policy::FailFast).expect("room");
    kernel.regions.leave_room(0);
    refused(&mut kernel, |k| k.region_open(root, Policy::FailFast));
    refused(&mut kernel, |k| {
        k.region_open_in(task, Policy::Race, Ownership::default())
    });
    kernel.region_close(region).expect("it is live");
    kernel.take_effects();
    kernel.tick(Time::ZERO);
    assert!(kernel.region_open(root, Policy::FailFast).is_ok());
}

#[test]
fn tasks_of_callers_leave_the_slots_that_are_kept() {
    let (mut kernel, [task, _]) = kernel();
    let root = kernel.root();
    kernel.tasks.leave_room(TASKS_KEPT + 1);
    kernel.region_spawn(root).expect("room");
    let error = refused(&mut kernel, |k| k.region_spawn(root));
    assert_eq!(error.expected, "room for one more task");
    kernel.task_complete(task, Outcome::Ok).expect("it runs");
    kernel.take_effects();
    kernel.tick(Time::ZERO);
    assert!(kernel.region_spawn(root).is_ok());
}

#[test]
fn a_regions_finalizer_takes_a_kept_slot_and_waits_for_one_if_there_is_none() {
    let (mut kernel, [task, _]) = kernel();
    let region = kernel.region_open(kernel.root(), Policy::FailFast);
    let region = region.expect("room");
    kernel.region_defer(region).expect("it is open");
    kernel.region_close(region).expect("it is live");
    kernel.tasks.leave_room(0);
    refused(&mut kernel, |k| k.region_finalizer_spawn(region));
    kernel.task_complete(task, Outcome::Ok).expect("it runs");
    kernel.take_effects();
    kernel.tick(Time::ZERO);
    let finalizer = kernel.region_finalizer_spawn(region).expect("room again");
    kernel.tick(Time::ZERO);
    let ended = kernel.task_complete(finalizer, Outcome::Ok);
    assert_eq!(ended, Ok(Some(Outcome::Ok)));
    assert!(kernel.region_state(region).is_err(), "it has closed");
}

#[test]
fn a_body_that_is_revoked_without_a_successor_holds_nothing_any_more() {
    let (mut kernel, [task, _]) = kernel();
    kernel.task_defer(task).expect("its body runs");
    let held = kernel.obligation_reserve(task, ACK).expect("room");
    kernel.tasks.leave_room(0);
    let asked = kernel.task_cancel(task, CancelKind::User, "");
    asked.expect("it is live");
    kernel.tick(END_OF_DRAIN);
    assert_eq!(kernel.task_state(task), Ok(TaskState::Finalizing));
    assert!(kernel.obligation_state(held).is_err());
    assert_eq!(kernel.counters().obligations_aborted, 1);
    assert_eq!(kernel.check_invariants(), Ok(()));
}

#[test]
fn a_full_table_of_host_operations_refuses_one_more() {
    let (mut kernel, [task, _]) = kernel();
    let open = |k: &mut Kernel, kind| k.host_open(task, kind, 1);
    let op = open(&mut kernel, HostOpKind::Fetch);
    let op = op.expect("room").expect("nobody cancelled");
    kernel.host_ops.leave_room(0);
    for kind in [HostOpKind::Fetch, HostOpKind::Signal] {
        refused(&mut kernel, |k| open(k, kind));
    }
    kernel.host_complete(op, 0).expect("it is open");
    kernel.take_effects();
    kernel.tick(Time::ZERO);
    assert!(open(&mut kernel, HostOpKind::Fetch).is_ok());
}

#[test]
fn a_full_table_of_waits_refuses_every_wait_and_nothing_else() {
    let (mut kernel, [task, other]) = kernel();
    let region = kernel.region_open_in(task, Policy::FailFast, Ownership::default());
    let region = region.expect("room");
    let op = kernel.host_open(task, HostOpKind::Fetch, 0);
    let op = op.expect("room").expect("nobody cancelled");
    let lock = kernel.semaphore_open(kernel.root(), 1, PermitFlow::Returned);
    let lock = lock.expect("room");
    kernel.waits.leave_room(0);
    refused(&mut kernel, |k| k.task_sleep(task, END_OF_DRAIN, 1));
    refused(&mut kernel, |k| k.task_join(task, other, 1));
    refused(&mut kernel, |k| k.region_join(task, region, 1));
    refused(&mut kernel, |k| k.host_wait(op, 1));
    refused(&mut kernel, |k| k.host_open(task, HostOpKind::Fetch, 1));
    let acquire = |k: &mut Kernel| k.semaphore_acquire(task, lock, 1, ACK, 1);
    acquire(&mut kernel).expect("what is there needs no wait");
    refused(&mut kernel, acquire);
    let silent = kernel.host_open(task, HostOpKind::Fetch, 0);
    assert!(silent.is_ok(), "nothing waits for it");
    assert_eq!(kernel.task_checkpoint(task), Ok(()));
    // Neither does a cancellation find room, to fail with.
    kernel
        .task_cancel(task, CancelKind::User, "")
        .expect("live");
    refused(&mut kernel, |k| k.task_sleep(task, END_OF_DRAIN, 1));
    refused(&mut kernel, |k| k.host_open(task, HostOpKind::Fetch, 1));
    refused(&mut kernel, acquire);
}

#[test]
fn a_full_table_of_obligations_refuses_one_more() {
    let (mut kernel, [task, _]) = kernel();
    let many = kernel.semaphore_open(kernel.root(), 9, PermitFlow::Returned);
    let many = many.expect("room");
    let held = kernel.obligation_reserve(task, ACK).expect("room");
    kernel.obligations.leave_room(0);
    refused(&mut kernel, |k| k.obligation_reserve(task, ACK));
    refused(&mut kernel, |k| k.semaphore_acquire(task, many, 1, ACK, 1));
    refused(&mut kernel, |k| k.semaphore_try_acquire(task, many, 1, ACK));
    kernel.obligation_commit(held).expect("pending");
    let again = kernel.obligation_reserve(task, ACK);
    assert!(again.is_ok(), "no effect names the one that ended");
}

#[test]
fn the_slot_of_a_leaked_obligation_is_kept_until_the_effect_was_carried_out() {
    let (mut kernel, [forgetful, other]) = kernel();
    let leaked = kernel.obligation_reserve(forgetful, ACK).expect("room");
    kernel.obligations.leave_room(0);
    let ended = kernel.task_complete(forgetful, Outcome::Ok);
    assert_eq!(ended, Ok(None), "an effect says it, after the leak");
    kernel.tick(Time::ZERO);
    refused(&mut kernel, |k| k.obligation_reserve(other, ACK));
    let effects = kernel.take_effects();
    let leaks: Vec<Handle> = effects.iter().filter_map(leaked_by).collect();
    assert_eq!(leaks, [leaked]);
    kernel.tick(Time::ZERO);
    assert!(kernel.obligation_reserve(other, ACK).is_ok());
}

#[test]
fn a_channel_needs_room_for_two_semaphores() {
    let (mut kernel, _) = kernel();
    let root = kernel.root();
    let open = |k: &mut Kernel| k.semaphore_open(root, 1, PermitFlow::Spent);
    kernel.semaphores.leave_room(1);
    refused(&mut kernel, |k| k.channel_open(root, 1));
    let one = open(&mut kernel).expect("room");
    refused(&mut kernel, open);
    kernel.semaphore_drop(one).expect("it is live");
    assert!(open(&mut kernel).is_ok());
}
