//! What a script asks for before it changes anything: rights, extensions, roles that its revisions need.

mod unknown;

use super::made::{changes_nothing, configured, downgrade, set, upgrade};
use crate::support::outcome::{self, Outcome};
use crate::support::postgres::Database;
use crate::support::project::Project;

/// Runs a script as this login, in a database that has tables already.
#[track_caller]
pub(super) fn run_as(database: &Database, user: &str, script: &str) -> Outcome {
    let mut command = database.psql_as(user);
    outcome::run(command.args(["-X", "-v", "first_run=1", "-f", "-"]), script)
}

/// Superuser's SQL.
#[track_caller]
pub(super) fn said(database: &Database, sql: &str) {
    let outcome = database.psql_stdin(sql, &["-q", "-v", "ON_ERROR_STOP=1"]);
    outcome.success();
}

/// Refused for this, and nothing was changed.
#[track_caller]
pub(super) fn refuses_as(database: &Database, user: &str, script: &str, says: &[&str]) {
    changes_nothing(database, || {
        let outcome = run_as(database, user, script);
        outcome.code(3);
        for text in says {
            outcome.stderr_has(text);
        }
    });
}

/// A project that records in a schema of its own, so that `public` is like any other.
fn recorded_in_ops(revisions: &[&str]) -> Project {
    configured("[version_table]\nschema = \"ops\"\n", revisions)
}

/// A database in which everything is somebody else's but the schema `ops`, and `mine` (without CREATE in it).
fn theirs(user: &str) -> Database {
    let database = Database::create();
    said(
        &database,
        &format!(
            "CREATE ROLE {user} LOGIN NOSUPERUSER; CREATE SCHEMA ops AUTHORIZATION {user};\n\
             REVOKE ALL ON SCHEMA public FROM PUBLIC; GRANT USAGE ON SCHEMA public TO PUBLIC;\n\
             CREATE SCHEMA app; GRANT USAGE ON SCHEMA app TO PUBLIC; CREATE SCHEMA hidden; CREATE TABLE hidden.t (x int);\n\
             CREATE TABLE app.t (x int, y int); CREATE INDEX i ON app.t (x); CREATE VIEW app.v AS SELECT 1 AS x; CREATE SEQUENCE app.s;\n\
             CREATE MATERIALIZED VIEW app.m AS SELECT 1 AS x; CREATE TABLE app.p (x int) PARTITION BY LIST (x); CREATE TABLE u (x int);\n\
             CREATE POLICY pol ON app.t; CREATE TYPE app.e AS ENUM ('a'); CREATE DOMAIN app.d AS int; CREATE STATISTICS app.st ON x, y FROM app.t;\n\
             CREATE FUNCTION app.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'; CREATE TRIGGER tr BEFORE INSERT ON app.t EXECUTE FUNCTION app.f();\n\
             CREATE SCHEMA mine AUTHORIZATION {user}; CREATE TABLE mine.t (x int); ALTER TABLE mine.t OWNER TO {user}; REVOKE CREATE ON SCHEMA mine FROM {user};\n\
             CREATE TABLE mine.theirs (x int); CREATE SCHEMA open; GRANT ALL ON SCHEMA open TO PUBLIC; CREATE TABLE open.t (x int); GRANT INSERT (x), UPDATE (x) ON open.t TO {user};\n"
        ),
    );
    database
}

