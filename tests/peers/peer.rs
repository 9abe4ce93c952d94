//! What a peer says of itself, a tree of its kind, and a program of its being run.

use std::fmt::Write as _;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};

use crate::support;
use crate::support::outcome::{self, Outcome};
use crate::support::postgres::Database;
use crate::support::project::Project;

/// Where trees lie in their projects, as in the examples.
pub(super) const TREE: &str = "db/migrations";

/// A tool whose trees we compile and whose table we keep.
pub(super) trait Peer: Sync {
    /// Its name, which is that of its layout, its scheme and its example.
    fn name(&self) -> &'static str;

    /// The program, below the folder that tests/peers.sh fills or on the path.
    fn program(&self) -> &'static str;

    /// Whether it can go back one from the head of this tree.
    fn goes_back(&self, place: &Place) -> bool;

    /// The tables that it keeps.
    fn tables(&self) -> &'static [Table];

    /// Lines of signoff.toml beside the tree's path and layout.
    fn config(&self) -> String {
        format!("layout = \"{}\"\n", self.name())
    }

    /// Whether its example is a tree that it reads itself.
    fn reads_its_example(&self) -> bool {
        true
    }

    /// Writes one more migration into a tree.
    fn write(&self, project: &Project, made: &Made);

    /// Writes what the tool needs beside the tree.
    fn prepare(&self, _project: &Project) {}

    /// Applies the first so many, on a database that has none.
    fn first(&self, count: usize, place: &Place, database: &Database) -> Outcome;

    /// The tool's command line for this.
    fn command(&self, asked: Asked, place: &Place, database: &Database) -> Command;

    /// What is pending, as it was said in answer to [`Asked::Status`].
    fn pending(&self, said: &Outcome) -> Pending;

    /// What stands in the answer to [`Asked::Up`] where there was nothing to do.
    fn idle(&self) -> &'static str;

    /// How it keeps out of the way of somebody else who is running.
    fn lock(&self) -> Lock;
}

/// What a tool does while somebody else is running.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lock {
    /// It takes no lock of its own, so that nobody can see that it is running.
    None,
    Waits,
    /// It fails at once, and says this.
    Refuses(&'static str),
}

/// What a tool is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// Apply all.
    Up,
    /// Revert the newest.
    Down,
    /// Say what is pending.
    Status,
}

/// What a tool says is pending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pending {
    Count(usize),
    /// It does not say how many.
    Some,
    /// It says nothing of the kind.
    Unsaid,
}

/// A table of a tool's, and what of it differs from run to run.
pub(super) struct Table {
    /// With its schema.
    pub(super) name: &'static str,
    /// The order in which its rows are told.
    pub(super) order: &'static str,
    /// A column of numbers that go up with the rows and may leave some out.
    pub(super) serial: &'static str,
    /// Columns that hold times and the like, and what they look like.
    pub(super) varies: &'static [(&'static str, Looks)],
}

/// What a cell looks like whose value is another one in each run.
#[derive(Debug, Clone, Copy)]
pub(super) enum Looks {
    Time,
    Number,
    Uuid,
    /// Seconds and fractions in the way of RFC 3339, as text.
    Rfc3339,
    /// Anything but nothing.
    Text,
}

impl Looks {
    fn pattern(self) -> &'static str {
        match self {
            Self::Time => r"^20\d\d-\d\d-\d\d[ T]\d\d:\d\d:\d\d",
            Self::Number => r"^-?\d+$",
            Self::Uuid => "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
            Self::Rfc3339 => r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$",
            Self::Text => ".",
        }
    }
}

impl Table {
    /// The rows, a cell a line; what differs from run to run is told by what it looks like.
    #[track_caller]
    pub(super) fn rows(&self, database: &Database) -> String {
        let mut cells = String::new();
        if !self.serial.is_empty() {
            write!(cells, "WHEN '{}' THEN n::text ", self.serial).expect("a string takes all");
        }
        for (column, looks) in self.varies {
            let pattern = looks.pattern();
            write!(
                cells,
                "WHEN '{column}' THEN CASE WHEN value ~ '{pattern}' THEN '({looks:?})' ELSE value END "
            )
            .expect("a string takes all");
        }
        let cell = match cells.as_str() {
            "" => "value".to_owned(),
            cells => format!("CASE key {cells} ELSE value END"),
        };
        let Self { name, order, .. } = self;
        let rows = database.query(&format!(
            "SELECT n, key, coalesce({cell}, 'NULL') FROM \
             (SELECT to_jsonb(t) AS cells, row_number() OVER (ORDER BY {order}) AS n FROM {name} t) r, \
             jsonb_each_text(cells) ORDER BY n, key"
        ));
        format!("{name}\n{rows}\n")
    }

