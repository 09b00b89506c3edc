//! Owns the random choices of the world: what is picked, and how often it makes no sense.

use asupersync_core::{CancelKind, Handle, Outcome, Policy, Time};

use super::World;
impl World {
    #[expect(clippy::cast_possible_truncation, reason = "it is below a usize")]
    pub(super) fn draw(&mut self, below: usize) -> usize {
        (draw(&mut self.random) % below.max(1) as u64) as usize
    }

    /// A small number below `below`, which is at least 1.
    #[expect(clippy::cast_possible_truncation, reason = "it is below a u8")]
    pub(super) fn draw_u8(&mut self, below: u8) -> u8 {
        (draw(&mut self.random) % u64::from(below)) as u8
    }

    pub(super) fn chance(&mut self, percent: usize) -> bool {
        self.draw(100) < percent
    }

    pub(super) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.draw(from.len())]
    }

    pub(super) fn any_task(&mut self) -> Handle {
        let live: Vec<Handle> = self.model.tasks.keys().copied().collect();
        self.one_of(live)
    }

    /// A task whose code runs, if there is one.
    pub(super) fn active_task(&mut self) -> Handle {
        let model = &self.model;
        let live = model.tasks.keys().copied();
        let active: Vec<Handle> = live.filter(|task| model.is_active(*task)).collect();
        self.one_of(active)
    }

    pub(super) fn any_region(&mut self) -> Handle {
        let live: Vec<Handle> = self.model.regions.keys().copied().collect();
        self.one_of(live)
    }

    pub(super) fn any_op(&mut self) -> Handle {
        let live: Vec<Handle> = self.model.ops.keys().copied().collect();
        self.one_of(live)
    }

    pub(super) fn any_obligation(&mut self) -> Handle {
        let live: Vec<Handle> = self.model.obligations.keys().copied().collect();
        self.one_of(live)
    }

    pub(super) fn any_semaphore(&mut self) -> Handle {
        let live: Vec<Handle> = self.model.semaphores.keys().copied().collect();
        self.one_of(live)
    }

    /// A cost quota, often none.
    pub(super) fn some_quota(&mut self) -> u64 {
        if self.chance(40) {
            self.draw(12) as u64
        } else {
            u64::MAX
        }
    }

    /// Mostly one of `live`, now and then one that has ended or never was.
    fn one_of(&mut self, live: Vec<Handle>) -> Handle {
        let luck = self.draw(100);
        if luck < 92 && !live.is_empty() {
            return self.pick(&live);
        }
        if luck < 97 && !self.dead.is_empty() {
            let nth = self.draw(self.dead.len());
            return self.dead[nth];
        }
        let root = self.model.root.raw();
        let forged = match self.draw(3) {
            0 => draw(&mut self.random),
            1 => root ^ (1 << self.draw(64)),
            _ => root + self.draw(1 << 26) as u64,
        };
        Handle::from_raw(forged)
    }

    pub(super) fn any_kind(&mut self) -> CancelKind {
        self.pick(&CancelKind::ALL)
    }

    pub(super) fn any_outcome(&mut self) -> Outcome {
        self.pick(&[
            Outcome::Ok,
            Outcome::Ok,
            Outcome::Ok,
            Outcome::Err,
            Outcome::Cancelled,
            Outcome::Panicked,
        ])
    }

    pub(super) fn any_policy(&mut self) -> Policy {
        self.pick(&[
            Policy::FailFast,
            Policy::CollectAll,
            Policy::Race,
            Policy::Any,
        ])
    }

    /// A time near the present, often a round one, so that some are equal.
    pub(super) fn some_time(&mut self) -> Time {
        let offset = self.draw(120) as u64;
        let at_ms = (self.now_ms + offset).saturating_sub(20);
        let step_ms = if self.chance(40) { 40 } else { 1 };
        Time::from_millis(at_ms / step_ms * step_ms)
    }

    pub(super) fn new_token(&mut self) -> u32 {
        self.token += 1;
        self.token
    }
}

/// SplitMix64, as in the kernel.
pub(super) fn draw(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
