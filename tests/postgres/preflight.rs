//! What else a script looks at before it changes anything: its role, the search_path, a pooler, and who has a transaction
//! open. (What its revisions need is in `rights`.)

use std::process::{Child, Stdio};

use super::made::{configured, refuses, run, same, tree, upgrade};
use super::rights::{refuses_as, run_as, said};
use crate::support::outcome::{self, Outcome};
use crate::support::postgres::Database;
use crate::support::postgres::pooler::Pooler;

#[test]
fn a_target_role_that_can_not_be_taken() {
    let database = Database::create();
    said(
        &database,
        "CREATE ROLE deployers; CREATE ROLE outsider LOGIN; CREATE ROLE \"Insider\" LOGIN IN ROLE deployers",
    );
    let with = |role: &str| {
        configured(
            &format!("[target]\nrole = \"{role}\"\n"),
            &["CREATE TABLE t (x int)"],
        )
    };
    let script = upgrade(&with("deployers"), "");
    refuses_as(
        &database,
        "outsider",
        &script,
        &[
            "ERROR:  signoff: refused: this script runs as role deployers, and outsider may not take that role",
            "GRANT deployers TO outsider;",
        ],
    );
    let nobody = upgrade(&with("it's nobody"), "");
    refuses(
        &database,
        &nobody,
        "signoff: refused: this script runs as role it's nobody, and there is no such role here",
    );
    said(&database, "GRANT ALL ON SCHEMA public TO deployers");
    run_as(&database, "Insider", &script).success().quiet();
    // From 16 on a membership may come without the right to SET ROLE.
    let set_option =
        database.query("SELECT current_setting('server_version_num')::int >= 160000") == "t";
    if set_option {
        said(&database, "GRANT deployers TO outsider WITH SET FALSE");
        refuses_as(
            &database,
            "outsider",
            &script,
            &["outsider may not take that role"],
        );
    }
}

/// Names without a schema, and nothing in the search_path to create them in.
#[test]
fn a_search_path_without_a_schema() {
    let database = Database::create();
    said(&database, "ALTER DATABASE :\"DBNAME\" SET search_path = ''");
    let script = upgrade(&tree(&["CREATE TABLE t (x int)"]), "");
    refuses(
        &database,
        &script,
        "revision rev1 needs a schema to create in: none of the search_path of postgres is there",
    );
    // With one in the config, or in the SQL, there is no need of another.
    for project in [
        configured(
            "[target]\nsearch_path = \"public\"\n",
            &["CREATE TABLE t (x int)"],
        ),
        tree(&["CREATE TABLE public.t (x int);\nCREATE INDEX i ON public.t (x)"]),
        tree(&["SET LOCAL search_path = public;\nCREATE TABLE t (x int)"]),
    ] {
        let database = Database::create();
        said(&database, "ALTER DATABASE :\"DBNAME\" SET search_path = ''");
        run(&database, &upgrade(&project, "")).quiet();
        assert_eq!(
            database.query("SELECT to_regclass('public.t') IS NOT NULL"),
            "t"
        );
    }
}

/// Another session with a transaction open; it ends when this is dropped.
struct Open(Child);

