//! What the DBA sees on the terminal when a script stops: before, then, in `status.sql`, and when it is run again.
//!
//! The whole of it is snapshots, as it scrolls by; what differs from run to run is masked.

use std::cell::RefCell;
use std::io::Read as _;
use std::process::{Command, Stdio};

use camino::Utf8PathBuf;

use super::made::tree;
use crate::support::postgres::Database;
use crate::support::postgres::cluster::wait_for;
use crate::support::project::Project;

/// A release, the database it is run on, and what the terminal has shown.
struct Desk {
    _project: Project,
    folder: Utf8PathBuf,
    database: Database,
    seen: RefCell<String>,
}

impl Desk {
    fn of(revisions: &[&str]) -> Self {
        let project = tree(revisions);
        let wrote = project.run(&["bundle"]).success().stdout.clone();
        let folder = project.path(wrote.split(' ').nth(1).expect("it says where"));
        Self {
            _project: project,
            folder,
            database: Database::create(),
            seen: RefCell::default(),
        }
    }

    fn psql(&self, file: &str, arguments: &[&str]) -> Command {
        let mut command = self.database.psql_as("postgres");
        command
            .args(["-X", "-f", file])
            .args(arguments)
            .current_dir(&self.folder)
            .stdin(Stdio::null());
        command
    }

    /// Runs a file of the release, and takes down what the terminal shows.
    fn types(&self, file: &str, arguments: &[&str]) -> String {
        let (mut reader, writer) = std::io::pipe().expect("a pipe can be made");
        let mut command = self.psql(file, arguments);
        command
            .stdout(writer.try_clone().expect("a pipe can be shared"))
            .stderr(writer);
        let mut child = command.spawn().expect("psql can be started");
        // With the command goes our end for writing, so that the reading ends.
        drop(command);
        let mut shown = String::new();
        reader
            .read_to_string(&mut shown)
            .expect("psql writes UTF-8");
        let code = child.wait().expect("psql ends").code();
        let words: Vec<&str> = std::iter::once(file)
            .chain(arguments.iter().copied())
            .collect();
        let code = code.expect("nobody killed it");
        let words = words.join(" ");
        self.show(&format!(
            "$ psql -X -d shop -f {words}
{shown}[exit code {code}]"
        ));
        shown
    }

    /// Waits until the sessions of ended runs are gone: they need a moment longer than psql.
    fn settle(&self) {
        let left = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'signoff'";
        wait_for("the end of a session", || self.database.query(left) == "0");
    }

    fn show(&self, text: &str) {
        let mut seen = self.seen.borrow_mut();
        seen.push_str(text);
        seen.push_str("\n\n");
    }

    /// What somebody does in between, in words.
    fn meanwhile(&self, words: &str) {
        self.show(&format!("# {words}"));
    }

    /// The text of `upgrade.sql`.
    fn script(&self) -> String {
        std::fs::read_to_string(self.folder.join("upgrade.sql")).expect("it is there")
    }

    /// Compares everything that was seen, without what differs from run to run.
    #[track_caller]
    fn told(&self, story: &str) {
        let mut settings = insta::Settings::clone_current();
        settings.add_filter(self.database.name(), "shop");
        for (pattern, word) in [
            ("sha256:[0-9a-f]{64}", "sha256:…"),
            (r"grade\.sql:[0-9]+: ", "grade.sql:…: "),
            (
                r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9:.]+(Z|\+00)?",
                "(a time)",
            ),
            (r"pid [0-9]+", "pid …"),
            (
                r#""system_identifier" : "[0-9]+""#,
                r#""system_identifier" : "…""#,
            ),
        ] {
            settings.add_filter(pattern, word);
        }
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(story, *self.seen.borrow()));
    }
}

/// Waits until a session of the script waits inside its statement; its pid.
fn waiting(database: &Database) -> String {
    let waiting = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'signoff' AND wait_event_type = 'Lock'";
    let mut pid = String::new();
    wait_for("a script that waits for a lock", || {
        pid = database.query(waiting);
        !pid.is_empty()
    });
    pid
}

/// The migration's line that psql's line number leads to: upwards to the marker, and as many lines on.
fn led_to(script: &str, shown: &str) -> (String, usize) {
    let number = shown
        .split("upgrade.sql:")
        .nth(1)
        .and_then(|rest| rest.split(':').next());
    let number: usize = number
        .and_then(|text| text.parse().ok())
        .expect("psql names a line");
    let lines: Vec<&str> = script.lines().collect();
    let marker = (0..number)
        .rev()
        .find(|line| lines[*line].starts_with("-- from "))
        .expect("a marker stands above");
    let place = lines[marker].trim_start_matches("-- from ");
    let (file, first) = place.rsplit_once(':').expect("file:line");
    let first: usize = first.parse().expect("a line");
    (file.to_owned(), first + (number - 1) - (marker + 1))
}

const ORDERS: &str = "CREATE TABLE orders (id int, code text);\nINSERT INTO orders VALUES (1, 'a'), (2, 'b'), (2, 'c');\n";

