//! Owns the executor's state: the kernel, the records, and what the kernel's effects do to them.

use core::task::Waker;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::abort::AbortOrder;
use super::current::ExecutorId;
use super::error::{Error, Result};
use super::finalizers::Finalizers;
use super::inbox::{Message, TaskWaker};
use super::leavings::{Ended, Leavings};
use super::platform::BoxFuture;
use super::record::{Progress, Record, Role};
use super::tape::Tape;
use crate::cancel::CancelReason;
use crate::effect::Effect;
use crate::error::ErrorKind;
use crate::handle::Handle;
use crate::kernel::Kernel;
use crate::outcome::Outcome as Ending;
use crate::task::TaskState;

/// How a region ended.
#[derive(Clone, Debug)]
pub(crate) struct RegionEnd {
    pub(crate) ending: Ending,
    pub(crate) reason: Option<Arc<CancelReason>>,
}

pub(crate) struct State {
    id: ExecutorId,
    pub(crate) kernel: Kernel,
    /// By the slot of the task.
    records: Vec<Option<Box<Record>>>,
    records_live: usize,
    /// Regions that somebody waits for, and their end.
    pub(crate) regions: BTreeMap<Handle, Option<RegionEnd>>,
    /// Open host operations, and the order that aborts each.
    pub(crate) host_ops: BTreeMap<Handle, Arc<AbortOrder>>,
    /// Of scopes.
    pub(crate) finalizers: Finalizers,
    effects: Vec<Effect>,
    queue: VecDeque<Step>,
    pub(crate) tape: Tape,
    /// Answers that the task got without waiting since its poll began.
    pub(crate) answers: u32,
    leavings: Leavings,
    is_abandoned: bool,
}

/// Why a task whose body did not panic is panicked, under the policy that says so.
const LEAKED: &str = "expected every obligation kept or handed over at the end of its task, got \
                      one that was forgotten";

/// What the kernel wants of a future.
enum Step {
    Start(Handle),
    Deliver(Handle, u32, Progress),
    Finalize(Handle),
}

/// One future to poll.
pub(crate) struct Job {
    pub(crate) task: Handle,
    pub(crate) future: BoxFuture<Ending>,
    pub(crate) waker: Waker,
    pub(crate) task_waker: Arc<TaskWaker>,
    /// Of the waits that have their result.
    pub(crate) woken: Vec<Waker>,
}

impl State {
    pub(crate) fn new(id: ExecutorId, kernel: Kernel) -> Self {
        Self {
            id,
            kernel,
            records: Vec::new(),
            records_live: 0,
            regions: BTreeMap::new(),
            host_ops: BTreeMap::new(),
            finalizers: Finalizers::default(),
            effects: Vec::new(),
            queue: VecDeque::new(),
            tape: Tape::default(),
            answers: 0,
            leavings: Leavings::default(),
            is_abandoned: false,
        }
    }

    pub(crate) fn insert(&mut self, record: Record) {
        let slot = record.handle.slot() as usize;
        if self.records.len() <= slot {
            self.records.resize_with(slot + 1, || None);
        }
        self.records_live += 1;
        if let Some(old) = self.records[slot].replace(Box::new(record)) {
            // Its end is still in the queue of effects of a kernel that has ended it; a slot is
            // free only once that was taken, so this does not happen.
            debug_assert!(false, "the slot of {:?} was taken", old.handle);
            self.records_live -= 1;
            self.leavings.records.push(*old);
        }
    }

    pub(crate) fn record(&mut self, task: Handle) -> Option<&mut Record> {
        self.records
            .get_mut(task.slot() as usize)?
            .as_deref_mut()
            .filter(|record| record.handle == task)
    }

    fn remove(&mut self, task: Handle) -> Option<Box<Record>> {
        self.record(task)?;
        self.records_live -= 1;
        self.records[task.slot() as usize].take()
    }

    /// The record of the task that this thread polls, if `task` is it.
    pub(crate) fn running(&mut self, task: Handle) -> Result<&mut Record> {
        if self.id.current() != Some(task) {
            return Err(Error::not_running(task.raw()));
        }
        self.record(task).ok_or(const { Error::not_running(0) })
    }

