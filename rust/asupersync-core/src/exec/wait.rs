//! Owns one kernel wait as seen by a future: armed at the first poll, forgotten on drop.

use core::task::{Context, Poll};
use std::sync::Arc;

use super::abort::AbortOrder;
use super::error::{Error, Result};
use super::record::{Progress, Reuse};
use super::shared::Shared;
use super::state::State;
use crate::handle::Handle;
use crate::host_op::HostOpKind;
use crate::time::Time;

/// What a future waits for.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    /// A point in time.
    Timer(Time),
    /// The end of a task.
    Task(Handle),
    /// The close of a region that the task owns.
    Region(Handle),
    /// Nothing that the kernel knows: only to be told of a cancellation.
    Signal,
}

#[derive(Debug)]
enum Stage {
    Unarmed,
    Armed(u32),
    Over,
}

/// A wait of one task.
#[derive(Debug)]
pub(crate) struct Wait {
    shared: Arc<Shared>,
    task: Handle,
    target: Target,
    stage: Stage,
}

impl Wait {
    pub(crate) const fn new(shared: Arc<Shared>, task: Handle, target: Target) -> Self {
        Self {
            shared,
            task,
            target,
            stage: Stage::Unarmed,
        }
    }

    pub(crate) fn is_of(&self, task: Handle) -> bool {
        self.task == task
    }

    /// Arms the wait or looks for its result: the kernel's code for it. Refused where its task
    /// does not run: nobody would be woken there when the task ends.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<u32>> {
        let waker = context.waker();
        // Outlives the lock, as what is left in it is dropped after.
        let mut spare = None;
        loop {
            let mut state = self.shared.lock();
            let token = match self.stage {
                Stage::Unarmed => match arm(&mut state, self.task, &self.target) {
                    Ok(token) => token,
                    Err(error) => {
                        self.stage = Stage::Over;
                        return Poll::Ready(Err(error));
                    }
                },
                Stage::Armed(token) => token,
                Stage::Over => return Poll::Pending,
            };
            self.stage = Stage::Armed(token);
            let record = state.running(self.task)?;
            match record.look(token, waker, &mut spare) {
                None => {
                    drop(state);
                    spare = Some(waker.clone());
                }
                Some(Progress::Pending) => return Poll::Pending,
                Some(Progress::Failed(reason)) => {
                    self.stage = Stage::Over;
                    return Poll::Ready(Err(Error::Cancelled(reason)));
                }
                Some(Progress::Done(code)) => {
                    let is_early =
                        matches!(self.target, Target::Timer(at) if state.kernel.now() < at);
                    if is_early {
                        // The timer was one that an earlier sleep had left.
                        self.stage = Stage::Unarmed;
                        continue;
                    }
                    self.stage = Stage::Over;
                    return Poll::Ready(Ok(code));
                }
            }
        }
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        if let Stage::Armed(token) = self.stage {
            let reuse = match self.target {
                Target::Timer(at) => Reuse::Timer(at),
                Target::Signal => Reuse::Signal,
                Target::Task(_) | Target::Region(_) => Reuse::Never,
            };
            let mut state = self.shared.lock();
            let record = state.record(self.task);
            let waker = record.and_then(|record| record.waits.forget(token, reuse));
            drop(state);
            drop(waker);
        }
    }
}

fn arm(state: &mut State, task: Handle, target: &Target) -> Result<u32> {
    let waits = &mut state.running(task)?.waits;
    let left = match target {
        Target::Timer(at) => waits.reuse_timer(*at),
        Target::Signal => waits.reuse_signal(),
        Target::Task(_) | Target::Region(_) => None,
    };
    if let Some(token) = left {
        return Ok(token);
    }
    let token = waits.new_token();
    match target {
        Target::Timer(at) => state.kernel.task_sleep(task, *at, token)?,
        Target::Task(target) => state.kernel.task_join(task, *target, token)?,
        Target::Region(region) => state.kernel.region_join(task, *region, token)?,
        Target::Signal => drop(state.kernel.host_open(task, HostOpKind::Signal, token)?),
    }
    state.running(task)?.waits.begin(token);
    Ok(token)
}

/// A wait for a host operation, which it opens: the operation, if it may start.
pub(crate) fn open_host_op(
    shared: &Arc<Shared>,
    task: Handle,
    order: &Arc<AbortOrder>,
) -> Result<(Wait, Option<Handle>)> {
    let mut state = shared.lock();
    let token = state.running(task)?.waits.new_token();
    let op = state.kernel.host_open(task, HostOpKind::Foreign, token)?;
    if let Some(op) = op {
        state.host_ops.insert(op, Arc::clone(order));
    }
    state.running(task)?.waits.begin(token);
    let wait = Wait {
        shared: Arc::clone(shared),
        task,
        // Another wait must not take this one over, and nothing arms it again.
        target: Target::Task(task),
        stage: Stage::Armed(token),
    };
    Ok((wait, op))
}
