//! What readers of emitted scripts found: each once did something else than its author meant, and said it was done.

use super::made::{configured, downgrade, refuses, run, set, tree, upgrade, upgraded};
use crate::support::faults::{self, Fault};
use crate::support::postgres::Database;
use crate::support::project::Project;

/// `signoff upgrade` refuses this tree with these words.
#[track_caller]
fn not_compiled(project: &Project, says: &str) {
    project.run(&["upgrade"]).code(1).stderr_has(says);
    project.run(&["check"]).code(1).stderr_has(says);
}

/// A tree with one repeatable beside its revisions.
fn with_view(revisions: &[&str], header: &str, sql: &str) -> Project {
    let project = tree(revisions);
    let text = format!("--! name = \"look\"\n{header}--! apply\n{sql}\n");
    project.write("migrations/repeatable/look.sql", text.as_bytes());
    project
}

#[test]
fn what_leans_on_the_session_is_not_taken_apart() {
    for (text, what) in [
        (
            "CREATE TEMP TABLE t AS SELECT 1 AS x;\nCREATE INDEX CONCURRENTLY i ON public.t (x);\nDELETE FROM t;",
            "something temporary",
        ),
        (
            "CREATE TEMP TABLE t AS SELECT 1 AS x;\nBEGIN; DELETE FROM t; COMMIT;",
            "something temporary",
        ),
        (
            "--! upgrade { transaction = false }\nSELECT 1 AS x INTO TEMP t;\nVACUUM;\nDELETE FROM t;",
            "something temporary",
        ),
        (
            "--! upgrade { transaction = false }\nPREPARE p AS SELECT 1;\nEXECUTE p;",
            "a prepared statement",
        ),
        (
            "--! upgrade { transaction = false }\nINSERT INTO a DEFAULT VALUES;\nINSERT INTO b VALUES (currval('a_id_seq'));",
            "currval",
        ),
    ] {
        not_compiled(&tree(&[text]), what);
    }
}

#[test]
fn a_setting_made_by_a_select_holds_in_every_step() {
    let project = tree(&[
        "CREATE SCHEMA own; CREATE TABLE own.t (a int); CREATE TABLE public.t (a int);",
        "SELECT set_config('search_path', 'own', false);\nCREATE INDEX CONCURRENTLY i ON t (a);\nINSERT INTO t VALUES (1);",
    ]);
    let database = upgraded(&project);
    let found = "SELECT (SELECT count(*) FROM own.t), (SELECT count(*) FROM public.t), (SELECT schemaname FROM pg_indexes WHERE indexname = 'i')";
    assert_eq!(database.query(found), "1|0|own");
}

#[test]
fn a_repeatable_is_one_transaction() {
    let once = ["CREATE TABLE t (x int);"];
    for sql in [
        "CREATE OR REPLACE VIEW a AS SELECT 1 AS x; COMMIT; CREATE OR REPLACE VIEW b AS SELECT 2/0 AS x;",
        "CREATE OR REPLACE VIEW a AS SELECT 1 AS x;\nVACUUM t;",
    ] {
        let project = with_view(&once, "", sql);
        project.run(&["check"]).code(1);
        project.run(&["upgrade"]).code(1);
    }
    let project = with_view(
        &once,
        "",
        "BEGIN;\nCREATE OR REPLACE VIEW look AS SELECT 1 AS x;\nCOMMIT;",
    );
    let database = upgraded(&project);
    assert_eq!(database.query("SELECT x FROM look"), "1");
}

#[test]
fn a_repeatable_with_rows_keeps_them_over_a_downgrade() {
    let project = with_view(
        &[
            "CREATE TABLE t (x int);",
            "--! upgrade\nSELECT 1;\n--! downgrade\nDROP TABLE look;",
        ],
        "",
        "DROP TABLE IF EXISTS look;\nCREATE TABLE look (code text PRIMARY KEY);\n--! data { file = \"look.csv\", table = \"look\", key = [\"code\"] }",
    );
    project.write("migrations/look.csv", b"code\na\nb\n");
    let second = project
        .read("migrations/2.sql")
        .replace("--! message", "--! recreates = [\"look\"]\n--! message");
    project.write("migrations/2.sql", second.as_bytes());
    let database = upgraded(&project);
    assert_eq!(database.query("SELECT count(*) FROM look"), "2");
    run(&database, &downgrade(&project, "-1"));
    run(&database, &upgrade(&project, ""));
    assert_eq!(database.query("SELECT count(*) FROM look"), "2");
}

