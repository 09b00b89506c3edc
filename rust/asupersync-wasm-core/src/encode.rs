//! Owns encoding: effects as records of four numbers in linear memory.

use asupersync_core::{Effect, Handle, Outcome};

use crate::abi::EffectCode;
use crate::reasons::Reasons;

/// Numbers in one record: code, slot, token, aux.
pub const RECORD_WORDS: usize = 4;

/// The records of one batch, reused from turn to turn.
#[derive(Debug, Default)]
pub struct Batch {
    /// The number of records, so that one address says all of it, then the records. Empty before the first.
    words: Vec<u32>,
}

impl Batch {
    /// The records, [`RECORD_WORDS`] numbers each.
    #[must_use]
    pub fn words(&self) -> &[u32] {
        self.words.get(1..).unwrap_or(&[])
    }

    /// Number of records.
    #[must_use]
    pub fn len(&self) -> usize {
        self.words.first().map_or(0, |&count| count as usize)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where the number of records stands, with the records behind it.
    #[must_use]
    pub fn address(&self) -> *const u32 {
        self.words.as_ptr()
    }

    pub(crate) fn clear(&mut self) {
        self.words.clear();
    }

    fn push(&mut self, code: EffectCode, subject: Handle, token: u32, aux: u32) {
        if self.words.is_empty() {
            self.words.push(0);
        }
        self.words[0] += 1;
        self.words
            .extend_from_slice(&[code as u32, subject.slot(), token, aux]);
    }

    pub(crate) fn push_effect(&mut self, effect: &Effect, reasons: &mut Reasons) {
        match effect {
            Effect::Resume { task, token, code } => {
                self.push(EffectCode::Resume, *task, *token, *code);
            }
            Effect::Start { task } => self.push(EffectCode::Start, *task, 0, 0),
            Effect::Fail {
                task,
                token,
                reason,
            } => {
                self.push(EffectCode::Cancel, *task, *token, reasons.enter(reason));
            }
            Effect::Finalize { task } => self.push(EffectCode::Finalize, *task, 0, 0),
            Effect::TaskDone {
                task,
                outcome,
                reason,
            } => {
                let aux = reasons.enter_some(reason.as_ref());
                self.push(EffectCode::TaskDone, *task, code_of(*outcome), aux);
            }
            Effect::TaskRevoked {
                task,
                successor,
                reason,
            } => {
                let slot = successor.map_or(0, Handle::slot);
                let aux = reasons.enter_some(reason.as_ref());
                self.push(EffectCode::TaskRevoked, *task, slot, aux);
            }
            Effect::HostCancel { op, reason } => {
                self.push(EffectCode::HostCancel, *op, 0, reasons.enter(reason));
            }
            Effect::HostDropped { op } => self.push(EffectCode::HostDropped, *op, 0, 0),
            Effect::HostRevoked { op } => self.push(EffectCode::HostRevoked, *op, 0, 0),
            Effect::ObligationLeaked {
                obligation,
                task,
                kind,
            } => {
                let kind = u32::from(kind.code());
                self.push(EffectCode::ObligationLeaked, *task, kind, obligation.slot());
            }
            Effect::RegionFinalize { region } => {
                self.push(EffectCode::RegionFinalize, *region, 0, 0);
            }
            Effect::RegionClosed {
                region,
                outcome,
                reason,
            } => {
                let aux = reasons.enter_some(reason.as_ref());
                self.push(EffectCode::RegionClosed, *region, code_of(*outcome), aux);
            }
        }
    }
}

fn code_of(outcome: Outcome) -> u32 {
    u32::from(outcome.code())
}

#[cfg(test)]
mod tests {
    use asupersync_core::{Effect, Handle, ObligationKind};

    use super::Batch;
    use crate::abi::EffectCode;
    use crate::reasons::Reasons;

    #[test]
    fn a_leak_names_the_task_then_the_kind_then_the_obligation() {
        let mut batch = Batch::default();
        let leak = Effect::ObligationLeaked {
            obligation: Handle::from_raw(7),
            task: Handle::from_raw(3),
            kind: ObligationKind::Lease,
        };
        batch.push_effect(&leak, &mut Reasons::default());
        assert_eq!(
            batch.words(),
            [EffectCode::ObligationLeaked as u32, 3, 2, 7]
        );
    }
}