/// What a plain login may not do, and the words for it. Said straight to the server, each fails for want of a right.
const LACKING: &[(&str, &str)] = &[
    ("CREATE TABLE app.n (x int)", "CREATE on schema app"),
    ("CREATE TABLE n (x int)", "CREATE on schema public"),
    (
        "CREATE TABLE IF NOT EXISTS app.t (x int)",
        "CREATE on schema app",
    ),
    (
        "CREATE TABLE app.n AS SELECT 1 AS x",
        "CREATE on schema app",
    ),
    ("CREATE VIEW app.n AS SELECT 1 AS x", "CREATE on schema app"),
    (
        "CREATE MATERIALIZED VIEW app.n AS SELECT 1 AS x",
        "CREATE on schema app",
    ),
    ("CREATE SEQUENCE app.n", "CREATE on schema app"),
    (
        "CREATE FUNCTION app.n() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE on schema app",
    ),
    (
        "CREATE PROCEDURE app.n() LANGUAGE sql AS 'SELECT 1'",
        "CREATE on schema app",
    ),
    (
        "CREATE AGGREGATE app.n (int) (SFUNC = int4pl, STYPE = int)",
        "CREATE on schema app",
    ),
    ("CREATE TYPE app.n AS ENUM ()", "CREATE on schema app"),
    ("CREATE DOMAIN app.n AS int", "CREATE on schema app"),
    ("CREATE COLLATION app.n FROM \"C\"", "CREATE on schema app"),
    (
        "CREATE TEXT SEARCH CONFIGURATION app.n (COPY = simple)",
        "CREATE on schema app",
    ),
    ("CREATE SCHEMA n", "CREATE on database"),
    ("CREATE SCHEMA IF NOT EXISTS app", "CREATE on database"),
    ("CREATE PUBLICATION n", "CREATE on database"),
    ("CREATE EXTENSION hstore SCHEMA open", "CREATE on database"),
    (
        "ALTER TABLE app.t ADD z int",
        "ownership of TABLE app.t, which is postgres's",
    ),
    (
        "ALTER TABLE IF EXISTS u ADD z int",
        "ownership of TABLE public.u",
    ),
    ("ALTER TABLE hidden.t ADD z int", "USAGE on schema hidden"),
    (
        "ALTER VIEW app.v ALTER x SET DEFAULT 1",
        "ownership of VIEW app.v",
    ),
    (
        "ALTER SEQUENCE app.s RESTART 7",
        "ownership of SEQUENCE app.s",
    ),
    (
        "ALTER MATERIALIZED VIEW app.m SET (fillfactor = 50)",
        "ownership of MATERIALIZED VIEW app.m",
    ),
    (
        "ALTER INDEX app.i SET (fillfactor = 50)",
        "ownership of TABLE app.t",
    ),
    (
        "ALTER POLICY pol ON app.t USING (true)",
        "ownership of TABLE app.t",
    ),
    ("ALTER TYPE app.e ADD VALUE 'b'", "ownership of TYPE app.e"),
    ("ALTER DOMAIN app.d SET NOT NULL", "ownership of TYPE app.d"),
    ("CREATE INDEX ON app.t (x)", "ownership of TABLE app.t"),
    (
        "CREATE INDEX CONCURRENTLY n ON app.t (x)",
        "ownership of TABLE app.t",
    ),
    ("CREATE INDEX ON mine.t (x)", "CREATE on schema mine"),
    (
        "CREATE STATISTICS app.n ON x, y FROM app.t",
        "ownership of TABLE app.t",
    ),
    ("CREATE POLICY n ON app.t", "ownership of TABLE app.t"),
    (
        "CREATE RULE n AS ON INSERT TO app.t DO NOTHING",
        "ownership of TABLE app.t",
    ),
    (
        "CREATE TRIGGER n BEFORE INSERT ON app.t EXECUTE FUNCTION app.f()",
        "TRIGGER on app.t",
    ),
    (
        "CREATE TABLE open.n PARTITION OF app.p FOR VALUES IN (1)",
        "ownership of TABLE app.p",
    ),
    ("DROP TABLE app.t", "ownership of TABLE app.t"),
    (
        "DROP TABLE IF EXISTS open.t, app.t",
        "ownership of TABLE app.t",
    ),
    ("DROP VIEW app.v", "ownership of VIEW app.v"),
    ("DROP INDEX app.i", "ownership of TABLE app.t"),
    ("DROP INDEX CONCURRENTLY app.i", "ownership of TABLE app.t"),
    ("DROP POLICY pol ON app.t", "ownership of TABLE app.t"),
    ("DROP TRIGGER tr ON app.t", "ownership of TABLE app.t"),
    ("DROP SCHEMA open", "ownership of SCHEMA open"),
    ("COMMENT ON TABLE app.t IS 'x'", "ownership of TABLE app.t"),
    (
        "COMMENT ON COLUMN app.t.x IS 'x'",
        "ownership of TABLE app.t",
    ),
    (
        "COMMENT ON TRIGGER tr ON app.t IS 'x'",
        "ownership of TABLE app.t",
    ),
    ("INSERT INTO app.t VALUES (1)", "INSERT on app.t"),
    (
        "WITH a AS (SELECT 1 AS x) INSERT INTO app.t SELECT x FROM a",
        "INSERT on app.t",
    ),
    ("COPY app.t (x) FROM stdin;\n1\n\\.\n", "INSERT on app.t"),
    ("UPDATE app.t SET x = 1", "UPDATE on app.t"),
    ("DELETE FROM app.t", "DELETE on app.t"),
    ("TRUNCATE app.t", "TRUNCATE on app.t"),
];

