//! Laws over made-up input, for the program as a whole; those of single rooms stand in their files.

mod attack;
mod order;
mod reading;
mod skeleton;

use proptest::prelude::ProptestConfig;

/// As many cases as fit into the time of a test. What fails is told with its input; nothing is kept on disk.
fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        max_shrink_iters: 300,
        ..ProptestConfig::default()
    }
}
