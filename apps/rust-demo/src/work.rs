//! Owns the work panel: more than a second of computing that leaves the page alive.

use asupersync::{Cx, Result, Scope};

use crate::page;
use crate::slot::Slot;

const STEPS: u64 = 2_000_000;
const STEPS_SHOWN: u64 = 50_000;

pub(crate) fn install(scope: &Scope) {
    let (scope, slot) = (scope.clone(), Slot::default());
    let stopped = slot.clone();
    page::on("work-start", "click", move || slot.spawn(&scope, compute));
    page::on("work-stop", "click", move || {
        stopped.cancel("the button was pressed");
    });
}

async fn compute(cx: Cx) -> Result<()> {
    let mut sum = 0_u64;
    for step in 1..=STEPS {
        sum = sum.wrapping_mul(31).wrapping_add(step);
        // The runtime decides when the page is to have its turn.
        if let Err(cancelled) = cx.yield_now().await {
            page::set_text("work-status", &format!("stopped at {step}"));
            return Err(cancelled);
        }
        if step % STEPS_SHOWN == 0 {
            page::set_text("work-status", &format!("step {step} of {STEPS}"));
        }
    }
    page::set_text("work-status", &format!("done: {sum:016x}"));
    Ok(())
}
