//! The entry point of a program: what its process says when the body has ended.

use std::env;
use std::process::{Command, Output};

use asupersync::{Error, launch};

/// In the environment of a process that is to be the program.
const PROGRAM: &str = "ASUPERSYNC_LAUNCH_TEST";

/// Runs the test `name` of this file in a process of its own, as the program that it holds.
fn run(name: &str) -> Output {
    let this = env::current_exe().expect("a test runs from a file");
    Command::new(this)
        .args(["--exact", name, "--nocapture"])
        .env(PROGRAM, "1")
        .output()
        .expect("what runs can run again")
}

fn is_program() -> bool {
    env::var_os(PROGRAM).is_some()
}

#[test]
fn a_body_that_ends_well_lets_main_go_on() {
    if is_program() {
        launch(|cx| async move { cx.yield_now().await });
        return;
    }
    assert!(
        run("a_body_that_ends_well_lets_main_go_on")
            .status
            .success()
    );
}

#[test]
fn a_body_that_fails_is_said_and_ends_the_process_with_code_1() {
    if is_program() {
        launch(|_| async { Err::<(), _>(Error::Failed("no network".into())) });
        return;
    }
    let output = run("a_body_that_fails_is_said_and_ends_the_process_with_code_1");
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("error: the host operation failed: no network"),
        "{said}"
    );
}
