//! Owns the ticker panel: a task that would tick for ever, and what it does at its end.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use asupersync::{Cx, Result, Scope};

use crate::page;
use crate::slot::Slot;

const PERIOD: Duration = Duration::from_millis(100);

pub(crate) fn install(scope: &Scope) {
    let (scope, slot) = (scope.clone(), Slot::default());
    let stopped = slot.clone();
    page::on("ticker-start", "click", move || slot.spawn(&scope, tick));
    page::on("ticker-stop", "click", move || {
        stopped.cancel("the button was pressed");
    });
}

async fn tick(cx: Cx) -> Result<()> {
    let ticks = Rc::new(Cell::new(0_u32));
    let counted = Rc::clone(&ticks);
    // However the task ends.
    cx.defer(move |_| async move {
        page::set_text("ticker-status", &format!("stopped after {}", counted.get()));
    })?;
    loop {
        page::set_text("ticker-status", &format!("tick {}", ticks.get()));
        cx.sleep(PERIOD).await?;
        ticks.set(ticks.get() + 1);
    }
}
