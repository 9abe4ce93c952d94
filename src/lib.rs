//! `signoff`, the offline compiler for database migrations.
//!
//! ```text
//! disk ─► tree ─► graph ─► seal ─► sql ─► plan ─► render ─► bundle ─► disk
//! ```
//!
//! Read once, reason purely, write once: no stage between the two disks touches a file, a clock, an
//! environment variable or a database. ARCHITECTURE.md says which room may use which.

pub mod config;
pub mod diagnostic;
pub mod graph;
pub mod lex;
pub mod name;
pub mod postgres;
pub mod source;

pub mod tree;
