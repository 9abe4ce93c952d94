//! Laws over made-up input.
