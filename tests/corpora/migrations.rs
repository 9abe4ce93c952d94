//! The migrations of a tree as its own tool sees them: their order, and the messages that it sends.

use camino::{Utf8Path, Utf8PathBuf};

use super::marked;

/// Whose tree it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tool {
    /// Files `N_name.up.sql`, by the number.
    GolangMigrate,
    /// The same.
    Sqlx,
    /// Folders with `up.sql`, by the name up to `_` without its dashes.
    Diesel,
    /// Files `N_name.sql` with both directions, by the number.
    Goose,
    /// Files `N-name.sql` with both directions, by their names: all begin with as many digits.
    SqlMigrate,
    /// Folders with `migration.sql`, by their names.
    Prisma,
    /// Files `V1_2__name.sql`, by the numbers.
    Flyway,
    /// What `sqitch.plan` says, run by psql.
    Sqitch,
}

/// One migration, as its tool sees it.
#[derive(Debug, Clone)]
pub(super) struct Migration {
    /// What orders it, and what `signoff` calls it.
    pub(super) id: String,
    /// What `truth/` calls it.
    pub(super) name: String,
    /// Its upgrade, message by message.
    pub(super) up: Vec<String>,
    /// Its downgrade, where it has one.
    pub(super) down: Option<Vec<String>>,
    /// Its files below the tree's folder.
    pub(super) files: Vec<Utf8PathBuf>,
}

/// What orders a migration where no plan does.
pub(super) fn by_version(migration: &Migration, tool: Tool) -> (Vec<u64>, String) {
    let numbers: Vec<u64> = match tool {
        Tool::GolangMigrate | Tool::Sqlx | Tool::Goose | Tool::Flyway => {
            let parts = migration.id.split('.');
            parts.map(|part| part.parse().expect("a number")).collect()
        }
        Tool::Diesel | Tool::SqlMigrate | Tool::Prisma | Tool::Sqitch => Vec::new(),
    };
    (numbers, migration.id.clone())
}

/// Every migration of a folder.
pub(super) fn read_migrations(folder: &Utf8Path, tool: Tool) -> Vec<Migration> {
    let text = |path: &Utf8Path| std::fs::read_to_string(folder.join(path)).ok();
    let files = crate::support::files(folder, "sql");
    let read_marked = |path: &Utf8PathBuf, marked: marked::Marked, id: &str| Migration {
        id: id.to_owned(),
        name: path.file_stem().expect("a file has a name").to_owned(),
        up: marked.up,
        down: marked.down,
        files: vec![path.clone()],
    };
    let read = |path: &Utf8PathBuf| {
        let whole = || text(path).expect("a corpus is readable");
        let (name, down) = match tool {
            Tool::GolangMigrate | Tool::Sqlx => {
                let name = path.as_str().strip_suffix(".up.sql")?;
                (name, Utf8PathBuf::from(format!("{name}.down.sql")))
            }
            Tool::Diesel => {
                let name = path.as_str().strip_suffix("/up.sql")?;
                (name, Utf8PathBuf::from(format!("{name}/down.sql")))
            }
            Tool::SqlMigrate => {
                return Some(read_marked(
                    path,
                    marked::sql_migrate(&whole()),
                    path.as_str(),
                ));
            }
            Tool::Goose => {
                let (number, _) = path.as_str().split_once('_')?;
                let number = number.trim_start_matches('0');
                return Some(read_marked(path, marked::goose(&whole()), number));
            }
            Tool::Flyway => {
                let name = path.as_str().strip_suffix(".sql")?;
                (name, Utf8PathBuf::from(format!("U{}.sql", &name[1..])))
            }
            // Read from the plan.
            Tool::Sqitch => return None,
            Tool::Prisma => {
                let name = path.as_str().strip_suffix("/migration.sql")?;
                (name, Utf8PathBuf::from(format!("{name}/down.sql")))
            }
        };
        let id = match tool {
            Tool::Flyway => {
                let version = name[1..].split("__").next().expect("a split has a part");
                version.replace('_', ".")
            }
            Tool::GolangMigrate | Tool::Sqlx | Tool::Diesel | Tool::Goose | Tool::SqlMigrate => {
                let version = name.split('_').next().expect("a split has a part");
                version.replace('-', "")
            }
            Tool::Prisma | Tool::Sqitch => name.to_owned(),
        };
        let has_down = text(&down).is_some();
        Some(Migration {
            id,
            name: name.to_owned(),
            up: vec![whole()],
            down: text(&down).map(|down| vec![down]),
            files: [path.clone()]
                .into_iter()
                .chain(has_down.then_some(down))
                .collect(),
        })
    };
    files.iter().filter_map(read).collect()
}
