//! Databases that are not what the script was made for: it refuses, says why, and changes nothing (law 8).

use super::made::{
    changes_nothing, configured, downgrade, refuses, refuses_with, run, same, set, tree, upgrade,
    upgraded,
};
use crate::support::postgres::{Database, Standby};
use crate::support::project::Project;

fn three() -> Project {
    let table = |name: &str| {
        format!("--! upgrade\nCREATE TABLE {name} (x int);\n\n--! downgrade\nDROP TABLE {name};\n")
    };
    tree(&[&table("a"), &table("b"), &table("c")])
}

#[test]
fn another_text_of_an_applied_revision() {
    let project = three();
    let database = Database::create();
    run(&database, &upgrade(&project, "rev2"));
    let says = "signoff: refused: revision rev1 was applied here with another text";

    // The tree changed: the SQL of what is applied is another.
    let written = project.read("migrations/1.sql");
    set(
        &project,
        1,
        &written
            .split_once("--! upgrade")
            .map(|(_, text)| format!("--! upgrade{text}").replace("x int", "x bigint"))
            .expect("has one"),
    );
    refuses(&database, &upgrade(&project, ""), says);
    refuses(&database, &upgrade(&project, "rev2:rev3"), says);
    refuses(&database, &downgrade(&project, "rev2:rev1"), says);
    refuses(&database, &downgrade(&project, "rev2:base"), says);

    // Only its comments are another: a notice.
    project.write(
        "migrations/1.sql",
        written
            .replace("CREATE TABLE a", "-- The first.\nCREATE   TABLE a")
            .as_bytes(),
    );
    database
        .psql_stdin(&upgrade(&project, ""), &[])
        .success()
        .stderr_has(
            "revision rev1 was applied here with other comments or an accepted earlier text",
        );

    // The record was changed by hand.
    database.query(
        "UPDATE signoff_revision SET up = 'sha256:0', up1 = 'sha256:0' WHERE revision = 'rev1'",
    );
    refuses(&database, &upgrade(&project, ""), says);
    project.write("migrations/1.sql", written.as_bytes());
    refuses(&database, &upgrade(&project, ""), says);
}

#[test]
fn a_downgrade_that_was_mended_does_not_block() {
    let project = three();
    let database = Database::create();
    run(&database, &upgrade(&project, "rev2"));
    let written = project.read("migrations/2.sql");
    project.write(
        "migrations/2.sql",
        written
            .replace("DROP TABLE b", "DROP TABLE IF EXISTS b CASCADE")
            .as_bytes(),
    );
    run(&database, &upgrade(&project, "")).quiet();
    run(&database, &downgrade(&project, "rev3:rev1")).quiet();
    assert_eq!(database.query("SELECT to_regclass('b') IS NULL"), "t");
}

/// Release 1 on a database of release 2: there is nothing to do, and that is no failure.
#[test]
fn an_older_bundle_has_nothing_to_do_on_a_newer_database() {
    let project = three();
    let older = upgrade(&project, "rev2");
    let database = upgraded(&project);
    changes_nothing(&database, || {
        run(&database, &older)
            .quiet()
            .stdout_has("signoff: nothing to apply: all of 2 revisions are applied here")
            .stdout_has("signoff: done: 2 of 2");
    });
    // Even where its tree had never heard of the newer ones.
    std::fs::remove_file(project.path("migrations/3.sql")).expect("it is there");
    let oldest = upgrade(&project, "");
    changes_nothing(&database, || {
        run(&database, &oldest)
            .quiet()
            .stdout_has("nothing to apply");
    });
}

#[test]
fn a_revision_that_the_tree_does_not_know() {
    let project = three();
    let database = Database::create();
    run(&database, &upgrade(&project, "rev2"));
    database.query(
        "INSERT INTO signoff_revision (revision, project, kind, parents, message, up, up1, state) \
         SELECT 'hotfix9', project, kind, '{rev2}', 'by hand', up, up1, state FROM signoff_revision WHERE revision = 'rev2'",
    );
    let says = "signoff: refused: this database records revisions that this script's tree does not know: hotfix9";
    refuses(&database, &upgrade(&project, ""), says);
    refuses(&database, &downgrade(&project, "rev2:rev1"), says);
    let before = database.rows();
    run(&database, &upgrade(&project, "rev2")).stdout_has("nothing to apply");
    same("before", &before, &database.rows());
}

