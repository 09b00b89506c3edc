//! Owns the class that JavaScript holds. Every call is one line.

use asupersync_wasm_core::DriverConfig;
use asupersync_wasm_core::abi::{ABI_VERSION, TierCode};
use asupersync_wasm_core::web::WebRuntime;
use js_sys::Function;
use wasm_bindgen::prelude::*;

use crate::panic;

/// Version of the ABI that this wasm speaks.
#[wasm_bindgen]
#[must_use]
pub fn abi_version() -> u32 {
    ABI_VERSION
}

/// How much this wasm has in it: a `TierCode`.
#[wasm_bindgen]
#[must_use]
pub fn tier() -> u32 {
    TierCode::OWN as u32
}

/// Message and place of the panic that stopped this instance, if one did.
#[wasm_bindgen]
#[must_use]
pub fn panic_message() -> Option<String> {
    panic::message()
}

/// One runtime.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Kernel(WebRuntime);

#[wasm_bindgen]
impl Kernel {
    /// A runtime whose wake and timer call `pump`, the timer with `true`; throws an error's code for a hostile number.
    ///
    /// # Errors
    /// The code of what was refused.
    #[wasm_bindgen(constructor)]
    pub fn new(config: &[f64], pump: Function) -> Result<Kernel, JsValue> {
        panic::install();
        DriverConfig::from_numbers(config)
            .and_then(|config| WebRuntime::new(config, pump))
            .map(Kernel)
            .map_err(|e| JsValue::from(e.kind.code()))
    }

    /// Notes, before the turn, that it was the timer that called the pump.
    pub fn note_timer(&self) {
        self.0.note_timer();
    }

    /// Turns the kernel; the address of the batch to deliver, or null.
    #[must_use]
    pub fn turn(&self) -> *const u32 {
        self.0.turn()
    }

    /// Ends a delivery before the kernel is idle.
    pub fn pause(&self) {
        self.0.query(|d| d.pause());
    }

    /// Opens a region under a region.
    #[must_use]
    pub fn region_open(&self, parent: f64, policy: f64) -> f64 {
        self.0.command(|d| d.region_open(parent, policy))
    }

    /// Opens a region owned by a task.
    #[must_use]
    pub fn region_open_in(&self, task: f64, policy: f64, flags: f64) -> f64 {
        self.0.command(|d| d.region_open_in(task, policy, flags))
    }

    /// Spawns a task.
    #[must_use]
    pub fn region_spawn(&self, region: f64) -> f64 {
        self.0.command(|d| d.region_spawn(region))
    }

    /// Closes a region when it is empty.
    #[must_use]
    pub fn region_close(&self, region: f64) -> f64 {
        self.0.command(|d| d.region_close(region))
    }

    /// Limits a region; -1 is no limit.
    #[must_use]
    pub fn region_limits(&self, region: f64, tasks: f64, regions: f64, obligations: f64) -> f64 {
        self.0
            .command(|d| d.region_limits(region, tasks, regions, obligations))
    }

    /// Cancels a region.
    #[must_use]
    pub fn region_cancel(&self, region: f64, kind: f64, message: &str) -> f64 {
        self.0.command(|d| d.region_cancel(region, kind, message))
    }

    /// Cancels a region with `timeout` after `ms`; gives the runtime time of that, in ms.
    #[must_use]
    pub fn region_timeout(&self, region: f64, ms: f64) -> f64 {
        self.0.command(|d| d.region_timeout(region, ms))
    }

    /// Waits until an owned region has closed.
    #[must_use]
    pub fn region_join(&self, task: f64, region: f64, token: f64) -> f64 {
        self.0.command(|d| d.region_join(task, region, token))
    }

    /// Registers a finalizer of a region.
    #[must_use]
    pub fn region_defer(&self, region: f64) -> f64 {
        self.0.command(|d| d.region_defer(region))
    }

    /// Makes the task of a region's top finalizer.
    #[must_use]
    pub fn region_finalizer_spawn(&self, region: f64) -> f64 {
        self.0.command(|d| d.region_finalizer_spawn(region))
    }

    /// Tightens a budget; -1 leaves a part.
    #[must_use]
    pub fn task_budget(&self, task: f64, ms: f64, polls: f64, cost: f64, priority: f64) -> f64 {
        self.0
            .command(|d| d.task_budget(task, ms, polls, cost, priority))
    }

    /// Charges a cost.
    #[must_use]
    pub fn task_charge(&self, task: f64, cost: f64) -> f64 {
        self.0.command(|d| d.task_charge(task, cost))
    }

    /// Opens a mask.
    #[must_use]
    pub fn task_mask(&self, task: f64) -> f64 {
        self.0.command(|d| d.task_mask(task))
    }

