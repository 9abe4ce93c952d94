//! The client: what a start-up file, a variable, a cut-off copy or a backquote could do to a script.

use super::made::{changes_nothing, configured, run, same, tree, upgrade};
use crate::support::outcome::{self, Outcome};
use crate::support::postgres::Database;
use crate::support::project::Project;

/// Two revisions, one of them by steps.
fn two() -> Project {
    tree(&[
        "CREATE TABLE a (x int[]);\nINSERT INTO a VALUES ('{1,2}');\n",
        "CREATE INDEX CONCURRENTLY a_idx ON a (x);\n\n--! downgrade\nDROP INDEX a_idx;\n",
    ])
}

/// However much of the file arrived: it is complete, or the exit code says that it is not.
#[test]
fn a_cut_off_script_fails() {
    let project = two();
    let script = upgrade(&project, "");
    let whole = Database::create();
    run(&whole, &script);
    let state = whole.state();

    let trimmed = script.trim_end();
    let lines = trimmed.match_indices('\n').map(|(at, _)| at + 1);
    // Line ends, and places within lines.
    let mut cuts: Vec<usize> = lines.flat_map(|at| [at, at + 7]).step_by(5).collect();
    let last = trimmed.len();
    cuts.extend([0, 1, 30, last - 40, last - 7, last - 6, last - 1]);
    cuts.sort_unstable();
    cuts.dedup();
    cuts.retain(|cut| *cut < last && script.is_char_boundary(*cut));
    assert!(cuts.len() > 80, "{}", cuts.len());

    // One database for all: what a cut leaves is taken up by the next.
    let database = Database::create();
    let mut silent = Vec::new();
    for cut in cuts {
        let outcome = database.psql_stdin(&script[..cut], &[]);
        if outcome.code == 0 {
            silent.push((cut, script[..cut].lines().count()));
        } else {
            assert_eq!(outcome.code, 3, "cut at {cut}\n{outcome}");
        }
        assert!(
            outcome.code != 0 || !outcome.stdout.contains("done"),
            "cut at {cut}\n{outcome}"
        );
    }
    // An empty file is not a script, and neither is its first line without an end: nothing can be said there.
    silent.retain(|(_, lines)| *lines > 1);
    assert!(silent.is_empty(), "exit code 0 for cuts at {silent:?}");
    run(&database, &script).stdout_has("done: 2 of 2");
    same("uncut", &state, &database.state());
    let other = Database::create();
    run(&other, trimmed).stdout_has("done: 2 of 2");
    same("uncut", &state, &other.state());
}

/// psql runs what stands in backquotes in an argument; nothing of a tree may get there unquoted.
#[test]
fn nothing_in_backquotes_is_run() {
    let evil = "`touch pwned`";
    let sly = "'`touch pwned`' \\\\ :x \\! touch pwned";
    let toml = |text: &str| serde_json::to_string(text).expect("a string is JSON");
    let project = Project::new()
        .file("signoff.toml", "[project]\nname = \"shop\"\n")
        .file(
            &format!("migrations/1 {evil}.sql"),
            &format!(
                "--! revision = \"rev1\"\n--! revises = []\n--! message = {}\n--! labels = [\"safe\"]\n\n--! upgrade\n\
                 CREATE TABLE \"{evil}\" (id serial, \"{evil} x\" text); -- {evil}\n\
                 --! data {{ file = {}, table = '\"{evil}\"' }}\n\
                 /* {evil} */ SELECT '{evil}';\n\n--! downgrade\nDROP TABLE \"{evil}\";\n",
                toml(evil),
                toml(&format!("{evil}.csv")),
            ),
        )
        .file(
            &format!("migrations/{evil}.csv"),
            &format!("id,{evil} x\n1,{evil}\n2,\"' || {evil}\"\n"),
        )
        .file(
            "migrations/2.sql",
            &format!(
                "--! revision = \"rev2\"\n--! revises = [\"rev1\"]\n--! message = {}\n\n--! upgrade\n\
                 CREATE INDEX CONCURRENTLY \"{evil} i\" ON \"{evil}\" (id);\n\n--! downgrade\n\
                 DROP INDEX CONCURRENTLY \"{evil} i\";\n",
                toml(sly)
            ),
        )
        .file(
            &format!("migrations/repeatable/{evil}.sql"),
            "--! name = \"view_x\"\n\n--! apply\nCREATE OR REPLACE VIEW v AS SELECT 1 AS x;\n",
        );
    project.run(&["bundle"]).success();
    let out = project.path("out");
    let release = out.read_dir_utf8().expect("bundle makes out/");
    let release = release
        .map(|entry| entry.expect("out/ is readable").into_path())
        .find(|path| path.is_dir())
        .expect("bundle makes a folder");
    let database = Database::create();
    let psql = |name: &str| {
        let mut command = database.psql_as("postgres");
        command.current_dir(project.path("."));
        command.args(["-X", "-f", release.join(name).as_str()]);
        let outcome = outcome::run(&mut command, "");
        assert!(!project.path("pwned").exists(), "{name} ran a program");
        outcome
    };
    psql("plan.sql").success();
    psql("upgrade.sql").success().quiet().stdout_has(sly);
    psql("upgrade.sql").success();
    psql("status.sql").success().stdout_has(evil);
    assert_eq!(
        database.query(&format!("SELECT \"{evil} x\" FROM \"{evil}\" ORDER BY id")),
        format!("{evil}\n' || {evil}")
    );
    assert_eq!(
        database.query("SELECT message FROM signoff_revision WHERE revision = 'rev2'"),
        sly
    );
    psql("downgrade.sql").success().quiet();
    assert_eq!(
        database.query("SELECT count(*) FROM signoff_revision WHERE kind = 'revision'"),
        "0"
    );
}

