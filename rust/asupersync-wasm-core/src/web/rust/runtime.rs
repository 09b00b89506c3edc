//! Owns the browser's runtime for Rust futures: who keeps it alive, when it turns, how it closes.

use core::future::{Future, poll_fn};
use core::task::{Poll, Waker};
use core::time::Duration;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use asupersync_core::exec::{
    Cx, Error, Executor, JoinHandle, Next, Outcome, PlatformSend, Report, Result,
};
use asupersync_core::{Event, KernelConfig, Row};
use js_sys::Function;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::host::{BrowserHost, Number, Rung};
use crate::wakes::Wakes;
use crate::web::port::WebPort;

/// Long enough to get work done, short enough that a page at 60 frames a second paints every one.
const SLICE: Duration = Duration::from_millis(5);

/// How a browser's runtime is set up.
#[derive(Clone, Debug)]
pub struct BrowserConfig {
    /// The kernel's own configuration.
    pub kernel: KernelConfig,
    /// How long bodies run before the page may paint and take input; 5 ms unless told otherwise.
    pub slice: Duration,
}

impl Default for BrowserConfig {
    fn default() -> Self {
        Self {
            kernel: KernelConfig::default(),
            slice: SLICE,
        }
    }
}

/// A runtime on the event loop of a page or a worker. Nothing here blocks: bodies run in slices,
/// and between two slices the page paints and takes input.
///
/// A clone is the same runtime. While it has not [closed](BrowserRuntime::close) its tasks go on,
/// whether or not anybody holds it. A panic ends the whole wasm instance, as everywhere in wasm:
/// nothing runs after it.
///
/// ```no_run
/// use asupersync_core::exec::Error;
/// use asupersync_wasm_core::web::rust::BrowserRuntime;
/// use core::time::Duration;
///
/// let runtime = BrowserRuntime::new();
/// let ticker = runtime.spawn(|cx| async move {
///     cx.sleep(Duration::from_millis(5)).await?;
///     Ok::<_, Error>("tick")
/// })?;
/// ticker.cancel("the user has seen enough");
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct BrowserRuntime(Rc<Inner>);

#[derive(Debug)]
struct Inner {
    executor: Executor,
    wakes: Rc<RefCell<Wakes<WebPort>>>,
    number: Number,
    /// The pump runs, and looks at the inbox by itself.
    is_turning: Cell<bool>,
    /// Of those who wait for the close.
    closers: RefCell<Vec<Waker>>,
}

impl Default for BrowserRuntime {
    fn default() -> Self {
        Self::new()
    }
}

impl BrowserRuntime {
    /// A runtime as it comes.
    #[must_use]
    pub fn new() -> Self {
        Self::with(&BrowserConfig::default())
    }

    /// A runtime set up by `config`. Nothing is armed before something is spawned.
    #[must_use]
    pub fn with(config: &BrowserConfig) -> Self {
        let number = Number::next();
        let pump = Closure::<dyn FnMut(JsValue)>::new(move |is_timer: JsValue| {
            if let Some(runtime) = number.find() {
                runtime.turn(is_timer == JsValue::TRUE);
            }
        });
        // The realm's collector frees it: a wake that was armed before the runtime had closed may
        // come after, and must find something to call.
        let pump: Function = pump.into_js_value().unchecked_into();
        let slice_ms = config.slice.as_secs_f64() * 1e3;
        let wakes = Rc::new(RefCell::new(Wakes::new(WebPort::new(pump), slice_ms)));
        let host = BrowserHost {
            wakes: Rc::clone(&wakes),
            number,
        };
        Self(Rc::new(Inner {
            executor: Executor::new(&config.kernel, host),
            wakes,
            number,
            is_turning: Cell::new(false),
            closers: RefCell::default(),
        }))
    }

    /// Spawns `body` into the root region. It begins in a microtask, never before this returns.
    ///
    /// # Errors
    /// [`Error::Refused`] if the runtime is closing or has closed, or at a limit.
    pub fn spawn<T, E, F, Fut>(&self, body: F) -> Result<JoinHandle<T, E>>
    where
        T: PlatformSend + 'static,
        E: From<Error> + PlatformSend + 'static,
        F: FnOnce(Cx) -> Fut + PlatformSend + 'static,
        Fut: Future<Output = Result<T, E>> + PlatformSend + 'static,
    {
        self.keep();
        self.0.executor.spawn(body)
    }

