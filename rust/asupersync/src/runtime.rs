//! Owns what all runtimes have in common: they run one body to its end.

use core::future::Future;

use asupersync_core::exec::{Cx, Error, Outcome, PlatformSend, Result};

/// Something that a body runs on. Code that is generic over it runs natively and in the lab
/// alike.
pub trait Runtime: Sized {
    /// Runs `body` and whatever it spawns to the end, and closes the runtime.
    fn run<T, E, F, Fut>(self, body: F) -> Outcome<T, E>
    where
        T: PlatformSend + 'static,
        E: From<Error> + PlatformSend + 'static,
        F: FnOnce(Cx) -> Fut + PlatformSend + 'static,
        Fut: Future<Output = Result<T, E>> + PlatformSend + 'static;
}

/// The runtime for programs on this platform.
#[cfg(feature = "native-runtime")]
pub type DefaultRuntime = asupersync_native::NativeRuntime;

/// Runs `body` on a [`DefaultRuntime`] as it comes.
#[cfg(feature = "native-runtime")]
pub fn run<T, E, F, Fut>(body: F) -> Outcome<T, E>
where
    T: PlatformSend + 'static,
    E: From<Error> + PlatformSend + 'static,
    F: FnOnce(Cx) -> Fut + PlatformSend + 'static,
    Fut: Future<Output = Result<T, E>> + PlatformSend + 'static,
{
    DefaultRuntime::new().run(body)
}

#[cfg(feature = "native-runtime")]
impl Runtime for asupersync_native::NativeRuntime {
    fn run<T, E, F, Fut>(self, body: F) -> Outcome<T, E>
    where
        T: PlatformSend + 'static,
        E: From<Error> + PlatformSend + 'static,
        F: FnOnce(Cx) -> Fut + PlatformSend + 'static,
        Fut: Future<Output = Result<T, E>> + PlatformSend + 'static,
    {
        Self::run(self, body)
    }
}

#[cfg(feature = "deterministic-mode")]
impl Runtime for asupersync_core::exec::Lab {
    /// As [`Lab::run`](asupersync_core::exec::Lab::run), which says more than the outcome.
    fn run<T, E, F, Fut>(self, body: F) -> Outcome<T, E>
    where
        T: PlatformSend + 'static,
        E: From<Error> + PlatformSend + 'static,
        F: FnOnce(Cx) -> Fut + PlatformSend + 'static,
        Fut: Future<Output = Result<T, E>> + PlatformSend + 'static,
    {
        Self::run(&self, body).outcome
    }
}
