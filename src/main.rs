//! The `signoff` program.
fn main() {}
