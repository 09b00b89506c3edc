//! Owns the law of finalizers: last in, first out, one at a time, each once, after what the task
//! or region owns has ended and before it ends itself.

use std::collections::BTreeMap;

use asupersync_core::{Event, EventKind, Handle, TaskState};

use super::{Oracle, Tree, Verdict};
use crate::check::ensure;

#[derive(Debug, Default)]
pub(super) struct FinalizerOrder {
    stacks: BTreeMap<Handle, Stack>,
}

#[derive(Debug, Default)]
struct Stack {
    /// Finalizers that have not ended, the running one included.
    count: u32,
    is_running: bool,
}

impl Oracle for FinalizerOrder {
    fn name(&self) -> &'static str {
        "finalizer-order"
    }

    fn event(&mut self, event: &Event, tree: &Tree) -> Verdict {
        let subject = event.subject;
        if event.kind == EventKind::FinalizerDeferred {
            let stack = self.stacks.entry(subject).or_default();
            stack.count += 1;
            ensure!(event.detail == stack.count, "it has {} now", stack.count);
        } else if event.kind == EventKind::FinalizerStarted {
            self.started(event, tree)?;
        } else if event.kind == EventKind::FinalizerEnded || event.kind == EventKind::TaskRevoked {
            self.ended(event)?;
        } else if event.kind == EventKind::TaskFinalizing && event.argument != 0 {
            let revoked = Handle::from_raw(event.argument);
            if let Some(stack) = self.stacks.remove(&revoked) {
                self.stacks.insert(subject, stack);
            }
        } else if event.kind == EventKind::TaskCompleted || event.kind == EventKind::RegionClosed {
            let left = self.stacks.remove(&subject).map_or(0, |stack| stack.count);
            ensure!(left == 0, "{left} of its finalizers have not run");
        }
        Ok(())
    }
}

impl FinalizerOrder {
    fn started(&mut self, event: &Event, tree: &Tree) -> Verdict {
        let subject = event.subject;
        let stack = self.stacks.entry(subject).or_default();
        ensure!(!stack.is_running, "another one runs");
        ensure!(
            stack.count > 0 && event.detail == stack.count,
            "the last of its {} is due",
            stack.count
        );
        let child = tree.regions_of(subject).next();
        ensure!(child.is_none(), "it still owns {child:?}");
        if let Some(task) = tree.tasks.get(&subject) {
            stack.is_running = true;
            ensure!(
                task.state == TaskState::Finalizing,
                "its body has not ended"
            );
            let open = tree.host_ops_of(subject).next();
            ensure!(open.is_none(), "{open:?} has not drained");
        } else {
            // The finalizer of a region runs in the task that was made for it just before.
            stack.count -= 1;
            let tasks = tree.tasks_of(subject).count();
            ensure!(tasks == 1, "it has {tasks} tasks");
        }
        Ok(())
    }

    fn ended(&mut self, event: &Event) -> Verdict {
        let stack = self.stacks.get_mut(&event.subject);
        let running = stack.filter(|stack| stack.is_running);
        let is_revoked = event.kind == EventKind::TaskRevoked;
        ensure!(running.is_some() || is_revoked, "none was running");
        if let Some(stack) = running {
            stack.is_running = false;
            stack.count -= 1;
        }
        Ok(())
    }
}
