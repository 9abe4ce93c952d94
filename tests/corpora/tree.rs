//! One real tree and the laws on it.

use std::sync::Mutex;

use camino::{Utf8Path, Utf8PathBuf};

use super::migrations::{Migration, Tool, by_version, read_migrations};
use super::whole::{Whole, without_digest};
use super::{Report, sqitch};
use crate::postgres::made::{run, same};
use crate::support::faults;
use crate::support::outcome::Outcome;
use crate::support::postgres::Database;
use crate::support::project::Project;

/// How many earlier states are tried beside every tenth, and how many trees with holes.
const RANDOM_STATES: usize = 20;

/// A tree, and the numbers of its migrations that truth says can't be reverted.
pub(super) struct Tree {
    /// Below the corpora.
    path: Utf8PathBuf,
    folder: Utf8PathBuf,
    migrations: Vec<Migration>,
    broken_downs: Vec<String>,
    /// Downs that run well and leave another schema than was there before, says truth.
    inexact_downs: Vec<String>,
    /// An empty folder without a config, to compile in.
    project: Project,
    tool: Tool,
}

/// Small and the same on every machine: the states must be the same ones tomorrow.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let high = usize::try_from(self.0 >> 33).expect("31 bits are few");
        high % end
    }
}

impl Tree {
    /// Reads the tree as its own tool does, and what is known of it.
    pub(super) fn read(corpora: &Utf8Path, name: &str, path: &str, tool: Tool) -> Self {
        let project = Project::new();
        let mut folder = corpora.join(path);
        let mut migrations;
        if tool == Tool::Sqitch {
            folder = sqitch::prepare(&folder, &project, path);
            migrations = sqitch::migrations(&folder);
        } else {
            migrations = read_migrations(&folder, tool);
        }
        if tool != Tool::Sqitch {
            migrations.sort_by_key(|migration| by_version(migration, tool));
        }
        assert!(!migrations.is_empty(), "{folder}: no migrations there");
        let truth = corpora.join(format!("truth/{name}.json"));
        let truth = std::fs::read_to_string(&truth).expect("truth/ knows this tree");
        let truth: serde_json::Value = serde_json::from_str(&truth).expect("truth/ holds JSON");
        let in_reverse = truth["down_fails_in_reverse"].as_array().expect("a list");
        // Not measured where a tree has no downs.
        let alone = truth["down_alone"].as_object();
        let inexact = alone
            .into_iter()
            .flatten()
            .filter(|(_, down)| down["kind"] == "differs");
        Self {
            path: path.into(),
            folder,
            migrations,
            broken_downs: in_reverse
                .iter()
                .map(|pair| pair[0].as_str().expect("a name").to_owned())
                .collect(),
            inexact_downs: inexact.map(|(name, _)| name.clone()).collect(),
            project,
            tool,
        }
    }

    /// All laws, one after the other; panics at the first that does not hold.
    pub(super) fn keeps_the_laws(&self, report: &Mutex<Report>) {
        let note = |fill: &mut dyn FnMut(&mut Report)| {
            fill(&mut report.lock().expect("nobody panics with it"));
        };
        note(&mut |report| report.revisions = self.migrations.len());
        self.is_ordered_like_its_tool();

        let script = self.upgrade(None, self.migrations.len());
        let lines = |what: &str| script.lines().filter(|line| line.contains(what)).count();
        let outside = lines("then run again: it goes on at the step that failed");
        note(&mut |report| {
            report.statements = faults::statements(&script).len();
            report.carried = lines(", carried through \\gexec: ");
            report.outside = outside;
        });
        self.run(&self.folder, &["bundle"]).success();
        let release = self.project.path("out");
        let find = |name: &str| {
            let files = crate::support::files(&release, "sql");
            let path = files.iter().find(|path| path.file_name() == Some(name));
            self.project.read(&format!(
                "out/{}",
                path.expect("a release holds its scripts")
            ))
        };
        assert_eq!(
            without_digest(&find("upgrade.sql")),
            without_digest(&script)
        );

        let whole = Whole::of(self, script, find("plan.sql"));
        note(&mut |report| report.laws.push("1"));
        whole.second_run_changes_nothing();
        note(&mut |report| report.laws.push("2"));
        let downs = self.downgrades_are_straight();
        note(&mut |report| {
            report.laws.push("3");
            report.notes.extend(downs.notes());
            report.notes.extend(named(
                "downs that run well and restore something else",
                &self.inexact_downs,
            ));
        });
        let states = self.every_start_ends_the_same(&whole);
        let holes = self.holes_are_filled();
        note(&mut |report| {
            report.laws.push("5");
            report
                .notes
                .push(format!("started from {states} earlier states; {holes}"));
        });
        whole.refusals_change_nothing();
        whole.rehearsal_changes_nothing();
        note(&mut |report| report.laws.push("8"));
    }

