//! Bench of the whole street over made-up trees; empty until the street is whole.
fn main() {}
