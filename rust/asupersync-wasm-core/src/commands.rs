//! Owns the calls that change something. Each decodes its numbers, gives one command to the
//! kernel, and answers with one number: a handle or a status, or minus an error's code.

use asupersync_core::{Budget, KernelError, Outcome, RegionLimits, Result};

use crate::decode;
use crate::driver::Driver;
use crate::wakes::{Port, to_ms};

/// What `task_complete` adds to the outcome of a task that completed in the call.
pub const COMPLETED_NOW: f64 = 4.0;

/// The answer that refuses a command.
#[must_use]
pub fn refusal(error: KernelError) -> f64 {
    -f64::from(error.kind.code())
}

/// A handle as the number that crosses. Exact: handles are below 2^53.
#[expect(clippy::cast_precision_loss, reason = "handles are below 2^53")]
pub(crate) fn number(handle: asupersync_core::Handle) -> f64 {
    handle.raw() as f64
}

impl<P: Port> Driver<P> {
    pub(crate) fn answer(&mut self, command: impl FnOnce(&mut Self) -> Result<f64>) -> f64 {
        let answer = command(self).unwrap_or_else(refusal);
        self.after_command();
        answer
    }

    /// Opens a region under a region.
    pub fn region_open(&mut self, parent: f64, policy: f64) -> f64 {
        self.answer(|d| {
            let (parent, policy) = (decode::handle(parent)?, decode::policy(policy)?);
            d.kernel.region_open(parent, policy).map(number)
        })
    }

    /// Opens a region owned by a task.
    pub fn region_open_in(&mut self, task: f64, policy: f64, flags: f64) -> f64 {
        self.answer(|d| {
            let (task, policy) = (decode::handle(task)?, decode::policy(policy)?);
            d.kernel
                .region_open_in(task, policy, decode::ownership(flags)?)
                .map(number)
        })
    }

    /// Spawns a task.
    pub fn region_spawn(&mut self, region: f64) -> f64 {
        self.answer(|d| d.kernel.region_spawn(decode::handle(region)?).map(number))
    }

    /// Stops admitting work; the region closes when it is empty.
    pub fn region_close(&mut self, region: f64) -> f64 {
        self.answer(|d| d.kernel.region_close(decode::handle(region)?).map(|()| 0.0))
    }

    /// Limits what a region may hold at once; -1 is no limit.
    pub fn region_limits(
        &mut self,
        region: f64,
        tasks: f64,
        regions: f64,
        obligations: f64,
    ) -> f64 {
        self.answer(|d| {
            let region = decode::handle(region)?;
            let limit = |number| decode::word_or(number, u32::MAX, "a limit");
            let limits = RegionLimits {
                tasks: limit(tasks)?,
                regions: limit(regions)?,
                obligations: limit(obligations)?,
            };
            d.kernel.region_limits(region, limits).map(|()| 0.0)
        })
    }

    /// Cancels a region.
    pub fn region_cancel(&mut self, region: f64, kind: f64, message: &str) -> f64 {
        self.answer(|d| {
            let (region, kind) = (decode::handle(region)?, decode::cancel_kind(kind)?);
            d.sample();
            d.kernel.region_cancel(region, kind, message).map(|()| 0.0)
        })
    }

    /// Cancels a region with `timeout` after `ms`; gives the runtime time of that, in ms.
    pub fn region_timeout(&mut self, region: f64, ms: f64) -> f64 {
        self.answer(|d| {
            let (region, ns) = (decode::handle(region)?, decode::millis(ms)?);
            let at = d.sample().plus_nanos(ns);
            d.kernel.region_timeout(region, at)?;
            Ok(to_ms(at.as_nanos()))
        })
    }

    /// Closes a region for admission and waits until it has closed.
    pub fn region_join(&mut self, task: f64, region: f64, token: f64) -> f64 {
        self.answer(|d| {
            let (task, region) = (decode::handle(task)?, decode::handle(region)?);
            d.kernel
                .region_join(task, region, decode::word(token, TOKEN)?)
                .map(|()| 0.0)
        })
    }

