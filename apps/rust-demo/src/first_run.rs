//! Owns the first run that the README shows, line for line.

use asupersync::{Error, Request, fetch};
use std::time::Duration;
use wasm_bindgen::prelude::*;

/// Reads this page and says it on the console.
#[wasm_bindgen] // with `(start)`, when the page has loaded
pub fn first_run() {
    asupersync::launch(|cx| async move {
        let page = cx.timeout(Duration::from_secs(5), |cx| async move {
            let response = fetch(&cx, Request::get("index.html")).await?;
            response.text(&cx).await
        });
        web_sys::console::log_1(&page.await?.into()); // too slow is aborted at the server
        Ok::<_, Error>(())
    });
}
