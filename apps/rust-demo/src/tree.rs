//! Owns the tree panel: what is live, as the kernel sees it.

use std::collections::BTreeMap;
use std::time::Duration;

use asupersync::{BrowserRuntime, Cx, Handle, HandleKind, HostOpKind, Result, Row};

use crate::page;

const PERIOD: Duration = Duration::from_millis(50);

/// Shows the tree until the task is cancelled.
pub(crate) async fn watch(cx: &Cx, runtime: &BrowserRuntime) -> Result<()> {
    let mut shown = Vec::new();
    loop {
        let rows = runtime.snapshot();
        if rows != shown {
            page::set_items("tree", lines(&rows));
            shown = rows;
        }
        cx.sleep(PERIOD).await?;
    }
}

/// One line a row, indented below what it belongs to. Parents come before their children.
fn lines(rows: &[Row]) -> Vec<String> {
    let mut depths = BTreeMap::<Handle, usize>::new();
    let line = |row: &Row| {
        let depth = row
            .parent
            .and_then(|parent| depths.get(&parent))
            .map_or(0, |depth| depth + 1);
        depths.insert(row.subject, depth);
        let kind = match row.subject.kind() {
            Some(HandleKind::Region) => "region",
            Some(HandleKind::Task) => "task",
            Some(HandleKind::HostOp) => match HostOpKind::from_code(row.detail.into()) {
                Some(HostOpKind::Fetch) => "request",
                Some(HostOpKind::Socket) => "socket",
                Some(HostOpKind::Signal) => "signal",
                Some(HostOpKind::Foreign) | None => "host operation",
            },
            Some(HandleKind::Obligation) => "obligation",
            Some(HandleKind::Semaphore) | None => "unknown",
        };
        let slot = row.subject.slot();
        format!("{:1$}{kind} {slot} {2}", "", 2 * depth, row.state_name())
    };
    rows.iter().map(line).collect()
}
