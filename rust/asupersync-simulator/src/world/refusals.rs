//! Owns which commands the kernel must refuse, and that a refusal changes nothing.

use asupersync_core::{ErrorKind, Handle, HandleKind, Kernel, KernelError};

use super::World;
use crate::check::{Step, ensure};
impl World {
    /// Why a handle must be refused as one of `kind`, or nothing if it is live.
    pub(super) fn refusal(&self, handle: Handle, kind: HandleKind) -> &'static [ErrorKind] {
        let is_live = match kind {
            HandleKind::Region => self.model.regions.contains_key(&handle),
            HandleKind::Task => self.model.tasks.contains_key(&handle),
            HandleKind::HostOp => self.model.ops.contains_key(&handle),
            HandleKind::Obligation => self.model.obligations.contains_key(&handle),
            HandleKind::Semaphore => self.model.semaphores.contains_key(&handle),
        };
        let tag = |handle: Handle| handle.raw() >> 46;
        if self.kernel.is_closed() {
            &[ErrorKind::RuntimeClosed]
        } else if is_live {
            &[]
        } else if handle.raw() >= 1 << 53 || handle.kind() != Some(kind) {
            &[ErrorKind::ForgedHandle]
        } else if tag(handle) != tag(self.model.root) {
            &[ErrorKind::ForeignHandle]
        } else if self.model.ended.contains_key(&handle) {
            &[ErrorKind::StaleHandle]
        } else {
            &[ErrorKind::StaleHandle, ErrorKind::ForgedHandle]
        }
    }

    /// As [`World::refusal`] for a task whose code must run.
    pub(super) fn active_refusal(&self, task: Handle) -> &'static [ErrorKind] {
        let refusal = self.refusal(task, HandleKind::Task);
        if refusal.is_empty() && !self.model.is_active(task) {
            &[ErrorKind::WrongState]
        } else {
            refusal
        }
    }

    /// As [`World::refusal`] for a region that must be open.
    pub(super) fn open_refusal(&self, region: Handle) -> &'static [ErrorKind] {
        let refusal = self.refusal(region, HandleKind::Region);
        if refusal.is_empty() && !self.model.regions[&region].admits {
            &[ErrorKind::ScopeClosed]
        } else {
            refusal
        }
    }

    /// Gives a command and checks that it is refused exactly when it must be, and that a
    /// refusal changes nothing.
    pub(super) fn command<T: core::fmt::Debug>(
        &mut self,
        expected: &[ErrorKind],
        name: core::fmt::Arguments<'_>,
        command: impl FnOnce(&mut Kernel) -> Result<T, KernelError>,
    ) -> Step<Option<T>> {
        let picture = |kernel: &Kernel| (kernel.counters(), kernel.fingerprint());
        let before = picture(&self.kernel);
        let answer = command(&mut self.kernel);
        self.note(|| format!("  {name} -> {answer:?}"));
        match answer {
            Ok(value) => {
                ensure!(
                    expected.is_empty(),
                    "{name} was taken, not refused as {expected:?}"
                );
                Ok(Some(value))
            }
            Err(error) => {
                ensure!(
                    expected.contains(&error.kind),
                    "{name}: {error}, not {expected:?}"
                );
                ensure!(
                    picture(&self.kernel) == before,
                    "{name} was refused and changed something"
                );
                Ok(None)
            }
        }
    }
}
