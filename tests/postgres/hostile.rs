//! Surroundings that mean no good, or were never thought of: each is of no account, or the script refuses before it has
//! changed anything. (Start-up files are in `client`, logins in `people`, what a revision leaves behind in `leaks`.)

use std::process::Command;

use super::made::{changes_nothing, configured, refuses, refuses_with, run, same, tree, upgrade};
use crate::support::outcome::{self, Outcome};
use crate::support::postgres::Database;
use crate::support::project::Project;

/// Revisions of every kind, with text beyond ASCII, and a repeatable.
pub(super) fn project() -> Project {
    with(configured("", &KINDS))
}

fn with(project: Project) -> Project {
    project.file(
        "migrations/repeatable/v.sql",
        "--! name = \"v\"\n\n--! apply\nCREATE OR REPLACE VIEW public.v AS SELECT x, note FROM public.a;\n",
    )
}

const KINDS: [&str; 4] = [
    "CREATE TABLE public.a (x int PRIMARY KEY, note varchar DEFAULT 'Grüße \\n', at date DEFAULT '2026-02-01', n int[]);\n\
     INSERT INTO public.a (x, n) SELECT g, ARRAY[NULL, g] FROM generate_series(1, 3) g;\n\
     COPY public.a (x, note) FROM stdin;\n4\tvier — 四\n5\t\\N\n\\.\n",
    "CREATE INDEX CONCURRENTLY i ON public.a (note)",
    "CREATE TYPE public.e AS ENUM ('a');\nALTER TYPE public.e ADD VALUE 'b';\nCREATE TABLE public.c (e public.e DEFAULT 'b')",
    "UPDATE public.a SET note = 'a\\b' WHERE x = 1;\nDO $$ BEGIN PERFORM 1; END $$;\nALTER TABLE public.a ADD CHECK (x > 0)",
];

/// What a plain run of it leaves.
fn plain(script: &str) -> String {
    let database = Database::create();
    run(&database, script);
    database.state()
}

/// psql on a script of this text, as `user`, with `-X`.
pub(super) fn psql(database: &Database, user: &str) -> Command {
    let mut command = database.psql_as(user);
    command.arg("-X");
    command
}

/// The same as without these surroundings, and a second run has nothing to do.
#[track_caller]
fn works(what: &str, database: &Database, want: &str, run: &dyn Fn() -> Outcome) {
    let outcome = run();
    assert!(outcome.code == 0, "{what}\n{outcome}");
    outcome.stdout_has("signoff: done: 4 of 4 revisions are applied");
    database.wait_until_alone();
    same(what, want, &database.state());
    changes_nothing(database, || {
        let again = run();
        assert!(again.code == 0, "{what}\n{again}");
        again.stdout_has("signoff: nothing to apply");
    });
}

/// PGOPTIONS, or a setting of the role or database: none gets into what a script does.
#[test]
fn no_setting_of_the_session_changes_what_a_script_does() {
    let script = upgrade(&project(), "");
    let want = plain(&script);
    for options in [
        "search_path=nowhere",
        "search_path=",
        "search_path=pg_temp,public",
        "default_transaction_isolation=serializable",
        "default_transaction_isolation=repeatable\\ read",
        "default_transaction_deferrable=on",
        "lock_timeout=1",
        "idle_in_transaction_session_timeout=1",
        "session_replication_role=replica",
        "backslash_quote=off",
        "escape_string_warning=on",
        "row_security=off",
        "client_min_messages=error",
        "client_min_messages=debug5",
        "client_encoding=SJIS",
        "array_nulls=off",
        "transform_null_equals=on",
        "quote_all_identifiers=on",
        "DateStyle=German",
        "IntervalStyle=sql_standard",
        "bytea_output=escape",
        "extra_float_digits=-15",
        "check_function_bodies=off",
        "plpgsql.variable_conflict=use_variable",
        "plpgsql.variable_conflict=use_column",
        "enable_seqscan=off",
        "plan_cache_mode=force_generic_plan",
        "default_table_access_method=heap",
        "application_name=psql",
    ] {
        let database = Database::create();
        works(options, &database, &want, &|| {
            let mut command = psql(&database, "postgres");
            command.env("PGOPTIONS", format!("-c {options}"));
            outcome::run(command.args(["-f", "-"]), &script)
        });
    }
    // The same from the catalog, which RESET ALL goes back to.
    for setting in [
        "search_path = ''",
        "idle_in_transaction_session_timeout = '1ms'",
        "default_transaction_isolation = 'serializable'",
        "client_encoding = 'SJIS'",
        "DateStyle = 'SQL, DMY'",
    ] {
        let database = Database::create();
        let name = database.name();
        database.query(&format!("ALTER DATABASE {name} SET {setting}"));
        let outcome = database.psql_stdin(&script, &[]);
        assert!(outcome.code == 0, "{setting}\n{outcome}");
        let mut reset = psql(&database, "postgres");
        reset.env("PGOPTIONS", "-c idle_in_transaction_session_timeout=0");
        let reset = outcome::run(
            reset.args(["-c", &format!("ALTER DATABASE {name} RESET ALL")]),
            "",
        );
        reset.success();
        same(setting, &want, &database.state());
    }
}

