//! One PostgreSQL cluster for the whole test run, and a database for each test.
//!
//! The client is `psql`, because psql scripts are the product. The cluster lives in a temporary
//! folder of its own, answers on a unix socket in that folder only, and ends with the test process, however that ends. Under
//! cargo-nextest every test is a process and so has a cluster of its own: right, but slow; `make test` uses
//! `cargo test`.

use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};

use super::outcome::{self, Outcome};

/// What every test says where there is no server. A missing server fails; it never passes silently.
const MISSING: &str = "no PostgreSQL server found: install one (Debian: apt-get install postgresql), \
                       or let PG_BIN name the folder that holds initdb";

/// Nothing of a test database outlives the run, so nothing needs to reach the disk.
const SETTINGS: &str = "
listen_addresses = ''
max_connections = 100
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off
max_wal_size = '256MB'
lc_messages = 'C'
timezone = 'UTC'
";

/// Starts the server, and stops it when standard input closes: that is when the test process is gone.
const SUPERVISOR: &str = r#"
("$0" -D "$1/data" -k "$1" >"$1/log" 2>&1 </dev/null; : >"$1/ended") &
cat >/dev/null
kill -QUIT "$(head -n 1 "$1/data/postmaster.pid")" 2>/dev/null
wait
rm -rf "$1"
"#;

/// A running server.
struct Cluster {
    /// Where the server's programs are.
    binaries: Utf8PathBuf,
    /// Holds the data folder, the log and the socket.
    folder: Utf8PathBuf,
    /// Its standard input is the thread on which the server's life hangs.
    _supervisor: Child,
}

fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Result<Cluster, String>> = OnceLock::new();
    match CLUSTER.get_or_init(|| Cluster::start(&[])) {
        Ok(cluster) => cluster,
        Err(reason) => panic!("{reason}"),
    }
}

impl Cluster {
    /// A new cluster, with these empty files in its data folder.
    fn start(signals: &[&str]) -> Result<Self, String> {
        let binaries = binaries()?;
        let user = ServerUser::find()?;
        let home = home();
        let folder = tempfile::Builder::new()
            .prefix("signoff-")
            .tempdir_in(home)
            .map_err(|error| format!("{home}: {error}"))?
            .keep();
        let folder = Utf8PathBuf::from_path_buf(folder).expect("a temporary folder is UTF-8");
        user.own(&folder);

        let data = folder.join("data");
        let made = outcome::run(
            user.command(binaries.join("initdb"), &folder)
                .args(["-D", data.as_str(), "-U", "postgres", "-A", "trust"])
                .args(["-E", "UTF8", "--locale=C", "--no-sync"]),
            "",
        );
        if made.code != 0 {
            std::fs::remove_dir_all(&folder).ok();
            return Err(format!("initdb failed\n{made}"));
        }
        let config = data.join("postgresql.conf");
        let defaults = std::fs::read_to_string(&config).expect("initdb wrote it");
        std::fs::write(&config, defaults + SETTINGS).expect("a file of ours can be written");

        for signal in signals {
            std::fs::write(data.join(signal), "").expect("a file of ours can be written");
        }

        let supervisor = user
            .command("sh", &folder)
            .args(["-c", SUPERVISOR])
            .arg(binaries.join("postgres"))
            .arg(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("sh: {error}"))?;
        wait_until_ready(&folder)?;
        Ok(Self {
            binaries,
            folder,
            _supervisor: supervisor,
        })
    }

    /// A client program that talks to this server and to no other.
    fn client(&self, program: &str) -> Command {
        // Another major's bare server comes without clients: then the one in PATH serves.
        let beside = self.binaries.join(program);
        let mut command = Command::new(if beside.exists() {
            beside.as_str()
        } else {
            program
        });
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("LC_ALL", "C")
            .env("PGHOST", &self.folder)
            .env("PGUSER", "postgres");
        command
    }

    #[track_caller]
    fn maintenance(&self, sql: &str) {
        outcome::run(
            self.client("psql")
                .args(["-XAtq", "-d", "postgres", "-c", sql]),
            "",
        )
        .success();
    }
}

/// Memory where there is plenty, for databases are made and dropped by the hundred; else /tmp. A socket's path has
/// room for 107 bytes, so not below TMPDIR.
fn home() -> &'static str {
    let said = Command::new("df").args(["-Pk", "/dev/shm"]).output().ok();
    let said = said.and_then(|output| String::from_utf8(output.stdout).ok());
    let line = said.as_deref().and_then(|text| text.lines().nth(1));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(3)?.parse::<u64>().ok());
    if kilobytes.is_some_and(|free| free > 4 * 1024 * 1024) {
        "/dev/shm"
    } else {
        "/tmp"
    }
}

/// A server of its own that only follows a primary: it takes no writes. (There is no primary, so nothing comes.)
pub(crate) struct Standby(Cluster);

