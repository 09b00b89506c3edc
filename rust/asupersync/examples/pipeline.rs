//! Three stages over bounded channels: a fast source is held back by a slow sink, and when
//! somebody leaves, the whole pipeline is cancelled as one tree. `cargo run -p asupersync --example pipeline`

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use asupersync::sync::{Receiver, Sender, channel};
use asupersync::{BlockingRuntime, Cx, DefaultRuntime, Error, Outcome, Result};

fn main() {
    say(&pipeline(DefaultRuntime::new()));
}

/// What came of a run.
#[derive(Clone, Default, Debug)]
pub struct Seen {
    /// What the sink got, in order.
    pub results: Vec<String>,
    /// How far the source was ahead of the sink at most.
    pub ahead_max: u32,
    /// The stages that cleaned up, in order.
    pub cleaned: Vec<&'static str>,
    /// Why the pipeline ended.
    pub ended: String,
}

type Log = Arc<Mutex<Seen>>;

/// Runs a source that never ends into a sink that is slow, until the user has seen five results.
pub fn pipeline(runtime: impl BlockingRuntime) -> Seen {
    let log = Log::default();
    let seen = Arc::clone(&log);
    let outcome = runtime.run_blocking(|cx| async move {
        let (done, enough) = channel(&cx, 1)?;
        let stages = cx.spawn(|cx| stages(cx, done, seen))?;
        enough.recv(&cx).await?;
        stages.cancel("five are enough");
        stages.join().await
    });
    let mut seen = log
        .lock()
        .map_or_else(|_| Seen::default(), |seen| seen.clone());
    if let Outcome::Ok(Outcome::Cancelled(reason)) = outcome {
        seen.ended = format!("{:?}", reason.message);
    }
    seen
}

/// The last stage, which owns the ones before it: cancelling it cancels them, and it ends after
/// them.
async fn stages(cx: Cx, done: Sender<()>, log: Log) -> Result<()> {
    let ahead = Arc::new(AtomicU32::new(0));
    let (numbers, to_square) = channel(&cx, 2)?;
    let (squares, to_print) = channel(&cx, 2)?;
    let (counter, source_log) = (Arc::clone(&ahead), Arc::clone(&log));
    cx.spawn(move |cx| source(cx, numbers, counter, source_log))?;
    let square_log = Arc::clone(&log);
    cx.spawn(move |cx| square(cx, to_square, squares, square_log))?;
    sink(cx, to_print, done, ahead, log).await
}

/// Makes numbers as fast as there is room for them.
async fn source(cx: Cx, numbers: Sender<u64>, ahead: Arc<AtomicU32>, log: Log) -> Result<()> {
    clean_up(&cx, &log, "source")?;
    for n in 1.. {
        // A number is made only when it can be sent.
        let permit = numbers.reserve(&cx).await?;
        let now_ahead = ahead.fetch_add(1, Ordering::Relaxed) + 1;
        note(&log, |seen| seen.ahead_max = seen.ahead_max.max(now_ahead));
        permit.send(n)?;
    }
    Ok(())
}

async fn square(cx: Cx, numbers: Receiver<u64>, squares: Sender<u64>, log: Log) -> Result<()> {
    clean_up(&cx, &log, "square")?;
    while let Some(n) = numbers.next(&cx).await? {
        squares.send(&cx, n * n).await?;
    }
    Ok(())
}

/// Takes a while for each result, and says when it has had five.
async fn sink(
    cx: Cx,
    squares: Receiver<u64>,
    done: Sender<()>,
    ahead: Arc<AtomicU32>,
    log: Log,
) -> Result<()> {
    clean_up(&cx, &log, "sink")?;
    while let Some(square) = squares.next(&cx).await? {
        cx.sleep(Duration::from_millis(2)).await?;
        ahead.fetch_sub(1, Ordering::Relaxed);
        let count = note(&log, |seen| {
            seen.results.push(format!("result {square}"));
            seen.results.len()
        });
        if count == Some(5) {
            done.send(&cx, ()).await?;
            cx.sleep(Duration::from_secs(3600)).await?;
        }
    }
    Ok(())
}

fn clean_up(cx: &Cx, log: &Log, stage: &'static str) -> Result<(), Error> {
    let log = Arc::clone(log);
    cx.defer(move |_| async move {
        note(&log, |seen| seen.cleaned.push(stage));
    })
}

fn note<T>(log: &Log, change: impl FnOnce(&mut Seen) -> T) -> Option<T> {
    log.lock().ok().map(|mut seen| change(&mut seen))
}

#[expect(clippy::print_stdout, reason = "an example says what it did")]
fn say(seen: &Seen) {
    println!("{}", seen.results.join("\n"));
    println!("the source was at most {} ahead", seen.ahead_max);
    println!("cleaned up: {}", seen.cleaned.join(", "));
    println!("ended: {}", seen.ended);
}