    fn is_ordered_like_its_tool(&self) {
        let history = self.run(&self.folder, &["history", "--json"]);
        let history: serde_json::Value =
            serde_json::from_str(&history.success().stdout).expect("history prints JSON");
        let revisions = history["revisions"].as_array().expect("is a list");
        let ours = revisions.iter().map(|revision| revision["id"].as_str());
        let tools = self
            .migrations
            .iter()
            .map(|migration| Some(migration.id.as_str()));
        let (ours, tools): (Vec<_>, Vec<_>) = (ours.collect(), tools.collect());
        assert_eq!(ours, tools, "not in the tool's order");
    }

    /// Runs `signoff` on a tree, with `--path` and no config.
    fn run(&self, folder: &Utf8Path, arguments: &[&str]) -> Outcome {
        // Its pairs are golang-migrate's too, which takes nothing that comes late.
        let layout: &[&str] = match self.tool {
            Tool::Sqlx => &["--layout", "sqlx"],
            Tool::GolangMigrate
            | Tool::Diesel
            | Tool::Goose
            | Tool::SqlMigrate
            | Tool::Prisma
            | Tool::Flyway
            | Tool::Sqitch => &[],
        };
        let all = [arguments, &["--path", folder.as_str()], layout].concat();
        self.project.run(&all)
    }

    /// The upgrade from after the first `from` migrations to after the first `to`; from nothing is base.
    fn upgrade(&self, from: Option<usize>, to: usize) -> String {
        let range = format!("{}:{}", self.state(from.unwrap_or(0)), self.state(to));
        let outcome = self.run(&self.folder, &["upgrade", &range]);
        outcome.success().stdout.clone()
    }

    /// The state after the first `count` migrations.
    fn state(&self, count: usize) -> &str {
        match count {
            0 => "base",
            count => &self.migrations[count - 1].id,
        }
    }

    /// What `signoff` calls the migrations, in the tool's order.
    pub(super) fn ids(&self) -> Vec<&str> {
        let ids = self
            .migrations
            .iter()
            .map(|migration| migration.id.as_str());
        ids.collect()
    }

    /// A database after all migrations, run by the tool.
    pub(super) fn straight_whole(&self) -> Database {
        self.straight(self.migrations.len())
    }

    /// A database after the first `count` migrations, run by the tool.
    fn straight(&self, count: usize) -> Database {
        let database = Database::create();
        let ups: Vec<&Vec<String>> = self.migrations[..count]
            .iter()
            .map(|migration| &migration.up)
            .collect();
        let (done, outcome) = self.run_straight(&database, &ups);
        assert_eq!(done, count, "{outcome}");
        database
    }

    /// Runs migrations as their tool does; how many ran whole.
    fn run_straight(&self, database: &Database, migrations: &[&Vec<String>]) -> (usize, Outcome) {
        match self.tool {
            Tool::Sqitch => {
                let files: Vec<&str> = migrations.iter().map(|own| own[0].as_str()).collect();
                let ran = sqitch::run(database, &files);
                (ran.done, ran.outcome)
            }
            Tool::GolangMigrate
            | Tool::Sqlx
            | Tool::Diesel
            | Tool::Goose
            | Tool::SqlMigrate
            | Tool::Prisma
            | Tool::Flyway => run_messages(database, migrations),
        }
    }

