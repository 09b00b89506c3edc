//! `cargo xtask rust-demo`: builds the page in Rust alone, where the demo's server finds it.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use crate::wasm;

const CRATE: &str = "rust-demo";
const SOURCE_DIR: &str = "apps/rust-demo";

/// Beside the API that the page asks, so that both have one origin.
const OUT_DIR: &str = "apps/next-demo/public/rust-demo";

const PAGE_FILES: [&str; 2] = ["index.html", "style.css"];

/// What makes the page out of the wasm; in the stamp, so that a change here builds again.
const BUILT: &str = "rust-demo_bg.wasm";

/// Builds the page, or finds it up to date. The last line printed says which.
pub(crate) fn build(root: &Path) -> Result<()> {
    let compiled = wasm::compile(root, CRATE)?;
    let out_dir = root.join(OUT_DIR);
    let stamp_file = root.join("target/wasm/rust-demo.stamp");
    let stamp = stamp(root, &compiled)?;
    let is_built = out_dir.join(BUILT).exists();
    if is_built && fs::read_to_string(&stamp_file).is_ok_and(|last| last == stamp) {
        println!("up to date");
        return Ok(());
    }
    fs::create_dir_all(&out_dir)?;
    Bindgen::new()
        .input_path(&compiled)
        .out_name(CRATE)
        .web(true)?
        .typescript(false)
        .omit_default_module_path(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(&out_dir)?;
    for file in PAGE_FILES {
        fs::copy(root.join(SOURCE_DIR).join(file), out_dir.join(file))
            .with_context(|| format!("copying {file}"))?;
    }
    fs::write(stamp_file, stamp)?;
    println!("built");
    Ok(())
}

fn stamp(root: &Path, compiled: &Path) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    include_str!("rust_demo.rs").hash(&mut hasher);
    fs::read(compiled)?.hash(&mut hasher);
    for file in PAGE_FILES {
        fs::read(root.join(SOURCE_DIR).join(file))?.hash(&mut hasher);
    }
    Ok(format!("{:016x}\n", hasher.finish()))
}
