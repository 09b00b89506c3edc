//! The lab as a runtime: it stalls, closes and reports.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use core::future::pending;
use core::time::Duration;

use asupersync_core::CancelKind;
use asupersync_core::exec::{Lab, LabRun};

#[test]
fn a_stalled_body_ends_after_the_finalizers_of_its_children() {
    for seed in 0..20 {
        let run: LabRun<()> = Lab::new(seed).run(|cx| async move {
            for _ in 0..3 {
                cx.spawn(|cx| async move {
                    cx.defer(|cx| async move {
                        drop(cx.sleep(Duration::from_millis(1)).await);
                    })?;
                    cx.wait(pending::<()>()).await
                })?;
            }
            cx.wait(pending::<()>()).await
        });
        let cause = run.outcome.cancel_reason().unwrap().cause.clone();
        assert_eq!(cause.unwrap().kind, CancelKind::Shutdown, "seed {seed}");
        assert!(run.is_stalled && run.report.live.is_none(), "{run:?}");
    }
}