#[test]
fn an_error_in_a_transaction() {
    let desk = Desk::of(&[
        ORDERS,
        "-- Every order has one number.\nALTER TABLE orders ADD COLUMN note text;\n\nALTER TABLE orders\n  ADD PRIMARY KEY (id);\nCREATE TABLE lines (of int);\n",
    ]);
    let shown = desk.types("upgrade.sql", &["-v", "ticket=CHG-7"]);
    assert_eq!(
        led_to(&desk.script(), &shown),
        ("migrations/2.sql".to_owned(), 9),
        "the line where the statement that failed ends"
    );
    desk.settle();
    desk.types("status.sql", &[]);
    desk.meanwhile("the developers say which of the two goes: DELETE FROM orders WHERE code = 'c'");
    desk.database.query("DELETE FROM orders WHERE code = 'c'");
    desk.types("upgrade.sql", &["-v", "ticket=CHG-8"]);
    desk.settle();
    desk.types("status.sql", &[]);
    desk.told("an error in a transaction");
}

#[test]
fn an_error_in_a_concurrent_build() {
    let desk = Desk::of(&[
        ORDERS,
        "ALTER TABLE orders ADD COLUMN note text;\nCREATE UNIQUE INDEX CONCURRENTLY orders_id ON orders (id);\nALTER TABLE orders ADD PRIMARY KEY USING INDEX orders_id;\n",
        "CREATE TABLE lines (of int);\n",
    ]);
    let shown = desk.types("upgrade.sql", &[]);
    assert_eq!(
        led_to(&desk.script(), &shown),
        ("migrations/2.sql".to_owned(), 6)
    );
    desk.settle();
    desk.types("status.sql", &[]);
    desk.meanwhile("the developers say which of the two goes: DELETE FROM orders WHERE code = 'c'");
    desk.database.query("DELETE FROM orders WHERE code = 'c'");
    desk.types("plan.sql", &[]);
    desk.types("upgrade.sql", &[]);
    desk.settle();
    desk.types("status.sql", &[]);
    desk.told("an error in a concurrent build");
    let invalid = "SELECT count(*) FROM pg_index WHERE NOT indisvalid";
    assert_eq!(desk.database.query(invalid), "0");
}

/// psql dies in the middle of a statement, and the server goes on with it; then the server's session is ended.
#[test]
fn a_killed_psql() {
    let desk = Desk::of(&[
        ORDERS,
        "ALTER TABLE orders ADD COLUMN note text;\nCREATE INDEX CONCURRENTLY orders_code ON orders (code);\n",
    ]);
    desk.types("upgrade.sql", &["-v", "until=rev1"]);
    let mut reader = desk.database.session();
    // A build waits for every older snapshot of the database, whatever it reads.
    reader.ask("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class;");
    let mut psql = desk
        .psql("upgrade.sql", &[])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("psql can be started");
    let pid = waiting(&desk.database);
    psql.kill().expect("it runs");
    psql.wait().expect("it ends");
    desk.meanwhile("upgrade.sql was run again, and psql was killed while it built the index");
    desk.types("status.sql", &[]);
    desk.types("upgrade.sql", &["-v", "lock_wait=0"]);
    desk.database
        .query(&format!("SELECT pg_terminate_backend({pid})"));
    drop(reader);
    desk.database.wait_until_alone();
    desk.meanwhile("the DBA ended that session with pg_terminate_backend");
    desk.settle();
    desk.types("status.sql", &[]);
    desk.types("upgrade.sql", &[]);
    desk.told("a killed psql");
}

/// A session that is ended under psql's hands, in a transaction.
#[test]
fn a_lost_connection() {
    let desk = Desk::of(&[ORDERS, "ALTER TABLE orders ADD COLUMN note text;\n"]);
    desk.types("upgrade.sql", &["-v", "until=rev1"]);
    let mut reader = desk.database.session();
    reader.ask("BEGIN; LOCK TABLE orders IN ACCESS SHARE MODE;");
    let database = &desk.database;
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let pid = waiting(database);
            database.query(&format!("SELECT pg_terminate_backend({pid})"))
        });
        desk.types("upgrade.sql", &["-v", "lock_timeout=1min"]);
    });
    drop(reader);
    desk.settle();
    desk.types("status.sql", &[]);
    desk.types("upgrade.sql", &[]);
    desk.told("a lost connection");
}

#[test]
fn a_lock_timeout() {
    let desk = Desk::of(&[ORDERS, "ALTER TABLE orders ADD COLUMN note text;\n"]);
    desk.types("upgrade.sql", &["-v", "until=rev1"]);
    let mut reader = desk.database.session();
    reader.ask("BEGIN; LOCK TABLE orders IN ACCESS SHARE MODE;");
    desk.types("upgrade.sql", &["-v", "lock_timeout=50ms"]);
    desk.settle();
    desk.types("status.sql", &[]);
    desk.meanwhile("the report that read the table is done");
    drop(reader);
    desk.types("upgrade.sql", &["-v", "lock_timeout=50ms"]);
    desk.told("a lock timeout");
}
