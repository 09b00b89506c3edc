//! Owns the invariants of semaphores: permits are neither made nor lost, and nobody waits who
//! could be answered.

use std::collections::BTreeMap;

use super::{Violation, ensure};
use crate::handle::{ObligationKey, SemaphoreKey, WaitKey};
use crate::kernel::Kernel;
use crate::obligation::ObligationState;
use crate::region::RegionState;
use crate::semaphore::Flow;
use crate::wait::{WaitKind, WaitProgress};

/// What the obligations say of a semaphore.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Told {
    held: u32,
    waiting: u32,
}

impl Kernel {
    pub(super) fn check_semaphores(&self) -> Result<(), Violation> {
        let told = self.check_permits()?;
        let mut listed = 0;
        for (key, region) in self.regions.iter() {
            for semaphore in region.semaphores.members(&self.semaphores) {
                listed += 1;
                let record = self.semaphores.get(semaphore);
                ensure(
                    record.is_some_and(|s| s.region == key) && region.state != RegionState::Closed,
                    "a semaphore belongs to one live region",
                    semaphore,
                )?;
            }
        }
        ensure(
            listed == self.semaphores.len(),
            "every semaphore belongs to a region",
            self.root,
        )?;
        for (key, record) in self.semaphores.iter() {
            let told = told.get(&key).copied().unwrap_or_default();
            ensure(
                told.held == record.held,
                "a semaphore counts the permits that are held",
                key,
            )?;
            ensure(
                told.waiting == record.waiting,
                "a semaphore counts those who wait",
                key,
            )?;
            let other = match record.flow {
                Flow::Returned | Flow::Spent => None,
                Flow::Items(other) | Flow::Free(other) => self.semaphores.get(other),
            };
            let is_whole = other.is_none_or(|other| {
                other.flow.other_half() == Some(key) && other.state == record.state
            });
            ensure(
                is_whole && record.flow.other_half().is_some() == other.is_some(),
                "the halves of a channel live and close together",
                key,
            )?;
            let elsewhere = other.map_or(0, |other| other.available + other.held);
            ensure(
                record.available + record.held + elsewhere == record.total,
                "free, sending, items and receiving are the capacity together",
                key,
            )?;
            self.check_line(key)?;
        }
        ensure(
            self.serving.is_empty(),
            "semaphores that have something to give have given it",
            self.root,
        )
    }

    /// Who waits is in line in the order of asking, and the first one waits for good reason.
    fn check_line(&self, key: SemaphoreKey) -> Result<(), Violation> {
        let record = self.semaphores.at(key);
        let mut in_line = 0;
        for obligation in record.line.members(&self.obligations) {
            in_line += 1;
            let permit = self.obligations.at(obligation).permit;
            let wait = permit.and_then(|permit| self.waits.get(permit.wait?));
            ensure(
                permit.is_some_and(|permit| permit.semaphore == key)
                    && self.obligations.at(obligation).state == ObligationState::Asked
                    && wait.is_some_and(|wait| {
                        wait.kind == WaitKind::Permit(obligation)
                            && wait.progress == WaitProgress::Pending
                    }),
                "who is in line has asked and waits",
                obligation,
            )?;
        }
        ensure(in_line == record.waiting, "who waits is in line", key)?;
        let first = record.line.first();
        let first = first.and_then(|first| self.obligations.at(first).permit);
        ensure(
            first.is_none_or(|first| {
                first.permits > record.available && first.permits <= self.prospect(key)
            }),
            "the first in line can neither be granted nor refused",
            key,
        )
    }

    /// What a permit says of itself, and what they all say of their semaphores.
    fn check_permits(&self) -> Result<BTreeMap<SemaphoreKey, Told>, Violation> {
        let mut told: BTreeMap<SemaphoreKey, Told> = BTreeMap::new();
        for (key, record) in self.obligations.iter() {
            if !record.state.is_live() {
                continue;
            }
            let Some(permit) = record.permit else {
                let is_given = record.state == ObligationState::Reserved;
                ensure(is_given, "what is asked for is permits", key)?;
                continue;
            };
            let of = told.entry(permit.semaphore).or_default();
            let progress = self.wait_of(key, permit.wait)?;
            match (record.state, progress) {
                (ObligationState::Asked, Some(WaitProgress::Pending)) => of.waiting += 1,
                (ObligationState::Asked, Some(WaitProgress::Failed)) => {}
                (ObligationState::Reserved, None | Some(WaitProgress::Done(_))) => {
                    of.held += permit.permits;
                }
                _ => ensure(false, "who is to be told of permits waits for them", key)?,
            }
        }
        Ok(told)
    }

    /// How far the wait is that an obligation knows.
    fn wait_of(
        &self,
        key: ObligationKey,
        wait: Option<WaitKey>,
    ) -> Result<Option<WaitProgress>, Violation> {
        let Some(wait) = wait else {
            return Ok(None);
        };
        let record = self.waits.get(wait);
        let holder = self.obligations.at(key).task;
        ensure(
            record.is_some_and(|wait| wait.task == holder && wait.kind == WaitKind::Permit(key)),
            "an obligation's wait is for it, and its holder's",
            key,
        )?;
        Ok(record.map(|wait| wait.progress))
    }
}
