//! Behaviour of the program `simulate`: what it prints, and the code with which it ends.

#![cfg(feature = "simulator")]
#![allow(clippy::unwrap_used, reason = "a test may stop where it fails")]

use std::process::Command;

/// Runs the program; gives its code and what it said.
fn check(arguments: &[&str]) -> (Option<i32>, String, String) {
    let program = env!("CARGO_BIN_EXE_simulate");
    let output = Command::new(program).args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// What it printed, without the time that it took.
fn figures(said: &str) -> Option<&str> {
    said.split_once(" in ").map(|(figures, _)| figures)
}

#[test]
fn it_runs_the_seeds_that_it_is_told_and_prints_what_it_did() {
    let (code, said, errors) = check(&["--seeds", "6", "--steps", "40", "--jobs", "2"]);
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    assert!(said.starts_with("6 seeds, "), "{said}");
    assert!(said.ends_with("no disagreement\n"), "{said}");
}

#[test]
fn one_seed_is_the_same_run_every_time_and_on_any_number_of_threads() {
    let (code, first, _) = check(&["--seed", "7", "--ties", "seeded"]);
    let (_, second, _) = check(&[
        "--from", "7", "--seeds", "1", "--ties", "seeded", "--jobs", "3",
    ]);
    assert_eq!(code, Some(0));
    assert!(figures(&first).is_some_and(|text| text.starts_with("1 seeds, ")));
    assert_eq!(figures(&first), figures(&second));
}

#[test]
fn a_wrong_argument_is_refused_with_the_usage() {
    for arguments in [
        &["--sedes", "1"][..],
        &["--ties", "random"],
        &["--jobs", "0"],
        &["7"],
    ] {
        let (code, said, errors) = check(arguments);
        assert_eq!((code, said.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(errors.contains("simulate --seed SEED"), "{errors}");
    }
}

#[test]
fn help_says_every_option() {
    let (code, said, _) = check(&["--help"]);
    assert_eq!(code, Some(0));
    for option in [
        "--seeds", "--from", "--seed ", "--steps", "--ties", "--jobs",
    ] {
        assert!(said.contains(option), "{option} is not in {said}");
    }
}
