//! pgbouncer between a test and the server, where it is installed.

use std::io::Write as _;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};

use super::cluster::{ServerUser, cluster};

/// Ends with the test process, as the server does.
const SUPERVISOR: &str = r#"
"$0" -q "$1/pooler.ini" </dev/null >"$1/log" 2>&1 &
cat >/dev/null
kill "$!" 2>/dev/null
wait
rm -rf "$1"
"#;

/// A pooler of its own for one test.
pub(crate) struct Pooler {
    folder: Utf8PathBuf,
    supervisor: Child,
}

impl Pooler {
    /// One in this mode: `session`, `transaction` or `statement`. `None` where pgbouncer is not installed; under CI that
    /// fails.
    #[track_caller]
    pub(crate) fn start(mode: &str) -> Option<Self> {
        let places = [
            "/usr/sbin/pgbouncer",
            "/usr/bin/pgbouncer",
            "/usr/local/bin/pgbouncer",
        ];
        let Some(program) = places.iter().find(|place| Utf8Path::new(place).exists()) else {
            assert!(
                std::env::var_os("CI").is_none(),
                "pgbouncer is not installed (Debian: apt-get install pgbouncer)"
            );
            writeln!(
                std::io::stderr(),
                "left out: pgbouncer is not installed (Debian: apt-get install pgbouncer)"
            )
            .ok();
            return None;
        };
        let user = ServerUser::find().expect("the server runs as somebody");
        let folder = tempfile::Builder::new()
            .prefix("signoff-pool-")
            .tempdir_in("/tmp")
            .expect("a temporary folder can be made")
            .keep();
        let folder = Utf8PathBuf::from_path_buf(folder).expect("a temporary folder is UTF-8");
        user.own(&folder);
        let server = cluster().folder();
        let settings = format!(
            "[databases]\n* = host={server}\n[pgbouncer]\nunix_socket_dir = {folder}\nlisten_port = 6432\n\
             auth_type = trust\nauth_file = {folder}/users\npool_mode = {mode}\nserver_reset_query = DISCARD ALL\n"
        );
        for (name, text) in [
            ("pooler.ini", settings.as_str()),
            ("users", "\"postgres\" \"\"\n"),
        ] {
            std::fs::write(folder.join(name), text).expect("a file of ours can be written");
        }
        let supervisor = user
            .command("sh", &folder)
            .args(["-c", SUPERVISOR, program])
            .arg(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("sh can be started");
        let started = Instant::now();
        while !folder.join(".s.PGSQL.6432").exists() {
            assert!(
                started.elapsed() < Duration::from_secs(30),
                "pgbouncer does not start\n{}",
                std::fs::read_to_string(folder.join("log")).unwrap_or_default()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
        Some(Self { folder, supervisor })
    }

    /// Where it listens, for PGHOST; the port is 6432.
    pub(crate) fn host(&self) -> &str {
        self.folder.as_str()
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        // The thread on which its life hangs; waited for, so that it lets go of the database before that is dropped.
        drop(self.supervisor.stdin.take());
        self.supervisor.wait().ok();
    }
}
