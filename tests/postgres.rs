//! What an emitted script does on a real PostgreSQL: the laws of ARCHITECTURE.md, and every fault that is known.
//!
//! The laws run on the sample tree and on the golden projects, the faults on made-up trees of a few revisions.

mod asked;
mod back;
mod client;
mod corners;
mod examples;
mod faults;
mod hostile;
mod import;
mod index;
mod laws;
mod leaks;
pub(crate) mod made;
mod modes;
mod operators;
mod order;
mod people;
mod placeholders;
mod plain;
mod preflight;
mod reading;
mod recover;
mod refusals;
mod rehearsal;
mod rights;
mod shadows;
mod squash;
mod stamp;
mod steps;
mod story;
mod tools;
mod transactions;