    /// The numbers that go up with the rows.
    #[track_caller]
    pub(super) fn serials(&self, database: &Database) -> String {
        match self.serial {
            "" => String::new(),
            serial => database.query(&format!("SELECT {serial} FROM {} ORDER BY 1", self.name)),
        }
    }
}

/// A migration that the tests made up; each peer writes it in its own way.
pub(super) struct Made {
    /// Its place in the tree, from 1.
    pub(super) number: usize,
    /// A word for its name.
    pub(super) word: &'static str,
    /// The way up: each text is a statement, without its semicolon.
    pub(super) up: &'static [&'static str],
    /// The way back, likewise.
    pub(super) down: &'static [&'static str],
    /// Whether its statements run outside a transaction, where the tool can do that.
    pub(super) alone: bool,
}

impl Made {
    /// Statements as lines of a file.
    pub(super) fn sql(statements: &[&str]) -> String {
        statements.iter().flat_map(|it| [*it, ";\n"]).collect()
    }
}

/// The tree that is made for each peer.
pub(super) const MADE: [Made; 5] = [
    Made {
        number: 1,
        word: "accounts",
        up: &[
            "CREATE TABLE accounts (id bigint PRIMARY KEY, owner text NOT NULL DEFAULT 'it''s nobody')",
        ],
        down: &["DROP TABLE accounts"],
        alone: false,
    },
    Made {
        number: 2,
        word: "entries",
        up: &[
            "CREATE TABLE entries (account bigint NOT NULL REFERENCES accounts, amount numeric NOT NULL)",
            "INSERT INTO accounts (id) VALUES (1), (2)",
            "INSERT INTO entries VALUES (1, 5), (2, -5)",
        ],
        down: &["DROP TABLE entries", "DELETE FROM accounts"],
        alone: false,
    },
    Made {
        number: 3,
        word: "entries_by_account",
        up: &["CREATE INDEX CONCURRENTLY entries_account ON entries (account)"],
        down: &["DROP INDEX CONCURRENTLY entries_account"],
        alone: true,
    },
    Made {
        number: 4,
        word: "bank",
        up: &["ALTER TABLE accounts ADD COLUMN bank text NOT NULL DEFAULT 'ours'"],
        down: &["ALTER TABLE accounts DROP COLUMN bank"],
        alone: false,
    },
    Made {
        number: 5,
        word: "balances",
        up: &[
            "CREATE VIEW balances AS SELECT account, sum(amount) AS balance FROM entries GROUP BY account",
        ],
        down: &["DROP VIEW balances"],
        alone: false,
    },
];

/// One that takes long enough for somebody else to start meanwhile.
pub(super) const SLOW: Made = Made {
    number: 6,
    word: "slow",
    up: &["SELECT pg_sleep(2)", "CREATE TABLE slow (id int)"],
    down: &["DROP TABLE slow"],
    alone: false,
};

/// A project with a tree in it.
pub(super) struct Place {
    pub(super) project: Project,
    /// The revisions in their order, as signoff calls them.
    pub(super) ids: Vec<String>,
    /// What each of them stands on.
    parents: Vec<Vec<String>>,
}

impl Place {
    /// The example of a peer, in the way that its page says.
    #[track_caller]
    pub(super) fn example(peer: &dyn Peer) -> Self {
        let from = support::root().join(format!("examples/from-{}", peer.name()));
        Self::filled(peer, |project| {
            for file in support::all_files(&from.join(TREE)) {
                let file = Utf8Path::new(TREE).join(file);
                let bytes = std::fs::read(from.join(&file)).expect("an example is readable");
                project.write(file.as_str(), &bytes);
            }
        })
    }