impl Open {
    #[track_caller]
    fn new(database: &Database, sql: &str) -> Self {
        use std::io::Write as _;
        let mut child = database
            .psql_as("postgres")
            .args(["-Xq"])
            .env("PGAPPNAME", "the open one")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("psql can be started");
        let stdin = child.stdin.as_mut().expect("was piped");
        stdin
            .write_all(format!("BEGIN;\n{sql};\n").as_bytes())
            .expect("psql reads");
        stdin.flush().expect("psql reads");
        let open = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'the open one' AND state = 'idle in transaction' AND datname = current_database() AND query LIKE 'SELECT%'";
        while database.query(open) != "1" {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        Self(child)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        self.0.wait().ok();
    }
}

/// Who has a transaction open for long is named before a CONCURRENTLY step waits for them.
#[test]
fn open_transactions_are_named_before_anybody_waits_for_them() {
    let project = tree(&[
        "CREATE TABLE t (x int);\nCREATE TABLE other (x int)",
        "CREATE INDEX CONCURRENTLY i ON t (x)",
        "CREATE TABLE more (x int)",
    ]);
    project.run(&["bundle"]).success();
    let database = Database::create();
    run(&database, &upgrade(&project, "rev1"));
    // Ten seconds are too long for a test.
    let now = |script: String| {
        let now = script.replace("interval '10 seconds'", "interval '0 seconds'");
        assert_ne!(now, script);
        now
    };
    let script = now(upgrade(&project, ""));
    let plan = now(project.read("out/shop-base-rev3/plan.sql"));
    said(
        &database,
        "BEGIN; INSERT INTO other VALUES (1); PREPARE TRANSACTION 'left over';",
    );
    let names = "WARNING:  signoff: revision rev2 has a CONCURRENTLY step, which waits for transactions that are open here:\n  ";
    {
        // It holds a lock on another table and no snapshot: it is named, and nobody has to wait for it.
        let _open = Open::new(
            &database,
            "LOCK TABLE other IN ACCESS SHARE MODE;\nSELECT 1",
        );
        let outcome = database.psql_stdin(&plan, &[]);
        outcome
            .success()
            .stderr_has(names)
            .stderr_has(", user postgres, for 00:00:0")
            .stderr_has(", idle in transaction")
            .stderr_has("prepared transaction 'left over', owner postgres, for 00:00:0");
        // A plain login sees that it is open, and not since when.
        said(
            &database,
            "CREATE ROLE onlooker LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO onlooker",
        );
        run_as(&database, "onlooker", &plan)
            .success()
            .stderr_has(names)
            .stderr_has("user postgres, for a second at least (only pg_read_all_stats sees more)");
        let outcome = database.psql_stdin(&script, &[]);
        outcome
            .success()
            .stderr_has(names)
            .stdout_has("done: 3 of 3");
        // Where nothing is left to do, nobody is named.
        run(&database, &script).quiet();
    }
    said(&database, "ROLLBACK PREPARED 'left over'");
}

/// In front of the server stands a pooler.
#[track_caller]
fn through(pooler: &Pooler, database: &Database, script: &str) -> Outcome {
    let mut command = database.psql_as("postgres");
    command.env("PGHOST", pooler.host()).env("PGPORT", "6432");
    outcome::run(command.args(["-X", "-f", "-"]), script)
}

/// A pooler that hands a session on after each transaction is refused, and leaves no setting of ours behind.
#[test]
fn a_transaction_pooler_is_refused() {
    let project = tree(&[
        "CREATE TABLE t (x int)",
        "CREATE INDEX CONCURRENTLY i ON t (x)",
    ]);
    project.run(&["bundle"]).success();
    let files = ["upgrade.sql", "plan.sql", "status.sql"]
        .map(|name| project.read(&format!("out/shop-base-rev2/{name}")));
    for mode in ["transaction", "statement"] {
        let Some(pooler) = Pooler::start(mode) else {
            return;
        };
        let database = Database::create();
        let before = database.everything();
        for script in &files {
            through(&pooler, &database, script)
                .code(3)
                .stderr_has("ERROR:  signoff: refused: a pooler is in between that hands sessions on between transactions")
                .stderr_has("HINT:  Nothing was changed. Connect to the server itself");
        }
        let left = "SELECT current_user, current_setting('search_path'), current_setting('lock_timeout'), current_setting('signoff.mark', true), (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database()));";
        let mut command = database.psql_as("postgres");
        command
            .env("PGHOST", pooler.host())
            .env("PGPORT", "6432")
            .args(["-XAtq", "-c", left]);
        let outcome = outcome::run(&mut command, "");
        assert_eq!(
            outcome.success().stdout.trim(),
            "postgres|\"$user\", public|0||0"
        );
        drop(pooler);
        database.wait_until_alone();
        same("before", &before, &database.everything());
    }
}

/// One that keeps a session for its client is as good as none; and so is a client with another name.
#[test]
fn a_session_pooler_is_as_good_as_none() {
    let project = tree(&[
        "CREATE TABLE t (x int)",
        "CREATE INDEX CONCURRENTLY i ON t (x)",
    ]);
    let script = upgrade(&project, "");
    if let Some(pooler) = Pooler::start("session") {
        let database = Database::create();
        through(&pooler, &database, &script)
            .success()
            .quiet()
            .stdout_has("done: 2 of 2");
        through(&pooler, &database, &script)
            .success()
            .stdout_has("nothing to apply");
    }
    let database = Database::create();
    let mut command = database.psql_as("postgres");
    command
        .env("PGAPPNAME", "deploy")
        .env("PGCLIENTENCODING", "SJIS");
    let outcome = outcome::run(command.args(["-X", "-f", "-"]), &script);
    outcome
        .success()
        .quiet()
        .stdout_has("connecting once more")
        .stdout_has("done: 2 of 2");
}
