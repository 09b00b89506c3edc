//! A page in Rust alone: what people do on it starts tasks of one tree, and what they do next
//! cancels them, down to the network.
//!
//! One file a panel; `page` is all that knows the document. It asks the API of the server that
//! serves it, and a WebSocket server that its address names: `?echo=ws://localhost:8080`.
#![forbid(unsafe_code)]
#![cfg(target_family = "wasm")]

pub mod first_run;
mod page;
mod report;
mod search;
mod slot;
mod socket;
mod ticker;
mod tree;
mod work;

use asupersync::{
    BrowserConfig, BrowserRuntime, CancelKind, Cx, Error, KernelConfig, Outcome, Report, Result,
    trace_json_lines,
};
use wasm_bindgen::prelude::*;

/// Events of the trace that the page keeps: minutes of a person's doings.
const TRACE_CAPACITY: u32 = 4_096;

#[wasm_bindgen(start)]
fn main() {
    console_error_panic_hook::set_once();
    let kernel = KernelConfig {
        trace_capacity: TRACE_CAPACITY,
        ..KernelConfig::default()
    };
    let runtime = BrowserRuntime::with(&BrowserConfig {
        kernel,
        ..BrowserConfig::default()
    });
    let (watched, closed) = (runtime.clone(), runtime.clone());
    runtime.run_then(
        |cx| app(cx, watched),
        move |outcome| say_closed(&outcome, &closed.report()),
    );
}

/// The whole app: a scope that the panels spawn into, until the runtime is to be closed.
async fn app(cx: Cx, runtime: BrowserRuntime) -> Result<()> {
    let left = cx
        .scope(move |cx, scope| async move {
            search::install(&scope);
            report::install(&scope);
            ticker::install(&scope);
            work::install(&scope);
            socket::install(&scope);
            let traced = runtime.clone();
            page::on("runtime-trace", "click", move || {
                page::set_text("trace", &trace_json_lines(&traced));
            });
            page::on("runtime-close", "click", move || {
                scope.cancel(CancelKind::Shutdown, "the button was pressed");
            });
            tree::watch(&cx, &runtime).await
        })
        .await;
    match left {
        Err(error) if !error.is_cancelled() => Err(error),
        Err(_) | Ok(()) => Ok(()),
    }
}

fn say_closed(outcome: &Outcome<(), Error>, report: &Report) {
    let left = if report.live.is_none() {
        "nothing is left"
    } else {
        "something is left"
    };
    page::set_text("tree", "");
    page::set_text("runtime-status", &format!("closed, {left}: {outcome:?}"));
}
