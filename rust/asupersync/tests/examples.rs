//! Every example gives its answer on the default runtime and in the lab, whatever the seed.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "an example is a program of its own"
)]

use asupersync::{BlockingRuntime, DefaultRuntime, Error, Lab, Outcome};

#[path = "../examples/cancel_tree.rs"]
mod cancel_tree;
#[path = "../examples/hello_region.rs"]
mod hello_region;
#[path = "../examples/lost_update.rs"]
mod lost_update;
#[path = "../examples/pipeline.rs"]
mod pipeline;
#[path = "../examples/race.rs"]
mod race;
#[path = "../examples/replay.rs"]
mod replay;

#[test]
fn hello_region_greets() {
    let expected = Outcome::Ok("hello, region".to_owned());
    assert_eq!(hello_region::hello(DefaultRuntime::new()), expected);
    for seed in 0..20 {
        assert_eq!(hello_region::hello(Lab::new(seed)), expected, "seed {seed}");
    }
}

#[test]
fn a_lab_says_all_of_its_run_where_the_traits_of_runtimes_are_in_scope() {
    let run = Lab::new(7).run(|cx| async move { cx.yield_now().await });
    assert!(run.report.live.is_none());
    assert_eq!(run.outcome, Outcome::<(), Error>::Ok(()));
    let outcome = Lab::new(7).run_blocking(|cx| async move { cx.yield_now().await });
    assert_eq!(outcome, run.outcome);
}

#[test]
fn race_gives_the_winner_after_the_loser_has_closed() {
    let expected = Outcome::Ok(("mirror b", true));
    assert_eq!(race::race(DefaultRuntime::new()), expected);
    for seed in 0..20 {
        assert_eq!(race::race(Lab::new(seed)), expected, "seed {seed}");
    }
}

#[test]
fn cancel_tree_cleans_up_below_before_above() {
    let check = |lines: Vec<String>| {
        assert_eq!(lines.len(), 8, "{lines:#?}");
        let place = |name: &str| lines.iter().position(|line| line.starts_with(name));
        assert!(place("root.left.left ") < place("root.left "), "{lines:#?}");
        assert!(place("root.left ") < place("root cleaned"), "{lines:#?}");
        assert_eq!(lines[7], r#"root ended: Some("the user left")"#);
    };
    check(cancel_tree::cancel_tree(DefaultRuntime::new()));
    for seed in 0..20 {
        check(cancel_tree::cancel_tree(Lab::new(seed)));
    }
}

#[test]
fn lost_update_is_found_within_500_seeds_and_repeats() {
    let found = lost_update::lost_update().expect("some seed loses an update");
    assert!(lost_update::lost_one(&found), "{found}");
    assert!(found.is_repeatable && lost_update::is_same_again(&found));
    assert!(
        found.seed > 0,
        "a race that the first schedule shows is not hidden"
    );
}

#[test]
fn replay_repeats_a_seed_and_a_native_run() {
    let [(_, first), (_, again), (_, other)] = replay::lab();
    assert_eq!(first, again);
    assert_ne!(first.certificate, other.certificate);
    for _ in 0..20 {
        let [(_, recorded), (_, replayed)] = replay::native().expect("it is the same body");
        assert_eq!(recorded, replayed);
    }
}

#[test]
fn pipeline_is_held_back_by_its_sink_and_cancelled_as_one() {
    let check = |mut seen: pipeline::Seen| {
        let results = ["result 1", "result 4", "result 9", "result 16", "result 25"];
        assert_eq!(seen.results, results);
        // Two in each channel, and one in the hands of each stage.
        assert!((5..=7).contains(&seen.ahead_max), "{seen:?}");
        seen.cleaned.sort_unstable();
        assert_eq!(seen.cleaned, ["sink", "source", "square"]);
        assert_eq!(seen.ended, r#"Some("five are enough")"#);
    };
    check(pipeline::pipeline(DefaultRuntime::new()));
    for seed in 0..100 {
        check(pipeline::pipeline(Lab::new(seed)));
    }
}