#[test]
fn what_stands_on_a_recreated_view_comes_back_with_it() {
    let project = with_view(
        &["CREATE TABLE t (x int);"],
        "",
        "CREATE OR REPLACE VIEW look AS SELECT * FROM t;",
    );
    project.write(
        "migrations/repeatable/upper.sql",
        b"--! name = \"upper\"\n--! after = [\"look\"]\n--! apply\nCREATE OR REPLACE VIEW upper AS SELECT * FROM look;\n",
    );
    let database = upgraded(&project);
    set(
        &project,
        2,
        "DROP VIEW upper; DROP VIEW look; ALTER TABLE t ALTER x TYPE bigint;",
    );
    let text = project
        .read("migrations/2.sql")
        .replace("--! message", "--! recreates = [\"look\"]\n--! message");
    project.write("migrations/2.sql", text.as_bytes());
    run(&database, &upgrade(&project, ""));
    assert_eq!(database.query("SELECT count(*) FROM upper"), "0");
}

#[test]
fn an_older_bundle_leaves_a_newer_repeatable_alone() {
    let older = with_view(
        &["CREATE TABLE t (x int);"],
        "",
        "CREATE OR REPLACE FUNCTION look() RETURNS int LANGUAGE sql AS 'SELECT 1';",
    );
    let first = upgrade(&older, "");
    let database = upgraded(&older);
    let text = older
        .read("migrations/repeatable/look.sql")
        .replace("SELECT 1", "SELECT 2");
    older.write("migrations/repeatable/look.sql", text.as_bytes());
    let newer = upgrade(&older, "");
    run(&database, &newer).stdout_has("repeatable  look");
    assert_eq!(database.query("SELECT look()"), "2");
    run(&database, &first).stdout_has("signoff: left as it is: look.");
    assert_eq!(database.query("SELECT look()"), "2");
    run(&database, &newer)
        .stdout_has("signoff: nothing to apply: all of 1 revisions are applied here");
}

#[test]
fn a_dropped_index_is_the_one_that_was_meant() {
    let project = configured(
        "[target]\nsearch_path = \"one, two\"\n",
        &[
            "CREATE SCHEMA one; CREATE SCHEMA two;\nCREATE TABLE one.t (x int); CREATE TABLE two.t (x int);\nCREATE INDEX i ON one.t (x); CREATE INDEX i ON two.t (x);",
            "DROP INDEX CONCURRENTLY i;",
        ],
    );
    let script = upgrade(&project, "");
    let database = Database::create();
    let done = script
        .find("\nDROP INDEX CONCURRENTLY i;")
        .expect("it is there")
        + "\nDROP INDEX CONCURRENTLY i;\n".len();
    database
        .psql_stdin(&faults::at(&script, done, Fault::Killed), &[])
        .code(Fault::Killed.code());
    database.wait_until_alone();
    let left = "SELECT string_agg(schemaname, ',') FROM pg_indexes WHERE indexname = 'i'";
    assert_eq!(database.query(left), "two");
    run(&database, &script);
    assert_eq!(database.query(left), "two");
}

#[test]
fn deferred_triggers_run_as_their_author() {
    let project = tree(&[
        "CREATE TABLE audit (who text);\nCREATE TABLE t (x int);\n\
         CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO audit VALUES (current_user); RETURN NULL; END $$;\n\
         CREATE CONSTRAINT TRIGGER later AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note();\n\
         GRANT INSERT ON t, audit TO PUBLIC;",
        "INSERT INTO t VALUES (1);",
    ]);
    let text = project
        .read("migrations/2.sql")
        .replace("--! message", "--! role = \"corner_author\"\n--! message");
    project.write("migrations/2.sql", text.as_bytes());
    let database = Database::create();
    database.query("DO $$ BEGIN IF to_regrole('corner_author') IS NULL THEN CREATE ROLE corner_author; END IF; END $$");
    run(&database, &upgrade(&project, ""));
    assert_eq!(database.query("SELECT who FROM audit"), "corner_author");
}