/// Statements have the time that the config gives them, not what the caller or the database allows.
#[test]
fn a_short_statement_timeout_stops_nothing() {
    let sql = "CREATE TABLE public.t AS SELECT 1 AS x, pg_sleep(0.6) IS NULL AS y";
    let script = upgrade(
        &tree(&[sql, "CREATE INDEX CONCURRENTLY i ON public.t (x)"]),
        "",
    );
    let database = Database::create();
    let mut command = psql(&database, "postgres");
    command.env("PGOPTIONS", "-c statement_timeout=400");
    outcome::run(command.args(["-f", "-"]), &script)
        .success()
        .quiet();
    let database = Database::create();
    database.query(&format!(
        "ALTER DATABASE {} SET statement_timeout = '400ms'",
        database.name()
    ));
    run(&database, &script).quiet().stdout_has("done: 2 of 2");
}

/// One that would make a script fail half-way is told before anything is changed.
#[test]
fn read_only_by_option_is_refused() {
    let script = upgrade(&project(), "");
    let database = Database::create();
    changes_nothing(&database, || {
        let mut command = psql(&database, "postgres");
        command.env("PGOPTIONS", "-c default_transaction_read_only=on");
        outcome::run(command.args(["-f", "-"]), &script)
            .code(3)
            .stderr_has("signoff: refused: transactions are read-only here");
    });
}

/// However psql is started.
#[test]
fn no_way_of_starting_psql_changes_what_a_script_does() {
    let script = upgrade(&project(), "");
    let want = plain(&script);
    let folder = Project::new().file("upgrade.sql", &script);
    let file = folder.path("upgrade.sql");
    let by_file = ["-f", file.as_str()];
    let include = format!("\\i {file}");
    let ways: &[&[&str]] = &[
        &["-S"],
        &["-a", "-b", "-e", "-E"],
        &["-A", "-t", "-x", "-H"],
        &["--csv", "-q", "-n"],
        &[
            "-v",
            "ON_ERROR_STOP=0",
            "-v",
            "AUTOCOMMIT=off",
            "-v",
            "ON_ERROR_ROLLBACK=on",
        ],
        &[
            "-v",
            "FETCH_COUNT=1",
            "-v",
            "VERBOSITY=terse",
            "-v",
            "SINGLELINE=on",
        ],
        &["-v", "n=1", "-v", "x=2", "-v", "g=3", "-v", "b=4"],
        &[
            "-v",
            "signoff_todo=0",
            "-v",
            "signoff_row=x",
            "-v",
            "signoff_direct=0",
            "-v",
            "signoff_any=off",
        ],
        &[
            "-v",
            "signoff_missing=x",
            "-v",
            "signoff_recorded=[]",
            "-v",
            "signoff_user=SELECT 1/0;",
        ],
    ];
    for way in ways {
        let database = Database::create();
        works(&format!("{way:?}"), &database, &want, &|| {
            outcome::run(psql(&database, "postgres").args(*way).args(by_file), "")
        });
    }
    // On standard input, by \i on standard input and by \i of an argument.
    for (way, input) in [
        (&[][..], script.as_str()),
        (&["-S"], script.as_str()),
        (&[], include.as_str()),
        (&["-c", include.as_str()], ""),
        (&["-c", "SET ROLE pg_monitor", "-c", include.as_str()], ""),
        (
            &[
                "-c",
                "CREATE TEMP TABLE signoff_revision (x int)",
                "-c",
                include.as_str(),
            ],
            "",
        ),
        (
            &["-c", "SET search_path = pg_temp", "-c", include.as_str()],
            "",
        ),
    ] {
        let database = Database::create();
        works(&format!("{way:?}"), &database, &want, &|| {
            outcome::run(psql(&database, "postgres").args(way), input)
        });
    }
    let database = Database::create();
    works("PGCLIENTENCODING", &database, &want, &|| {
        outcome::run(
            psql(&database, "postgres")
                .env("PGCLIENTENCODING", "SJIS")
                .args(by_file),
            "",
        )
    });
}

