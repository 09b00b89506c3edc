//! Runs other programs and turns their failures into errors that name the program.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

/// Runs `command` with its output shown.
///
/// # Errors
/// When it cannot be started or ends with a failure.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let name = name(command);
    let status = command.status().with_context(|| cannot_start(&name))?;
    ensure!(status.success(), "{name} failed: {status}");
    Ok(())
}

/// Runs `command` and returns what it wrote to its standard output.
///
/// # Errors
/// When it cannot be started, ends with a failure, or writes something that is not UTF-8.
pub(crate) fn read(command: &mut Command) -> Result<String> {
    let name = name(command);
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| cannot_start(&name))?;
    ensure!(output.status.success(), "{name} failed: {}", output.status);
    String::from_utf8(output.stdout).with_context(|| format!("{name} did not write UTF-8"))
}

fn name(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}

fn cannot_start(name: &str) -> String {
    format!("cannot start `{name}`; is it installed and on PATH?")
}