    /// Registers a finalizer of a region.
    pub fn region_defer(&mut self, region: f64) -> f64 {
        self.answer(|d| d.kernel.region_defer(decode::handle(region)?).map(|()| 0.0))
    }

    /// Makes the task that runs a region's top finalizer.
    pub fn region_finalizer_spawn(&mut self, region: f64) -> f64 {
        self.answer(|d| {
            d.kernel
                .region_finalizer_spawn(decode::handle(region)?)
                .map(number)
        })
    }

    /// Tightens a task's budget; -1 leaves a part as it is.
    pub fn task_budget(
        &mut self,
        task: f64,
        deadline_ms: f64,
        polls: f64,
        cost: f64,
        priority: f64,
    ) -> f64 {
        self.answer(|d| {
            let task = decode::handle(task)?;
            let mut asked = Budget::DEFAULT;
            if deadline_ms != decode::LEFT_OUT {
                let ns = decode::millis(deadline_ms)?;
                asked.deadline = d.sample().plus_nanos(ns);
            }
            asked.polls = decode::word_or(polls, asked.polls, "a number of polls")?;
            if cost != decode::LEFT_OUT {
                asked.cost = decode::cost(cost)?;
            }
            let least = u32::from(asked.priority);
            let priority = decode::word_or(priority, least, "a priority from 0 to 7")?;
            asked.priority = u8::try_from(priority).unwrap_or(u8::MAX);
            d.kernel.task_budget(task, asked).map(|()| 0.0)
        })
    }

    /// Charges a cost to a task's quota.
    pub fn task_charge(&mut self, task: f64, cost: f64) -> f64 {
        self.answer(|d| {
            let (task, cost) = (decode::handle(task)?, decode::cost(cost)?);
            d.sample();
            d.kernel.task_charge(task, cost).map(|()| 0.0)
        })
    }

    /// Shields a task from observing its cancellation.
    pub fn task_mask(&mut self, task: f64) -> f64 {
        self.answer(|d| d.kernel.task_mask(decode::handle(task)?).map(|()| 0.0))
    }

    /// Ends a task's innermost mask.
    pub fn task_unmask(&mut self, task: f64) -> f64 {
        self.answer(|d| d.kernel.task_unmask(decode::handle(task)?).map(|()| 0.0))
    }

    /// Cancels a task.
    pub fn task_cancel(&mut self, task: f64, kind: f64, message: &str) -> f64 {
        self.answer(|d| {
            let (task, kind) = (decode::handle(task)?, decode::cancel_kind(kind)?);
            d.sample();
            d.kernel.task_cancel(task, kind, message).map(|()| 0.0)
        })
    }

    /// Lets others run and observes a cancellation.
    pub fn task_checkpoint(&mut self, task: f64) -> f64 {
        self.answer(|d| {
            d.kernel
                .task_checkpoint(decode::handle(task)?)
                .map(|()| 0.0)
        })
    }

    /// Sleeps for `ms`.
    pub fn task_sleep(&mut self, task: f64, ms: f64, token: f64) -> f64 {
        self.answer(|d| {
            let (task, ns) = (decode::handle(task)?, decode::millis(ms)?);
            let token = decode::word(token, TOKEN)?;
            let at = d.sample().plus_nanos(ns);
            d.kernel.task_sleep(task, at, token).map(|()| 0.0)
        })
    }

    /// Waits for the end of another task.
    pub fn task_join(&mut self, task: f64, target: f64, token: f64) -> f64 {
        self.answer(|d| {
            let (task, target) = (decode::handle(task)?, decode::handle(target)?);
            d.kernel
                .task_join(task, target, decode::word(token, TOKEN)?)
                .map(|()| 0.0)
        })
    }

    /// Registers a finalizer of a task.
    pub fn task_defer(&mut self, task: f64) -> f64 {
        self.answer(|d| d.kernel.task_defer(decode::handle(task)?).map(|()| 0.0))
    }

