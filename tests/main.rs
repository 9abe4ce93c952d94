//! The one test binary. Module lines, and a test that no test file was forgotten.
//!
//! One binary links once; `cargo test --test suite golden::` runs a part of it.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests work on real folders, processes and clocks; the fences are for src/"
)]

mod cli;
mod corpora;
mod golden;
mod house;
mod input;
mod machinery;
mod peers;
mod postgres;
mod properties;
mod readme;
mod support;

/// `autotests` is off, so a file without its `mod` line would never be compiled, and nobody would notice.
#[test]
fn every_test_file_is_declared() {
    let root = support::root().join("tests");
    let mut forgotten = Vec::new();
    for path in support::files(&root, "rs") {
        // The bench is a target of its own; project/ and want/ of a golden case are data.
        if path == "main.rs" || path.starts_with("bench/") || path.starts_with("golden/") {
            continue;
        }
        let module = path.file_stem().expect("a .rs file has a stem");
        let parent = match path.parent() {
            Some(folder) if folder != "" => root.join(folder.with_extension("rs")),
            _ => root.join("main.rs"),
        };
        let text = std::fs::read_to_string(&parent).unwrap_or_default();
        let declared = text
            .lines()
            .any(|line| line.trim().ends_with(&format!("mod {module};")));
        if !declared {
            forgotten.push(format!("tests/{path}: no `mod {module};` in {parent}"));
        }
    }
    assert!(forgotten.is_empty(), "{}", forgotten.join("\n"));
}
