//! A run can be repeated: in the lab from its seed, and a run of the native runtime, with real time
//! and real threads, from what was recorded of it.
//! `cargo run -p asupersync --example replay`

use std::time::Duration;

use asupersync::{
    Cx, Error, Lab, NativeConfig, NativeRun, NativeRuntime, ReplayError, Report, Result, branch,
    spawn_blocking,
};

fn main() {
    say(&lab());
    match native() {
        Ok(runs) => say(&runs),
        Err(error) => say_error(error),
    }
}

/// The same body under seed 1, under seed 1 again, and under seed 2.
pub fn lab() -> [(&'static str, Report); 3] {
    [("seed 1", 1), ("seed 1 again", 1), ("seed 2", 2)]
        .map(|(name, seed)| (name, Lab::new(seed).run(body).report))
}

/// The same body on the native runtime, and its replay from the recording.
pub fn native() -> Result<[(&'static str, Report); 2], ReplayError> {
    let runtime = NativeRuntime::with(NativeConfig {
        recorded_inputs_max: 10_000,
        ..NativeConfig::default()
    });
    let run: NativeRun<_> = runtime.run_reported(body);
    let recording = run.recording.ok_or(ReplayError::Cut)?;
    let replayed = recording.replay(body)?;
    Ok([("native", run.report), ("its replay", replayed.report)])
}

/// Five branches that sleep, and compute on other threads.
async fn body(cx: Cx) -> Result<u64> {
    let branches = (1..=5_u64).map(|n| {
        branch(move |cx: Cx| async move {
            cx.sleep(Duration::from_micros(100 * (n % 3))).await?;
            let sum = spawn_blocking(&cx, move || (0..n * 1_000).sum::<u64>()).await?;
            cx.checkpoint().await?;
            Ok::<_, Error>(sum)
        })
    });
    Ok(cx.all(branches).await?.into_iter().sum())
}

#[expect(clippy::print_stdout, reason = "an example says what it did")]
fn say(runs: &[(&str, Report)]) {
    for (name, report) in runs {
        let (certificate, fingerprint) = (report.certificate, report.fingerprint);
        println!("{name:>13}: certificate {certificate:016x}, fingerprint {fingerprint:016x}");
    }
}

#[expect(clippy::print_stdout, reason = "an example says what it did")]
fn say_error(error: ReplayError) {
    println!("not repeated: {error}");
}
