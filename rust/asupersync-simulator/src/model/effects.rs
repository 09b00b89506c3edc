//! Owns what the kernel's effects say to the model, in their order, and which of them it allows.

use asupersync_core::{Effect, Handle, PERMITS_CLOSED, PERMITS_GRANTED};

use super::Model;
use super::records::{Phase, Task, Wait};
use crate::check::{Check, ensure};
impl Model {
    pub(crate) fn effect(&mut self, effect: &Effect) -> Check {
        match effect {
            Effect::Start { task } => {
                let record = self.addressee(*task)?;
                ensure!(!record.started, "it was started before");
                record.started = true;
                record.phase = if record.phase == Phase::Unstarted {
                    Phase::Body
                } else {
                    record.phase
                };
                Ok(())
            }
            Effect::Resume { task, token, code } => self.resumed(*task, *token, *code),
            Effect::Fail { task, token, .. } => self.failed(*task, *token),
            Effect::Finalize { task } => {
                ensure!(
                    self.regions_of(*task).is_empty(),
                    "its regions are not closed"
                );
                ensure!(
                    self.ops_of(*task).is_empty(),
                    "its operations have not drained"
                );
                let now = self.now;
                let record = self.task(*task)?;
                ensure!(record.phase == Phase::Drained, "its code runs");
                ensure!(record.finalizers > 0, "it has no finalizer");
                record.phase = Phase::Finalizer;
                record.ran_finalizer = true;
                record.mask = 1;
                record.since = now;
                record.dispatches = 0;
                Ok(())
            }
            Effect::TaskDone { task, outcome, .. } => {
                self.announced(*task)?;
                ensure!(self.ended.get(task) == Some(outcome), "it ended otherwise");
                Ok(())
            }
            Effect::TaskRevoked {
                task, successor, ..
            } => {
                ensure!(self.unannounced.contains(task), "it was not revoked");
                ensure!(
                    self.heirs.get(task) == successor.as_ref(),
                    "another successor"
                );
                if let Some(record) = self.leaving.get_mut(task) {
                    record.waits.clear();
                    record.checkpoint = false;
                }
                Ok(())
            }
            Effect::HostCancel { op, .. } => {
                let is_known =
                    self.ops.get(op).is_some_and(|op| op.asked) || self.ended.contains_key(op);
                ensure!(is_known, "nobody asked");
                Ok(())
            }
            Effect::HostDropped { op } => {
                ensure!(self.ended.contains_key(op), "it has not ended");
                Ok(())
            }
            Effect::HostRevoked { op } => self.announced(*op),
            Effect::ObligationLeaked { obligation, .. } => self.announced(*obligation),
            Effect::RegionFinalize { region } => {
                ensure!(self.tasks_of(*region).is_empty(), "it has tasks");
                let record = self.region(*region)?;
                ensure!(record.finalizers > 0, "it has no finalizer");
                ensure!(
                    !record.finalizer_due && record.finalizer.is_none(),
                    "one runs"
                );
                record.finalizer_due = true;
                Ok(())
            }
            Effect::RegionClosed {
                region, outcome, ..
            } => {
                self.announced(*region)?;
                ensure!(
                    self.ended.get(region) == Some(outcome),
                    "it ended otherwise"
                );
                let late = self.unannounced.iter().find(|handle| {
                    self.leaving
                        .get(handle)
                        .is_some_and(|task| task.region == *region)
                });
                ensure!(late.is_none(), "{late:?} is announced after its region");
                Ok(())
            }
        }
    }

    /// The task that an effect addresses: live, or ending later in the same step.
    fn addressee(&mut self, task: Handle) -> Check<&mut Task> {
        let record = match self.tasks.get_mut(&task) {
            Some(record) => Some(record),
            None => self.leaving.get_mut(&task),
        };
        record.ok_or_else(|| "it is addressed after its end".to_owned())
    }

    fn resumed(&mut self, task: Handle, token: u32, code: u32) -> Check {
        let now = self.now;
        let record = self.addressee(task)?;
        if token == 0 {
            ensure!(
                core::mem::take(&mut record.checkpoint),
                "it was at no checkpoint"
            );
            ensure!(
                !record.acknowledged || record.mask > 0,
                "a checkpoint hid a cancellation"
            );
            return Ok(());
        }
        let wait = record
            .waits
            .remove(&token)
            .ok_or("the token is not awaited")?;
        let expected = match wait {
            Wait::Sleep(at) => {
                ensure!(at <= now, "it is too early");
                0
            }
            Wait::Join(target) | Wait::Region(target) => {
                let outcome = self.ended.get(&target).ok_or("its target lives")?;
                u32::from(outcome.code())
            }
            Wait::Permit(obligation) if self.granted.contains(&obligation) => {
                self.told(obligation);
                PERMITS_GRANTED
            }
            Wait::Permit(obligation) => {
                ensure!(self.ended.contains_key(&obligation), "it waits in line");
                PERMITS_CLOSED
            }
            Wait::Answered(code) => code,
            Wait::Op(_) => return Err("nobody answered".to_owned()),
            Wait::Refused => return Err("it was asked for under a cancellation".to_owned()),
        };
        ensure!(code == expected, "the code is {expected}");
        Ok(())
    }

    fn failed(&mut self, task: Handle, token: u32) -> Check {
        let record = self.addressee(task)?;
        ensure!(record.asked, "nobody asked");
        let observes = record.acknowledged && record.mask == 0;
        if token == 0 {
            ensure!(
                core::mem::take(&mut record.checkpoint),
                "it was at no checkpoint"
            );
            ensure!(observes, "it is masked");
            return Ok(());
        }
        let wait = record
            .waits
            .remove(&token)
            .ok_or("the token is not awaited")?;
        match wait {
            Wait::Sleep(_) | Wait::Join(_) => ensure!(observes, "it is masked"),
            Wait::Op(op) => match self.ops.get_mut(&op) {
                Some(record) => {
                    ensure!(observes, "it is masked, and its operation is open");
                    record.waiter = None;
                }
                None => ensure!(self.ended.contains_key(&op), "no such operation"),
            },
            Wait::Permit(obligation) => {
                ensure!(
                    self.ended.contains_key(&obligation),
                    "its permits were not taken back"
                );
            }
            Wait::Refused => {}
            Wait::Region(_) => return Err("a region that is awaited drains".to_owned()),
            Wait::Answered(_) => return Err("a result was lost".to_owned()),
        }
        Ok(())
    }
}
