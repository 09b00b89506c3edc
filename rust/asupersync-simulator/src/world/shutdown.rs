//! Owns the end of a run: a shutdown that must close everything, whatever the bodies do.

use asupersync_core::{CancelKind, Handle, HandleKind, Kernel, Outcome};

use super::World;
use crate::check::{Step, ensure};
use crate::model::Phase;

/// Turns that a shutdown may take, whatever the bodies do.
const CLOSE_TURNS: usize = 20_000;

impl World {
    /// Shuts down, with bodies that answer, hang, swallow or hide, until everything has closed.
    pub(super) fn close_down(&mut self) -> Step {
        let root = self.model.root;
        let expected = self.refusal(root, HandleKind::Region);
        if self
            .command(expected, format_args!("shutdown"), Kernel::shutdown)?
            .is_some()
        {
            let shutdown = CancelKind::Shutdown.severity();
            self.model.cancel_region(root, shutdown);
        }
        let mut woken = self.sync(None)?;
        woken.extend(self.model.tasks.keys().copied().collect::<Vec<_>>());
        let mut turns = 0;
        loop {
            for task in core::mem::take(&mut woken) {
                self.answer_by_character(task)?;
            }
            let asked: Vec<Handle> = self.model.ops.keys().copied().collect();
            for op in asked {
                let drains = op.raw() % 4 != 0;
                let is_asked = self.model.ops.get(&op).is_some_and(|op| op.asked);
                if drains && is_asked {
                    self.answer(op, 0, true)?;
                }
            }
            for region in self.regions_due() {
                self.spawn_finalizer(region)?;
            }
            if self.kernel.is_closed() {
                break;
            }
            if self.kernel.is_runnable() {
                // A turn takes time: what spins under a mask is bounded by nothing else.
                self.now_ms += 1;
            } else {
                let next = self
                    .kernel
                    .next_deadline()
                    .ok_or("nothing will ever happen again")?;
                let next_ms = next.as_nanos().div_ceil(1_000_000);
                self.now_ms = self.now_ms.max(next_ms);
            }
            woken = self.tick()?;
            turns += 1;
            ensure!(turns < CLOSE_TURNS, "it has not closed in {turns} turns");
        }
        let counters = self.kernel.counters();
        let left = [
            counters.regions_live,
            counters.tasks_live,
            counters.host_ops_live,
            counters.obligations_live,
            counters.timers_live,
        ];
        ensure!(left == [0; 5], "left after the close: {counters:?}");
        ensure!(
            counters.tasks_spawned == counters.tasks_completed,
            "{counters:?}"
        );
        ensure!(
            self.kernel.snapshot().is_empty(),
            "the snapshot is not empty"
        );
        ensure!(!self.kernel.is_runnable(), "there is still something to do");
        ensure!(
            self.kernel.next_deadline().is_none(),
            "there is still a deadline"
        );
        Ok(())
    }

    fn answer_by_character(&mut self, task: Handle) -> Step {
        if !self.model.is_active(task) {
            return Ok(());
        }
        let is_finalizer = self.model.tasks[&task].phase == Phase::Finalizer;
        match (task.slot() * 7 + task.generation()) % 16 {
            // It hangs.
            0..=2 => Ok(()),
            // It swallows whatever comes and waits again.
            3 if self.has_spinners => self.checkpoint(task),
            // It hides behind a mask and goes on.
            4 if self.has_spinners => {
                if self.model.tasks[&task].mask < 3 {
                    self.mask(task)?;
                }
                self.checkpoint(task)
            }
            _ if is_finalizer => self.finalized(task, Outcome::Ok),
            _ => self.complete(task, Outcome::Ok),
        }
    }
}