    /// A tree of these.
    #[track_caller]
    pub(super) fn made<'m>(
        peer: &dyn Peer,
        migrations: impl IntoIterator<Item = &'m Made>,
    ) -> Self {
        Self::filled(peer, |project| {
            for made in migrations {
                peer.write(project, made);
            }
        })
    }

    /// Applies the first so many in a copy of the tree that has no file after them: for a tool that can't be told to
    /// stop earlier. `kept` says how many files or folders that are, of those that the tree's folder holds, by name.
    #[track_caller]
    pub(super) fn first(&self, peer: &dyn Peer, kept: usize, database: &Database) -> Outcome {
        let name = |file: &Utf8Path| file.components().next().map(|it| it.to_string());
        let files = self.project.files(TREE);
        let mut names: Vec<_> = files.iter().map(|file| name(file)).collect();
        names.sort();
        names.dedup();
        names.truncate(kept);
        let copy = Self::copy(peer, self, |file| names.contains(&name(file)));
        copy.run(peer, Asked::Up, database)
    }

    /// A copy of a tree, of these of its files.
    #[track_caller]
    pub(super) fn copy(peer: &dyn Peer, place: &Self, kept: impl Fn(&Utf8Path) -> bool) -> Self {
        Self::filled(peer, |project| {
            for file in place.project.files(TREE).iter().filter(|file| kept(file)) {
                let file = Utf8Path::new(TREE).join(file);
                let text = place.project.read(file.as_str());
                project.write(file.as_str(), text.as_bytes());
            }
        })
    }

    #[track_caller]
    fn filled(peer: &dyn Peer, fill: impl FnOnce(&Project)) -> Self {
        let config = format!("[migrations]\npath = \"{TREE}\"\n{}", peer.config());
        let project = Project::new().file("signoff.toml", &config);
        fill(&project);
        peer.prepare(&project);
        let history = project.run(&["history", "--json"]).success().stdout.clone();
        let history: serde_json::Value = serde_json::from_str(&history).expect("is JSON");
        let revisions = history["revisions"].as_array().expect("is a list");
        let text = |value: &serde_json::Value| value.as_str().expect("is text").to_owned();
        let list = |value: &serde_json::Value| -> Vec<String> {
            value
                .as_array()
                .expect("is a list")
                .iter()
                .map(text)
                .collect()
        };
        Self {
            ids: revisions.iter().map(|it| text(&it["id"])).collect(),
            parents: revisions.iter().map(|it| list(&it["parents"])).collect(),
            project,
        }
    }

    /// `signoff upgrade`, up to after the first `count`.
    #[track_caller]
    pub(super) fn upgrade(&self, count: usize) -> String {
        let range = format!("base:{}", self.state(count));
        self.project
            .run(&["upgrade", &range])
            .success()
            .stdout
            .clone()
    }

    /// `signoff downgrade`, from the head to after the first `count`.
    #[track_caller]
    pub(super) fn downgrade(&self, count: usize) -> Outcome {
        let range = format!("head:{}", self.state(count));
        self.project.run(&["downgrade", &range])
    }

    /// The state after the first `count`: its heads, for there may be branches.
    fn state(&self, count: usize) -> String {
        if count == 0 {
            return "base".to_owned();
        }
        let below: Vec<&String> = self.parents[..count].iter().flatten().collect();
        let ids = self.ids[..count].iter().filter(|id| !below.contains(id));
        let heads: Vec<&str> = ids.map(String::as_str).collect();
        heads.join(",")
    }

    /// Runs the tool, come what may.
    #[track_caller]
    pub(super) fn run(&self, peer: &dyn Peer, asked: Asked, database: &Database) -> Outcome {
        outcome::run(&mut peer.command(asked, self, database), "")
    }
}

/// A program of a peer's, in a folder of the project, with nothing of our environment but the path.
pub(super) fn program(program: &str, place: &Place, folder: &str) -> Command {
    let mut command = Command::new(found(program));
    command
        .current_dir(place.project.path(folder))
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", place.project.path("").as_str())
        .env("LC_ALL", "C.UTF-8")
        .env("NO_COLOR", "1")
        .env("CI", "1");
    command
}

/// The folder that tests/peers.sh fills.
pub(super) fn fetched() -> Utf8PathBuf {
    let folder = std::env::var("SIGNOFF_PEERS").expect("make peers says where peers are");
    folder.into()
}

/// Where a program is: one with a slash below the fetched ones, any other on the path.
pub(super) fn found(program: &str) -> Utf8PathBuf {
    if program.contains('/') {
        return fetched().join(program);
    }
    let path = std::env::var("PATH").unwrap_or_default();
    let mut folders = path
        .split(':')
        .map(|folder| Utf8Path::new(folder).join(program));
    folders
        .find(|file| file.exists())
        .unwrap_or_else(|| program.into())
}

/// `postgres://` and so on, to this database.
pub(super) fn url(database: &Database) -> String {
    let (port, name) = (database.port(), database.name());
    format!("postgres://postgres@127.0.0.1:{port}/{name}?sslmode=disable")
}