impl Standby {
    #[track_caller]
    pub(crate) fn start() -> Self {
        match Cluster::start(&["standby.signal"]) {
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

/// `$PG_BIN` and nothing else, or what pg_config says, else the highest of Debian's versioned folders.
fn binaries() -> Result<Utf8PathBuf, String> {
    let whole = |folder: &Utf8PathBuf| folder.join("initdb").exists();
    if let Ok(folder) = std::env::var("PG_BIN") {
        return Some(Utf8PathBuf::from(&folder))
            .filter(whole)
            .ok_or_else(|| format!("PG_BIN={folder}: there is no initdb in this folder"));
    }
    // pg_config comes with the client library too, so that it is there says nothing about a server.
    let said = Command::new("pg_config").arg("--bindir").output().ok();
    let said = said.and_then(|output| String::from_utf8(output.stdout).ok());
    said.map(|folder| Utf8PathBuf::from(folder.trim()))
        .filter(whole)
        .or_else(debian)
        .ok_or_else(|| MISSING.to_owned())
}

fn debian() -> Option<Utf8PathBuf> {
    Utf8Path::new("/usr/lib/postgresql")
        .read_dir_utf8()
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|folder| folder.join("initdb").exists())
        .max_by_key(|folder| {
            let version = folder.parent().and_then(Utf8Path::file_name);
            version.and_then(|name| name.parse::<u32>().ok())
        })
}

fn wait_until_ready(folder: &Utf8Path) -> Result<(), String> {
    let started = Instant::now();
    loop {
        let state = std::fs::read_to_string(folder.join("data/postmaster.pid")).unwrap_or_default();
        if state.lines().any(|line| line.trim() == "ready") {
            return Ok(());
        }
        if folder.join("ended").exists() || started.elapsed() > Duration::from_mins(1) {
            let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
            return Err(format!("the PostgreSQL server does not start\n{log}"));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Whom the server runs as. PostgreSQL refuses to run as root.
enum ServerUser {
    /// Whoever runs the tests.
    Ourselves,
    /// We are root, and step down.
    Other { uid: u32, gid: u32 },
}

impl ServerUser {
    fn find() -> Result<Self, String> {
        let id = |arguments: &[&str]| {
            let output = Command::new("id").args(arguments).output().ok()?;
            String::from_utf8(output.stdout).ok()?.trim().parse().ok()
        };
        if id(&["-u"]) != Some(0) {
            return Ok(Self::Ourselves);
        }
        ["postgres", "nobody"]
            .into_iter()
            .find_map(|name| {
                Some(Self::Other {
                    uid: id(&["-u", name])?,
                    gid: id(&["-g", name])?,
                })
            })
            .ok_or_else(|| {
                "PostgreSQL does not run as root, and there is no user postgres or nobody"
                    .to_owned()
            })
    }

    fn own(&self, folder: &Utf8Path) {
        if let Self::Other { uid, gid } = self {
            std::os::unix::fs::chown(folder, Some(*uid), Some(*gid))
                .expect("root can give a folder away");
        }
    }

    /// A program run as this user, in a process group of its own, so that Ctrl-C reaches the tests first.
    fn command(&self, program: impl AsRef<std::ffi::OsStr>, folder: &Utf8Path) -> Command {
        use std::os::unix::process::CommandExt as _;
        let mut command = Command::new(program);
        if let Self::Other { uid, gid } = self {
            command.uid(*uid).gid(*gid);
        }
        command
            .process_group(0)
            .current_dir(folder)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("LC_ALL", "C");
        command
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

/// What became of texts that were sent raw.
pub(crate) struct RanRaw {
    /// How many went through.
    pub(crate) done: usize,
    /// What psql said.
    pub(crate) outcome: Outcome,
}

/// A database of its own for one test; dropped with it.
pub(crate) struct Database {
    name: String,
}

impl Database {
    /// An empty database.
    #[track_caller]
    pub(crate) fn create() -> Self {
        Self::from_template("template0")
    }

    /// A copy of another one, to which nobody may be connected.
    #[track_caller]
    pub(crate) fn clone_of(template: &Self) -> Self {
        template.wait_until_alone();
        Self::from_template(&template.name)
    }

    /// An empty database, with more words for its CREATE: an owner, an encoding.
    #[track_caller]
    pub(crate) fn create_with(options: &str) -> Self {
        Self::from_template(&format!("template0 {options}"))
    }

    #[track_caller]
    fn from_template(template: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        cluster().maintenance(&format!("CREATE DATABASE {name} TEMPLATE {template}"));
        Self { name }
    }

    /// What `-d` takes.
    pub(crate) fn name(&self) -> &str {
        &self.name
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

    /// The schema as pg_dump tells it, without our own tables: the oracle of the laws.
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
    /// the same at different times may differ in, the time, is blanked out.
    #[track_caller]
    pub(crate) fn state(&self) -> String {
        let mut command = cluster().client("pg_dump");
        command.args(["--inserts", &self.name]);
        timeless(&Self::dumped(Self::without_ours(&mut command)))
    }

    /// Everything that pg_dump can tell, our own tables and their times too: for what must have changed nothing.
    #[track_caller]
    pub(crate) fn everything(&self) -> String {
        Self::dumped(
            cluster()
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
        let mut command = cluster().client("pg_dump");
        command.args(arguments).args(["--no-owner", &self.name]);
        Self::dumped(Self::without_ours(&mut command))
    }

    fn without_ours(command: &mut Command) -> &mut Command {
        for ours in ["signoff_revision", "signoff_event"] {
            // The table, and the sequences that belong to it. Whatever else is called signoff_… is seen.
            command.arg(format!("--exclude-table=*.{ours}"));
            command.arg(format!("--exclude-table=*.{ours}_*_seq"));
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

    /// Waits until no other session is in the database: a killed client's session needs a moment to end.
    #[track_caller]
    pub(crate) fn wait_until_alone(&self) {
        let others = format!(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = '{}' AND pid <> pg_backend_pid()",
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
        let mut command = cluster().client("psql");
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
        let mut command = cluster().client("psql");
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
