//! What the config's own keys can hold, and the names and paths that follow from it. What headers of
//! migrations hold too is in `check`.

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

use super::{Order, SERVERS, check};

/// Folder names that say nothing about whose migrations they hold.
const UNTELLING: [&str; 22] = [
    "assets",
    "data",
    "database",
    "db",
    "jdbc-postgres",
    "main",
    "migrate",
    "migration",
    "migrations",
    "pg",
    "pgsql",
    "postgres",
    "postgresql",
    "prisma",
    "resources",
    "schema",
    "sql",
    "src",
    "store",
    "tools",
    "tree",
    "versions",
];

/// A major version of PostgreSQL.
pub(super) fn server(text: &str) -> Result<u16, String> {
    let version: Option<u16> = text.parse().ok();
    version
        .filter(|version| SERVERS.contains(version))
        .ok_or_else(|| {
            let (first, last) = (SERVERS.start(), SERVERS.end());
            format!("it is a major version of PostgreSQL from {first} to {last}")
        })
}

/// `true` or `false`; the environment may say 1 or 0.
pub(super) fn flag(text: &str) -> Result<bool, String> {
    match text {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err("it is `true` or `false`".to_owned()),
    }
}

/// What a revision means that was not applied when what comes after it was.
pub(super) fn order(text: &str) -> Result<Order, String> {
    Order::ALL
        .into_iter()
        .find(|order| order.word() == text)
        .ok_or_else(|| "the order is `strict`, `warn` or `any`".to_owned())
}

/// The file name of new migrations.
pub(super) fn file_template(text: &str) -> Result<String, String> {
    let inside = Utf8Path::new(text)
        .components()
        .all(|part| matches!(part, Utf8Component::Normal(_)));
    if !inside || Utf8Path::new(text).extension() != Some("sql") {
        return Err("it is a path inside the migrations folder that ends in `.sql`".to_owned());
    }
    Ok(text.to_owned())
}

/// The absolute folder that `path` means in `cwd`, `..` resolved by name.
pub(super) fn folder_of(cwd: &Utf8Path, path: &Utf8Path) -> Utf8PathBuf {
    let mut folder = Utf8PathBuf::new();
    for part in cwd.join(path).components() {
        match part {
            Utf8Component::ParentDir => {
                folder.pop();
            }
            Utf8Component::CurDir => {}
            Utf8Component::Prefix(_) | Utf8Component::RootDir | Utf8Component::Normal(_) => {
                folder.push(part);
            }
        }
    }
    folder
}

/// The last folder name that tells whose migrations these are, as a project's name; `project` where none does.
pub(super) fn telling_name(folder: &Utf8Path) -> String {
    let telling = folder.ancestors().find(|above| {
        let name = above.file_name();
        name.is_some_and(|name| !UNTELLING.contains(&name.to_lowercase().as_str()))
    });
    folder_name(telling.unwrap_or_else(|| "project".into()))
}

/// A folder's name as a project's name.
pub(super) fn folder_name(folder: &Utf8Path) -> String {
    let name: String = folder
        .file_name()
        .unwrap_or_default()
        .chars()
        .take(100)
        .map(|char| match u8::try_from(char) {
            Ok(byte) if check::is_project_byte(byte) => char,
            Ok(_) | Err(_) => '-',
        })
        .collect();
    let name = name.trim_start_matches(['.', '-']);
    if name.is_empty() {
        return "project".to_owned();
    }
    name.to_owned()
}