/// By \i inside of a BEGIN: refused, and the transaction is still its owner's to end. A session that goes on after
/// errors ends with exit code 0, and nothing was changed all the same.
#[test]
fn inside_of_a_transaction_of_the_session_it_refuses() {
    let script = upgrade(&project(), "");
    let folder = Project::new().file("upgrade.sql", &script);
    let include = format!("\\i {}\n", folder.path("upgrade.sql"));
    for (before, stop, code) in [
        ("BEGIN;\n", "1", 3),
        ("BEGIN;\n", "0", 0),
        ("\\set AUTOCOMMIT off\nSELECT 1;\n", "1", 3),
        ("START TRANSACTION READ ONLY;\n", "1", 3),
        ("BEGIN;\nSAVEPOINT s;\n", "0", 0),
    ] {
        let database = Database::create();
        let stop = format!("ON_ERROR_STOP={stop}");
        changes_nothing(&database, || {
            database
                .psql_stdin(&format!("{before}{include}"), &["-v", &stop])
                .code(code)
                .stderr_has("signoff: refused: a transaction is open in this session");
        });
    }
}

/// A plain owner in a locked-down database: no TEMP, nothing for PUBLIC, an empty search_path.
#[test]
fn a_hardened_database_is_enough() {
    let database = Database::create();
    let setup = "CREATE ROLE hard_owner LOGIN; ALTER ROLE hard_owner SET search_path = ''; ALTER DATABASE :\"DBNAME\" OWNER TO hard_owner; ALTER SCHEMA public OWNER TO hard_owner;\n\
         REVOKE ALL ON DATABASE :\"DBNAME\" FROM PUBLIC; REVOKE TEMP ON DATABASE :\"DBNAME\" FROM hard_owner; REVOKE ALL ON SCHEMA public FROM PUBLIC;\n\
         REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC;\n";
    database
        .psql_stdin(setup, &["-v", "ON_ERROR_STOP=1"])
        .success();
    let script = upgrade(&project(), "");
    for says in ["done: 4 of 4", "nothing to apply"] {
        let outcome = outcome::run(psql(&database, "hard_owner").args(["-f", "-"]), &script);
        outcome.success().quiet().stdout_has(says);
    }
}