/// The script under a start-up file.
#[track_caller]
fn with_psqlrc(database: &Database, script: &str, psqlrc: &str) -> Outcome {
    let folder = Project::new()
        .file("psqlrc", psqlrc)
        .file("script.sql", script);
    let mut command = database.psql_as("postgres");
    command.env("PSQLRC", folder.path("psqlrc").as_str());
    command.args(["-v", "ON_ERROR_STOP=0"]);
    command.args(["-f", folder.path("script.sql").as_str()]);
    outcome::run(&mut command, "")
}

const HOSTILE: [&str; 12] = [
    "\\set AUTOCOMMIT off",
    "\\set ON_ERROR_STOP off",
    "\\set ON_ERROR_ROLLBACK on",
    "\\set ECHO all\n\\set ECHO_HIDDEN on\n\\set VERBOSITY verbose\n\\set SHOW_CONTEXT always",
    "\\pset format html\n\\pset border 2\n\\pset null '(null)'\n\\pset expanded on\n\\pset tuples_only on",
    "\\pset format csv\n\\pset footer off\n\\pset title 'title'\n\\t on\n\\x on\n\\a",
    "\\timing on\n\\set FETCH_COUNT 1\n\\set HISTFILE /dev/null\n\\set QUIET off",
    "\\set SINGLELINE on",
    "\\encoding LATIN1\nSET client_encoding = 'LATIN1';",
    "SET search_path = nowhere;\nSET standard_conforming_strings = off;\nSET client_min_messages = error;\nSET DateStyle = 'German';\nSET statement_timeout = '20s';",
    "\\set x 1\n\\set n 2\n\\set signoff_todo false\n\\set signoff_row x\n\\set signoff_probe 'SELECT 1/0;'\n\\set signoff_modes nonsense\n\\set signoff_repeat f",
    "\\o /dev/null\n\\pset pager always\n\\setenv PAGER false",
];

/// A start-up file of the DBA's own changes nothing of what a script does, not even one that psql should not have read.
#[test]
fn no_start_up_file_changes_what_a_script_does() {
    let project = two();
    let script = upgrade(&project, "");
    let plain = Database::create();
    run(&plain, &script);
    let (state, rows) = (plain.state(), plain.rows());
    let (all, most) = (HOSTILE[..9].join("\n"), HOSTILE[1..].join("\n"));
    for psqlrc in HOSTILE.into_iter().chain([all.as_str(), most.as_str()]) {
        let database = Database::create();
        let outcome = with_psqlrc(&database, &script, psqlrc);
        if psqlrc == all {
            // A statement of the start-up file has opened a transaction: that is not ours to end.
            outcome.code(3).stderr_has("a transaction is open");
            continue;
        }
        assert_eq!(outcome.code, 0, "{psqlrc}\n{outcome}");
        outcome.stdout_has("signoff: done: 2 of 2 revisions are applied");
        same(psqlrc, &state, &database.state());
        same(psqlrc, &rows, &database.rows());
        let again = with_psqlrc(&database, &script, psqlrc);
        assert_eq!(again.code, 0, "{psqlrc}\n{again}");
        again.stdout_has("signoff: nothing to apply");
    }
}

