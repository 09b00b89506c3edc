//! What the tests of Rust bodies share: runs in the lab that leave nothing, and what bodies write
//! down.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    reason = "each test file uses a part of it, and a test may panic"
)]

use core::time::Duration;
use std::sync::{Arc, Mutex};

use asupersync_core::exec::{Cx, Error, Lab, LabRun};

pub const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// The time in the lab, in milliseconds.
pub fn millis(cx: &Cx) -> u64 {
    cx.now().as_nanos() / 1_000_000
}

/// What bodies write down, in order.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub fn add(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    pub fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// Says so when it is dropped.
pub struct Guard(pub Log, pub &'static str);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.add(format!("dropped {}", self.1));
    }
}

/// Runs `body` and checks that nothing is left of the run.
pub fn check<T, F, Fut>(body: F) -> LabRun<T>
where
    T: Send + 'static,
    F: FnOnce(Cx) -> Fut + Send + 'static,
    Fut: Future<Output = Result<T, Error>> + Send + 'static,
{
    let run = Lab::new(1).run(body);
    assert!(run.report.live.is_none(), "leaked: {:?}", run.report.live);
    assert!(!run.is_stalled, "everything waits for nothing");
    run
}
