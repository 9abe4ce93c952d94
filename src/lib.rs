//! `signoff`, the offline compiler for database migrations.
//!
//! ```text
//! disk ─► tree ─► graph ─► seal ─► sql ─► plan ─► render ─► bundle ─► disk
//! ```
//!
//! Read once, reason purely, write once: no stage between the two disks touches a file, a clock, an
//! environment variable or a database. ARCHITECTURE.md says which room may use which.

// Blank lines keep the reading order: rustfmt sorts neighbours.

pub mod source;

pub mod name;

pub mod diagnostic;

pub mod lex;

pub mod postgres;

pub mod config;

pub mod tree;

pub mod graph;

pub mod seal;

pub mod since;

pub mod receipt;

pub mod sql;

pub mod lint;

pub mod version_table;

pub mod plan;

pub mod render;

pub mod bundle;

pub mod author;

pub mod compile;

pub mod cli;
