//! One PostgreSQL cluster for the whole test run, and a database for each test.
//!
//! The client is `psql`, because psql scripts are the product. The cluster lives in a temporary
//! folder of its own, answers on a unix socket in that folder only, and ends with the test process, however that ends. Under
//! cargo-nextest every test is a process and so has a cluster of its own: right, but slow; `make test` uses
//! `cargo test`.

pub(crate) mod cluster;
pub(crate) mod pooler;
pub(crate) mod server;
pub(crate) mod session;

use std::fmt::Write as _;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use camino::Utf8Path;

use super::outcome::{self, Outcome};
use cluster::{Cluster, cluster};
use session::Session;

/// A server of its own that only follows a primary: it takes no writes. (There is no primary, so nothing comes.)
pub(crate) struct Standby(Cluster);

/// Tables in which other tools record what is applied. What stands in them is held by `tests/postgres/tools.rs`.
const TOOLS: [&str; 13] = [
    "alembic_version",
    "schema_migrations",
    "goose_db_version",
    "_sqlx_migrations",
    "__diesel_schema_migrations",
    "flyway_schema_history",
    "databasechangelog",
    "databasechangeloglock",
    "_prisma_migrations",
    "gorp_migrations",
    "refinery_schema_history",
    "schema_version",
    "pgmigrations",
];

/// Schemas in which there is nothing else.
const TOOLS_SCHEMAS: [&str; 4] = [
    "sqitch",
    "drizzle",
    "graphile_migrate",
    "supabase_migrations",
];

impl Standby {
    #[track_caller]
    pub(crate) fn start() -> Self {
        match Cluster::start_standby() {
            Ok(cluster) => Self(cluster),
            Err(reason) => panic!("{reason}"),
        }
    }

    /// Runs a script in its only database.
    #[track_caller]
    pub(crate) fn psql_stdin(&self, script: &str) -> Outcome {
        let mut command = self.0.client("psql");
        outcome::run(command.args(["-X", "-d", "postgres", "-f", "-"]), script)
    }
}

/// A server of its own, to be brought down.
pub(crate) struct Server(Arc<Cluster>);

impl Server {
    #[track_caller]
    pub(crate) fn start() -> Self {
        match Cluster::start_durable() {
            Ok(cluster) => Self(Arc::new(cluster)),
            Err(reason) => panic!("{reason}"),
        }
    }

    /// One that listens on 127.0.0.1 too, for programs that can't talk through its socket.
    #[track_caller]
    pub(crate) fn start_listening() -> Self {
        match Cluster::start_listening() {
            Ok(cluster) => Self(Arc::new(cluster)),
            Err(reason) => panic!("{reason}"),
        }
    }

    /// An empty database on it.
    #[track_caller]
    pub(crate) fn database(&self) -> Database {
        Database::made("template0", &self.0)
    }
}

/// A dump in which every quoted literal that begins like a time (`'2026-01-31 …`) is one and the same time.
fn timeless(dump: &str) -> String {
    let shape = |text: &[u8]| {
        text.len() > 12
            && text.starts_with(b"'20")
            && b"'dddd-dd-dd "
                .iter()
                .zip(text)
                .all(|(want, byte)| (*want == b'd' && byte.is_ascii_digit()) || want == byte)
    };
    let mut masked = String::with_capacity(dump.len());
    let mut rest = dump;
    while let Some(at) = rest.find("'20") {
        let (before, from) = rest.split_at(at);
        masked.push_str(before);
        let end = from[1..].find('\'').filter(|_| shape(from.as_bytes()));
        let kept = end.map_or(3, |end| {
            masked.push_str("'(a time)'");
            end + 2
        });
        if end.is_none() {
            masked.push_str(&from[..kept]);
        }
        rest = &from[kept..];
    }
    masked + rest
}