#[test]
fn a_revision_before_its_parent() {
    let project = three();
    let database = Database::create();
    run(&database, &upgrade(&project, "rev2"));
    database.query("DELETE FROM signoff_revision WHERE revision = 'rev1'");
    refuses(
        &database,
        &upgrade(&project, ""),
        "signoff: refused: revision rev2 is recorded as applied before its parent rev1",
    );
}

#[test]
fn a_start_that_is_not_there() {
    let project = three();
    let database = Database::create();
    run(&database, &upgrade(&project, "rev1"));
    refuses(
        &database,
        &upgrade(&project, "rev2:rev3"),
        "signoff: refused: this script starts after rev2, and revision rev2 is not applied here",
    );
    // The range's own revisions are not applied: a downgrade has nothing to do.
    changes_nothing(&database, || {
        run(&database, &downgrade(&project, "rev3:rev1")).stdout_has("nothing to revert");
    });
    run(&database, &upgrade(&project, ""));
    refuses(
        &database,
        &downgrade(&project, "rev2:rev1"),
        "signoff: refused: revision rev3 is applied here and stands on what would be reverted",
    );
}

#[test]
fn another_projects_revisions() {
    let project = three();
    let database = Database::create();
    run(&database, &upgrade(&project, "rev1"));
    project.write("signoff.toml", b"[project]\nname = \"other\"\n");
    refuses(
        &database,
        &upgrade(&project, ""),
        "signoff: refused: revision rev1 is recorded here for project shop",
    );
}

#[test]
fn the_wrong_database() {
    let project = configured(
        "[target]\ndatabase = \"shop_prod'; --\"\n",
        &["CREATE TABLE a (x int)"],
    );
    let database = Database::create();
    refuses(
        &database,
        &upgrade(&project, ""),
        &format!(
            "signoff: refused: this is database {}, and the script is for shop_prod'; --",
            database.name()
        ),
    );
    let right = configured(
        &format!("[target]\ndatabase = \"{}\"\n", database.name()),
        &["CREATE TABLE a (x int)"],
    );
    run(&database, &upgrade(&right, "")).quiet();
}

#[test]
fn a_server_that_is_too_old() {
    let database = Database::create();
    let version = database.query("SELECT current_setting('server_version_num')::int / 10000");
    let version: u32 = version.parse().expect("is a number");
    if version < 18 {
        let project = configured("[target]\nserver = \"18\"\n", &["CREATE TABLE a (x int)"]);
        refuses(
            &database,
            &upgrade(&project, ""),
            "and the script was compiled for 18 and later",
        );
    }
    let project = configured(
        &format!("[target]\nserver = \"{}\"\n", version.min(18)),
        &["CREATE TABLE a (x int)"],
    );
    run(&database, &upgrade(&project, "")).quiet();
}

#[test]
fn an_encoding_that_is_not_utf8() {
    for encoding in ["LATIN1", "SQL_ASCII"] {
        let database = Database::create_with(&format!("ENCODING '{encoding}' LOCALE 'C'"));
        refuses(
            &database,
            &upgrade(&three(), ""),
            &format!("signoff: refused: this database is encoded in {encoding}"),
        );
    }
}

#[test]
fn transactions_that_are_read_only() {
    let project = three();
    let script = upgrade(&project, "");
    let database = Database::create();
    let name = database.name();
    database.query(&format!(
        "ALTER DATABASE {name} SET default_transaction_read_only = on"
    ));
    refuses(
        &database,
        &script,
        "signoff: refused: transactions are read-only here",
    );
    let back = "SET default_transaction_read_only = off;\nALTER DATABASE :\"DBNAME\" RESET ALL;\n";
    database
        .psql_stdin(back, &["-v", "ON_ERROR_STOP=1"])
        .success();
    run(&database, &script).quiet();
}

