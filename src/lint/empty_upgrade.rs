//! `empty-upgrade`: a revision that was begun and not written.

use super::{Lack, is_empty};
use crate::tree::{Direction, Migration};

/// The rule's name.
pub(super) const CODE: &str = "empty-upgrade";

/// What is said of it.
pub(super) const LACK: Lack = Lack {
    code: CODE,
    is_lacking,
    direction: Direction::Up,
    one: "has an empty upgrade",
    several: "have an empty upgrade",
    because: "a database would record it as applied and change nothing, and what is written into it later would never run there",
    help: "write the upgrade before the revision is sealed; where nothing is meant to happen, say why: --! allow = { empty-upgrade = \"reason\" }",
    help_numbered: "write the up files before they are released; where nothing is meant to happen: [rules] empty-upgrade = \"allow\" in signoff.toml",
};

/// A merge joins branches and needs no SQL; one that `recreates` a repeatable has it run again.
fn is_lacking(migration: &Migration) -> bool {
    migration.up.as_ref().is_some_and(is_empty)
        && migration.unwritten().is_none()
        && migration.parents.len() < 2
        && migration.recreates.is_empty()
}