    /// Says that a finalizer of a task has ended.
    pub fn task_finalized(&mut self, task: f64, outcome: f64) -> f64 {
        self.answer(|d| {
            let (task, outcome) = (decode::handle(task)?, decode::outcome(outcome)?);
            d.kernel.task_finalized(task, outcome).map(completed)
        })
    }

    /// Says that a body has ended: [`COMPLETED_NOW`] + outcome, or 0 if more is to drain.
    pub fn task_complete(&mut self, task: f64, outcome: f64) -> f64 {
        self.answer(|d| {
            let (task, outcome) = (decode::handle(task)?, decode::outcome(outcome)?);
            d.kernel.task_complete(task, outcome).map(completed)
        })
    }

    /// Opens a host operation: its handle, or 0 if the task is being cancelled and nothing may
    /// be started.
    pub fn host_open(&mut self, task: f64, token: f64, kind: f64) -> f64 {
        self.answer(|d| {
            let (task, kind) = (decode::handle(task)?, decode::host_op_kind(kind)?);
            let op = d
                .kernel
                .host_open(task, kind, decode::word(token, TOKEN)?)?;
            Ok(op.map_or(0.0, number))
        })
    }

    /// Waits for the next result of a host operation.
    pub fn host_wait(&mut self, op: f64, token: f64) -> f64 {
        self.answer(|d| {
            let op = decode::handle(op)?;
            d.kernel
                .host_wait(op, decode::word(token, TOKEN)?)
                .map(|()| 0.0)
        })
    }

    /// Gives a host operation's wait its result; the operation stays open.
    pub fn host_notify(&mut self, op: f64, code: f64) -> f64 {
        self.answer(|d| {
            let op = decode::handle(op)?;
            d.kernel
                .host_notify(op, decode::word(code, RESULT)?)
                .map(|()| 0.0)
        })
    }

    /// Ends a host operation.
    pub fn host_complete(&mut self, op: f64, code: f64) -> f64 {
        self.answer(|d| {
            let op = decode::handle(op)?;
            d.kernel
                .host_complete(op, decode::word(code, RESULT)?)
                .map(|()| 0.0)
        })
    }

    /// Gives an obligation of a task.
    pub fn obligation_reserve(&mut self, task: f64, kind: f64) -> f64 {
        self.answer(|d| {
            let (task, kind) = (decode::handle(task)?, decode::obligation_kind(kind)?);
            d.kernel.obligation_reserve(task, kind).map(number)
        })
    }

    /// Says that an obligation was kept.
    pub fn obligation_commit(&mut self, obligation: f64) -> f64 {
        self.answer(|d| {
            d.kernel
                .obligation_commit(decode::handle(obligation)?)
                .map(|()| 0.0)
        })
    }

    /// Takes an obligation back.
    pub fn obligation_abort(&mut self, obligation: f64) -> f64 {
        self.answer(|d| {
            d.kernel
                .obligation_abort(decode::handle(obligation)?)
                .map(|()| 0.0)
        })
    }

    /// Hands an obligation over to another task.
    pub fn obligation_transfer(&mut self, obligation: f64, task: f64) -> f64 {
        self.answer(|d| {
            let (obligation, task) = (decode::handle(obligation)?, decode::handle(task)?);
            d.kernel.obligation_transfer(obligation, task).map(|()| 0.0)
        })
    }

    /// Cancels everything with `shutdown` and closes the runtime.
    pub fn close(&mut self) -> f64 {
        self.answer(|d| {
            d.sample();
            d.kernel.shutdown().map(|()| 0.0)
        })
    }
}

pub(crate) const TOKEN: &str = "a token: a whole number of 32 bits";
const RESULT: &str = "a result code";

fn completed(outcome: Option<Outcome>) -> f64 {
    outcome.map_or(0.0, |outcome| COMPLETED_NOW + f64::from(outcome.code()))
}
