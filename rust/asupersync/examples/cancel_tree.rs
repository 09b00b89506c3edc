//! A tree of tasks is cancelled from its root: each observes it, cleans up, and is waited for.
//! `cargo run -p asupersync --example cancel_tree`

use std::sync::{Arc, Mutex};
use std::time::Duration;

use asupersync::{BlockingRuntime, BoxFuture, Cx, DefaultRuntime, Error, Outcome, Result};

fn main() {
    say(&cancel_tree(DefaultRuntime::new()));
}

type Log = Arc<Mutex<Vec<String>>>;

/// Cancels a tree of seven tasks; the lines are what they did, in order.
pub fn cancel_tree(runtime: impl BlockingRuntime) -> Vec<String> {
    let log = Log::default();
    let lines = Arc::clone(&log);
    let outcome = runtime.run_blocking(|cx| async move {
        let root = cx.spawn(|cx| node(cx, "root".into(), 2, lines))?;
        cx.sleep(Duration::from_millis(1)).await?;
        root.cancel("the user left");
        root.join().await
    });
    let mut lines = log.lock().map_or_else(|_| Vec::new(), |log| log.clone());
    if let Outcome::Ok(Outcome::Cancelled(reason)) = outcome {
        lines.push(format!("root ended: {:?}", reason.message));
    }
    lines
}

/// A task with two children, each with two of its own, down to `depth`.
fn node(cx: Cx, name: String, depth: u32, log: Log) -> BoxFuture<Result<()>> {
    Box::pin(async move {
        let (cleaner, line) = (Arc::clone(&log), format!("{name} cleaned up"));
        cx.defer(move |_| async move {
            if let Ok(mut log) = cleaner.lock() {
                log.push(line);
            }
        })?;
        for side in ["left", "right"] {
            if depth > 0 {
                let (name, log) = (format!("{name}.{side}"), Arc::clone(&log));
                cx.spawn(move |cx| node(cx, name, depth - 1, log))?;
            }
        }
        cx.sleep(Duration::from_secs(3600)).await?;
        Ok::<_, Error>(())
    })
}

#[expect(clippy::print_stdout, reason = "an example says what it did")]
fn say(lines: &[String]) {
    println!("{}", lines.join("\n"));
}