    /// Ends the innermost mask.
    #[must_use]
    pub fn task_unmask(&self, task: f64) -> f64 {
        self.0.command(|d| d.task_unmask(task))
    }

    /// Cancels a task.
    #[must_use]
    pub fn task_cancel(&self, task: f64, kind: f64, message: &str) -> f64 {
        self.0.command(|d| d.task_cancel(task, kind, message))
    }

    /// Lets others run.
    #[must_use]
    pub fn task_checkpoint(&self, task: f64) -> f64 {
        self.0.command(|d| d.task_checkpoint(task))
    }

    /// Sleeps for `ms`.
    #[must_use]
    pub fn task_sleep(&self, task: f64, ms: f64, token: f64) -> f64 {
        self.0.command(|d| d.task_sleep(task, ms, token))
    }

    /// Waits for the end of a task.
    #[must_use]
    pub fn task_join(&self, task: f64, target: f64, token: f64) -> f64 {
        self.0.command(|d| d.task_join(task, target, token))
    }

    /// Registers a finalizer of a task.
    #[must_use]
    pub fn task_defer(&self, task: f64) -> f64 {
        self.0.command(|d| d.task_defer(task))
    }

    /// A finalizer has ended.
    #[must_use]
    pub fn task_finalized(&self, task: f64, outcome: f64) -> f64 {
        self.0.command(|d| d.task_finalized(task, outcome))
    }

    /// A body has ended.
    #[must_use]
    pub fn task_complete(&self, task: f64, outcome: f64) -> f64 {
        self.0.command(|d| d.task_complete(task, outcome))
    }

    /// Gives an obligation.
    #[must_use]
    pub fn obligation_reserve(&self, task: f64, kind: f64) -> f64 {
        self.0.command(|d| d.obligation_reserve(task, kind))
    }

    /// An obligation was kept.
    #[must_use]
    pub fn obligation_commit(&self, obligation: f64) -> f64 {
        self.0.command(|d| d.obligation_commit(obligation))
    }

    /// Takes an obligation back.
    #[must_use]
    pub fn obligation_abort(&self, obligation: f64) -> f64 {
        self.0.command(|d| d.obligation_abort(obligation))
    }

    /// Hands an obligation over.
    #[must_use]
    pub fn obligation_transfer(&self, obligation: f64, task: f64) -> f64 {
        self.0.command(|d| d.obligation_transfer(obligation, task))
    }

    /// Opens a semaphore or a channel.
    #[must_use]
    pub fn semaphore_open(&self, region: f64, permits: f64, flow: f64) -> f64 {
        self.0.command(|d| d.semaphore_open(region, permits, flow))
    }

    /// The items half of a channel.
    #[must_use]
    pub fn channel_items(&self, free: f64) -> f64 {
        self.0.command(|d| d.channel_items(free))
    }

    /// Asks for permits; a token of -1 waits for none.
    #[must_use]
    pub fn semaphore_acquire(
        &self,
        task: f64,
        semaphore: f64,
        permits: f64,
        kind: f64,
        token: f64,
    ) -> f64 {
        self.0
            .command(|d| d.semaphore_acquire(task, semaphore, permits, kind, token))
    }

    /// Takes one permit and commits it, or asks for it.
    #[must_use]
    pub fn semaphore_pass(&self, task: f64, semaphore: f64, kind: f64, token: f64) -> f64 {
        self.0
            .command(|d| d.semaphore_pass(task, semaphore, kind, token))
    }

    /// Adds permits.
    #[must_use]
    pub fn semaphore_add(&self, semaphore: f64, permits: f64) -> f64 {
        self.0.command(|d| d.semaphore_add(semaphore, permits))
    }

    /// Closes a semaphore.
    #[must_use]
    pub fn semaphore_close(&self, semaphore: f64) -> f64 {
        self.0.command(|d| d.semaphore_close(semaphore))
    }

    /// Forgets a semaphore.
    #[must_use]
    pub fn semaphore_drop(&self, semaphore: f64) -> f64 {
        self.0.command(|d| d.semaphore_drop(semaphore))
    }

    /// What a semaphore counts.
    #[must_use]
    pub fn semaphore_count(&self, semaphore: f64, which: f64) -> f64 {
        self.0.command(|d| d.semaphore_count(semaphore, which))
    }

    /// Opens a host operation.
    #[must_use]
    pub fn host_open(&self, task: f64, token: f64, kind: f64) -> f64 {
        self.0.command(|d| d.host_open(task, token, kind))
    }

    /// Closes the runtime.
    #[must_use]
    pub fn close(&self) -> f64 {
        self.0.command(|d| d.close())
    }

