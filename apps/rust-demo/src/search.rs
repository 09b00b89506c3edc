//! Owns the search panel: a request a pause in typing, and none that nobody waits for.

use std::time::Duration;

use asupersync::{Cx, Error, Request, Result, Scope, fetch};
use serde::Deserialize;

use crate::page;
use crate::slot::Slot;

const DEBOUNCE: Duration = Duration::from_millis(150);

/// A hit, as the server writes it.
#[derive(Deserialize)]
struct Hit {
    symbol: String,
    name: String,
}

pub(crate) fn install(scope: &Scope) {
    let (scope, slot) = (scope.clone(), Slot::default());
    page::on("search-box", "input", move || {
        let query = page::value("search-box");
        if query.is_empty() {
            slot.cancel("the box is empty");
            page::set_text("search-status", "");
            page::set_text("search-hits", "");
        } else {
            slot.spawn(&scope, |cx| show(cx, query));
        }
    });
}

async fn show(cx: Cx, query: String) -> Result<()> {
    match search(&cx, &query).await {
        Ok(hits) => {
            let count = hits.len();
            page::set_text("search-status", &format!("{count} for “{query}”"));
            page::set_items("search-hits", hits);
            Ok(())
        }
        Err(error) if error.is_cancelled() => Err(error),
        Err(error) => {
            page::set_text("search-status", &error.to_string());
            Ok(())
        }
    }
}

async fn search(cx: &Cx, query: &str) -> Result<Vec<String>> {
    cx.sleep(DEBOUNCE).await?; // the next key cancels this task here, or below in the request
    let query = String::from(js_sys::encode_uri_component(query));
    let visit = page::parameter("visit").unwrap_or_default();
    let url = format!("/api/search?q={query}&visit={visit}");
    let json = fetch(cx, Request::get(url)).await?.text(cx).await?;
    let hits: Vec<Hit> =
        serde_json::from_str(&json).map_err(|error| Error::Failed(error.to_string().into()))?;
    let name = |hit: Hit| format!("{} {}", hit.symbol, hit.name);
    Ok(hits.into_iter().map(name).collect())
}
