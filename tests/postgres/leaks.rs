//! Nothing that a revision leaves in its session reaches the next one, or the machinery.

use super::made::{changes_nothing, configured, run, same, tree, upgrade, upgraded};
use crate::support::postgres::Database;

/// A later ALTER hit the temporary table once, and was reported as done.
#[test]
fn a_temporary_table_named_like_a_real_one_is_gone() {
    for temporary in [
        "CREATE TEMPORARY TABLE t (x int)",
        "CREATE TEMP TABLE t AS SELECT 1 AS x",
        "CREATE TABLE pg_temp.t (x int)",
        "SELECT 1 AS x INTO TEMP t",
    ] {
        let database = upgraded(&tree(&[
            "CREATE TABLE t (x int)",
            &format!(
                "{temporary};\nCREATE TEMP SEQUENCE q;\nCREATE TEMP VIEW w AS SELECT 1 AS one"
            ),
            "ALTER TABLE t ADD COLUMN y int;\nINSERT INTO t VALUES (1, 2);\nCREATE SEQUENCE q; CREATE VIEW w AS SELECT 2 AS two",
        ]));
        assert_eq!(database.query("SELECT y FROM public.t"), "2");
        assert_eq!(
            database.query("SELECT two, to_regclass('public.q') IS NOT NULL FROM public.w"),
            "2|t"
        );
    }
}

/// A temporary table named like one of ours, in the revision that makes it and in the next.
#[test]
fn the_machinery_sees_no_temporary_table() {
    let project = tree(&[
        "CREATE TEMP TABLE signoff_revision (revision text, state text);\nCREATE TEMP TABLE signoff_event (id int);\n\
         CREATE TEMP TABLE pg_class (oid int);\nCREATE TEMP TABLE pg_locks (pid int)",
        "CREATE TABLE a (x int)",
    ]);
    let database = upgraded(&project);
    assert_eq!(database.query("SELECT count(*) FROM signoff_revision"), "2");
    changes_nothing(&database, || {
        run(&database, &upgrade(&project, "")).stdout_has("nothing to apply");
    });
}

/// Functions, operators and types of the user's that are named like those of the machinery.
#[test]
fn the_machinery_sees_no_function_of_the_users() {
    let evil = "CREATE FUNCTION public.current_setting(text) RETURNS text LANGUAGE sql AS 'SELECT ''[]''';\n\
        CREATE FUNCTION public.now() RETURNS timestamptz LANGUAGE sql AS 'SELECT NULL::timestamptz';\n\
        CREATE FUNCTION public.format(text, text) RETURNS text LANGUAGE sql AS 'SELECT NULL';\n\
        CREATE FUNCTION public.eq(text, text) RETURNS bool LANGUAGE sql AS 'SELECT true';\n\
        CREATE OPERATOR public.= (LEFTARG = text, RIGHTARG = text, FUNCTION = public.eq);\n\
        CREATE DOMAIN public.jsonb AS text;\nCREATE DOMAIN public.text AS pg_catalog.text;\n\
        SET search_path = public, pg_catalog;\n";
    let project = tree(&[
        evil,
        "CREATE INDEX CONCURRENTLY i ON public.signoff_none (x)",
    ]);
    super::made::set(
        &project,
        2,
        "--! upgrade { transaction = false }\nSET search_path = public, pg_catalog;\n\
         CREATE TABLE a (x int);\nCREATE INDEX CONCURRENTLY i ON a (x);\nINSERT INTO a VALUES (1)",
    );
    let database = Database::create();
    database.query(&format!(
        "ALTER DATABASE {} SET search_path = public, pg_catalog",
        database.name()
    ));
    let script = upgrade(&project, "");
    database.psql_stdin(&script, &[]).success();
    assert_eq!(
        database.query("SELECT count(*) FROM public.signoff_revision WHERE state OPERATOR(pg_catalog.=) 'applied'"),
        "2"
    );
    changes_nothing(&database, || {
        run(&database, &script).stdout_has("nothing to apply");
    });
}