    /// Runs `body` and whatever it spawns to the end, then closes the runtime. The body begins
    /// with this call; the future only waits, on any executor, and gives how the body ended.
    ///
    /// Cancel-safe: dropped, the body goes on, and the runtime stays open.
    ///
    /// # Panics
    /// If the runtime is closing or has closed.
    pub fn run<T, E, F, Fut>(
        self,
        body: F,
    ) -> impl Future<Output = Outcome<T, E>> + use<T, E, F, Fut>
    where
        T: PlatformSend + 'static,
        E: From<Error> + PlatformSend + 'static,
        F: FnOnce(Cx) -> Fut + PlatformSend + 'static,
        Fut: Future<Output = Result<T, E>> + PlatformSend + 'static,
    {
        let main = self
            .spawn(body)
            .expect("an open runtime has room for a task");
        async move {
            let ended = main.join().await;
            self.close().await;
            match ended {
                Ok(outcome) => outcome,
                // Awaited in a task of this same runtime, which its close has cancelled.
                Err(Error::Cancelled(reason)) => Outcome::Cancelled(reason),
                Err(error) => Outcome::Err(error.into()),
            }
        }
    }

    /// As [`BrowserRuntime::run`], for those who have no executor to wait on: `ended` is called
    /// when the runtime has closed.
    ///
    /// # Panics
    /// If the runtime is closing or has closed.
    pub fn run_then<T, E, F, Fut>(self, body: F, ended: impl FnOnce(Outcome<T, E>) + 'static)
    where
        T: PlatformSend + 'static,
        E: From<Error> + PlatformSend + 'static,
        F: FnOnce(Cx) -> Fut + PlatformSend + 'static,
        Fut: Future<Output = Result<T, E>> + PlatformSend + 'static,
    {
        let run = self.run(body);
        spawn_local(async move { ended(run.await) });
    }

    /// Cancels everything with `shutdown`, and waits until all of it has drained: the report on
    /// the closed runtime. The request is made by this call; a second call waits for the same.
    ///
    /// Cancel-safe: dropped, the runtime closes all the same.
    pub fn close(&self) -> impl Future<Output = Report> + use<> {
        self.keep();
        self.0.executor.shutdown();
        let runtime = self.clone();
        poll_fn(move |context| {
            if runtime.is_closed() {
                return Poll::Ready(runtime.report());
            }
            let mut closers = runtime.0.closers.borrow_mut();
            if !closers.iter().any(|known| known.will_wake(context.waker())) {
                closers.push(context.waker().clone());
            }
            Poll::Pending
        })
    }

    /// Whether everything has ended after [`BrowserRuntime::close`].
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.0.executor.is_closed()
    }

    /// What the run has come to so far.
    #[must_use]
    pub fn report(&self) -> Report {
        self.0.executor.report()
    }

    /// The live tree, parents before children, siblings in order of birth. O(live).
    #[must_use]
    pub fn snapshot(&self) -> Vec<Row> {
        self.0.executor.snapshot()
    }

    /// The events that the trace ring holds, oldest first. It holds
    /// [`trace_capacity`](KernelConfig::trace_capacity) of them, none unless it is set. O(held).
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.0.executor.events()
    }

    fn keep(&self) {
        if !self.is_closed() {
            self.0.number.keep(Rc::clone(&self.0) as Rc<dyn Rung>);
        }
    }
}

impl Rung for Inner {
    fn rung(&self) {
        if !self.is_turning.get() {
            self.wakes.borrow_mut().work_came(true, None);
        }
    }

    fn turn(&self, is_timer: bool) {
        if is_timer {
            self.wakes.borrow_mut().port_mut().note_timer();
        }
        let is_runnable = self.executor.next() == Next::Again;
        if self
            .wakes
            .borrow_mut()
            .begin_turn(is_runnable, None)
            .is_none()
        {
            return;
        }
        self.is_turning.set(true);
        let has_time = || self.wakes.borrow().has_time();
        let mut next = self.executor.turn_while(has_time);
        while next == Next::Again && has_time() {
            next = self.executor.turn_while(has_time);
        }
        self.is_turning.set(false);
        if self.executor.is_closed() {
            self.has_closed();
            return;
        }
        let mut wakes = self.wakes.borrow_mut();
        wakes.has_turned();
        let now = wakes.now();
        match next {
            Next::Again => wakes.settle(now, true, None),
            Next::At(at) => wakes.settle(now, false, Some(at)),
            Next::Idle => wakes.settle(now, false, None),
        }
    }
}

impl Inner {
    fn has_closed(&self) {
        self.wakes.borrow_mut().port_mut().release();
        self.number.let_go();
        let closers = self.closers.take();
        closers.into_iter().for_each(Waker::wake);
    }
}