    /// Law 3. From the top down: what can be reverted ends where the tool's own downs end; a down that fails there
    /// fails here, and changes nothing; the next stretch begins below it, on fresh databases.
    fn downgrades_are_straight(&self) -> Downs {
        let mut downs = Downs::default();
        let mut top = self.migrations.len();
        while top > 0 {
            let (ours, straight) = (Database::create(), self.straight(top));
            run(&ours, &self.upgrade(None, top));
            let below = self.migrations[..top].iter().rev();
            let stretch: Vec<&Vec<String>> = below
                .map_while(|migration| migration.down.as_ref())
                .collect();
            let (reverted, _) = self.run_straight(&straight, &stretch);
            let bottom = top - reverted;
            let name = |at: usize| &self.migrations[at - 1].name;
            if reverted > 0 {
                let range = format!("{}:{}", self.state(top), self.state(bottom));
                let script = self.run(&self.folder, &["downgrade", &range]);
                run(&ours, &script.success().stdout);
                let what = format!("the tool's own downs from {} to above {bottom}", name(top));
                same(&what, &dumped(&straight), &dumped(&ours));
                let count = "SELECT count(*) FROM signoff_revision";
                assert_eq!(ours.query(count), bottom.to_string(), "{what}");
                downs.reverted += reverted;
            }
            if bottom == 0 {
                break;
            }
            // This one can't be reverted, or not any more.
            let range = format!("{}:{}", self.state(bottom), self.state(bottom - 1));
            let script = self.run(&self.folder, &["downgrade", &range]);
            if self.migrations[bottom - 1].down.is_none() {
                script.code(1).stderr_has("has no downgrade");
                downs.missing.push(name(bottom).clone());
            } else {
                assert!(
                    self.broken_downs.contains(name(bottom)),
                    "the down of {} fails, and truth/ does not know that",
                    name(bottom)
                );
                if script.code == 0 {
                    let (state, rows) = (ours.state(), ours.rows());
                    ours.psql_stdin(&script.stdout, &[]).code(3);
                    same(name(bottom), &state, &ours.state());
                    same(name(bottom), &rows, &ours.rows());
                    downs.broken.push(name(bottom).clone());
                } else {
                    script.code(1);
                    downs.refused.push(name(bottom).clone());
                }
            }
            top = bottom - 1;
        }
        downs
    }

    /// Law 5: from every tenth state, and from some more.
    fn every_start_ends_the_same(&self, whole: &Whole) -> usize {
        let total = self.migrations.len();
        let mut states: Vec<usize> = (10..total).step_by(10).collect();
        let mut random = Random(7);
        states.extend((0..RANDOM_STATES).map(|_| 1 + random.below(total - 1)));
        states.sort_unstable();
        states.dedup();
        let walker = Database::create();
        let mut at = 0;
        for state in &states {
            run(&walker, &self.upgrade(Some(at), *state));
            at = *state;
            let database = Database::clone_of(&walker);
            run(&database, &whole.script).stdout_has(&format!(
                "signoff: {} of {total} to apply here; {state} already applied",
                total - state
            ));
            let what = format!("from empty, after a start at {}", self.state(*state));
            same(&what, &whole.state, &dumped(&database));
            same(&what, &whole.rows, &database.rows());
        }
        states.len()
    }

