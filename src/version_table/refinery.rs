//! refinery: a row per version, with a SipHash-1-3. Its feature `int8-versions` makes the column of versions wider and every
//! checksum another one: the table that is there tells which. It takes no lock.

use super::{ROWS, Scheme};

pub(super) const SCHEME: Scheme = Scheme {
    name: "refinery",
    layout: "refinery",
    table: "refinery_schema_history",
    ..ROWS
};
