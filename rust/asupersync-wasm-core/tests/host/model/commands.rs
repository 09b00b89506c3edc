//! Owns what the model answers to each call, and what the call changes in it.

use asupersync_core::CancelKind;

use super::world::{For, Got, Id, Op, Policy, Region, Running, Task, Wait, World, code};

/// Codes of `ErrorKind`, as the ABI has them.
const STALE: i32 = 1;
const FOREIGN: i32 = 2;
const FORGED: i32 = 3;
const INVALID: i32 = 4;
const SCOPE_CLOSED: i32 = 6;
const WRONG_STATE: i32 = 7;
const RUNTIME_CLOSED: i32 = 8;

/// The bits of a handle that say its kind.
const REGION: u64 = 2;
const TASK: u64 = 4;
const OP: u64 = 6;

/// The runtime's tag in the tests of the model.
const TAG: u64 = 1;

const SAFE_MAX: f64 = 9_007_199_254_740_991.0;
const MS_MAX: f64 = 8.64e15;

/// A call with the numbers that it was given.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Call {
    RegionOpen(f64, f64),
    RegionSpawn(f64),
    RegionClose(f64),
    RegionCancel(f64, f64),
    TaskCancel(f64, f64),
    TaskCheckpoint(f64),
    TaskSleep(f64, f64, f64),
    TaskDefer(f64),
    TaskFinalized(f64, f64),
    TaskComplete(f64, f64),
    HostOpen(f64, f64, f64),
    HostWait(f64, f64),
    HostNotify(f64, f64),
    HostComplete(f64, f64),
    Close,
}

/// What the model expects as the answer.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Answer {
    Status(u32),
    Refused(i32),
    /// A handle that was never given before.
    NewRegion(Id, Policy),
    NewTask(Id),
    NewOp {
        task: Id,
        token: u32,
        kind: u32,
    },
}

type Checked<T> = Result<T, i32>;

fn whole(number: f64, max: f64) -> Checked<u64> {
    if number >= 0.0 && number <= max && number.fract() == 0.0 {
        Ok(number as u64)
    } else {
        Err(INVALID)
    }
}

fn word(number: f64) -> Checked<u32> {
    whole(number, f64::from(u32::MAX)).map(|word| word as u32)
}

/// A code from 0 to `last`.
fn code_to(number: f64, last: u32) -> Checked<u32> {
    whole(number, f64::from(last)).map(|code| code as u32)
}

fn kind_of(id: Id) -> u64 {
    (id >> 43) & 7
}

fn slot_of(id: Id) -> u64 {
    id & 0x3F_FFFF
}

impl World {
    /// What the call is answered with; the model is changed by all of it but for the handle that
    /// only the kernel can name, which [`World::named`] enters. `now_ns` is the clock's time.
    pub(crate) fn answer(&mut self, call: Call, now_ns: u64) -> Answer {
        self.try_answer(call, now_ns)
            .unwrap_or_else(Answer::Refused)
    }

