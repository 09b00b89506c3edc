//! The README's example for a browser is what the demo in Rust compiles and the browser tests run.

#[test]
fn the_readme_shows_the_first_run_that_the_demo_compiles() {
    let readme = include_str!("../../../README.md");
    let source = include_str!("../../../apps/rust-demo/src/first_run.rs");
    let (_, shown) = source
        .split_once("\n\n")
        .expect("a file begins with what it owns");
    assert!(
        readme.contains(&format!("```rust,custom\n{shown}```")),
        "the README does not show apps/rust-demo/src/first_run.rs as it stands"
    );
}