    /// Refuses what an executor that is dropped would hold for ever.
    pub(crate) const fn check_kept(&self) -> Result<()> {
        if self.is_abandoned {
            let expected = "a runtime that was not dropped";
            return Err(Error::refused(ErrorKind::RuntimeClosed, expected, 0));
        }
        Ok(())
    }

    /// Records that are still held: none once the kernel has closed.
    pub(crate) const fn records_live(&self) -> usize {
        self.records_live
    }

    pub(crate) fn take_leavings(&mut self) -> Leavings {
        core::mem::take(&mut self.leavings)
    }

    /// Lets go of every record, for an executor that is dropped before it has closed.
    pub(crate) fn abandon(&mut self) -> Leavings {
        // What has ended has, though nobody turns again to hear of it.
        self.absorb();
        self.is_abandoned = true;
        self.records_live = 0;
        for mut record in self.records.drain(..).flatten() {
            self.leavings.orphans.extend(record.packet.take());
            self.leavings.records.push(*record);
        }
        self.leavings.finalizers = self.finalizers.abandon();
        for order in core::mem::take(&mut self.host_ops).into_values() {
            order.give();
            self.leavings.aborts.push(order);
        }
        self.take_leavings()
    }

    pub(crate) fn apply(&mut self, message: Message) {
        match message {
            Message::Wake(waker) => {
                waker.listen();
                // A task that has ended, or whose body has, is not there to be woken.
                let _ = self.kernel.task_checkpoint(waker.task);
            }
            Message::Complete(op, code) => {
                self.host_ops.remove(&op);
                // One that did not drain in time is stale, and its late result is nobody's.
                let _ = self.kernel.host_complete(op, code);
            }
        }
    }

    /// Takes the kernel's effects. Ends are carried out at once: they only hand over what has
    /// happened, and so packets settle in the kernel's own order, before any future runs on.
    pub(crate) fn absorb(&mut self) {
        let mut effects = core::mem::take(&mut self.effects);
        self.kernel.take_effects_into(&mut effects);
        for effect in effects.drain(..) {
            match effect {
                Effect::TaskDone {
                    task,
                    outcome,
                    reason,
                } => self.finish(task, outcome, reason),
                Effect::TaskRevoked {
                    task, successor, ..
                } => self.inherit(task, successor),
                Effect::RegionClosed {
                    region,
                    outcome,
                    reason,
                } => {
                    if let Some(end) = self.regions.get_mut(&region) {
                        *end = Some(RegionEnd {
                            ending: outcome,
                            reason,
                        });
                    }
                }
                Effect::HostCancel { op, .. } => {
                    if let Some(order) = self.host_ops.get(&op) {
                        order.give();
                        self.leavings.aborts.push(Arc::clone(order));
                    }
                }
                Effect::HostDropped { op } | Effect::HostRevoked { op } => {
                    self.host_ops.remove(&op);
                }
                Effect::Start { task } => self.queue.push_back(Step::Start(task)),
                Effect::Resume { task, token, code } => {
                    let step = Step::Deliver(task, token, Progress::Done(code));
                    self.queue.push_back(step);
                }
                Effect::Fail {
                    task,
                    token,
                    reason,
                } => {
                    let step = Step::Deliver(task, token, Progress::Failed(reason));
                    self.queue.push_back(step);
                }
                Effect::Finalize { task } => self.queue.push_back(Step::Finalize(task)),
                Effect::RegionFinalize { region } => self.finalizers.ask(region),
                Effect::ObligationLeaked { task, .. } => self.tell_leak(task),
            }
        }
        self.effects = effects;
        while let Some(record) = self.finalizers.begin_next(&mut self.kernel) {
            self.insert(record);
        }
    }

    fn finish(&mut self, task: Handle, ending: Ending, reason: Option<Arc<CancelReason>>) {
        let Some(mut record) = self.remove(task) else {
            return;
        };
        if let Some(packet) = record.packet.take() {
            self.leavings.ended.push(Ended {
                packet,
                ending,
                reason,
            });
        }
        self.leavings.records.push(*record);
    }