/// Every right that is asked for is one that the server wants, and one that is missing is told before anything is changed.
#[test]
fn every_right_that_is_missing_is_told_beforehand() {
    let database = theirs("lacking");
    for (sql, says) in LACKING {
        let script = upgrade(&recorded_in_ops(&[sql]), "");
        let needs = format!("\n  revision rev1 needs {says}");
        changes_nothing(&database, || {
            let outcome = run_as(&database, "lacking", &script);
            assert!(
                outcome.code == 3 && outcome.stderr.contains(&needs),
                "{sql}\n{outcome}"
            );
        });
        let mut straight = database.psql_as("lacking");
        let straight = outcome::run(
            straight.args(["-X", "-v", "ON_ERROR_STOP=1", "-f", "-"]),
            &format!("{sql};\n"),
        );
        assert!(
            straight.code == 3
                && ["permission denied", "must be owner"]
                    .iter()
                    .any(|why| straight.stderr.contains(why)),
            "asked for needlessly: {sql}\n{straight}"
        );
    }
}

/// What a plain login may do, as it stands or after a GRANT, is not refused.
#[test]
fn nothing_is_asked_for_needlessly() {
    let granted: &[(&str, &str)] = &[
        ("", "ALTER TABLE mine.t ADD z int"),
        ("", "DROP TABLE mine.theirs"),
        (
            "",
            "CREATE TEMP TABLE t (x int);\nALTER TABLE t ADD y int;\nINSERT INTO t VALUES (1)",
        ),
        (
            "",
            "CREATE TEMP TABLE u (x int);\nALTER TABLE u ADD y int;\nCREATE INDEX ON u (x)",
        ),
        ("", "SELECT 1 AS x INTO TEMP u;\nALTER TABLE u ADD y int"),
        (
            "",
            "INSERT INTO open.t VALUES (1);\nUPDATE open.t SET x = 2",
        ),
        (
            "",
            "ALTER TABLE IF EXISTS app.nobody ADD y int;\nDROP TABLE IF EXISTS app.nobody",
        ),
        (
            "",
            "CREATE TABLE open.n (x int);\nCREATE INDEX ON open.n (x);\nCOMMENT ON TABLE open.n IS 'x';\nDROP TABLE open.n",
        ),
        (
            "",
            "SET search_path = open;\nCREATE TABLE n (x int);\nALTER TABLE n ADD y int",
        ),
        (
            "",
            "SELECT set_config('search_path', 'open', true);\nCREATE TABLE u (x int);\nINSERT INTO u VALUES (1)",
        ),
        (
            "GRANT postgres TO granted",
            "SET LOCAL ROLE postgres;\nALTER TABLE app.t ADD y2 int;\nDROP TABLE u",
        ),
        (
            "GRANT CREATE ON SCHEMA app TO granted",
            "CREATE TABLE app.n (x int)",
        ),
        (
            "GRANT ALL ON app.t TO granted",
            "INSERT INTO app.t VALUES (1);\nUPDATE app.t SET x = 1;\nDELETE FROM app.t;\nTRUNCATE app.t;\nCREATE TRIGGER n BEFORE INSERT ON app.t EXECUTE FUNCTION app.f()",
        ),
        (
            "ALTER TABLE app.t OWNER TO granted; GRANT CREATE ON SCHEMA app TO granted",
            "CREATE INDEX ON app.t (x);\nALTER TABLE app.t ADD z int;\nDROP INDEX app.i;\nDROP TABLE app.t",
        ),
        (
            "ALTER SCHEMA app OWNER TO granted",
            "DROP TABLE app.t;\nDROP VIEW app.v;\nDROP SCHEMA app CASCADE",
        ),
        (
            "CREATE ROLE team; GRANT team TO granted; ALTER TABLE app.t OWNER TO team",
            "ALTER TABLE app.t ADD z int",
        ),
        (
            "GRANT CREATE ON DATABASE :\"DBNAME\" TO granted",
            "CREATE SCHEMA n;\nCREATE TABLE n.t (x int);\nCREATE TABLE n.u AS SELECT 1 AS x;\nALTER TABLE n.u ADD z int;\nCREATE EXTENSION hstore SCHEMA n VERSION '1.4'",
        ),
        (
            "GRANT CREATE ON DATABASE :\"DBNAME\" TO granted; ALTER ROLE granted SET search_path = n, public",
            "CREATE SCHEMA n;\nCREATE TABLE t (x int)",
        ),
        (
            "CREATE EXTENSION hstore",
            "CREATE EXTENSION IF NOT EXISTS hstore VERSION '99'",
        ),
        (
            "CREATE FUNCTION app.rights() RETURNS void LANGUAGE sql SECURITY DEFINER AS 'GRANT ALL ON SCHEMA app TO granted'",
            "DO $$ BEGIN PERFORM app.rights(); END $$;\nCREATE TABLE app.n (x int)",
        ),
        (
            "CREATE FUNCTION app.rights() RETURNS void LANGUAGE sql SECURITY DEFINER AS 'GRANT ALL ON SCHEMA app TO granted'",
            "SELECT app.rights();\nCREATE TABLE app.n (x int)",
        ),
        (
            "GRANT postgres TO granted",
            "DO $$ BEGIN SET ROLE postgres; ALTER TABLE u OWNER TO granted; RESET ROLE; END $$;\nALTER TABLE u ADD y int",
        ),
    ];
    let template = theirs("granted");
    for (setup, sql) in granted {
        let database = Database::clone_of(&template);
        said(&database, &format!("{setup};"));
        let script = upgrade(&recorded_in_ops(&[sql]), "");
        let outcome = run_as(&database, "granted", &script);
        assert!(outcome.code == 0, "{setup}\n{sql}\n{outcome}");
        drop(database);
        said(
            &template,
            "ALTER ROLE granted RESET ALL; REVOKE postgres FROM granted",
        );
    }
}

