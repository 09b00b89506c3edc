//! Owns the functions that tests call: a body under many seeds, and the command that repeats one.

use core::fmt::Debug;
use core::future::Future;
use core::ops::RangeInclusive;
use std::{env, thread};

use asupersync_core::exec::{Cx, Error, Explored, Lab, PlatformSend, PlatformSync, Result};

/// Seeds that [`test()`] runs its body under.
pub const TEST_SEEDS: u64 = 100;

/// Runs this seed alone.
const SEED: &str = "ASUPERSYNC_SEED";

/// Runs this many seeds, whatever the test says.
const SEEDS: &str = "ASUPERSYNC_SEEDS";

/// Runs `body` in the [`Lab`] under [`TEST_SEEDS`] seeds: what a test of asynchronous code comes
/// to. As [`explore`].
///
/// ```
/// use std::time::Duration;
///
/// // #[test]
/// fn a_sleep_lasts_its_time() {
///     asupersync::test(|cx| async move {
///         let begun = cx.now();
///         cx.sleep(Duration::from_secs(3600)).await?; // Virtual: it takes no time.
///         assert!(cx.now() > begun);
///         Ok::<_, asupersync::Error>(())
///     });
/// }
/// # a_sleep_lasts_its_time();
/// ```
///
/// # Panics
/// As [`explore`].
#[track_caller]
pub fn test<T, E, F, Fut>(body: F) -> Explored
where
    T: PlatformSend + 'static,
    E: From<Error> + Debug + PlatformSend + 'static,
    F: Fn(Cx) -> Fut + PlatformSend + PlatformSync + 'static,
    Fut: Future<Output = Result<T, E>> + PlatformSend + 'static,
{
    explore(TEST_SEEDS, body)
}

/// Runs `body` in the [`Lab`] under so many `seeds`, from 0 on, each of which is another schedule
/// and another stream of [`Cx::random`], and says how many schedules that made.
///
/// The environment may say otherwise: `ASUPERSYNC_SEED=17` runs that seed alone,
/// `ASUPERSYNC_SEEDS=100000` that many. To look at the runs instead of failing, see
/// [`Lab::explore`].
///
/// # Panics
/// At the first seed whose run is not clean: the body failed, panicked, stalled or was cancelled,
/// or something leaked. The message names the seed and the command that repeats it. Also if one of
/// the two variables is no whole number.
#[track_caller]
#[expect(clippy::panic, reason = "a test fails by a panic")]
pub fn explore<T, E, F, Fut>(seeds: u64, body: F) -> Explored
where
    T: PlatformSend + 'static,
    E: From<Error> + Debug + PlatformSend + 'static,
    F: Fn(Cx) -> Fut + PlatformSend + PlatformSync + 'static,
    Fut: Future<Output = Result<T, E>> + PlatformSend + 'static,
{
    let seeds = range(env::var(SEED).ok(), env::var(SEEDS).ok(), seeds);
    let seeds = seeds.unwrap_or_else(|message| panic!("{message}"));
    Lab::new(0).explore(seeds, body).unwrap_or_else(|run| {
        let package = env::var("CARGO_PKG_NAME").ok();
        let command = command(run.seed, package.as_deref(), thread::current().name());
        panic!("{run}\nrepeat it with: {command}")
    })
}

/// The seeds to run, given the two variables and what the test says.
fn range(
    seed: Option<String>,
    seeds: Option<String>,
    asked: u64,
) -> core::result::Result<RangeInclusive<u64>, String> {
    let number = |name: &str, text: String| {
        let parsed = text.trim().parse::<u64>();
        parsed.map_err(|_| format!("expected a whole number in {name}, got {text:?}"))
    };
    if let Some(seed) = seed {
        let seed = number(SEED, seed)?;
        return Ok(seed..=seed);
    }
    let count = match seeds {
        Some(seeds) => number(SEEDS, seeds)?,
        None => asked,
    };
    Ok(0..=count.saturating_sub(1))
}

/// The command that runs `seed` alone. The test harness names a test's thread after it.
fn command(seed: u64, package: Option<&str>, thread: Option<&str>) -> String {
    let mut command = format!("{SEED}={seed} cargo test");
    if let Some(package) = package {
        command += &format!(" --package {package}");
    }
    if let Some(test) = thread.filter(|name| *name != "main") {
        command += &format!(" -- --exact {test}");
    }
    command
}

#[cfg(test)]
mod tests {
    use super::{command, range};

    #[test]
    fn the_variables_win_over_the_test_and_the_single_seed_over_both() {
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(range(None, None, 100), Ok(0..=99));
        assert_eq!(range(None, None, 0), Ok(0..=0));
        assert_eq!(range(None, text("7"), 100), Ok(0..=6));
        assert_eq!(range(text("17"), text("7"), 100), Ok(17..=17));
        let last = text("18446744073709551615");
        assert_eq!(range(last, None, 100), Ok(u64::MAX..=u64::MAX));
        let refused = r#"expected a whole number in ASUPERSYNC_SEED, got "-1""#;
        assert_eq!(range(text("-1"), None, 1), Err(refused.to_owned()));
    }

    #[test]
    fn the_command_names_what_is_known() {
        assert_eq!(
            command(17, Some("shop"), Some("stock::sells_once")),
            "ASUPERSYNC_SEED=17 cargo test --package shop -- --exact stock::sells_once"
        );
        let unnamed = command(17, None, Some("main"));
        assert_eq!(unnamed, "ASUPERSYNC_SEED=17 cargo test");
    }
}