#[test]
fn a_copy_does_not_become_another_insert() {
    let rows = "COPY t FROM stdin;\n1\tx\n\\.\n";
    let ruled = tree(&[&format!(
        "CREATE TABLE t (a int, b text);\nCREATE RULE r AS ON INSERT TO t DO INSTEAD NOTHING;\n{rows}"
    )]);
    let database = Database::create();
    database
        .psql_stdin(&upgrade(&ruled, ""), &[])
        .code(3)
        .stderr_has("COPY would not heed it");
    for columns in [
        "a int, b text, c text",
        "a int, b int GENERATED ALWAYS AS (a * 2) STORED, c text",
    ] {
        let project = tree(&[&format!("CREATE TABLE t ({columns});\n{rows}")]);
        let database = Database::create();
        database
            .psql_stdin(&upgrade(&project, ""), &[])
            .code(3)
            .stderr_has("Name the columns in the COPY");
    }
    let named = tree(&[&format!(
        "CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a * 2) STORED, c text);\n{}",
        rows.replace("COPY t", "COPY t (a, c)")
    )]);
    assert_eq!(upgraded(&named).query("SELECT * FROM t"), "1|2|x");
}

#[test]
fn the_wait_for_the_lock_heeds_no_statement_timeout() {
    let project = configured(
        "[target]\nstatement_timeout = \"500ms\"\n",
        &["CREATE TABLE t (x int);"],
    );
    let database = Database::create();
    let held = "SELECT pg_advisory_lock(hashtextextended('signoff:public.signoff_revision', 0)); SELECT pg_sleep(2)";
    std::thread::scope(|scope| {
        scope.spawn(|| database.query(held));
        std::thread::sleep(std::time::Duration::from_millis(400));
        run(&database, &upgrade(&project, ""));
    });
}

#[test]
fn a_receipt_needs_no_rights_on_the_control_file() {
    let database = Database::create();
    database.query("REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC");
    database.query("DO $$ BEGIN IF to_regrole('corner_owner') IS NULL THEN CREATE ROLE corner_owner; END IF; END $$");
    database.query("GRANT ALL ON SCHEMA public TO corner_owner");
    let project = configured(
        "[target]\nrole = \"corner_owner\"\n",
        &["CREATE TABLE t (x int);"],
    );
    run(&database, &upgrade(&project, "")).stdout_has("\"system_identifier\" : null");
}

#[test]
fn a_failing_last_step_may_be_taken_out() {
    let built = "--! upgrade { transaction = false }\nCREATE TABLE t (x int);\nINSERT INTO t VALUES (1), (1);\n";
    let project = tree(&[&format!(
        "{built}CREATE UNIQUE INDEX CONCURRENTLY i ON t (x);"
    )]);
    let database = Database::create();
    database
        .psql_stdin(&upgrade(&project, ""), &[])
        .code(3)
        .stderr_has("could not create unique index");
    set(&project, 1, built);
    refuses(
        &database,
        &upgrade(&project, ""),
        "HINT:  Run this first, then the script again:\n      DROP INDEX CONCURRENTLY public.i;",
    );
    database.query("DROP INDEX CONCURRENTLY public.i");
    run(&database, &upgrade(&project, ""));
    assert_eq!(
        database.query("SELECT state, cardinality(steps) FROM signoff_revision"),
        "applied|2"
    );
}