    fn try_answer(&mut self, call: Call, now_ns: u64) -> Checked<Answer> {
        let handle = |number: f64| whole(number, SAFE_MAX);
        match call {
            Call::RegionOpen(parent, policy) => {
                let (parent, policy) = (handle(parent)?, code_to(policy, 3)?);
                let parent = self.open_region(parent)?;
                let policies = [
                    Policy::FailFast,
                    Policy::CollectAll,
                    Policy::Race,
                    Policy::Any,
                ];
                Ok(Answer::NewRegion(parent, policies[policy as usize]))
            }
            Call::RegionSpawn(region) => {
                let region = handle(region)?;
                Ok(Answer::NewTask(self.open_region(region)?))
            }
            Call::RegionClose(region) => {
                let region = self.live(handle(region)?, REGION)?;
                let record = self.regions.get_mut(&region).expect("it is live");
                if record.state == code::OPEN {
                    record.state = code::CLOSING;
                }
                self.close_if_empty(region);
                Ok(Answer::Status(0))
            }
            Call::RegionCancel(region, kind) => {
                let (region, kind) = (handle(region)?, code_to(kind, 12)?);
                self.now_ns = now_ns;
                let region = self.live(region, REGION)?;
                let reason = self.reason(CancelKind::from_code(kind).ok_or(INVALID)?, region);
                self.cancel_region(region, reason);
                Ok(Answer::Status(0))
            }
            Call::TaskCancel(task, kind) => {
                let (task, kind) = (handle(task)?, code_to(kind, 12)?);
                self.now_ns = now_ns;
                let task = self.live(task, TASK)?;
                let reason = self.reason(CancelKind::from_code(kind).ok_or(INVALID)?, task);
                self.cancel_task(task, reason);
                Ok(Answer::Status(0))
            }
            Call::TaskCheckpoint(task) => {
                let task = self.active(handle(task)?)?;
                self.task(task).at_checkpoint = true;
                Ok(Answer::Status(0))
            }
            Call::TaskSleep(task, ms, token) => {
                let task = handle(task)?;
                if !(0.0..=MS_MAX).contains(&ms) {
                    return Err(INVALID);
                }
                let token = word(token)?;
                self.now_ns = now_ns;
                let at = now_ns.saturating_add((ms * 1e6) as u64);
                let task = self.active(task)?;
                self.wait(task, token, For::Time(at));
                Ok(Answer::Status(0))
            }
            Call::TaskDefer(task) => {
                let task = self.active(handle(task)?)?;
                self.task(task).finalizers += 1;
                Ok(Answer::Status(0))
            }
            Call::TaskFinalized(task, outcome) => {
                let (task, outcome) = (handle(task)?, code_to(outcome, 3)?);
                let id = self.live(task, TASK)?;
                let task = self.task(id);
                if task.running != Running::Finalizer {
                    return Err(WRONG_STATE);
                }
                task.finalizers -= 1;
                if outcome != code::OK {
                    task.outcome = code::PANICKED;
                }
                Ok(self.ended(id))
            }
            Call::TaskComplete(task, outcome) => {
                let (task, outcome) = (handle(task)?, code_to(outcome, 3)?);
                let id = self.live(task, TASK)?;
                let task = self.task(id);
                let is_uncalled = task.state == code::RUNNING && outcome == code::CANCELLED;
                if task.running != Running::Body || is_uncalled {
                    return Err(WRONG_STATE);
                }
                let observed = task.state == code::CANCELLING;
                task.outcome = if observed && outcome < code::CANCELLED {
                    code::CANCELLED
                } else {
                    outcome
                };
                Ok(self.ended(id))
            }
            Call::HostOpen(task, token, kind) => {
                let (task, kind, token) = (handle(task)?, code_to(kind, 2)?, word(token)?);
                let task = self.active(task)?;
                if !self.task(task).must_observe() {
                    return Ok(Answer::NewOp { task, token, kind });
                }
                if token != 0 {
                    self.wait(task, token, For::Nothing);
                }
                Ok(Answer::Status(0))
            }
            Call::HostWait(op, token) => {
                let (op, token) = (handle(op)?, word(token)?);
                let op = self.live(op, OP)?;
                let Op { task, state, .. } = self.ops[&op];
                let owner = self.task(task);
                let is_waited_for = owner
                    .waits
                    .iter()
                    .any(|w| w.what == For::Op(op) && w.got == Got::Pending);
                let is_free = state == code::SUBMITTED && !is_waited_for;
                if !owner.is_active() || !(is_free || owner.must_observe()) {
                    return Err(WRONG_STATE);
                }
                self.wait(task, token, For::Op(op));
                Ok(Answer::Status(0))
            }
            Call::HostNotify(op, result) => {
                let (op, result) = (handle(op)?, word(result)?);
                let op = self.live(op, OP)?;
                if self.ops[&op].state == code::SUBMITTED {
                    self.finish_wait_of(op, Got::Result(result));
                }
                Ok(Answer::Status(0))
            }
            Call::HostComplete(op, result) => {
                let (op, result) = (handle(op)?, word(result)?);
                let op = self.live(op, OP)?;
                let Op { task, state, .. } = self.ops[&op];
                let got = if state == code::SUBMITTED {
                    Got::Result(result)
                } else {
                    Got::Failure
                };
                self.finish_wait_of(op, got);
                self.end_op(op);
                self.complete_if_drained(task, false);
                Ok(Answer::Status(0))
            }
            Call::Close => {
                self.now_ns = now_ns;
                if self.is_closed() {
                    return Err(RUNTIME_CLOSED);
                }
                let reason = self.reason(CancelKind::Shutdown, self.root);
                self.cancel_region(self.root, reason);
                Ok(Answer::Status(0))
            }
        }
    }

