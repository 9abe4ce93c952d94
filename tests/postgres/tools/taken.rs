//! What the tool recorded, and a script takes for what it is.

use super::*;
use crate::postgres::made::{changes_nothing, same};

/// Nothing of ours is there, and the tool says that all is applied: nothing runs, and nothing of the tool's is touched.
#[test]
fn what_a_tool_applied_is_applied() {
    for tool in ALL {
        for flavour in ["psql", "plain"] {
            let whole = tool.upgraded();
            let (rows, dump) = (tool.rows(&whole), whole.dump());
            forget(&whole);
            let outcome = run(&whole, &tool.script(&["upgrade", "--flavour", flavour]));
            outcome.stdout_has("and taken for applied: ");
            outcome.stdout_has("nothing to apply: all of ");
            assert_eq!(rows, tool.rows(&whole), "{} {flavour}", tool.example);
            same(tool.example, &dump, &whole.dump());
            let told =
                "SELECT DISTINCT event FROM signoff_event WHERE revision NOT LIKE 'repeatable:%'";
            assert_eq!(whole.query(told), "stamped", "{}", tool.example);
        }
    }
}

/// Half of it was applied by the tool: the rest is applied, and the tool's table is as if it had done all.
#[test]
fn a_tool_went_half_the_way() {
    for tool in ALL {
        let ids: Vec<String> = ids(tool);
        let half = &ids[ids.len() / 2 - 1];
        for flavour in ["psql", "plain"] {
            let database = Database::create();
            run(
                &database,
                &tool.script(&["upgrade", &format!("base:{half}")]),
            );
            forget(&database);
            let script = tool.script(&["upgrade", "--flavour", flavour]);
            run(&database, &script).stdout_has("and taken for applied: ");
            let whole = tool.upgraded();
            same(tool.example, &whole.state(), &database.state());
            assert_eq!(
                tool.rows(&whole),
                tool.rows(&database),
                "{} {flavour}",
                tool.example
            );
        }
    }
}

/// plan.sql and a rehearsal say the same, and change nothing.
#[test]
fn a_look_changes_nothing() {
    for tool in ALL {
        let ids = ids(tool);
        let database = Database::create();
        run(
            &database,
            &tool.script(&["upgrade", &format!("base:{}", ids[0])]),
        );
        forget(&database);
        let project = tool.project();
        tool.of(&project, &["bundle", "--out", "out"]);
        for (file, arguments) in [
            ("plan.sql", &[][..]),
            ("status.sql", &[]),
            ("upgrade.sql", &["-v", "dry_run=1"]),
        ] {
            let files = project.files("out");
            let path = files.iter().find(|path| path.ends_with(file));
            let path = project.path("out").join(path.expect("the bundle has it"));
            let script = std::fs::read_to_string(&path).expect("is readable");
            // What sequences give out stays given out, even by a rehearsal.
            let sequences = "SELECT string_agg(format('SELECT setval(%L, 100);', c.oid::regclass), '') FROM pg_class c WHERE relkind = 'S'";
            run(&database, &database.query(sequences));
            let look = || {
                let outcome = database.psql_stdin(&script, arguments).success().clone();
                if file == "status.sql" {
                    outcome.stdout_has(" records as applied, in ");
                } else {
                    outcome.stdout_has("and taken for applied: ");
                }
                run(&database, &database.query(sequences));
            };
            changes_nothing(&database, look);
        }
    }
}

/// The tool took back its newest: a script applies that one again.
#[test]
fn a_tool_goes_back() {
    for (tool, back) in [
        (
            GOOSE,
            "DROP INDEX bookings_room_starts; DELETE FROM goose_db_version WHERE version_id = 4",
        ),
        (
            DBMATE,
            "DROP INDEX entries_newest; DELETE FROM schema_migrations WHERE version = '20250402070000'",
        ),
        (
            NODE_PG_MIGRATE,
            "DROP INDEX enrolments_student; DELETE FROM pgmigrations WHERE name LIKE '%index-enrolments'",
        ),
        (
            FLYWAY,
            "INSERT INTO flyway_schema_history SELECT 9, version, description, 'DELETE', script, checksum, installed_by, \
                  installed_on, 0, true FROM flyway_schema_history WHERE version = '1.10'; ALTER TABLE account DROP COLUMN currency",
        ),
    ] {
        for flavour in ["psql", "plain"] {
            let database = tool.upgraded();
            let dump = database.dump();
            run(&database, &format!("{back};"));
            let script = tool.script(&["upgrade", "--flavour", flavour]);
            run(&database, &script).stdout_has("and taken for not applied: ");
            same(tool.example, &dump, &database.dump());
            run(&database, &script).stdout_has("nothing to apply");
        }
    }
}

