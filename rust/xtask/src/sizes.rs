//! `cargo xtask sizes`: what the built wasm weighs, raw and compressed.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::process;
use crate::wasm::OUT_DIR;

/// Prints the table. Node does the compressing: it has gzip and brotli built in.
pub(crate) fn print(root: &Path) -> Result<()> {
    process::run(
        Command::new("node")
            .arg(root.join("scripts/wasm-artefact.mjs"))
            .arg("sizes")
            .arg(root.join(OUT_DIR)),
    )
}
