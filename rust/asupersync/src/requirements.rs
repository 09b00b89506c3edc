//! Owns what features and target must agree on: each breach is one sentence that says what to
//! choose. `cargo xtask features` holds that every combination compiles or says its sentence.

#[cfg(not(any(
    feature = "native-runtime",
    feature = "wasm-runtime",
    feature = "deterministic-mode"
)))]
compile_error!(
    "asupersync has no runtime to run on: enable the feature `native-runtime` (the default) for \
     programs, `wasm-runtime` for pages, or `deterministic-mode` for tests"
);

#[cfg(all(feature = "native-runtime", target_family = "wasm"))]
compile_error!(
    "asupersync's feature `native-runtime` needs threads, which wasm has not: depend on it with \
     `default-features = false`, and enable `wasm-runtime`"
);

#[cfg(all(feature = "browser-io", not(target_family = "wasm")))]
compile_error!(
    "asupersync's feature `browser-io` is `fetch` and WebSockets of a browser: enable it for \
     `cfg(target_family = \"wasm\")` alone"
);

#[cfg(all(feature = "browser-trace", not(target_family = "wasm")))]
compile_error!(
    "asupersync's feature `browser-trace` is of a browser's runtime: enable it for \
     `cfg(target_family = \"wasm\")` alone"
);

// The two above enable it too, and have said so.
#[cfg(all(
    feature = "wasm-runtime",
    not(any(feature = "browser-io", feature = "browser-trace")),
    not(target_family = "wasm")
))]
compile_error!(
    "asupersync's feature `wasm-runtime` needs a browser's event loop: enable `native-runtime` \
     here, and `wasm-runtime` for `cfg(target_family = \"wasm\")` alone"
);
