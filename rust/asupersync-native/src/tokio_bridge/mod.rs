//! Owns the bridge to Tokio: this runtime inside a Tokio runtime, Tokio's futures and tasks inside
//! this one's bodies.

mod context;
mod drive;
mod task;

pub use context::in_tokio;
pub use task::spawn_tokio;