/// Settings, prepared statements, listeners, cursors, roles.
#[test]
fn nothing_else_of_the_session_is_left() {
    let database = Database::create();
    database.psql_stdin(
        "CREATE ROLE leaky; GRANT ALL ON SCHEMA public TO leaky;",
        &[],
    );
    let probe = "SELECT current_user AS who, current_setting('search_path') AS path, current_setting('DateStyle') AS style,\n\
           current_setting('lock_timeout') AS wait, current_setting('statement_timeout') AS run, current_setting('role') AS role,\n\
           current_setting('session_replication_role') AS replication, current_setting('default_transaction_read_only') AS readonly,\n\
           (SELECT setting FROM pg_settings WHERE name LIKE 'standard_conf%') AS scs, (SELECT setting FROM pg_settings WHERE name LIKE 'client_enc%') AS encoding,\n\
           current_setting('default_transaction_isolation') AS isolation, current_setting('my.own', true) AS own,\n\
           (SELECT count(*) FROM pg_prepared_statements) AS prepared, (SELECT count(*) FROM pg_cursors WHERE name <> '') AS cursors,\n\
           (SELECT count(*) FROM pg_listening_channels()) AS channels";
    // The two whose names are put together are refused as plain words, because psql reads on by them.
    let leaks = [
        "SET search_path = nowhere",
        "SET SESSION search_path TO ''",
        "SELECT set_config('search_path', '', false)",
        "SET DateStyle = 'German'",
        "SET lock_timeout = 1",
        "SET statement_timeout = '9s'",
        "SET ROLE leaky",
        "SET SESSION AUTHORIZATION leaky",
        "SET LOCAL ROLE leaky",
        "SET session_replication_role = replica",
        "SET default_transaction_read_only = on",
        "SET default_transaction_isolation = 'serializable'",
        "SET my.own = 'x'",
        "SET row_security = off",
        "PREPARE p AS SELECT 1",
        "DECLARE c CURSOR WITH HOLD FOR SELECT 1",
        "LISTEN noise",
        "SET signoff.row = 'x'",
        "SET signoff.bundle = 'x'; SET signoff.step = '7'; SET signoff.mark = ''",
        "RESET ALL",
        "SET client_min_messages = error",
    ];
    let mut plain = None;
    for leak in leaks {
        // A message with what psql and the server quote, so that a setting which changes quoting would be seen.
        let database = Database::clone_of(&database);
        // These can't be taken apart from their neighbours, and the compiler says so.
        let tied = leak.starts_with("PREPARE") || leak.starts_with("DECLARE");
        let steps = if tied { "" } else { " { transaction = false }" };
        let project = tree(&[
            &format!("CREATE TABLE before AS {probe};\n{leak};"),
            &format!("CREATE TABLE after AS {probe}"),
            &format!("--! upgrade{steps}\nCREATE TABLE more (x int);\n{leak};\nINSERT INTO more VALUES (1)").replace("CREATE TABLE more", "CREATE TABLE public.more").replace("INTO more", "INTO public.more"),
            &format!("CREATE TABLE last AS {probe}"),
        ]);
        for n in 1..=4 {
            let path = format!("migrations/{n}.sql");
            let text = project.read(&path).replace(
                &format!("message = \"Step {n}\""),
                "message = 'it''s \"é\" \\\\'".replace("''", "’").as_str(),
            );
            project.write(&path, text.as_bytes());
        }
        let script = upgrade(&project, "");
        let outcome = database.psql_stdin(&script, &[]);
        if leak == "SET ROLE leaky" || leak.contains("AUTHORIZATION") {
            // The second INSERT is leaky's, who may not.
            outcome
                .code(3)
                .stderr_has("permission denied for table more");
            database.query("GRANT ALL ON public.more TO leaky");
            database.psql_stdin(&script, &[]).success();
        } else {
            assert_eq!(outcome.code, 0, "{leak}\n{outcome}");
        }
        let before = database.query("SELECT * FROM before");
        for table in ["after", "last"] {
            assert_eq!(
                database.query(&format!("SELECT * FROM {table}")),
                before,
                "{leak}"
            );
        }
        assert_eq!(
            *plain.get_or_insert_with(|| before.clone()),
            before,
            "{leak}"
        );
        assert_eq!(
            database.query(
                "SELECT count(*) FROM signoff_revision WHERE message = E'it’s \"é\" \\\\\\\\'"
            ),
            "4",
            "{leak}"
        );
        assert_eq!(
            database
                .query("SELECT count(DISTINCT applied_by), min(applied_by) FROM signoff_revision"),
            "1|postgres"
        );
    }
}

/// What the config promises the author holds for every revision, whatever the one before did.
#[test]
fn the_configs_settings_hold_for_every_revision() {
    let project = configured(
        "[target]\nsearch_path = \"app, public\"\nlock_timeout = \"7s\"\nstatement_timeout = \"1h\"\n",
        &[
            "CREATE SCHEMA app;\nCREATE TABLE t (x text);\nSET search_path = public;\nSET lock_timeout = 0;\nCREATE TABLE t (x text)",
            "INSERT INTO t SELECT current_setting('search_path') || current_setting('lock_timeout') || current_setting('statement_timeout')",
            "--! search_path = \"public\"\n--! lock_timeout = \"2s\"\n--! statement_timeout = \"3s\"\n--! upgrade\n\
             INSERT INTO t SELECT current_setting('search_path') || current_setting('lock_timeout') || current_setting('statement_timeout')",
            "INSERT INTO t SELECT current_setting('search_path') || current_setting('lock_timeout') || current_setting('statement_timeout')",
        ],
    );
    let database = upgraded(&project);
    assert_eq!(
        database.query("SELECT x FROM app.t"),
        "app, public7s1h\napp, public7s1h"
    );
    assert_eq!(database.query("SELECT x FROM public.t"), "public2s3s");
}

/// Without a search_path in the config a revision sees the database's own.
#[test]
fn the_databases_own_search_path_is_what_a_revision_sees() {
    let database = Database::create();
    database.query("CREATE SCHEMA own");
    database.query(&format!(
        "ALTER DATABASE {} SET search_path = own",
        database.name()
    ));
    let project = tree(&[
        "CREATE TABLE t (x int)",
        "CREATE INDEX CONCURRENTLY i ON t (x)",
        "INSERT INTO t VALUES (1)",
    ]);
    run(&database, &upgrade(&project, "")).quiet();
    assert_eq!(
        database.query("SELECT to_regclass('own.i') IS NOT NULL, (SELECT count(*) FROM own.t)"),
        "t|1"
    );
    let again = database.state();
    run(&database, &upgrade(&project, ""));
    same("once", &again, &database.state());
}