/// All that is missing is told at once, with the revisions and what to say, and only for what is still to be done.
#[test]
fn all_that_is_missing_is_told_at_once() {
    let database = theirs("hasty");
    let project = recorded_in_ops(&[
        "CREATE TABLE open.a (x int)",
        "ALTER TABLE app.t ADD z int;\nCREATE EXTENSION no_such_thing",
        "--! role = \"nobody_here\"\n--! upgrade\nCREATE TABLE open.b (x int)",
        "CREATE INDEX CONCURRENTLY j ON app.t (x)",
        "CREATE EXTENSION hstore VERSION '99'",
        "--! search_path = \"app\"\n--! upgrade\nCREATE TABLE c (x int);\nDELETE FROM t",
    ]);
    let script = upgrade(&project, "");
    let missing = [
        "revision rev2 needs extension no_such_thing, which this server does not have\n",
        "revision rev2 needs ownership of TABLE app.t, which is postgres's\n",
        "revision rev3 needs role nobody_here, which is not there\n",
        "revision rev4 needs CREATE on schema app\n",
        "revision rev5 needs version 99 of extension hstore, which this server does not have\n",
        "revision rev6 needs DELETE on app.t\n",
        "ALTER TABLE app.t OWNER TO hasty;\n",
        "CREATE ROLE nobody_here; GRANT nobody_here TO hasty;\n",
        "GRANT DELETE ON app.t TO hasty;\n",
        "Install the package that brings extension no_such_thing on the database server.\n",
    ];
    refuses_as(&database, "hasty", &script, &missing);

    // plan.sql says the same, and goes on.
    project.run(&["bundle"]).success();
    let plan = project.read("out/shop-base-rev6/plan.sql");
    changes_nothing(&database, || {
        let outcome = run_as(&database, "hasty", &plan);
        outcome.success().stdout_has("nothing was changed");
        for text in missing {
            outcome.stderr_has(text);
        }
        outcome.stderr_has("WARNING:  signoff: refused: this is missing here:");
    });

    // What a superuser applied before is not asked for again.
    said(
        &database,
        "CREATE ROLE nobody_here; GRANT CREATE ON SCHEMA open TO nobody_here; GRANT ALL ON SCHEMA ops TO hasty",
    );
    let early = upgrade(
        &recorded_in_ops(&["CREATE TABLE open.a (x int)", "ALTER TABLE app.t ADD z int"]),
        "",
    );
    let late = upgrade(
        &recorded_in_ops(&[
            "CREATE TABLE open.a (x int)",
            "ALTER TABLE app.t ADD z int",
            "CREATE TABLE open.d (x int)",
        ]),
        "",
    );
    refuses_as(&database, "hasty", &late, &["ownership of TABLE app.t"]);
    run_as(&database, "postgres", &early).success();
    said(&database, "GRANT ALL ON ALL TABLES IN SCHEMA ops TO hasty");
    run_as(&database, "hasty", &late).success().quiet();
}