#[test]
fn modes_of_a_transaction_are_lifted_whole() {
    let isolation = "CREATE TABLE level AS SELECT current_setting('transaction_isolation') AS x;";
    for text in [
        format!("BEGIN;\nSET TRANSACTION ISOLATION LEVEL SERIALIZABLE;\n{isolation}\nCOMMIT;"),
        format!("BEGIN ISOLATION LEVEL -- why\n SERIALIZABLE;\n{isolation}\nCOMMIT;"),
        format!("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE -- why\n, READ WRITE;\n{isolation}"),
    ] {
        let database = upgraded(&tree(&[&text]));
        assert_eq!(
            database.query("SELECT x FROM level"),
            "serializable",
            "{text}"
        );
    }
}

#[test]
fn modes_that_would_be_lost_are_refused() {
    let block = "BEGIN; CREATE TABLE t (x int); COMMIT;";
    not_compiled(
        &tree(&[&format!(
            "SET default_transaction_isolation = 'serializable';\n{block}"
        )]),
        "session-modes",
    );
    let set = "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE;";
    not_compiled(
        &tree(&[&format!("{set}\n{block}\nVACUUM t;")]),
        "session-modes",
    );
    let serial = "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; CREATE OR REPLACE VIEW look AS SELECT 1 AS x;";
    not_compiled(
        &with_view(&["CREATE TABLE t (x int);"], "", serial),
        "repeatable-modes",
    );
}

#[test]
fn an_index_is_known_however_its_columns_are_written() {
    for columns in [
        "a",
        "(CAST(a AS int))",
        "((b)) DESC",
        "\"a\"",
        "U&\"\\0061\"",
        "lower(b), a, (a + 1)",
    ] {
        let project = tree(&[
            "CREATE TABLE t (a int, b text);",
            &format!("CREATE INDEX CONCURRENTLY i ON t ({columns});"),
        ]);
        let database = upgraded(&project);
        let valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass";
        assert_eq!(database.query(valid), "t", "{columns}");
    }
}

#[test]
fn a_new_enum_value_may_be_used_by_rows_of_a_file() {
    let project = tree(&[
        "CREATE TYPE e AS ENUM ('a'); CREATE TABLE t (x e);",
        "ALTER TYPE e ADD VALUE 'b';\n--! data { file = \"t.csv\", table = \"t\" }",
    ]);
    project.write("migrations/t.csv", b"x\nb\n");
    assert_eq!(upgraded(&project).query("SELECT x FROM t"), "b");
}

#[test]
fn tables_are_found_again_after_a_first_run_that_failed() {
    let project = tree(&["CREATE TABLE t (x int);"]);
    let database = Database::create();
    database.query("CREATE TABLE t (theirs int)");
    let script = upgrade(&project, "");
    refuses(
        &database,
        &script,
        "this database has tables, and nothing is recorded as applied",
    );
    database
        .psql_stdin(&script, &["-v", "first_run=1"])
        .code(3)
        .stderr_has("relation \"t\" already exists");
    database
        .psql_stdin(&script, &[])
        .code(3)
        .stderr_has("this database has tables, and nothing is recorded as applied");
}

#[test]
fn words_of_sql_are_schemas_in_a_search_path() {
    let project = configured(
        "[target]\nsearch_path = \"user, public\"\n",
        &["CREATE SCHEMA \"user\"; CREATE TABLE t (x int);"],
    );
    assert_eq!(
        upgraded(&project).query("SELECT schemaname FROM pg_tables WHERE tablename = 't'"),
        "user"
    );
}

#[test]
fn only_an_index_build_waits_without_limit() {
    let project = tree(&["CREATE TABLE t (x int);", "VACUUM FULL t;"]);
    let text = project
        .read("migrations/2.sql")
        .replace("--! message", "--! lock_timeout = \"300ms\"\n--! message");
    project.write("migrations/2.sql", text.as_bytes());
    let database = Database::create();
    run(&database, &upgrade(&project, "rev1"));
    std::thread::scope(|scope| {
        scope.spawn(|| database.query("BEGIN; LOCK TABLE t; SELECT pg_sleep(3); COMMIT"));
        std::thread::sleep(std::time::Duration::from_millis(500));
        database
            .psql_stdin(&upgrade(&project, ""), &[])
            .code(3)
            .stderr_has("lock timeout");
    });
    run(&database, &upgrade(&project, ""));
}
