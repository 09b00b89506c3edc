//! Owns the report panel: a response that is read as it comes, or not at all.

use asupersync::{Cx, Request, Response, Result, Scope, fetch};

use crate::page;
use crate::slot::Slot;

pub(crate) fn install(scope: &Scope) {
    let slot = Slot::default();
    let (reader, spawner) = (slot.clone(), scope.clone());
    page::on("report-read", "click", move || reader.spawn(&spawner, read));
    let (peeker, spawner) = (slot.clone(), scope.clone());
    page::on("report-peek", "click", move || peeker.spawn(&spawner, peek));
    page::on("report-stop", "click", move || {
        slot.cancel("the button was pressed");
    });
}

async fn ask(cx: &Cx) -> Result<Response> {
    let visit = page::parameter("visit").unwrap_or_default();
    let request = Request::get(format!("/api/report?visit={visit}"));
    fetch(cx, request.header("accept", "application/x-ndjson")).await
}

/// Counts the rows, one a line, as the server sends them.
async fn read(cx: Cx) -> Result<()> {
    let mut report = ask(&cx).await?;
    let mut rows = 0;
    while let Some(piece) = report.chunk(&cx).await? {
        rows += piece.iter().filter(|byte| **byte == b'\n').count();
        page::set_text("report-status", &format!("{rows} rows"));
    }
    page::set_text("report-status", &format!("all {rows} rows"));
    Ok(())
}

/// Looks at the head alone. The body is not wanted, and its connection is freed.
async fn peek(cx: Cx) -> Result<()> {
    let report = ask(&cx).await?;
    let kind = report.header("content-type").unwrap_or_default();
    page::set_text("report-status", &format!("{} {kind}", report.status()));
    Ok(())
}