/// PGOPTIONS=-c role=…: everything runs as that role, RESET ROLE included, and the rights asked for are its own.
#[test]
fn a_role_from_the_start_is_the_one_that_runs() {
    let database = Database::create();
    let setup =
        "CREATE ROLE from_start; CREATE ROLE too_weak; GRANT ALL ON SCHEMA public TO from_start;\n";
    database
        .psql_stdin(setup, &["-v", "ON_ERROR_STOP=1"])
        .success();
    let script = upgrade(&project(), "");
    let as_role = |role: &str| {
        let mut command = psql(&database, "postgres");
        command.env("PGOPTIONS", format!("-c role={role}"));
        outcome::run(command.args(["-f", "-"]), &script)
    };
    database.query("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
    changes_nothing(&database, || {
        as_role("too_weak")
            .code(3)
            .stderr_has("signoff: refused: too_weak may not create the version table");
    });
    as_role("from_start").success().quiet();
    assert_eq!(
        database.query("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"),
        "from_start"
    );
    as_role("from_start")
        .success()
        .stdout_has("nothing to apply");
}

/// Without a common role the tables are the first login's, and the second is told so before anything is changed.
#[test]
fn a_second_login_without_a_common_role_is_refused() {
    let database = Database::create();
    let setup = "CREATE ROLE first_dba LOGIN; CREATE ROLE second_dba LOGIN; GRANT ALL ON SCHEMA public TO first_dba, second_dba;\n";
    database
        .psql_stdin(setup, &["-v", "ON_ERROR_STOP=1"])
        .success();
    let project = project();
    let (first, all) = (upgrade(&project, "rev1"), upgrade(&project, ""));
    let as_login =
        |user: &str, script: &str| outcome::run(psql(&database, user).args(["-f", "-"]), script);
    as_login("first_dba", &first).success().quiet();
    changes_nothing(&database, || {
        as_login("second_dba", &all)
            .code(3)
            .stderr_has("signoff: refused: second_dba may not write the version table")
            .stderr_has("Run as its owner, or set [target] role.");
    });
    // Nor is it enough to let it write there: the revisions alter what is the first one's.
    database.query("GRANT ALL ON signoff_revision, signoff_event TO second_dba; GRANT ALL ON SEQUENCE signoff_event_id_seq TO second_dba");
    changes_nothing(&database, || {
        as_login("second_dba", &all)
            .code(3)
            .stderr_has("revision rev2 needs ownership of TABLE public.a, which is first_dba's");
    });
    database.query("GRANT first_dba TO second_dba");
    as_login("second_dba", &all).success().quiet();
}

/// A DDL trigger that forbids everything says so at our first CREATE TABLE; there is nothing of us then.
#[test]
fn an_event_trigger_that_forbids_all_ddl_leaves_nothing() {
    let script = upgrade(&project(), "");
    for event in ["ddl_command_start", "ddl_command_end"] {
        let database = Database::create();
        database.query(&format!(
            "CREATE FUNCTION forbid() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'frozen: %', tg_tag; END $$; \
             CREATE EVENT TRIGGER forbid ON {event} EXECUTE FUNCTION forbid()"
        ));
        refuses(&database, &script, "frozen: CREATE TABLE");
        database.query("DROP EVENT TRIGGER forbid; DROP FUNCTION forbid");
        run(&database, &script).quiet();
    }
}

/// A version table that hides rows, rewrites statements, or is no table at all.
#[test]
fn a_version_table_with_a_will_of_its_own() {
    let project = project();
    let first = upgrade(&project, "rev1");
    let script = upgrade(&project, "");
    let roles = Database::create();
    roles
        .psql_stdin("CREATE ROLE row_owner LOGIN;", &[])
        .success();
    let make = || {
        let database = Database::create();
        database.query("GRANT ALL ON SCHEMA public TO row_owner");
        outcome::run(psql(&database, "row_owner").args(["-f", "-"]), &first).success();
        database
    };
    let as_owner =
        |database: &Database| outcome::run(psql(database, "row_owner").args(["-f", "-"]), &script);
    // Row-level security hides rows even from the owner where it is forced.
    for table in ["signoff_revision", "signoff_event"] {
        let database = make();
        database.query(&format!("ALTER TABLE {table} ENABLE ROW LEVEL SECURITY; ALTER TABLE {table} FORCE ROW LEVEL SECURITY"));
        changes_nothing(&database, || {
            as_owner(&database).code(3).stderr_has(&format!(
                "signoff: refused: row-level security hides rows of {table} from row_owner"
            ));
        });
        database.query(&format!("ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"));
        as_owner(&database).success().quiet();
    }
    for (sql, says) in [
        (
            "CREATE RULE r AS ON INSERT TO signoff_event DO INSTEAD NOTHING",
            "signoff: refused: signoff_event has rules",
        ),
        (
            "CREATE RULE r AS ON UPDATE TO signoff_revision DO ALSO NOTHING",
            "signoff: refused: signoff_revision has rules",
        ),
        (
            "ALTER TABLE signoff_revision RENAME TO real; CREATE VIEW signoff_revision AS SELECT * FROM real; COMMENT ON VIEW signoff_revision IS 'signoff_revision 1'",
            "signoff: refused: signoff_revision is not an ordinary table",
        ),
        (
            "ALTER TABLE signoff_revision RENAME TO real; CREATE TABLE signoff_revision (LIKE real INCLUDING ALL EXCLUDING INDEXES) PARTITION BY LIST (revision); ALTER TABLE signoff_revision ATTACH PARTITION real DEFAULT; COMMENT ON TABLE signoff_revision IS 'signoff_revision 1'",
            "signoff: refused: signoff_revision is not an ordinary table",
        ),
    ] {
        let database = make();
        database.query(sql);
        refuses_with(&database, &script, &["-v", "first_run=1"], says);
    }
    // A trigger that only writes down what happens is welcome.
    let database = make();
    database.query(
        "CREATE SCHEMA audit; CREATE TABLE audit.log (revision text); \
         CREATE FUNCTION audit.note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO audit.log VALUES (new.revision); RETURN new; END $$; \
         CREATE TRIGGER note AFTER INSERT ON signoff_revision FOR EACH ROW EXECUTE FUNCTION audit.note()",
    );
    run(&database, &script).stdout_has("done: 4 of 4");
    assert_eq!(database.query("SELECT count(*) FROM audit.log"), "4");
    // One that swallows the record stops the revision before its first statement.
    let database = make();
    let before = database.state();
    database.query(
        "CREATE SCHEMA audit; CREATE FUNCTION audit.eat() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$; \
         CREATE TRIGGER eat BEFORE INSERT ON signoff_revision FOR EACH ROW EXECUTE FUNCTION audit.eat()",
    );
    database
        .psql_stdin(&script, &[])
        .code(3)
        .stderr_has("signoff: refused: revision rev2");
    database.query("DROP SCHEMA audit CASCADE");
    same("before", &before, &database.state());
    run(&database, &script).stdout_has("3 of 4 to apply here");
}

/// A search_path that the role or the database has, and names without a schema.
#[test]
fn a_users_schema_comes_first_where_the_search_path_says_so() {
    let database = Database::create();
    database.query("CREATE SCHEMA postgres; CREATE TABLE postgres.decoy (x int)");
    let script = upgrade(
        &tree(&[
            "CREATE TABLE t (x int)",
            "CREATE INDEX CONCURRENTLY i ON t (x)",
        ]),
        "",
    );
    database
        .psql_stdin(&script, &["-v", "first_run=1"])
        .success()
        .quiet();
    assert_eq!(
        database.query("SELECT to_regclass('postgres.i') IS NOT NULL"),
        "t"
    );
}
