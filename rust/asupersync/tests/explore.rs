//! The functions that tests call: what they print when a seed fails, and what they let pass.
#![cfg(feature = "deterministic-mode")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::panic::catch_unwind;

use asupersync::{Error, TEST_SEEDS, branch};

#[test]
fn a_failure_says_the_seed_and_the_command_that_repeats_it() {
    let failed = catch_unwind(|| {
        asupersync::explore(10, |_| async { Err::<(), _>(Error::Abandoned) });
    });
    let payload = failed.unwrap_err();
    let message = payload.downcast_ref::<String>().unwrap();
    let (fault, command) = message.split_once('\n').unwrap();
    // Seed 0, unless the environment names one.
    let (seed, fault) = fault.split_once(": ").unwrap();
    let seed = seed.strip_prefix("seed ").unwrap();
    assert!(
        fault.starts_with("the body failed: Abandoned (fingerprint "),
        "{fault}"
    );
    let begin = format!("repeat it with: ASUPERSYNC_SEED={seed} cargo test");
    assert!(command.starts_with(&begin), "{command}");
}

#[test]
fn a_clean_body_passes_under_every_seed() {
    let explored = asupersync::test(|cx| async move {
        let both = [1, 2].map(|n| {
            branch(move |cx: asupersync::Cx| async move {
                cx.checkpoint().await?;
                Ok::<_, Error>(n)
            })
        });
        assert_eq!(cx.all(both).await?, [1, 2]);
        Ok::<_, Error>(())
    });
    if std::env::vars().all(|(name, _)| !name.starts_with("ASUPERSYNC_SEED")) {
        assert_eq!(explored.runs as u64, TEST_SEEDS);
        assert!(explored.schedules > 1);
    }
}