#[test]
fn a_server_that_only_follows() {
    let standby = Standby::start();
    let project = three();
    for script in [upgrade(&project, ""), downgrade(&project, "rev3:rev1")] {
        standby
            .psql_stdin(&script)
            .code(3)
            .stderr_has("signoff: refused: this server is a standby");
    }
}

#[test]
fn a_schema_that_is_not_there() {
    let project = configured(
        "[version_table]\nschema = \"ops\"\n",
        &["CREATE TABLE a (x int)"],
    );
    let database = Database::create();
    refuses(
        &database,
        &upgrade(&project, ""),
        "signoff: refused: there is no schema",
    );
    database.query("CREATE SCHEMA ops");
    run(&database, &upgrade(&project, "")).quiet();
    assert_eq!(
        database.query("SELECT count(*) FROM ops.signoff_revision"),
        "1"
    );
}

/// Tables but no version table: the tree would be applied over what is there.
#[test]
fn tables_but_no_version_table() {
    let project = three();
    let script = upgrade(&project, "");
    for table in [
        "CREATE TABLE theirs (x int)",
        "CREATE SCHEMA s; CREATE TABLE s.theirs (x int)",
        "CREATE TABLE theirs (x int) PARTITION BY LIST (x)",
    ] {
        let database = Database::create();
        database.query(table);
        let says =
            "signoff: refused: this database has tables, and nothing is recorded as applied in";
        refuses(&database, &script, says);
        refuses_with(&database, &script, &["-v", "first_run=0"], says);
        refuses_with(&database, &script, &["-v", "first_run=off"], says);
        let first = database.psql_stdin(&script, &["-v", "first_run=1"]);
        first.success().quiet().stdout_has("done: 3 of 3");
        run(&database, &script).stdout_has("nothing to apply");
    }
    // What is no table of the users' is no reason.
    let database = Database::create();
    database.query(
        "CREATE EXTENSION IF NOT EXISTS plpgsql; CREATE VIEW v AS SELECT 1 AS x; CREATE SCHEMA s",
    );
    run(&database, &script).quiet();
}

#[test]
fn a_downgrade_without_a_version_table() {
    let project = three();
    let database = Database::create();
    refuses(
        &database,
        &downgrade(&project, "rev3:base"),
        "signoff: refused: this database has no version table",
    );
}

/// Something that is called like our table and is none.
#[test]
fn something_else_that_is_called_like_the_version_table() {
    let project = three();
    let (up, down) = (upgrade(&project, ""), downgrade(&project, "rev3:rev2"));
    for theirs in [
        "CREATE TABLE signoff_revision (id int PRIMARY KEY, note text)",
        "CREATE TABLE signoff_revision (revision text PRIMARY KEY, state text, up text); INSERT INTO signoff_revision VALUES ('rev1', 'applied', 'x')",
        "CREATE VIEW signoff_revision AS SELECT 'rev1' AS revision, 'applied' AS state",
        "CREATE SEQUENCE signoff_revision",
        "CREATE TABLE x (signoff int); CREATE INDEX signoff_revision ON x (signoff)",
        "CREATE TYPE signoff_revision AS (x int); CREATE TABLE y (x int)",
    ] {
        let database = Database::create();
        database.query(theirs);
        for script in [&up, &down] {
            refuses_with(&database, script, &["-v", "first_run=1"], "");
        }
    }
    // A foreign table of that name: somebody else's data would be written.
    let database = Database::create();
    database.query(
        "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w; \
         CREATE FOREIGN TABLE signoff_revision (revision text, state text) SERVER s",
    );
    refuses(
        &database,
        &up,
        "signoff: refused: table public.signoff_revision is not a version table of signoff",
    );
    refuses(
        &database,
        &down,
        "signoff: refused: table public.signoff_revision is not a version table of signoff",
    );
}

/// Only the event table is in the way: none of ours is left behind.
#[test]
fn something_else_that_is_called_like_the_event_table() {
    let project = three();
    let database = Database::create();
    database.query("CREATE VIEW signoff_event AS SELECT 1 AS id");
    refuses(&database, &upgrade(&project, ""), "signoff_event");
}

