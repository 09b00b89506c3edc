//! Two mirrors race under a time limit; the loser is cancelled and has cleaned up before the
//! winner's value is there. `cargo run -p asupersync --example race`

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use asupersync::{BlockingRuntime, DefaultRuntime, Error, Outcome, branch};

fn main() {
    say(&race(DefaultRuntime::new()));
}

/// The winner, and whether the loser had closed its connection by then.
pub fn race(runtime: impl BlockingRuntime) -> Outcome<(&'static str, bool)> {
    runtime.run_blocking(|cx| async move {
        cx.timeout(Duration::from_secs(60), |cx| async move {
            let is_closed = Arc::new(AtomicBool::new(false));
            let closing = Arc::clone(&is_closed);
            let winner = cx
                .race([
                    branch(|cx| async move {
                        cx.defer(move |_| async move { closing.store(true, Ordering::Release) })?;
                        cx.sleep(Duration::from_secs(3600)).await?;
                        Ok::<_, Error>("mirror a")
                    }),
                    branch(|cx| async move {
                        cx.sleep(Duration::from_millis(1)).await?;
                        Ok("mirror b")
                    }),
                ])
                .await?;
            Ok((winner, is_closed.load(Ordering::Acquire)))
        })
        .await
    })
}

#[expect(clippy::print_stdout, reason = "an example says what it did")]
fn say(outcome: &Outcome<(&'static str, bool)>) {
    println!("{outcome:?}");
}
