//! Owns what all runtimes have in common: they run one body to its end.

use core::fmt::Display;
use core::future::Future;

use asupersync_core::exec::{Cx, Error, Outcome, PlatformSend, Result};

/// Something that a body runs on: natively, in a browser, and in the lab alike.
///
/// A browser's thread cannot wait, so what is common to all is to run a body and then be told.
/// Where the thread can wait there is [`BlockingRuntime::run_blocking`] too.
pub trait Runtime: Sized {
    /// Runs `body` and whatever it spawns to the end, closes the runtime, then calls `ended`.
    ///
    /// Natively and in the lab all of that has happened when this returns. In a browser the body
    /// has not begun then: the event loop runs it.
    fn run_then<T, E, F, Fut>(self, body: F, ended: impl FnOnce(Outcome<T, E>) + 'static)
    where
        T: PlatformSend + 'static,
        E: From<Error> + PlatformSend + 'static,
        F: FnOnce(Cx) -> Fut + PlatformSend + 'static,
        Fut: Future<Output = Result<T, E>> + PlatformSend + 'static;
}

/// A runtime whose thread can wait: natively, and in the lab.
///
/// ```
/// use asupersync::{BlockingRuntime, DefaultRuntime, Error, Lab, Outcome};
///
/// fn answer(runtime: impl BlockingRuntime) -> Outcome<u32> {
///     runtime.run_blocking(|cx| async move {
///         cx.yield_now().await?;
///         Ok::<_, Error>(42)
///     })
/// }
/// assert_eq!(answer(DefaultRuntime::new()), answer(Lab::new(1)));
/// ```
pub trait BlockingRuntime: Runtime {
    /// Runs `body` and whatever it spawns to the end, and closes the runtime. The methods of the
    /// runtimes themselves say more: [`Lab::run`](asupersync_core::exec::Lab::run) what the run
    /// came to, for instance.
    fn run_blocking<T, E, F, Fut>(self, body: F) -> Outcome<T, E>
    where
        T: PlatformSend + 'static,
        E: From<Error> + PlatformSend + 'static,
        F: FnOnce(Cx) -> Fut + PlatformSend + 'static,
        Fut: Future<Output = Result<T, E>> + PlatformSend + 'static;
}

/// The runtime for programs on this platform.
#[cfg(all(feature = "native-runtime", not(target_family = "wasm")))]
pub type DefaultRuntime = asupersync_native::NativeRuntime;

/// The runtime for pages on this platform.
#[cfg(all(feature = "wasm-runtime", target_family = "wasm"))]
pub type DefaultRuntime = asupersync_wasm_core::web::rust::BrowserRuntime;

/// Runs a program on a [`DefaultRuntime`] as it comes: the entry point that is the same natively
/// and in a browser.
///
/// Natively it blocks until everything has ended, and a body that did not end well is said on
/// standard error and by exit code 1. In a browser it returns at once, the event loop runs the
/// body, and a bad end is said on the console; call it from `#[wasm_bindgen(start)]`.
///
/// ```
/// use asupersync::Error;
///
/// fn main() {
///     asupersync::launch(|cx| async move {
///         cx.yield_now().await?;
///         Ok::<_, Error>(())
///     });
/// }
/// ```
#[cfg(any(
    all(feature = "native-runtime", not(target_family = "wasm")),
    all(feature = "wasm-runtime", target_family = "wasm")
))]
pub fn launch<E, F, Fut>(body: F)
where
    E: From<Error> + Display + PlatformSend + 'static,
    F: FnOnce(Cx) -> Fut + PlatformSend + 'static,
    Fut: Future<Output = Result<(), E>> + PlatformSend + 'static,
{
    DefaultRuntime::new().run_then(body, |outcome: Outcome<(), E>| {
        if let Err(error) = outcome.into_result() {
            fail(&error);
        }
    });
}

#[cfg(all(feature = "native-runtime", not(target_family = "wasm")))]
#[expect(clippy::print_stderr, reason = "a program that fails says why")]
fn fail(error: &dyn Display) {
    eprintln!("error: {error}");
    std::process::exit(1);
}

#[cfg(all(feature = "wasm-runtime", target_family = "wasm"))]
fn fail(error: &dyn Display) {
    asupersync_wasm_core::web::rust::report_failure(&error.to_string());
}

/// Runs `body` on a [`DefaultRuntime`] as it comes.
#[cfg(all(feature = "native-runtime", not(target_family = "wasm")))]
pub fn run<T, E, F, Fut>(body: F) -> Outcome<T, E>
where
    T: PlatformSend + 'static,
    E: From<Error> + PlatformSend + 'static,
    F: FnOnce(Cx) -> Fut + PlatformSend + 'static,
    Fut: Future<Output = Result<T, E>> + PlatformSend + 'static,
{
    DefaultRuntime::new().run(body)
}

/// Both traits for a runtime whose own method runs a body to the end.
#[cfg(any(
    feature = "deterministic-mode",
    all(feature = "native-runtime", not(target_family = "wasm"))
))]
macro_rules! blocking {
    ($runtime:ty, |$this:ident, $body:ident| $run:expr) => {
        impl Runtime for $runtime {
            fn run_then<T, E, F, Fut>(self, body: F, ended: impl FnOnce(Outcome<T, E>) + 'static)
            where
                T: PlatformSend + 'static,
                E: From<Error> + PlatformSend + 'static,
                F: FnOnce(Cx) -> Fut + PlatformSend + 'static,
                Fut: Future<Output = Result<T, E>> + PlatformSend + 'static,
            {
                ended(self.run_blocking(body));
            }
        }

        impl BlockingRuntime for $runtime {
            fn run_blocking<T, E, F, Fut>(self, $body: F) -> Outcome<T, E>
            where
                T: PlatformSend + 'static,
                E: From<Error> + PlatformSend + 'static,
                F: FnOnce(Cx) -> Fut + PlatformSend + 'static,
                Fut: Future<Output = Result<T, E>> + PlatformSend + 'static,
            {
                let $this = self;
                $run
            }
        }
    };
}

#[cfg(all(feature = "native-runtime", not(target_family = "wasm")))]
blocking!(asupersync_native::NativeRuntime, |runtime, body| {
    runtime.run(body)
});

#[cfg(feature = "deterministic-mode")]
blocking!(asupersync_core::exec::Lab, |lab, body| {
    lab.run(body).outcome
});

#[cfg(all(feature = "wasm-runtime", target_family = "wasm"))]
impl Runtime for asupersync_wasm_core::web::rust::BrowserRuntime {
    fn run_then<T, E, F, Fut>(self, body: F, ended: impl FnOnce(Outcome<T, E>) + 'static)
    where
        T: PlatformSend + 'static,
        E: From<Error> + PlatformSend + 'static,
        F: FnOnce(Cx) -> Fut + PlatformSend + 'static,
        Fut: Future<Output = Result<T, E>> + PlatformSend + 'static,
    {
        Self::run_then(self, body, ended);
    }
}