/// A format of later days is not guessed at.
#[test]
fn a_version_table_of_another_format() {
    let project = three();
    let database = upgraded(&project);
    database.query("COMMENT ON TABLE signoff_revision IS 'signoff_revision 2'");
    for script in [upgrade(&project, ""), downgrade(&project, "rev3:rev2")] {
        refuses(
            &database,
            &script,
            "is not a version table of signoff, format 1",
        );
    }
}

/// A variable that had another value when the revision was applied.
#[test]
fn another_value_of_a_variable() {
    let text = "--! variables = true\n--! upgrade\nCREATE TABLE a (x text DEFAULT '${who}')";
    let config = |who: &str| {
        format!("[project]\nname = \"shop\"\n[variables]\nwho = {{ default = \"{who}\" }}\n")
    };
    let project = tree(&[text, "CREATE TABLE b (x int)"]);
    project.write("signoff.toml", config("one").as_bytes());
    let database = Database::create();
    run(&database, &upgrade(&project, "rev1"));
    project.write("signoff.toml", config("two").as_bytes());
    refuses(
        &database,
        &upgrade(&project, ""),
        "signoff: refused: revision rev1 was applied here with other values of its variables",
    );
    // A variable that it doesn't use is nothing to it.
    let more = config("one") + "other = { default = \"new\" }\n";
    project.write("signoff.toml", more.as_bytes());
    run(&database, &upgrade(&project, "")).quiet();
}

/// A repeatable is applied again where its text or a value in it is another.
#[test]
fn a_repeatable_follows_its_text_and_its_variables() {
    let config = |who: &str| {
        format!("[project]\nname = \"shop\"\n[variables]\nwho = {{ default = \"{who}\" }}\n")
    };
    let project = tree(&["CREATE TABLE a (x int)"]);
    project.write("signoff.toml", config("one").as_bytes());
    let view = |columns: &str| {
        format!(
            "--! name = \"v\"\n--! variables = true\n\n--! apply\nCREATE OR REPLACE VIEW v AS SELECT '${{who}}' AS who{columns};\n"
        )
    };
    project.write("migrations/repeatable/v.sql", view("").as_bytes());
    let database = upgraded(&project);
    let applied = "SELECT who, (SELECT count(*) FROM signoff_event WHERE revision = 'repeatable:v' AND event = 'applied') FROM v";
    assert_eq!(database.query(applied), "one|1");
    run(&database, &upgrade(&project, "")).stdout_has("nothing to apply");
    assert_eq!(database.query(applied), "one|1");
    project.write("signoff.toml", config("two").as_bytes());
    run(&database, &upgrade(&project, ""));
    assert_eq!(database.query(applied), "two|2");
    project.write(
        "migrations/repeatable/v.sql",
        view(", 1 AS more").as_bytes(),
    );
    run(&database, &upgrade(&project, "")).quiet();
    assert_eq!(database.query(applied), "two|3");
    run(&database, &upgrade(&project, ""));
    assert_eq!(database.query(applied), "two|3");
}

/// The way back from an old revision is broken: the release can be made all the same, and stops above it.
#[test]
fn a_downgrade_that_cannot_be_carried_ends_the_way_back() {
    let project = three();
    let written = project.read("migrations/2.sql");
    let broken = written.replace("DROP TABLE b;", "DO $$ BEGIN DROP TABLE b; END $;");
    project.write("migrations/2.sql", broken.as_bytes());
    project
        .run(&["bundle"])
        .success()
        .stderr_has("warning[unclosed]")
        .stderr_has("until it is mended, downgrade.sql stops above this revision");
    let release = project.path("out/shop-base-rev3");
    let database = Database::create();
    let psql = |name: &str| database.psql_file(&release.join(name), &[]);
    psql("upgrade.sql").success().quiet();
    psql("downgrade.sql").success().quiet();
    assert_eq!(
        database.query("SELECT string_agg(revision, ' ' ORDER BY revision) FROM signoff_revision"),
        "rev1 rev2"
    );
    for command in [&["check"][..], &["downgrade", "rev3:rev1"]] {
        project.run(command).code(1).stderr_has("error[unclosed]");
    }
}
