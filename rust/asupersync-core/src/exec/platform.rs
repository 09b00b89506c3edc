//! Owns what a future must be on this platform: `Send` natively, nothing in wasm, where there is
//! one thread. The only `cfg` that a Rust author is spared stands here.

use core::future::Future;
use core::pin::Pin;
use std::sync::Arc;

/// What may move between threads, where there are threads: `Send` natively, anything in wasm.
#[cfg(not(target_family = "wasm"))]
pub trait PlatformSend: Send {}
#[cfg(not(target_family = "wasm"))]
impl<T: Send + ?Sized> PlatformSend for T {}

/// What may move between threads, where there are threads: `Send` natively, anything in wasm.
#[cfg(target_family = "wasm")]
pub trait PlatformSend {}
#[cfg(target_family = "wasm")]
impl<T: ?Sized> PlatformSend for T {}

/// What may be shared by threads, where there are threads: `Sync` natively, anything in wasm.
#[cfg(not(target_family = "wasm"))]
pub trait PlatformSync: Sync {}
#[cfg(not(target_family = "wasm"))]
impl<T: Sync + ?Sized> PlatformSync for T {}

/// What may be shared by threads, where there are threads: `Sync` natively, anything in wasm.
#[cfg(target_family = "wasm")]
pub trait PlatformSync {}
#[cfg(target_family = "wasm")]
impl<T: ?Sized> PlatformSync for T {}

/// A future that the executor can hold.
pub trait PlatformFuture: Future + PlatformSend {}
impl<F: Future + PlatformSend + ?Sized> PlatformFuture for F {}

/// A boxed future that the executor can hold; `Box::pin(future)` makes one.
pub type BoxFuture<T> = Pin<Box<dyn PlatformFuture<Output = T>>>;

/// An `Arc` of what is shared by tasks, whether or not there are threads to share it.
#[allow(
    clippy::arc_with_non_send_sync,
    reason = "in wasm nothing is sent anywhere, and there is one code path for both"
)]
pub(crate) fn shared<T>(value: T) -> Arc<T> {
    Arc::new(value)
}
