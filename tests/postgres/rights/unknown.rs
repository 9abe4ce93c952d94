//! What can't be known beforehand is not asked for: where psql runs the statements, the script does.

use super::{recorded_in_ops, refuses_as, run_as, said, theirs};
use crate::postgres::made::upgrade;
use crate::support::outcome;
use crate::support::postgres::Database;

/// Functions of somebody's, each of which makes a table that hides `public.u`.
const SETUP: &str = "CREATE FUNCTION app.mk() RETURNS int LANGUAGE plpgsql AS 'BEGIN CREATE TEMP TABLE u (x int); RETURN 1; END';\n\
    CREATE FUNCTION public.pg_mk() RETURNS int LANGUAGE sql AS 'SELECT app.mk()';\n\
    CREATE PROCEDURE app.make() LANGUAGE plpgsql AS 'BEGIN CREATE TEMP TABLE u (x int); END';\n\
    ALTER ROLE unknown_to_us SET search_path = s2, public;\n";

/// The rights of a database are not copied with it.
const GRANT: &str = "GRANT CREATE ON DATABASE :\"DBNAME\" TO unknown_to_us;\n";

/// Somebody who may not create in `public`, and whose `u` is not `public.u`.
const RUNS: &[&[&str]] = &[
    &["CREATE TEMP TABLE tt (x int);\nCREATE VIEW vv AS SELECT * FROM tt;\nSELECT * FROM vv"],
    &[
        "CREATE SCHEMA s2 CREATE TABLE u (x int) CREATE INDEX ui ON u (x) CREATE VIEW v AS SELECT x FROM u;\nALTER TABLE u ADD y int;\nDROP INDEX ui;\nDROP VIEW v",
    ],
    &[
        "CREATE SCHEMA s2 CREATE TABLE u (x int)",
        "ALTER TABLE u ADD y int",
    ],
    &["DO $$ BEGIN CREATE TEMP TABLE u (x int); END $$;\nALTER TABLE u ADD y int"],
    &[
        "DO $$ BEGIN CREATE SCHEMA s2; CREATE TABLE s2.u (x int); END $$",
        "ALTER TABLE u ADD y int",
    ],
    &["CALL app.make();\nALTER TABLE u ADD y int"],
    &["PREPARE p AS SELECT app.mk();\nEXECUTE p;\nALTER TABLE u ADD y int"],
    &[
        "PREPARE p AS SELECT app.mk() AS x;\nCREATE TABLE open.n AS EXECUTE p;\nALTER TABLE u ADD y int",
    ],
    &["EXPLAIN (ANALYZE) SELECT app.mk();\nALTER TABLE u ADD y int"],
    &["SELECT count(*) FROM app.mk();\nALTER TABLE u ADD y int"],
    &["SELECT pg_mk();\nALTER TABLE u ADD y int"],
    &["INSERT INTO open.t (x) VALUES (abs(app.mk()));\nALTER TABLE u ADD y int"],
    &["CREATE TABLE open.n AS SELECT app.mk() AS x;\nALTER TABLE u ADD y int"],
    &[
        "INSERT INTO mine.t VALUES (1);\nALTER TABLE mine.t ADD z int DEFAULT app.mk();\nALTER TABLE u ADD y int",
    ],
    &["WITH a (b) AS (SELECT app.mk()) SELECT b::numeric(1) FROM a;\nALTER TABLE u ADD y int"],
];

#[test]
fn where_psql_runs_it_the_script_does() {
    let template = theirs("unknown_to_us");
    said(&template, SETUP);
    for revisions in RUNS {
        let straight = Database::clone_of(&template);
        let database = Database::clone_of(&template);
        said(&straight, GRANT);
        said(&database, GRANT);
        for sql in *revisions {
            let mut psql = straight.psql_as("unknown_to_us");
            let psql = psql.args(["-X", "-v", "ON_ERROR_STOP=1", "-f", "-"]);
            outcome::run(psql, &format!("{sql};\n")).success();
        }
        let script = upgrade(&recorded_in_ops(revisions), "");
        let outcome = run_as(&database, "unknown_to_us", &script);
        assert!(outcome.code == 0, "{revisions:?}\n{outcome}");
    }
}

/// What the server's own functions do is known: behind them a right that is missing is told.
#[test]
fn what_is_known_is_asked_for() {
    let database = theirs("known_to_us");
    for sql in [
        "SELECT count(*), pg_catalog.pg_sleep_for('0') FROM generate_series(1, 2)",
        "INSERT INTO open.t (x) VALUES (coalesce(1, length('f(x)')))",
        "CREATE TABLE open.n (x numeric(1) DEFAULT app.f(), UNIQUE (x))",
        "WITH a (b) AS (SELECT now()) SELECT b FROM a WHERE b IN (SELECT b FROM a)",
        "EXPLAIN SELECT 1",
        "PREPARE p AS SELECT 1",
    ] {
        let script = upgrade(
            &recorded_in_ops(&[&format!("{sql};\nALTER TABLE app.t ADD z int")]),
            "",
        );
        let says = ["revision rev1 needs ownership of TABLE app.t"];
        refuses_as(&database, "known_to_us", &script, &says);
    }
}