/// Nor does one make a failure pass.
#[test]
fn no_start_up_file_makes_a_failure_pass() {
    let project = tree(&[
        "CREATE TABLE a (x int)",
        "CREATE TABLE b (x int);\nSELECT 1/0;\nCREATE TABLE c (x int)",
    ]);
    let script = upgrade(&project, "");
    for psqlrc in &HOSTILE[..8] {
        let database = Database::create();
        let outcome = with_psqlrc(&database, &script, psqlrc);
        assert_eq!(outcome.code, 3, "{psqlrc}\n{outcome}");
        assert_eq!(
            database.query("SELECT string_agg(revision, ' ') FROM signoff_revision"),
            "rev1",
            "{psqlrc}"
        );
        assert_eq!(database.query("SELECT to_regclass('b') IS NULL"), "t");
    }
}

/// `-v n=1` made `a[1:n]` into `a[11]` once, which is NULL and exit code 0.
#[test]
fn a_variable_does_not_get_into_the_users_sql() {
    let project = tree(&[
        "CREATE TABLE a (x int[], n int);\nINSERT INTO a VALUES ('{4,5,6}', 2);\n\
         CREATE TABLE b AS SELECT x[1:n] AS head, x[1 :n] AS also, ':n' AS text FROM a;\n",
        "CREATE TABLE \"c:n\" AS SELECT x[n:n] AS one FROM a; -- :n\n",
    ]);
    let script = upgrade(&project, "");
    for arguments in [&[][..], &["-v", "n=1"], &["-v", "n=1", "-v", "x=y"]] {
        let database = Database::create();
        database.psql_stdin(&script, arguments).success().quiet();
        assert_eq!(database.query("SELECT * FROM b"), "{4,5}|{4,5}|:n");
        assert_eq!(database.query("SELECT * FROM \"c:n\""), "{5}");
    }
    // psql's own variables are in upper case.
    let project = tree(&[
        "CREATE TABLE a AS SELECT ('{7,8}'::int[])[1:\"PORT\"] AS x FROM (SELECT 1 AS \"PORT\") t",
    ]);
    let database = Database::create();
    run(&database, &upgrade(&project, ""));
    assert_eq!(database.query("SELECT x FROM a"), "{7}");
}

/// An undefined condition counts as false with exit code 0. So false must never mean "done".
#[test]
fn an_undefined_condition_is_no_success() {
    let project = two();
    let script = upgrade(&project, "");
    let whole = Database::create();
    run(&whole, &script);
    let state = whole.state();
    let conditions: Vec<usize> = script
        .match_indices("\n\\if :signoff")
        .map(|(at, _)| at)
        .collect();
    assert!(conditions.len() >= 5, "{conditions:?}");
    for at in conditions {
        let line = script[at + 1..].lines().next().expect("a line begins here");
        let broken = script.replacen(line, "\\if :signoff_no_such_variable", 1);
        let broken = if script.find(line) == Some(at + 1) {
            broken
        } else {
            format!(
                "{}\n\\if :signoff_no_such_variable{}",
                &script[..at],
                &script[at + 1 + line.len()..]
            )
        };
        assert_ne!(broken, script);
        let database = Database::create();
        let outcome = database.psql_stdin(&broken, &[]);
        if outcome.code == 0 {
            same(line, &state, &database.state());
        } else {
            outcome.code(3);
        }
        run(&database, &script);
        same(line, &state, &database.state());
    }
}

/// The short names are free again before the user's SQL runs.
#[test]
fn a_mode_does_not_get_into_the_users_sql() {
    let project = tree(&[
        "CREATE TABLE a AS SELECT ('{7,8}'::int[])[1:first_run] AS x FROM (SELECT 2 AS first_run) t",
    ]);
    let database = Database::create();
    database
        .psql_stdin(&upgrade(&project, ""), &["-v", "first_run=1"])
        .success();
    assert_eq!(database.query("SELECT x FROM a"), "{7,8}");
}

/// A wrong word in the config can't get into the script as SQL.
#[test]
fn names_from_the_config_are_quoted() {
    let project = configured(
        "[version_table]\nname = \"my \\\"re'vision`\"\nschema = \"my sch'ema\"\n",
        &[
            "CREATE TABLE a (x int)",
            "CREATE INDEX CONCURRENTLY i ON a (x);\n\n--! downgrade\nDROP INDEX i",
        ],
    );
    let database = Database::create();
    database.query("CREATE SCHEMA \"my sch'ema\"");
    let script = upgrade(&project, "");
    run(&database, &script).quiet();
    assert_eq!(
        database.query("SELECT count(*) FROM \"my sch'ema\".\"my \"\"re'vision`\""),
        "2"
    );
    changes_nothing(&database, || {
        run(&database, &script).stdout_has("nothing to apply");
    });
    run(&database, &super::made::downgrade(&project, "rev2:rev1"));
    assert_eq!(
        database.query("SELECT count(*) FROM \"my sch'ema\".\"my \"\"re'vision`\""),
        "1"
    );
}