    /// Enters the handle that the kernel gave in answer.
    pub(crate) fn named(&mut self, answer: Answer, id: Id) {
        assert!(self.given.insert(id), "{id:#x} was given before");
        let given = match answer {
            Answer::NewRegion(parent, policy) => {
                let region = Region {
                    parent: Some(parent),
                    policy,
                    state: code::OPEN,
                    outcome: code::OK,
                    is_decided: false,
                    cancelled_itself: false,
                    reason: None,
                };
                self.regions.insert(id, region);
                REGION
            }
            Answer::NewTask(region) => {
                self.totals.spawned += 1;
                let task = Task {
                    region,
                    state: code::CREATED,
                    running: Running::Nothing,
                    outcome: code::OK,
                    finalizers: 0,
                    at_checkpoint: false,
                    has_drain_timer: false,
                    waits: Vec::new(),
                    reason: None,
                };
                self.tasks.insert(id, task);
                TASK
            }
            Answer::NewOp { task, token, kind } => {
                let is_signal = kind == 2;
                self.totals.reserved += u64::from(!is_signal);
                let op = Op {
                    task,
                    is_signal,
                    kind,
                    is_shielded: self.task(task).running == Running::Finalizer,
                    state: code::SUBMITTED,
                    reason: None,
                };
                self.ops.insert(id, op);
                if token != 0 {
                    self.wait(task, token, For::Op(id));
                }
                OP
            }
            Answer::Status(_) | Answer::Refused(_) => panic!("{answer:?} names nothing"),
        };
        assert_eq!((kind_of(id), id >> 46), (given, TAG), "{id:#x}");
    }

    fn ended(&mut self, id: Id) -> Answer {
        self.end_running(id);
        let outcome = self.complete_if_drained(id, true);
        Answer::Status(outcome.map_or(0, |outcome| 4 + outcome))
    }

    fn wait(&mut self, task: Id, token: u32, what: For) {
        let task = self.task(task);
        let (what, got) = if task.must_observe() {
            (For::Nothing, Got::Failure)
        } else {
            (what, Got::Pending)
        };
        task.waits.push(Wait { token, what, got });
    }

    fn open_region(&self, id: Id) -> Checked<Id> {
        let id = self.live(id, REGION)?;
        if self.regions[&id].state == code::OPEN {
            Ok(id)
        } else {
            Err(SCOPE_CLOSED)
        }
    }

    fn active(&self, id: Id) -> Checked<Id> {
        let id = self.live(id, TASK)?;
        if self.tasks[&id].is_active() {
            Ok(id)
        } else {
            Err(WRONG_STATE)
        }
    }

    fn live(&self, id: Id, kind: u64) -> Checked<Id> {
        if self.is_closed() {
            return Err(RUNTIME_CLOSED);
        }
        if slot_of(id) == 0 || kind_of(id) != kind {
            return Err(FORGED);
        }
        if id >> 46 != TAG {
            return Err(FOREIGN);
        }
        let is_live = match kind {
            REGION => self.regions.contains_key(&id),
            TASK => self.tasks.contains_key(&id),
            _ => self.ops.contains_key(&id),
        };
        let of_kind = self.given.iter().filter(|id| kind_of(**id) == kind);
        let highest = of_kind.map(|id| slot_of(*id)).max();
        match highest {
            _ if is_live => Ok(id),
            Some(highest) if slot_of(id) <= highest => Err(STALE),
            _ => Err(FORGED),
        }
    }
}
