//! A scope, two children, and a value: nothing outlives the scope. `cargo run -p asupersync --example hello_region`

use std::time::Duration;

use asupersync::{BlockingRuntime, DefaultRuntime, Error, Outcome};

fn main() {
    say(&hello(DefaultRuntime::new()));
}

/// Greets twice at once, and waits for both because they belong to the scope.
pub fn hello(runtime: impl BlockingRuntime) -> Outcome<String> {
    runtime.run_blocking(|cx| async move {
        cx.scope(|_, scope| async move {
            let hello = scope.spawn(|cx| async move {
                cx.sleep(Duration::from_millis(2)).await?;
                Ok::<_, Error>("hello")
            })?;
            let region = scope.spawn(|cx| async move {
                cx.sleep(Duration::from_millis(1)).await?;
                Ok::<_, Error>("region")
            })?;
            Ok(format!(
                "{}, {}",
                hello.result().await?,
                region.result().await?
            ))
        })
        .await
    })
}

#[expect(clippy::print_stdout, reason = "an example says what it did")]
fn say(outcome: &Outcome<String>) {
    println!("{outcome:?}");
}