    /// Law 5 where migrations came late, as branches bring them: a number orders the tree, so what is missing is
    /// applied in order. Where the tool's own run of that fails, so does ours. golang-migrate knows one number only,
    /// the last, and Sqitch deploys in the order of its plan, so there an earlier state has no holes.
    fn holes_are_filled(&self) -> String {
        if matches!(self.tool, Tool::GolangMigrate | Tool::Sqitch | Tool::Flyway) {
            return "its tool leaves no holes".to_owned();
        }
        let (mut random, total) = (Random(11), self.migrations.len());
        let (mut filled, mut failed) = (0, 0);
        for _ in 0..RANDOM_STATES {
            // The first is what all others stand on, and the last would be no hole.
            let mut late: Vec<usize> = (0..=random.below(2))
                .map(|_| 1 + random.below(total - 2))
                .collect();
            late.sort_unstable();
            late.dedup();
            let part = Project::new();
            let early: Vec<&Migration> = (0..total)
                .filter(|at| !late.contains(at))
                .map(|at| &self.migrations[at])
                .collect();
            for file in early.iter().flat_map(|migration| &migration.files) {
                let bytes = std::fs::read(self.folder.join(file)).expect("a corpus is readable");
                part.write(self.path.join(file).as_str(), &bytes);
            }
            let (ours, straight) = (Database::create(), Database::create());
            let texts: Vec<&Vec<String>> = early.iter().map(|migration| &migration.up).collect();
            let first = self.run_straight(&straight, &texts).1.code;
            // At the same path, for that names the project where there is no config.
            let script = self.run(&part.path(self.path.as_str()), &["upgrade"]);
            let script = &script.success().stdout;
            assert_eq!(ours.psql_stdin(script, &[]).code, first, "without {late:?}");
            if first == 0 {
                let texts = late.iter().map(|at| &self.migrations[*at].up);
                let texts: Vec<&Vec<String>> = texts.collect();
                let second = self.run_straight(&straight, &texts).1.code;
                let script = self.upgrade(None, total);
                assert_eq!(
                    ours.psql_stdin(&script, &[]).code,
                    second,
                    "{late:?} came late"
                );
                filled += usize::from(second == 0);
                failed += usize::from(second != 0);
            } else {
                failed += 1;
            }
            same(
                &format!("straight, where {late:?} came late"),
                &dumped(&straight),
                &dumped(&ours),
            );
        }
        format!("from {filled} with holes ({failed} more fail for its tool, and here)")
    }
}

/// What law 3 found.
#[derive(Default)]
struct Downs {
    reverted: usize,
    /// Fail on the server, as they do for the tool.
    broken: Vec<String>,
    /// Are refused when compiling.
    refused: Vec<String>,
    /// Are not there.
    missing: Vec<String>,
}

impl Downs {
    fn notes(&self) -> Vec<String> {
        let reverted = format!("{} downs as its tool runs them", self.reverted);
        let lists = [
            named("downs that fail, for its tool too", &self.broken),
            named(
                "downs that are refused when compiling, and fail for its tool",
                &self.refused,
            ),
            named("no downs", &self.missing),
        ];
        [reverted]
            .into_iter()
            .chain(lists.into_iter().flatten())
            .collect()
    }
}

/// A line for the table; none where there is nothing to name.
fn named(what: &str, names: &[String]) -> Option<String> {
    (!names.is_empty()).then(|| format!("{what} ({}): {}", names.len(), names.join(", ")))
}

/// Runs migrations message by message; how many ran whole.
fn run_messages(database: &Database, migrations: &[&Vec<String>]) -> (usize, Outcome) {
    let messages = migrations.iter().flat_map(|messages| messages.iter());
    let messages: Vec<&str> = messages.map(String::as_str).collect();
    let ran = database.run_raw_all(&messages);
    let mut left = ran.done;
    let whole = migrations.iter().take_while(|messages| {
        let fits = left >= messages.len();
        left = left.saturating_sub(messages.len());
        fits
    });
    (whole.count(), ran.outcome)
}

/// What pg_dump tells of a database, the rows of a table sorted. Where an updated row lies depends on what the server
/// has cleaned up by then, and so on what else is running.
pub(super) fn dumped(database: &Database) -> String {
    let text = database.state();
    let mut sorted = String::with_capacity(text.len());
    let mut rows: Vec<&str> = Vec::new();
    let mut rest = text.as_str();
    while !rest.is_empty() {
        // A row ends where the next one begins, or a blank line behind it.
        let next = rest[1..].find("\nINSERT INTO ").map(|at| at + 2);
        let blank = rest.find(";\n\n").map(|at| at + 2);
        let end = next.into_iter().chain(blank).min().unwrap_or(rest.len());
        let (piece, after) = rest.split_at(end);
        rest = after;
        if piece.starts_with("INSERT INTO ") {
            rows.push(piece);
            continue;
        }
        rows.sort_unstable();
        sorted.extend(rows.drain(..));
        sorted.push_str(piece);
    }
    rows.sort_unstable();
    sorted.extend(rows);
    sorted
}
