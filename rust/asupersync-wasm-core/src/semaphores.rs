//! Owns the calls on semaphores, of which channels and locks are made: numbers only, as with every
//! hot call.

use asupersync_core::ObligationState;

use crate::commands::{TOKEN, number, refusal};
use crate::decode;
use crate::driver::Driver;
use crate::wakes::Port;

/// What [`Driver::semaphore_acquire`] adds to the handle of an obligation that waits in line. With
/// it no handle can be taken for a reserved one, nor for the code of an error.
pub const ASKED: f64 = -9_007_199_254_740_992.0;

/// What [`Driver::semaphore_pass`] answers when the permit was there.
pub const PASSED: f64 = 1.0;

/// What [`Driver::semaphore_count`] counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum SemaphoreCount {
    /// Permits that nobody holds.
    Available = 0,
    /// Obligations that wait in line.
    Waiting = 1,
}

/// The flow that opens a channel, beside those of a single semaphore.
pub const CHANNEL: u32 = 2;

const PERMITS: &str = "a whole number of permits";

impl<P: Port> Driver<P> {
    /// Opens a semaphore that belongs to a region, and goes with it; with the flow [`CHANNEL`], a
    /// channel with so many free places: the handle of its free half.
    pub fn semaphore_open(&mut self, region: f64, permits: f64, flow: f64) -> f64 {
        self.answer(|d| {
            let (region, permits) = (decode::handle(region)?, decode::word(permits, PERMITS)?);
            let opened = if flow == f64::from(CHANNEL) {
                d.kernel.channel_open(region, permits)?.free
            } else {
                let flow = decode::permit_flow(flow)?;
                d.kernel.semaphore_open(region, permits, flow)?
            };
            Ok(number(opened))
        })
    }

    /// The items half of a channel, by its free half.
    #[must_use]
    pub fn channel_items(&self, free: f64) -> f64 {
        let items = decode::handle(free).and_then(|free| self.kernel.channel_items(free));
        items.map_or_else(refusal, number)
    }

    /// Asks for permits: the handle of the obligation that has them; or [`ASKED`] + the handle of
    /// the one that waits for them under `token`. Without a token, which is -1, it never waits.
    pub fn semaphore_acquire(
        &mut self,
        task: f64,
        semaphore: f64,
        permits: f64,
        kind: f64,
        token: f64,
    ) -> f64 {
        self.answer(|d| {
            let (task, semaphore) = (decode::handle(task)?, decode::handle(semaphore)?);
            let (permits, kind) = (
                decode::word(permits, PERMITS)?,
                decode::obligation_kind(kind)?,
            );
            if token == decode::LEFT_OUT {
                return d
                    .kernel
                    .semaphore_try_acquire(task, semaphore, permits, kind)
                    .map(number);
            }
            let token = decode::word(token, TOKEN)?;
            let asked = d
                .kernel
                .semaphore_acquire(task, semaphore, permits, kind, token)?;
            let is_asked = d.kernel.obligation_state(asked)? == ObligationState::Asked;
            Ok(number(asked) + if is_asked { ASKED } else { 0.0 })
        })
    }

    /// Takes one permit and commits it in the same call: [`PASSED`], and nothing is left of it. Else
    /// it waits as after [`Driver::semaphore_acquire`], which gives the same answer.
    pub fn semaphore_pass(&mut self, task: f64, semaphore: f64, kind: f64, token: f64) -> f64 {
        self.answer(|d| {
            let (task, semaphore) = (decode::handle(task)?, decode::handle(semaphore)?);
            let (kind, token) = (decode::obligation_kind(kind)?, decode::word(token, TOKEN)?);
            let asked = d.kernel.semaphore_pass(task, semaphore, kind, token)?;
            Ok(asked.map_or(PASSED, |asked| number(asked) + ASKED))
        })
    }

    /// Adds permits; -1 is one for each obligation that waits.
    pub fn semaphore_add(&mut self, semaphore: f64, permits: f64) -> f64 {
        self.answer(|d| {
            let semaphore = decode::handle(semaphore)?;
            let waiting = d.kernel.semaphore_status(semaphore)?.waiting;
            let permits = decode::word_or(permits, waiting, PERMITS)?;
            d.kernel.semaphore_add(semaphore, permits).map(|()| 0.0)
        })
    }

    /// Closes a semaphore, or the channel that it is half of.
    pub fn semaphore_close(&mut self, semaphore: f64) -> f64 {
        self.answer(|d| {
            d.kernel
                .semaphore_close(decode::handle(semaphore)?)
                .map(|()| 0.0)
        })
    }

    /// Forgets a semaphore, or the channel that it is half of.
    pub fn semaphore_drop(&mut self, semaphore: f64) -> f64 {
        self.answer(|d| {
            d.kernel
                .semaphore_drop(decode::handle(semaphore)?)
                .map(|()| 0.0)
        })
    }

    /// What a semaphore counts, by its code in the group `SemaphoreCountCode` of
    /// [`abi::GROUPS`](crate::abi::GROUPS).
    #[must_use]
    pub fn semaphore_count(&self, semaphore: f64, which: f64) -> f64 {
        let status = decode::handle(semaphore)
            .and_then(|semaphore| self.kernel.semaphore_status(semaphore))
            .and_then(|status| {
                Ok(match decode::semaphore_count(which)? {
                    SemaphoreCount::Available => status.available,
                    SemaphoreCount::Waiting => status.waiting,
                })
            });
        status.map_or_else(refusal, f64::from)
    }
}