/// A dump in which every quoted literal that is a random UUID (version 4) is its number, by where it first stands: two
/// databases made other ones, and used them in the same places.
fn without_chance(dump: &str) -> String {
    const SHAPE: &[u8] = b"'hhhhhhhh-hhhh-4hhh-hhhh-hhhhhhhhhhhh'";
    let shape = |text: &str| {
        text.len() == SHAPE.len()
            && SHAPE
                .iter()
                .zip(text.as_bytes())
                .all(|(want, byte)| (*want == b'h' && byte.is_ascii_hexdigit()) || want == byte)
    };
    let mut seen: Vec<&str> = Vec::new();
    let mut masked = String::with_capacity(dump.len());
    let mut rest = dump;
    while let Some(at) = rest.find('\'') {
        masked.push_str(&rest[..at]);
        rest = &rest[at..];
        let Some(found) = rest.get(..SHAPE.len()).filter(|text| shape(text)) else {
            masked.push('\'');
            rest = &rest[1..];
            continue;
        };
        let number = seen.iter().position(|it| *it == found);
        let number = number.unwrap_or_else(|| {
            seen.push(found);
            seen.len() - 1
        });
        write!(masked, "'(random {number})'").expect("a string takes all");
        rest = &rest[SHAPE.len()..];
    }
    masked + rest
}

/// Says that a test has nothing to try here, and why; `make matrix` shows it. No test is left out silently.
#[expect(clippy::print_stdout, reason = "what is left out is told")]
pub(crate) fn left_out(why: &str) {
    let thread = std::thread::current();
    println!("left out | {} | {why}", thread.name().unwrap_or_default());
}

/// Whether the server is older than this, and so the test is left out.
pub(crate) fn is_older_than(major: u32, why: &str) -> bool {
    static MAJOR: OnceLock<u32> = OnceLock::new();
    let server = *MAJOR.get_or_init(|| {
        let version = Database::create().query("SHOW server_version_num");
        version.parse::<u32>().expect("is a number") / 10_000
    });
    if server < major {
        left_out(&format!("needs PostgreSQL {major}: {why}"));
    }
    server < major
}

/// What became of texts that were sent raw.
pub(crate) struct RanRaw {
    /// How many went through.
    pub(crate) done: usize,
    /// What psql said.
    pub(crate) outcome: Outcome,
}

/// The folder of the shared server's socket, for a client that is not psql.
pub(crate) fn socket() -> &'static Utf8Path {
    cluster().folder()
}

/// A database of its own for one test; dropped with it.
pub(crate) struct Database {
    name: String,
    cluster: Arc<Cluster>,
}

impl Database {
    /// An empty database.
    #[track_caller]
    pub(crate) fn create() -> Self {
        Self::made("template0", cluster())
    }

    /// A copy of another one, to which nobody may be connected.
    #[track_caller]
    pub(crate) fn clone_of(template: &Self) -> Self {
        template.wait_until_alone();
        Self::made(&template.name, &template.cluster)
    }

    /// An empty database, with more words for its CREATE: an owner, an encoding.
    #[track_caller]
    pub(crate) fn create_with(options: &str) -> Self {
        Self::made(&format!("template0 {options}"), cluster())
    }

