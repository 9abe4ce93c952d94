//! What says at once whose tree it is: files and folders that one tool alone has, whatever the names of the scripts.
//!
//! Asked before the scripts are, by `auto` only: the names of drizzle's and Supabase's files are those of sqlx too.

use super::{drizzle, liquibase, sqitch, supabase};
use crate::tree::disk::Folder;

/// The layout that something in the folder, or the folder's own name, stands for. `.sql` files must have been read.
pub(super) fn layout(folder: &Folder) -> Option<&'static str> {
    let has = |path: &str| folder.files.iter().any(|file| file.path == path);
    if has("migration_lock.toml") {
        return Some("prisma");
    }
    if sqitch::is_home(folder) {
        return Some("sqitch");
    }
    if liquibase::is_home(folder) {
        return Some("liquibase");
    }
    if drizzle::is_home(folder) {
        return Some("drizzle");
    }
    if supabase::is_home(folder) {
        return Some("supabase");
    }
    None
}
