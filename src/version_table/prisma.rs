//! Prisma: a row per folder, with the SHA-256 of its script. One that did not finish and was not rolled back stops every
//! command (P3009). Its lock has a fixed key, and Prisma waits ten seconds for it.

use super::{ROWS, Scheme};

pub(super) const SCHEME: Scheme = Scheme {
    name: "prisma",
    layout: "prisma",
    table: "_prisma_migrations",
    by_path: false,
    ..ROWS
};