    /// The task was revoked: its future is dropped, which a Rust body cannot resist, and its
    /// finalizers go to the successor.
    fn inherit(&mut self, task: Handle, successor: Option<Handle>) {
        let Some(record) = self.record(task) else {
            return;
        };
        let future = record.future.take();
        let finalizers = core::mem::take(&mut record.finalizers);
        let inbox = record.task_waker.inbox();
        self.leavings.futures.extend(future);
        match successor {
            Some(successor) => {
                let mut record = Record::new(successor, None, None, &inbox);
                record.finalizers = finalizers;
                self.insert(record);
            }
            None => self.leavings.futures.extend(finalizers),
        }
    }

    /// The next future to poll, with everything that the kernel gave its task at once.
    pub(crate) fn next_job(&mut self) -> Option<Job> {
        while let Some(step) = self.queue.pop_front() {
            let mut woken = Vec::new();
            let task = match step {
                Step::Start(task) => task,
                Step::Deliver(task, token, progress) => {
                    self.deliver(task, token, progress, &mut woken);
                    self.deliver_rest(task, &mut woken);
                    task
                }
                Step::Finalize(task) => {
                    if let Some(record) = self.record(task) {
                        record.role = Role::Finalizer;
                        record.future = record.finalizers.pop();
                    }
                    task
                }
            };
            let Some(record) = self.record(task) else {
                self.leavings.wakers.append(&mut woken);
                continue;
            };
            let Some(future) = record.future.take() else {
                self.leavings.wakers.append(&mut woken);
                continue;
            };
            return Some(Job {
                task,
                future,
                waker: record.waker.clone(),
                task_waker: Arc::clone(&record.task_waker),
                woken,
            });
        }
        None
    }

    /// Delivers what else one dispatch gave the task.
    fn deliver_rest(&mut self, task: Handle, woken: &mut Vec<Waker>) {
        let is_same = |step: &mut Step| matches!(step, Step::Deliver(same, ..) if *same == task);
        while let Some(Step::Deliver(_, token, progress)) = self.queue.pop_front_if(is_same) {
            self.deliver(task, token, progress, woken);
        }
    }

    fn deliver(&mut self, task: Handle, token: u32, progress: Progress, woken: &mut Vec<Waker>) {
        if let Some(record) = self.record(task) {
            woken.extend(record.waits.deliver(token, progress));
        }
    }

    /// The future of `task` has ended.
    pub(crate) fn future_ended(&mut self, task: Handle, ending: Ending) {
        // Whatever ended before this did so before it: packets settle in the kernel's order.
        self.absorb();
        let Some(record) = self.record(task) else {
            return;
        };
        let wakers = record.waits.clear();
        record.children = None;
        let role = record.role;
        let packet = record.packet.clone();
        self.leavings.wakers.extend(wakers);
        if self.kernel.task_state(task) == Ok(TaskState::Cancelling)
            && let Some(packet) = packet
        {
            packet.overrule();
        }
        let reason = self.kernel.task_reason(task).ok().flatten();
        let ended = match role {
            Role::Body => self.kernel.task_complete(task, ending),
            Role::Finalizer => self.kernel.task_finalized(task, ending),
        };
        debug_assert!(
            ended.is_ok(),
            "the future of a live task has ended: {ended:?}"
        );
        if let Ok(Some(ending)) = ended {
            self.finish(task, ending, reason);
        }
        // Nobody turns again to hear of what ended when this has closed the kernel.
        if self.kernel.is_closed() {
            self.absorb();
        }
    }

    /// The packet of `task`, whose end follows, may need to say why a body that did not panic
    /// ended panicked.
    fn tell_leak(&mut self, task: Handle) {
        let packet = self.record(task).and_then(|record| record.packet.clone());
        if let Some(packet) = packet {
            packet.panicked(LEAKED.into());
        }
    }

    /// The future of `task` waits on.
    pub(crate) fn future_pends(&mut self, task: Handle, future: BoxFuture<Ending>) {
        match self.record(task) {
            Some(record) => record.future = Some(future),
            None => self.leavings.futures.push(future),
        }
    }

    pub(crate) fn has_queued(&self) -> bool {
        !self.queue.is_empty()
    }
}
