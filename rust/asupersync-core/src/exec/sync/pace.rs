//! Owns how an answer that is there at once still lets others run now and then.

use core::task::{Context, Poll, ready};

use crate::exec::cx::Cx;
use crate::exec::error::Result;
use crate::limits::ANSWERS_PER_POLL;

/// Makes a body that always finds an answer at once let others run now and then.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// The last checkpoint before the one that is waited for.
    seen: Option<u64>,
}

impl Pace {
    /// Ready at once, but for every so often.
    pub(super) fn poll(&mut self, cx: &Cx, context: &mut Context<'_>) -> Poll<Result<()>> {
        if self.seen.is_none() {
            let mut state = cx.shared().lock();
            state.running(cx.task())?;
            state.answers += 1;
            if state.answers <= ANSWERS_PER_POLL {
                return Poll::Ready(Ok(()));
            }
        }
        let passed = ready!(cx.poll_checkpoint(&mut self.seen, context));
        self.seen = None;
        Poll::Ready(passed)
    }

    /// As [`Pace::poll`], before an answer that the kernel is not asked for: it observes a
    /// cancellation, too.
    pub(super) fn poll_observing(
        &mut self,
        cx: &Cx,
        context: &mut Context<'_>,
    ) -> Poll<Result<()>> {
        if self.seen.is_none() && !cx.is_cancelled() {
            return self.poll(cx, context);
        }
        let passed = ready!(cx.poll_checkpoint(&mut self.seen, context));
        self.seen = None;
        Poll::Ready(passed)
    }
}
