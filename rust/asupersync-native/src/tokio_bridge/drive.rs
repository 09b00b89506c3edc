//! Owns the driver inside a Tokio runtime: each poll of one Tokio task is one turn.

use core::future::{Future, pending, poll_fn};
use core::pin::{Pin, pin};
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::sync::{Arc, Mutex, PoisonError};

use asupersync_core::exec::{Bell, Cx, Error, Next, PlatformSend, Result, select};
use tokio::time::{Instant, Sleep, sleep, sleep_until};

use crate::host::Zero;
use crate::runtime::{NativeRun, NativeRuntime, Opened};

impl NativeRuntime {
    /// As [`NativeRuntime::run_reported`], inside a Tokio runtime: a future to await there, or to
    /// `tokio::spawn`. It blocks no thread. Each poll is one turn, of at most
    /// [`polls_per_tick`](asupersync_core::KernelConfig::polls_per_tick) futures, after which
    /// Tokio's other tasks have theirs. Bodies are polled in Tokio's context, so that they may wait
    /// for Tokio's futures by [`Cx::wait`]. Time is Tokio's: in whole milliseconds, rounded up, and
    /// paused where a test pauses it.
    ///
    /// Dropped before its end, as when its Tokio task is aborted, it drops at once all that it
    /// holds: nothing drains and no finalizer runs. [`NativeRuntime::drive_until`] is the way to
    /// end it early.
    ///
    /// # Panics
    /// When it is polled outside a Tokio runtime, or in one whose time is not enabled.
    ///
    /// ```
    /// use asupersync_core::exec::{Error, Outcome};
    /// use asupersync_native::NativeRuntime;
    /// use std::time::Duration;
    ///
    /// let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    /// let run = tokio.block_on(NativeRuntime::new().drive(|cx| async move {
    ///     cx.wait(tokio::time::sleep(Duration::from_millis(1))).await?;
    ///     Ok::<_, Error>("both runtimes' time")
    /// }));
    /// assert_eq!(run.outcome, Outcome::Ok("both runtimes' time"));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn drive<T, E, F, Fut>(
        self,
        body: F,
    ) -> impl Future<Output = NativeRun<T, E>> + Send + use<T, E, F, Fut>
    where
        T: PlatformSend + 'static,
        E: From<Error> + PlatformSend + 'static,
        F: FnOnce(Cx) -> Fut + PlatformSend + 'static,
        Fut: Future<Output = Result<T, E>> + PlatformSend + 'static,
    {
        self.drive_until(pending(), body)
    }

    /// As [`NativeRuntime::drive`], but everything is cancelled with `shutdown` as soon as
    /// `shutdown` is ready, and the future ends when all has drained.
    ///
    /// # Panics
    /// As [`NativeRuntime::drive`].
    pub async fn drive_until<S, T, E, F, Fut>(self, shutdown: S, body: F) -> NativeRun<T, E>
    where
        S: Future<Output = ()>,
        T: PlatformSend + 'static,
        E: From<Error> + PlatformSend + 'static,
        F: FnOnce(Cx) -> Fut + PlatformSend + 'static,
        Fut: Future<Output = Result<T, E>> + PlatformSend + 'static,
    {
        let bell = Arc::new(TaskBell::default());
        let zero = Instant::now();
        let opened = Opened::new(&self.config, Zero::Tokio(zero), Arc::clone(&bell) as _);
        let main = opened.spawn(body);
        let mut timer = Timer {
            zero,
            sleep: Box::pin(sleep(Duration::ZERO)),
        };
        let is_done = || main.is_finished();
        let body_ended = poll_fn(|context| opened.poll_until(is_done, &bell, &mut timer, context));
        select(body_ended, shutdown).await;
        opened.executor.shutdown();
        let drained_by = Instant::now() + opened.drain_time;
        let is_done = || opened.executor.is_closed();
        poll_fn(|context| opened.poll_until(is_done, &bell, &mut timer, context)).await;
        opened.host.pool.begin_close();
        let mut last = pin!(sleep_until(drained_by));
        poll_fn(|context| match opened.host.pool.poll_drained(context) {
            Poll::Ready(()) => Poll::Ready(()),
            Poll::Pending => last.as_mut().poll(context),
        })
        .await;
        opened.into_run(main)
    }
}

impl Opened {
    /// One turn, unless all is done; then has `context` woken when the next one is due.
    fn poll_until(
        &self,
        is_done: impl Fn() -> bool,
        bell: &TaskBell,
        timer: &mut Timer,
        context: &mut Context<'_>,
    ) -> Poll<()> {
        if is_done() {
            return Poll::Ready(());
        }
        // Before the turn, so that a ring during it is not lost.
        bell.listen(context.waker());
        let next = self.executor.turn();
        if is_done() {
            return Poll::Ready(());
        }
        let is_due = match next {
            Next::Again => true,
            Next::At(at) => timer
                .poll(Duration::from_nanos(at.as_nanos()), context)
                .is_ready(),
            Next::Idle => false,
        };
        if is_due {
            context.waker().wake_by_ref();
        }
        Poll::Pending
    }
}

/// One Tokio timer for the kernel's nearest deadline.
struct Timer {
    zero: Instant,
    sleep: Pin<Box<Sleep>>,
}

impl Timer {
    /// Whether `at`, counted from the runtime's start, has come; wakes `context` when it has. One
    /// past Tokio's clock never comes.
    fn poll(&mut self, at: Duration, context: &mut Context<'_>) -> Poll<()> {
        let Some(deadline) = self.zero.checked_add(at) else {
            return Poll::Pending;
        };
        if self.sleep.deadline() != deadline {
            self.sleep.as_mut().reset(deadline);
        }
        self.sleep.as_mut().poll(context)
    }
}

/// Wakes the Tokio task that drives.
#[derive(Default)]
struct TaskBell(Mutex<Option<Waker>>);

impl TaskBell {
    fn listen(&self, waker: &Waker) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *known {
            Some(known) => known.clone_from(waker),
            none => *none = Some(waker.clone()),
        }
    }
}

impl Bell for TaskBell {
    fn ring(&self) {
        let waker = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        waker.into_iter().for_each(Waker::wake);
    }
}