/// golang-migrate and tern know one version: going back is a lower one.
#[test]
fn a_lower_version_means_less() {
    let database = GOLANG_MIGRATE.upgraded();
    let dump = database.dump();
    run(&database, &GOLANG_MIGRATE.script(&["downgrade", "head:-2"]));
    assert_eq!(GOLANG_MIGRATE.rows(&database), "3|f");
    run(&database, &GOLANG_MIGRATE.script(&["upgrade"]));
    same("golang-migrate", &dump, &database.dump());
    run(
        &database,
        &GOLANG_MIGRATE.script(&["downgrade", "head:base"]),
    );
    assert_eq!(GOLANG_MIGRATE.rows(&database), "");
}

/// What is older than the tree's first revision was taken out of it, and is nobody's business; what is newer was applied
/// from another tree.
#[test]
fn rows_without_a_file() {
    let database = DBMATE.upgraded();
    run(
        &database,
        "INSERT INTO schema_migrations VALUES ('20190101000000');",
    );
    run(&database, &DBMATE.script(&["downgrade", "head:-1"]));
    run(&database, &DBMATE.script(&["upgrade"]));
    let rows = DBMATE.rows(&database);
    assert!(rows.starts_with("20190101000000\n"), "{rows}");
    run(&database, &DBMATE.script(&["downgrade", "head:-1"]));
    run(
        &database,
        "INSERT INTO schema_migrations VALUES ('20990101000000');",
    );
    let script = DBMATE.script(&["upgrade"]);
    changes_nothing(&database, || {
        let refused = database.psql_stdin(&script, &[]);
        refused.code(3).stderr_has("does not know: 20990101000000");
    });
}

/// Ids of a tree's revisions, the first to run first.
fn ids(tool: Tool) -> Vec<String> {
    let history = tool.script(&["history", "--json"]);
    let history: serde_json::Value = serde_json::from_str(&history).expect("history prints JSON");
    let revisions = history["revisions"].as_array().expect("is a list");
    let ids = revisions.iter().map(|revision| revision["id"].as_str());
    ids.map(|id| id.expect("is text").to_owned()).collect()
}

/// Liquibase names its files by where it was started: a tree that lies elsewhere is told so.
#[test]
fn paths_as_the_tool_has_them() {
    let database = LIQUIBASE.upgraded();
    run(
        &database,
        "UPDATE databasechangelog SET filename = 'db/changelog/' || filename;",
    );
    forget(&database);
    let refused = database.psql_stdin(&LIQUIBASE.script(&["upgrade"]), &[]);
    refused.code(3).stderr_has("[migrations] tool_path");
    let project = LIQUIBASE.project();
    let project = project.env("SIGNOFF_MIGRATIONS_TOOL_PATH", "db/changelog");
    let taken = run(&database, &LIQUIBASE.of(&project, &["upgrade"]));
    taken.stdout_has("nothing to apply: all of ");
    run(
        &database,
        &LIQUIBASE.of(&project, &["downgrade", "head:-1"]),
    );
    run(&database, &LIQUIBASE.of(&project, &["upgrade"]));
    let names = "SELECT DISTINCT split_part(filename, '/', 1) FROM databasechangelog";
    assert_eq!(database.query(names), "db");
}

/// A repeatable that Flyway ran with another text since runs again, though our record has this one.
#[test]
fn a_repeatable_that_the_tool_changed() {
    for flavour in ["psql", "plain"] {
        let database = FLYWAY.upgraded();
        let (rows, dump) = (FLYWAY.rows(&database), database.dump());
        run(
            &database,
            "CREATE OR REPLACE VIEW balance AS SELECT account, 2 * sum(amount) AS amount FROM booking GROUP BY account;",
        );
        run(
            &database,
            "INSERT INTO flyway_schema_history SELECT 6, version, description, type, script, 7, installed_by, now(), 0, true \
             FROM flyway_schema_history WHERE installed_rank = 5;",
        );
        assert_ne!(dump, database.dump());
        let script = FLYWAY.script(&["upgrade", "--flavour", flavour]);
        run(&database, &script);
        same("flyway", &dump, &database.dump());
        assert_eq!(
            FLYWAY.rows(&database),
            format!(
                "{rows}\n6||balances|SQL|R__balances.sql|7|t\n7||balances|SQL|R__balances.sql|1483081383|t"
            )
        );
        run(&database, &script).stdout_has("nothing to apply");
    }
}