    /// Waits for a host operation's next result.
    #[must_use]
    pub fn host_wait(&self, op: f64, token: f64) -> f64 {
        self.0.command(|d| d.host_wait(op, token))
    }

    /// Gives a wait its result.
    #[must_use]
    pub fn host_notify(&self, op: f64, code: f64) -> f64 {
        self.0.command(|d| d.host_notify(op, code))
    }

    /// Ends a host operation.
    #[must_use]
    pub fn host_complete(&self, op: f64, code: f64) -> f64 {
        self.0.command(|d| d.host_complete(op, code))
    }

    /// The root region.
    #[must_use]
    pub fn root(&self) -> f64 {
        self.0.query(|d| d.root()).unwrap_or(0.0)
    }

    /// Runtime time, in ms.
    #[must_use]
    pub fn now(&self) -> f64 {
        self.0.query(|d| d.now_ms()).unwrap_or(0.0)
    }

    /// The next number of the seeded stream, from 0 to below 1.
    #[must_use]
    pub fn random(&self) -> f64 {
        self.0.query(|d| d.random()).unwrap_or(0.0)
    }

    /// The live handle of the task at a slot, or 0.
    #[must_use]
    pub fn task_at(&self, slot: f64) -> f64 {
        self.0.query(|d| d.task_at(slot)).unwrap_or(0.0)
    }

    /// State of a live thing of any kind.
    #[must_use]
    pub fn state(&self, handle: f64) -> f64 {
        self.0.command(|d| d.state(handle))
    }

    /// Number of the reason that a task is cancelled for, or 0.
    #[must_use]
    pub fn task_reason(&self, task: f64) -> u32 {
        self.0.query(|d| d.task_reason(task)).unwrap_or(0)
    }

    /// Number of the reason that a region is cancelled for, or 0.
    #[must_use]
    pub fn region_reason(&self, region: f64) -> u32 {
        self.0.query(|d| d.region_reason(region)).unwrap_or(0)
    }

    /// Kind, flags and cause of a reason of the current batch in one number; 0 for no reason.
    #[must_use]
    pub fn reason_facts(&self, id: u32) -> f64 {
        self.0.query(|d| d.reason_facts(id)).unwrap_or(0.0)
    }

    /// When a reason was requested, in ms.
    #[must_use]
    pub fn reason_at_ms(&self, id: u32) -> f64 {
        self.0.query(|d| d.reason_at_ms(id)).unwrap_or(0.0)
    }

    /// What the requester of a reason said.
    #[must_use]
    pub fn reason_message(&self, id: u32) -> Option<String> {
        self.0
            .query(|d| d.reason(id)?.message.as_deref().map(str::to_owned))
            .flatten()
    }

    /// Writes the live tree and gives the number of rows.
    #[must_use]
    pub fn snapshot(&self) -> usize {
        self.0.query(|d| d.snapshot()).unwrap_or(0)
    }

    /// Address of the rows of the last snapshot.
    #[must_use]
    pub fn snapshot_ptr(&self) -> *const u32 {
        self.0
            .query(|d| d.rows().as_ptr())
            .unwrap_or(core::ptr::null())
    }

    /// A number that moves whenever the tree may have changed.
    #[must_use]
    pub fn revision(&self) -> f64 {
        self.0.query(|d| d.revision()).unwrap_or(-1.0)
    }

    /// A counter by its code.
    #[must_use]
    pub fn count(&self, which: f64) -> f64 {
        self.0.query(|d| d.count(which)).unwrap_or(f64::NAN)
    }

    /// The schedule certificate.
    #[must_use]
    pub fn certificate(&self) -> u64 {
        self.0.query(|d| d.certificate()).unwrap_or(0)
    }

    /// The trace fingerprint.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        self.0.query(|d| d.fingerprint()).unwrap_or(0)
    }

    /// The events after number `seq` that the ring holds, five numbers each.
    #[must_use]
    pub fn events(&self, seq: f64) -> Vec<f64> {
        self.0.query(|d| d.events(seq)).unwrap_or_default()
    }

    /// Makes the ring keep `capacity` events from now on.
    pub fn keep_events(&self, capacity: f64) -> f64 {
        self.0.command(|d| d.keep_events(capacity))
    }

    /// Times that a live task may still be resumed, or -1.
    #[must_use]
    pub fn task_polls(&self, task: f64) -> f64 {
        self.0.query(|d| d.task_polls(task)).unwrap_or(-1.0)
    }

    /// Lets go of the wake and the timer of a closed runtime.
    pub fn release(&self) {
        self.0.release();
    }
}
