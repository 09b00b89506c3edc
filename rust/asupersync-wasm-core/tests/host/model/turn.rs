//! Owns how the model follows a turn: each record must be one that the model owes, or a turn of a
//! task that it could have now; and nothing may be left that the turn should have done.

use asupersync_core::CancelKind;

use super::world::{For, Got, Id, Running, World, code, is_end};

/// A record: code, slot, token, aux, and the kind of the reason that aux names.
pub(crate) type Record = (u32, u32, u32, u32, Option<CancelKind>);

const START: u32 = 1;
const RESUME: u32 = 2;
const CANCEL: u32 = 3;
const FINALIZE: u32 = 4;
const TASK_DONE: u32 = 5;

impl World {
    /// Follows the records of one turn at `now_ns`.
    pub(crate) fn turned(&mut self, records: &[Record], now_ns: u64) {
        self.now_ns = now_ns;
        let is_no_turn = |record: &&Record| !matches!(record.0, START | RESUME | CANCEL | FINALIZE);
        let mut behind = records.iter().skip_while(is_no_turn);
        self.has_end_behind = behind.any(|(code, _, token, ..)| is_end(*code, *token));
        for record in records {
            if self.take_owed(*record) {
                continue;
            }
            let (code, slot, token, aux, reason) = *record;
            let task = self.task_at(slot, *record);
            match code {
                START => self.start(task),
                RESUME | CANCEL => self.deliver(task, *record),
                FINALIZE => self.finalize(task),
                TASK_DONE => {
                    self.never_started(task);
                    assert!(self.take_owed(*record), "{record:?}");
                }
                _ => panic!("nobody owes {code} {slot} {token} {aux} {reason:?}"),
            }
        }
        self.check_all_done();
    }

    fn take_owed(&mut self, (code, slot, token, _, reason): Record) -> bool {
        let found = self
            .owed
            .iter()
            .position(|owed| *owed == (code, slot, token, reason));
        found.map(|at| self.owed.remove(at)).is_some()
    }

    fn task_at(&self, slot: u32, record: Record) -> Id {
        let mut tasks = self.tasks.keys();
        *tasks
            .find(|id| **id & 0x3F_FFFF == u64::from(slot))
            .unwrap_or_else(|| panic!("no task for {record:?}"))
    }

    fn start(&mut self, id: Id) {
        let task = self.task(id);
        assert!(task.running == Running::Nothing && task.state == code::CREATED);
        task.running = Running::Body;
        task.state = code::RUNNING;
    }

    fn never_started(&mut self, id: Id) {
        let task = self.task(id);
        assert!(task.running == Running::Nothing && task.must_observe());
        task.outcome = code::CANCELLED;
        self.end_running(id);
        self.complete_if_drained(id, false);
    }

    fn finalize(&mut self, id: Id) {
        assert!(self.ops_of(id).is_empty());
        let task = self.task(id);
        assert!(task.running == Running::Ended && task.finalizers > 0);
        task.running = Running::Finalizer;
        task.has_drain_timer = true;
    }

    /// Something that came for the task. With a cancellation to observe, all of its waits fail
    /// that have no result, and sleeps fail in any case.
    fn deliver(&mut self, id: Id, record: Record) {
        let (code, _, token, aux, reason) = record;
        let now_ns = self.now_ns;
        let task = self.task(id);
        assert!(task.is_active(), "{record:?}");
        let observes = task.must_observe();
        if observes {
            task.state = code::CANCELLING;
            for wait in &mut task.waits {
                if wait.got == Got::Pending || matches!(wait.what, For::Time(_)) {
                    wait.got = Got::Failure;
                }
            }
        }
        if code == CANCEL {
            assert_eq!(reason, task.reason.map(|r| r.kind), "{record:?}");
        }
        if token == 0 {
            assert!(core::mem::take(&mut task.at_checkpoint), "{record:?}");
            assert_eq!(code == CANCEL, observes, "{record:?}");
            return;
        }
        let at = task.waits.iter().position(|wait| {
            wait.token == token
                && match wait.got {
                    Got::Failure => code == CANCEL,
                    Got::Result(result) => code == RESUME && result == aux,
                    Got::Pending => code == RESUME && aux == 0 && is_due(wait.what, now_ns),
                }
        });
        task.waits.remove(at.unwrap_or_else(|| {
            panic!("{record:?} answers none of {:?}", task.waits);
        }));
    }

    fn check_all_done(&self) {
        assert_eq!(self.owed, [], "owed and not said");
        for (id, task) in &self.tasks {
            let is_done = match task.running {
                Running::Nothing => false,
                // Only what still drains keeps it.
                Running::Ended => !self.ops_of(*id).is_empty(),
                Running::Body | Running::Finalizer => {
                    let can_go_on = |what| task.must_observe() || is_due(what, self.now_ns);
                    let mut waits = task.waits.iter();
                    !task.at_checkpoint
                        && waits.all(|wait| wait.got == Got::Pending && !can_go_on(wait.what))
                }
            };
            assert!(is_done, "{id:#x} was left out: {task:?}");
        }
    }
}

fn is_due(what: For, now_ns: u64) -> bool {
    matches!(what, For::Time(at) if at <= now_ns)
}