/// A superuser who runs as a role without rights hears what that role lacks.
#[test]
fn the_configured_role_is_the_one_asked_about() {
    let database = theirs("meek");
    let config = "[version_table]\nschema = \"ops\"\n[target]\nrole = \"meek\"\n";
    let script = upgrade(&configured(config, &["ALTER TABLE app.t ADD z int"]), "");
    refuses_as(
        &database,
        "postgres",
        &script,
        &["rev1 needs ownership of TABLE app.t", "OWNER TO meek;"],
    );
}

/// What an earlier revision of the same run makes or grants is not missing.
#[test]
fn what_the_run_itself_brings_is_not_missing() {
    let project = recorded_in_ops(&[
        "CREATE SCHEMA shop;\nCREATE ROLE run_worker;\nGRANT ALL ON SCHEMA shop TO run_worker",
        "CREATE TABLE shop.a (x int);\nALTER TABLE shop.a OWNER TO run_worker",
        "--! role = \"run_worker\"\n--! upgrade\nCREATE TABLE shop.b (x int);\nALTER TABLE shop.a ADD y int",
        "ALTER TABLE shop.b ADD y int",
    ]);
    let database = theirs("bringer");
    run_as(&database, "postgres", &upgrade(&project, ""))
        .success()
        .quiet();
    // Once they are there, they are asked for like anything else.
    let more = "ALTER TABLE shop.b ADD z int";
    set(&project, 5, more);
    said(
        &database,
        "GRANT ALL ON ALL TABLES IN SCHEMA ops TO bringer; GRANT USAGE ON SCHEMA shop TO bringer",
    );
    refuses_as(
        &database,
        "bringer",
        &upgrade(&project, ""),
        &["rev5 needs ownership of TABLE shop.b, which is run_worker's"],
    );
}

/// The way back asks too.
#[test]
fn a_downgrade_asks_for_what_it_needs() {
    let section = |n: u8| {
        format!(
            "--! upgrade\nCREATE TABLE app.d{n} (x int);\n\n--! downgrade\nDROP TABLE app.d{n};\n"
        )
    };
    let project = recorded_in_ops(&[&section(1), &section(2)]);
    let database = theirs("reverter");
    run_as(&database, "postgres", &upgrade(&project, "")).success();
    said(
        &database,
        "GRANT ALL ON ALL TABLES IN SCHEMA ops TO reverter; ALTER TABLE app.d2 OWNER TO reverter",
    );
    let script = downgrade(&project, "rev2:base");
    refuses_as(
        &database,
        "reverter",
        &script,
        &["revision rev1 needs ownership of TABLE app.d1, which is postgres's"],
    );
    said(&database, "ALTER TABLE app.d1 OWNER TO reverter");
    run_as(&database, "reverter", &script).success().quiet();
}

/// Who may not even look into the schema of the version table.
#[test]
fn a_version_table_out_of_sight() {
    let database = Database::create();
    said(&database, "CREATE ROLE blind LOGIN; CREATE SCHEMA ops");
    let project = recorded_in_ops(&["CREATE TABLE public.t (x int)"]);
    refuses_as(
        &database,
        "blind",
        &upgrade(&project, ""),
        &["signoff: refused: blind may not look into schema \"ops\""],
    );
}

/// An extension that only a superuser may install is a warning: some hosted servers let others do it.
#[test]
fn an_extension_that_is_not_trusted() {
    let database = theirs("installer");
    let script = upgrade(
        &recorded_in_ops(&["CREATE EXTENSION pg_stat_statements SCHEMA open"]),
        "",
    );
    let outcome = run_as(&database, "installer", &script);
    outcome
        .code(3)
        .stderr_has("WARNING:  signoff: this may be missing here:\n  revision rev1 needs a superuser for extension pg_stat_statements, which is not trusted")
        .stderr_has("permission denied to create extension");
    run_as(&database, "postgres", &script).success().quiet();
}