    #[track_caller]
    fn made(template: &str, cluster: &Arc<Cluster>) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        cluster.maintenance(&format!("CREATE DATABASE {name} TEMPLATE {template}"));
        let cluster = Arc::clone(cluster);
        Self { name, cluster }
    }

    /// What `-d` takes.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Where its server listens on 127.0.0.1, if it does.
    pub(crate) fn port(&self) -> u16 {
        self.cluster.port()
    }

    /// `psql -X -d DATABASE … -f FILE`: how a DBA runs a script.
    #[track_caller]
    pub(crate) fn psql_file(&self, path: &Utf8Path, arguments: &[&str]) -> Outcome {
        outcome::run(self.psql().args(arguments).args(["-f", path.as_str()]), "")
    }

    /// The same, for a script that is no file.
    #[track_caller]
    pub(crate) fn psql_stdin(&self, script: &str, arguments: &[&str]) -> Outcome {
        outcome::run(self.psql().args(arguments).args(["-f", "-"]), script)
    }

    /// The text as one message to the server, as sqlx, diesel and golang-migrate send a file: psql neither splits it
    /// nor puts variables in, and several statements are one transaction.
    #[track_caller]
    pub(crate) fn run_raw(&self, sql: &str) -> Outcome {
        self.run_raw_all(&[sql]).outcome
    }

    /// Texts one after the other in one session, each as one message, up to the first that fails.
    #[track_caller]
    pub(crate) fn run_raw_all(&self, texts: &[&str]) -> RanRaw {
        const DONE: &str = "-- one message done --";
        let mut script = String::new();
        for sql in texts {
            let mut tag = "raw".to_owned();
            while sql.contains(&tag) {
                tag.push('x');
            }
            // The newlines keep a last line comment away from the tag.
            let message = format!("SELECT ${tag}$\n{sql}\n${tag}$ \\gexec\n\\echo '{DONE}'\n");
            script.push_str(&message);
        }
        let outcome = self.psql_stdin(&script, &["-q", "-v", "ON_ERROR_STOP=1"]);
        let done = outcome.stdout.lines().filter(|line| *line == DONE).count();
        RanRaw { done, outcome }
    }

    /// What a query says: rows by newline, columns by `|`.
    #[track_caller]
    pub(crate) fn query(&self, sql: &str) -> String {
        let outcome = outcome::run(self.psql().args(["-Atq", "-c", sql]), "");
        outcome.success().stdout.trim_end().to_owned()
    }

    /// The schema as pg_dump tells it, without our own tables and those of other tools: the oracle of the laws.
    #[track_caller]
    pub(crate) fn dump(&self) -> String {
        self.pg_dump(&["--schema-only"])
    }

    /// The rows and the sequences' positions, without our own tables, in the order in which the rows lie on disk.
    #[track_caller]
    pub(crate) fn dump_data(&self) -> String {
        self.pg_dump(&["--data-only", "--inserts"])
    }

    /// [`Self::dump`] and [`Self::dump_data`] in one, with owners and rights, where all that two databases that did
    /// the same at different times may differ in, the time and what is random, is blanked out.
    #[track_caller]
    pub(crate) fn state(&self) -> String {
        let mut command = self.cluster.client("pg_dump");
        command.args(["--inserts", &self.name]);
        without_chance(&timeless(&Self::dumped(Self::without_ours(&mut command))))
    }

    /// Everything that pg_dump can tell, our own tables and their times too: for what must have changed nothing.
    #[track_caller]
    pub(crate) fn everything(&self) -> String {
        Self::dumped(
            self.cluster
                .client("pg_dump")
                .args(["--inserts", "--create", &self.name]),
        )
    }

    /// What the version table says, without the times, the bundle and the people; empty where there is none.
    #[track_caller]
    pub(crate) fn rows(&self) -> String {
        let rows = "SELECT to_regclass('public.signoff_revision') IS NOT NULL AS there \\gset\n\
             \\if :there\n\
             SELECT revision, project, kind, parents, depends_on, message, up, up1, variables, state, steps\n\
             FROM public.signoff_revision ORDER BY revision COLLATE \"C\";\n\
             \\endif\n";
        let outcome = self.psql_stdin(rows, &["-Atq", "-v", "ON_ERROR_STOP=1"]);
        outcome.success().stdout.clone()
    }

    #[track_caller]
    fn pg_dump(&self, arguments: &[&str]) -> String {
        let mut command = self.cluster.client("pg_dump");
        command.args(arguments).args(["--no-owner", &self.name]);
        Self::dumped(Self::without_ours(&mut command))
    }

    fn without_ours(command: &mut Command) -> &mut Command {
        for table in ["signoff_revision", "signoff_event"].iter().chain(&TOOLS) {
            // The table, and the sequences that belong to it. Whatever else is called signoff_… is seen.
            command.arg(format!("--exclude-table=*.{table}"));
            command.arg(format!("--exclude-table=*.{table}_*_seq"));
        }
        for schema in TOOLS_SCHEMAS {
            command.arg(format!("--exclude-schema={schema}"));
        }
        command
    }

    #[track_caller]
    fn dumped(command: &mut Command) -> String {
        let outcome = outcome::run(command, "");
        let accidental = |line: &&str| {
            // The key of \restrict is random; the versions are pg_dump's and the server's.
            !["\\restrict ", "\\unrestrict ", "-- Dumped "]
                .iter()
                .any(|start| line.starts_with(start))
        };
        outcome
            .success()
            .stdout
            .split_inclusive('\n')
            .filter(accidental)
            .collect()
    }

    /// Kills a backend of its server, which then ends all others and recovers: not on the server that all share.
    #[track_caller]
    pub(crate) fn kill_backend(&self, pid: &str) {
        assert!(!Arc::ptr_eq(&self.cluster, cluster()), "others use it");
        self.cluster.kill_backend(pid);
    }

    /// Stops its server at once and starts it again: not the server that all share.
    #[track_caller]
    pub(crate) fn crash(&self) {
        assert!(!Arc::ptr_eq(&self.cluster, cluster()), "others use it");
        self.cluster.crash();
    }

    /// A session in the server's own database, which is in nobody's way.
    pub(crate) fn watcher(&self) -> Session {
        Session::open(&mut self.cluster.client("psql"), "postgres")
    }

    /// A session in this database, for what others do to it meanwhile.
    pub(crate) fn session(&self) -> Session {
        Session::open(&mut self.cluster.client("psql"), &self.name)
    }

    /// Waits until no other session is in the database: a killed client's session needs a moment to end.
    #[track_caller]
    pub(crate) fn wait_until_alone(&self) {
        let others = format!(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = '{}' AND pid <> pg_backend_pid() AND backend_type = 'client backend'",
            self.name
        );
        let started = Instant::now();
        while self.query(&others) != "0" {
            assert!(
                started.elapsed() < Duration::from_secs(30),
                "{}: somebody is still connected",
                self.name
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// psql as `user`, for what runs it in another way than the rest. `-X` keeps a start-up file out.
    pub(crate) fn psql_as(&self, user: &str) -> Command {
        let mut command = self.cluster.client("psql");
        command.args(["-d", &self.name]).env("PGUSER", user);
        command
    }

    fn psql(&self) -> Command {
        let mut command = self.psql_as("postgres");
        command.arg("-X");
        command
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // Not the place to fail: the whole cluster goes away soon.
        let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        let mut command = self.cluster.client("psql");
        command.args(["-XAtq", "-d", "postgres", "-c", &drop]);
        command.output().ok();
    }
}

#[test]
fn a_clone_has_what_its_template_has() {
    let one = Database::create();
    assert_ne!(one.name(), "postgres");
    let empty = one.dump();
    one.psql_stdin(
        "CREATE TABLE t (a int);\nINSERT INTO t VALUES (:x);\n",
        &["-v", "x=7"],
    )
    .success();
    one.psql_stdin(
        "CREATE TABLE signoff_revision (id int);\n\
         CREATE TABLE signoff_event (id bigint GENERATED ALWAYS AS IDENTITY);\n",
        &[],
    )
    .success();
    let two = Database::clone_of(&one);
    assert_eq!(two.dump(), one.dump());
    assert_eq!(two.query("SELECT a, a + 1 FROM t"), "7|8");
    assert!(two.dump_data().contains("INSERT INTO public.t VALUES (7);"));
    two.query("DROP TABLE t");
    assert_eq!(two.dump(), empty, "our own tables are not part of a dump");
    assert!(!two.dump_data().contains("signoff"));
}

#[test]
fn times_are_blanked_out_of_a_dump() {
    assert_eq!(
        timeless("VALUES ('2026-11-22 20:08:11.5+00', '2026', '20-11', 'x')"),
        "VALUES ('(a time)', '2026', '20-11', 'x')"
    );
}

#[test]
fn a_raw_text_is_one_message() {
    let database = Database::create();
    // One transaction, so nothing of it stays; no psql variable, so `:x` is the server's to refuse or read.
    database
        .run_raw("CREATE TABLE t (a int[]);\nSELECT 1/0 -- $raw$")
        .code(3)
        .stderr_has("division by zero");
    assert_eq!(database.query("SELECT to_regclass('t') IS NULL"), "t");
    database
        .run_raw("CREATE TABLE t (a int[]);\nSELECT a[1:2] FROM t")
        .success();
    assert_eq!(database.query("SELECT count(*) FROM t"), "0");
}
