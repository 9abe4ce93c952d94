//! A cluster: where the programs are, whom the server runs as, how it starts, is brought down and ends.
//!
//! `PG_BIN` names the folder of the server's programs, `PSQL_BIN` that of psql and `PG_DUMP_BIN` that of pg_dump, which
//! must not be older than the server.

use std::process::{Child, Command, Stdio};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};

use crate::support::outcome;

/// What every test says where there is no server. A missing server fails; it never passes silently.
const MISSING: &str = "no PostgreSQL server found: install one (Debian: apt-get install postgresql), \
                       or let PG_BIN name the folder that holds initdb";

/// The port that names the socket of a server that does not listen.
const PORT: u16 = 5432;

/// Nothing of a test database outlives the run, so nothing needs to reach the disk.
const SETTINGS: &str = "
listen_addresses = ''
max_connections = 100
max_prepared_transactions = 10
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off
max_wal_size = '256MB'
wal_level = 'logical'
lc_messages = 'C'
timezone = 'UTC'
";

/// A server that is brought down must keep what it has said to be committed.
const DURABLE: &str = "synchronous_commit = on\n";

/// A listener is where a program finds it that can't talk through a socket.
const LISTENING: &str = "listen_addresses = '127.0.0.1'\n";

/// What the log says when a server that lost a backend has stopped all others.
const CRASHED: &str = "all server processes terminated; reinitializing";

/// Starts the server, and stops it when standard input closes: that is when the test process is gone. A server that
/// ends starts again as long as somebody left the file `again`.
const SUPERVISOR: &str = r#"
(while "$0" -D "$1/data" -k "$1" >>"$1/log" 2>&1 </dev/null; rm "$1/again" 2>/dev/null; do :; done; : >"$1/ended") &
cat >/dev/null
kill -QUIT "$(head -n 1 "$1/data/postmaster.pid")" 2>/dev/null
wait
rm -rf "$1"
"#;

/// A running server.
pub(super) struct Cluster {
    /// Where the server's programs are.
    binaries: Utf8PathBuf,
    /// Holds the data folder, the log and the socket.
    folder: Utf8PathBuf,
    /// The number of its socket, and its port where it listens.
    port: u16,
    /// Its standard input is the thread on which the server's life hangs.
    _supervisor: Child,
}

/// The one that all tests share.
pub(super) fn cluster() -> &'static Arc<Cluster> {
    static CLUSTER: OnceLock<Result<Arc<Cluster>, String>> = OnceLock::new();
    match CLUSTER.get_or_init(|| Cluster::start(&[], "").map(Arc::new)) {
        Ok(cluster) => cluster,
        Err(reason) => panic!("{reason}"),
    }
}

impl Cluster {
    /// A new cluster like the one that all tests share.
    pub(super) fn start_another() -> Result<Self, String> {
        Self::start(&[], "")
    }

    /// A new cluster that may be brought down.
    pub(super) fn start_durable() -> Result<Self, String> {
        Self::start(&[], DURABLE)
    }

    /// A new cluster that only follows a primary.
    pub(super) fn start_standby() -> Result<Self, String> {
        Self::start(&["standby.signal"], "")
    }

    /// A new cluster that listens on 127.0.0.1 too, at a port that was free a moment ago.
    pub(super) fn start_listening() -> Result<Self, String> {
        let free = std::net::TcpListener::bind(("127.0.0.1", 0)).and_then(|it| it.local_addr());
        let port = free.map_err(|error| format!("127.0.0.1: {error}"))?.port();
        Self::start_at(port, &[], LISTENING)
    }

    fn start(signals: &[&str], settings: &str) -> Result<Self, String> {
        Self::start_at(PORT, signals, settings)
    }

    /// A new cluster, with these empty files in its data folder and these lines in its settings.
    fn start_at(port: u16, signals: &[&str], settings: &str) -> Result<Self, String> {
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
        let port_line = format!("port = {port}\n");
        std::fs::write(&config, defaults + SETTINGS + settings + &port_line)
            .expect("a file of ours can be written");

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
            port,
            _supervisor: supervisor,
        })
    }

    /// Where its socket is: what `host=` takes.
    pub(super) fn folder(&self) -> &Utf8Path {
        &self.folder
    }

    /// Where it listens on 127.0.0.1, if it does.
    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// A client program that talks to this server and to no other.
    pub(super) fn client(&self, program: &str) -> Command {
        // Another major's bare server comes without clients, and another major's client may be what is tried.
        let named = match program {
            "psql" => std::env::var("PSQL_BIN"),
            _ => std::env::var("PG_DUMP_BIN"),
        };
        let beside = || Some(self.binaries.clone()).filter(|folder| folder.join(program).exists());
        let folder = named.ok().map(Utf8PathBuf::from).or_else(beside);
        let mut command =
            Command::new(folder.map_or_else(|| program.into(), |folder| folder.join(program)));
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("LC_ALL", "C")
            .env("PGHOST", &self.folder)
            .env("PGPORT", self.port.to_string())
            .env("PGUSER", "postgres");
        command
    }

    #[track_caller]
    pub(super) fn maintenance(&self, sql: &str) {
        outcome::run(
            self.client("psql")
                .args(["-XAtq", "-d", "postgres", "-c", sql]),
            "",
        )
        .success();
    }

    /// Kills a backend as the kernel does when memory is short. The server ends all others and recovers.
    #[track_caller]
    pub(super) fn kill_backend(&self, pid: &str) {
        let crashes = || self.log().matches(CRASHED).count();
        let before = crashes();
        kill("-KILL", pid);
        wait_for("the server to recover", || {
            crashes() > before && self.answers()
        });
    }

    /// Stops the server as a power failure does, and starts it again.
    #[track_caller]
    pub(super) fn crash(&self) {
        let postmaster = || {
            let file = std::fs::read_to_string(self.folder.join("data/postmaster.pid"));
            file.ok()
                .and_then(|text| text.lines().next().map(str::to_owned))
        };
        let before = postmaster().expect("a running server has this file");
        std::fs::write(self.folder.join("again"), "").expect("a file of ours can be written");
        kill("-QUIT", &before);
        wait_for("the server to start again", || {
            postmaster().is_some_and(|now| now != before) && self.answers()
        });
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    fn answers(&self) -> bool {
        let mut command = self.client("psql");
        command.args(["-XAtq", "-d", "postgres", "-c", "SELECT 1"]);
        outcome::run(&mut command, "").code == 0
    }
}

/// Sends a signal.
#[track_caller]
pub(crate) fn kill(signal: &str, pid: &str) {
    outcome::run(Command::new("kill").args([signal, pid]), "").success();
}

/// Polls until this is so.
#[track_caller]
pub(crate) fn wait_for(what: &str, mut so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !so() {
        assert!(
            started.elapsed() < Duration::from_mins(1),
            "waited in vain for {what}"
        );
        std::thread::sleep(Duration::from_millis(3));
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
pub(super) enum ServerUser {
    /// Whoever runs the tests.
    Ourselves,
    /// We are root, and step down.
    Other { uid: u32, gid: u32 },
}

impl ServerUser {
    pub(super) fn find() -> Result<Self, String> {
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

    pub(super) fn own(&self, folder: &Utf8Path) {
        if let Self::Other { uid, gid } = self {
            std::os::unix::fs::chown(folder, Some(*uid), Some(*gid))
                .expect("root can give a folder away");
        }
    }

    /// A program run as this user, in a process group of its own, so that Ctrl-C reaches the tests first.
    pub(super) fn command(
        &self,
        program: impl AsRef<std::ffi::OsStr>,
        folder: &Utf8Path,
    ) -> Command {
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
