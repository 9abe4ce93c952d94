//! What a script refuses of a tool's table, with nothing changed (law 8), and who keeps whom out.

use super::*;
use crate::postgres::made::refuses_with;
use crate::support::postgres::cluster::wait_for;

#[test]
fn what_a_tool_left_half_done() {
    for (tool, dirty, says) in [
        (
            GOLANG_MIGRATE,
            "UPDATE schema_migrations SET dirty = true",
            "golang-migrate calls version 5 dirty",
        ),
        (
            SQLX,
            "UPDATE _sqlx_migrations SET success = false WHERE version = 20240602063000",
            "sqlx calls version 20240602063000 dirty",
        ),
        (
            PRISMA,
            "UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name LIKE '%orders'",
            "Prisma records that migration 20240402101500_orders failed",
        ),
        (
            FLYWAY,
            "UPDATE flyway_schema_history SET success = false WHERE version = '1.1'",
            "Flyway records that migration 1.1 failed",
        ),
        (
            LIQUIBASE,
            "UPDATE databasechangeloglock SET locked = true, lockedby = 'a host', lockgranted = now()",
            "Liquibase has its lock, a host, since ",
        ),
    ] {
        for flavour in ["psql", "plain"] {
            let database = tool.upgraded();
            run(&database, &format!("{dirty};"));
            let words = [
                &["upgrade"][..],
                &["stamp", "--purge", "head"],
                &["downgrade", "head:-1"],
            ];
            // Its files have no way back.
            let some = if tool.example == "from-sqlx" { 2 } else { 3 };
            for words in &words[..some] {
                let script = tool.script(&[*words, &["--flavour", flavour]].concat());
                refuses_with(&database, &script, &["-v", "ON_ERROR_STOP=1"], says);
            }
        }
    }
}

/// What the tool itself would refuse, or take for another text.
#[test]
fn another_checksum() {
    for (tool, other) in [
        (
            REFINERY,
            "UPDATE refinery_schema_history SET checksum = '1' WHERE version = 2",
        ),
        (
            SQLX,
            r"UPDATE _sqlx_migrations SET checksum = '\x00' WHERE version = 20240519174500",
        ),
        (
            PRISMA,
            "UPDATE _prisma_migrations SET checksum = 'x' WHERE migration_name LIKE '%orders'",
        ),
        (
            FLYWAY,
            "UPDATE flyway_schema_history SET checksum = 1 WHERE version = '1.1'",
        ),
        (
            LIQUIBASE,
            "UPDATE databasechangelog SET md5sum = '9:x' WHERE id = 'orders'",
        ),
        (
            GRAPHILE_MIGRATE,
            "UPDATE graphile_migrate.migrations SET hash = 'x' WHERE filename = '000004.sql'",
        ),
    ] {
        let database = tool.upgraded();
        run(&database, &format!("{other};"));
        let says = "records another checksum than that of the file: ";
        for flavour in ["psql", "plain"] {
            let script = tool.script(&["upgrade", "--flavour", flavour]);
            refuses_with(&database, &script, &["-v", "ON_ERROR_STOP=1"], says);
        }
    }
}

/// A sum that the tool has not filled in, or is of its older form, says nothing.
#[test]
fn no_checksum() {
    let database = LIQUIBASE.upgraded();
    run(
        &database,
        "UPDATE databasechangelog SET md5sum = NULL WHERE id = 'orders';",
    );
    run(
        &database,
        "UPDATE databasechangelog SET md5sum = '8:x' WHERE id = 'invoices';",
    );
    let script = LIQUIBASE.script(&["upgrade"]);
    run(&database, &script).stdout_has("nothing to apply");
}

/// Our record says applied, and the tool's table is not there: which of them is right, nobody can tell.
#[test]
fn a_table_that_is_gone() {
    for tool in [GOOSE, DBMATE, FLYWAY] {
        let database = tool.upgraded();
        let table = tool
            .rows
            .split(' ')
            .skip_while(|word| *word != "FROM")
            .nth(1);
        let table = table.expect("the query names it");
        run(&database, &format!("DROP TABLE {table};"));
        for flavour in ["psql", "plain"] {
            let script = tool.script(&["upgrade", "--flavour", flavour]);
            refuses_with(
                &database,
                &script,
                &["-v", "ON_ERROR_STOP=1"],
                " is not there",
            );
        }
    }
}

/// The locks that the tools take, by the keys of their own sources, each with who holds it.
#[test]
fn who_holds_the_lock_of_a_tool() {
    let crc32 = |bytes: &[u8]| u64::from(crc32fast::hash(bytes));
    let golang_migrate = |database: &str| {
        let text = ["public", "schema_migrations", database].join("\0");
        i64::try_from((crc32(text.as_bytes()) * 1_486_364_155) & 0xffff_ffff).expect("has 32 bits")
    };
    assert_eq!(golang_migrate("/app"), 1_726_534_663);
    assert_eq!(golang_migrate("app"), 1_787_120_056);
    for tool in [
        GOOSE,
        GOLANG_MIGRATE,
        NODE_PG_MIGRATE,
        TERN,
        GRAPHILE_MIGRATE,
        PRISMA,
        FLYWAY,
        SQITCH,
    ] {
        let database = Database::create();
        let name = database.name();
        let keys = match tool.example {
            "from-goose" => vec![4_097_083_626],
            "from-golang-migrate" => {
                vec![golang_migrate(&format!("/{name}")), golang_migrate(name)]
            }
            "from-node-pg-migrate" => vec![7_241_865_325_823_964],
            "from-tern" => vec![9_628_173_550_095_224],
            "from-graphile-migrate" => vec![4_727_445_306_447_283],
            "from-prisma" => vec![72_707_369],
            "from-flyway" => vec![77_433_833_903_597],
            _ => vec![75_474_063],
        };
        for key in keys {
            let mut holder = database.session();
            holder.ask(&format!("SELECT pg_advisory_lock({key});"));
            for (flavour, arguments) in [
                ("psql", &["-v", "lock_wait=200ms"][..]),
                ("plain", &["-v", "ON_ERROR_STOP=1"]),
            ] {
                let script = tool.script(&["upgrade", "--flavour", flavour]);
                let outcome = database.psql_stdin(&script, arguments);
                outcome.code(3).stderr_has("another run holds the lock");
            }
            holder.ask(&format!("SELECT pg_advisory_unlock({key});"));
        }
        run(&database, &tool.script(&["upgrade"]));
    }
}

/// A revision's transaction holds the table, so that a tool without a lock waits at its first look.
#[test]
fn a_tool_without_a_lock_waits() {
    let project = DBMATE.project();
    let slow = "-- migrate:up\nSELECT pg_sleep(1.5);\n\n-- migrate:down\nSELECT 1;\n";
    project.write("db/migrations/20260101000000_slow.sql", slow.as_bytes());
    let database = Database::create();
    run(&database, &DBMATE.script(&["upgrade"]));
    let script = DBMATE.of(&project, &["upgrade"]);
    let mut tool = database.session();
    std::thread::scope(|scope| {
        let ours = scope.spawn(|| database.psql_stdin(&script, &[]));
        let asleep = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()";
        wait_for("the script sleeps", || database.query(asleep) == "1");
        let seen = tool.ask("SELECT count(*) FROM schema_migrations;");
        assert_eq!(
            seen.trim(),
            "5",
            "the look waited for the end of the script's transaction"
        );
        ours.join().expect("psql ran").success();
    });
}

/// The tool wrote its row between two transactions of ours: that one is refused, and the next run takes it as it is.
#[test]
fn a_tool_comes_in_between() {
    let project = DBMATE.project();
    let database = Database::create();
    run(
        &database,
        &DBMATE.of(&project, &["upgrade", "base:20250402070000"]),
    );
    // What a tool does at that very moment, our own revision does here: it writes the next one's row.
    let sly = "-- migrate:up\nINSERT INTO schema_migrations VALUES ('20260102000000');\n\n-- migrate:down\nSELECT 1;\n";
    project.write("db/migrations/20260101000000_sly.sql", sly.as_bytes());
    let next =
        "-- migrate:up\nCREATE TABLE never (id int);\n\n-- migrate:down\nDROP TABLE never;\n";
    project.write("db/migrations/20260102000000_next.sql", next.as_bytes());
    let script = DBMATE.of(&project, &["upgrade"]);
    let refused = database.psql_stdin(&script, &[]);
    refused
        .code(3)
        .stderr_has("dbmate changed what it records of revision 20260102000000 a moment ago");
    let outcome = run(&database, &script);
    outcome.stdout_has("applied by dbmate, and taken for applied: 20260102000000");
    outcome.stdout_has("nothing to apply");
}

/// A table of another tree's, whose numbers are all below this one's: the database may be another one.
#[test]
fn a_database_of_another_tree() {
    for flavour in ["psql", "plain"] {
        let database = Database::create();
        run(&database, "CREATE TABLE alpha (id int);");
        let table = "CREATE TABLE schema_migrations (version varchar PRIMARY KEY); INSERT INTO schema_migrations VALUES ('1');";
        run(&database, table);
        let script = DBMATE.script(&["upgrade", "--flavour", flavour]);
        let says = "this database has tables, and nothing is recorded as applied";
        refuses_with(&database, &script, &["-v", "ON_ERROR_STOP=1"], says);
    }
    let database = Database::create();
    run(&database, "CREATE TABLE alpha (id int);");
    run(
        &database,
        "CREATE SCHEMA ops; CREATE TABLE ops.goose_db_version (id int);",
    );
    let says = "Here is ops.goose_db_version, a table of goose";
    refuses_with(&database, &DBMATE.script(&["upgrade"]), &[], says);
}

/// Our record was kept without the tool's table for a while, which knows less: that took nothing back.
#[test]
fn a_table_that_was_not_kept() {
    for flavour in ["psql", "plain"] {
        let project = GOLANG_MIGRATE.project();
        let native = project.env("SIGNOFF_VERSION_TABLE_SCHEME", "native");
        let database = Database::create();
        run(&database, &GOLANG_MIGRATE.script(&["upgrade", "base:3"]));
        run(
            &database,
            &GOLANG_MIGRATE.of(&native, &["upgrade", "--flavour", flavour]),
        );
        let script = GOLANG_MIGRATE.script(&["upgrade", "--flavour", flavour]);
        let says = "records revisions as applied here that";
        refuses_with(&database, &script, &["-v", "ON_ERROR_STOP=1"], says);
        run(
            &database,
            &GOLANG_MIGRATE.script(&["stamp", "--purge", "head"]),
        );
        run(&database, &script).stdout_has("nothing to apply");
    }
}

/// What ran before Flyway came can't be reverted, and nothing of a downgrade over it runs.
#[test]
fn what_a_baseline_stands_for() {
    for flavour in ["psql", "plain"] {
        let database = FLYWAY.upgraded();
        run(
            &database,
            "DELETE FROM flyway_schema_history WHERE version IN ('1', '1.1'); \
             UPDATE flyway_schema_history SET type = 'BASELINE' WHERE version = '1.2';",
        );
        let script = FLYWAY.script(&["downgrade", "head:1.1", "--flavour", flavour]);
        let says = "revision 1.2 can't be reverted here, the baseline 1.2 of Flyway stands for it";
        refuses_with(&database, &script, &["-v", "ON_ERROR_STOP=1"], says);
        let until = FLYWAY.script(&["downgrade", "head:1.2", "--flavour", flavour]);
        run(&database, &until);
    }
}

/// A migration, a trigger or a rule that takes the tool's row away: its transaction is rolled back, and nothing runs twice.
#[test]
fn what_changes_the_tools_row() {
    for (sly, says) in [
        (
            "TRUNCATE schema_migrations",
            "changed what golang-migrate records of it",
        ),
        (
            "DROP TABLE schema_migrations",
            "drops the table of golang-migrate",
        ),
    ] {
        for flavour in ["psql", "plain"] {
            let project = GOLANG_MIGRATE.project();
            let text =
                format!("CREATE TABLE sly (id int);\nDO $$ BEGIN EXECUTE '{sly}'; END $$;\n");
            project.write("db/migrations/000006_sly.up.sql", text.as_bytes());
            let database = GOLANG_MIGRATE.upgraded();
            let (dump, rows) = (database.dump(), GOLANG_MIGRATE.rows(&database));
            let script = GOLANG_MIGRATE.of(&project, &["upgrade", "--flavour", flavour]);
            let refused = database.psql_stdin(&script, &["-v", "ON_ERROR_STOP=1"]);
            refused.code(3).stderr_has(says);
            assert_eq!(dump, database.dump());
            assert_eq!(rows, GOLANG_MIGRATE.rows(&database));
        }
    }
    let database = Database::create();
    run(&database, &GOOSE.script(&["upgrade", "base:1"]));
    run(
        &database,
        "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; \
         CREATE TRIGGER no BEFORE INSERT ON goose_db_version FOR EACH ROW EXECUTE FUNCTION no();",
    );
    let dump = database.dump();
    let refused = database.psql_stdin(&GOOSE.script(&["upgrade"]), &[]);
    refused
        .code(3)
        .stderr_has("or a trigger or rule, changed what goose records of it");
    assert_eq!(dump, database.dump());
    run(
        &database,
        "DROP TRIGGER no ON goose_db_version; CREATE RULE no AS ON INSERT TO goose_db_version DO INSTEAD NOTHING;",
    );
    refuses_with(&database, &GOOSE.script(&["upgrade"]), &[], "has rules");
}

/// Another project's change requires one of ours.
#[test]
fn what_another_project_requires() {
    let database = SQITCH.upgraded();
    run(
        &database,
        "INSERT INTO sqitch.projects (project, creator_name, creator_email) VALUES ('other', 'x', 'y'); \
         INSERT INTO sqitch.changes (change_id, change, project, committer_name, committer_email, planned_at, planner_name, planner_email) \
         VALUES ('z1', 'z', 'other', 'x', 'y', now(), 'x', 'y'); \
         INSERT INTO sqitch.dependencies SELECT 'z1', 'require', 'shelf:is_lent', change_id FROM sqitch.changes WHERE note LIKE 'Loans that%';",
    );
    let script = SQITCH.script(&["downgrade", "head:is_lent"]);
    let refused = database.psql_stdin(&script, &[]);
    refused
        .code(3)
        .stderr_has("change is_lent#2 is required by other:z, which is deployed here");
    assert_eq!(
        database.query("SELECT count(*) FROM sqitch.dependencies WHERE change_id = 'z1'"),
        "1"
    );
}

/// Where a version fell below one that we applied past a hole, nobody can tell what is there.
#[test]
fn a_version_below_a_hole() {
    let project = GOLANG_MIGRATE.project();
    let project = project.env("SIGNOFF_MIGRATIONS_ORDER", "any");
    let late = project.path("db/migrations/000002_late.up.sql");
    let files = project.files("db/migrations");
    let two: Vec<_> = files
        .iter()
        .filter(|file| file.as_str().starts_with("000002_"))
        .collect();
    assert_eq!(two.len(), 2, "{files:?}");
    for file in &two {
        std::fs::remove_file(project.path(&format!("db/migrations/{file}"))).expect("it is there");
    }
    let three: Vec<_> = files
        .iter()
        .filter(|file| file.as_str() > "000003")
        .collect();
    for file in three {
        project.write(&format!("db/migrations/{file}"), b"SELECT 1;\n");
    }
    let database = Database::create();
    run(&database, &GOLANG_MIGRATE.of(&project, &["upgrade"]));
    std::fs::write(&late, "CREATE TABLE late (id int);\n").expect("it can be written");
    run(&database, "UPDATE schema_migrations SET version = 2;");
    let says =
        "golang-migrate went back to version 2, and its table can't tell whether 2 is applied";
    refuses_with(
        &database,
        &GOLANG_MIGRATE.of(&project, &["upgrade"]),
        &[],
        says,
    );
}

/// The tool would look for its table where the search_path begins.
#[test]
fn a_search_path_that_begins_elsewhere() {
    let database = Database::create();
    run(&database, "CREATE SCHEMA app;");
    run(
        &database,
        &format!(
            "ALTER DATABASE {} SET search_path = app, public;",
            database.name()
        ),
    );
    for flavour in ["psql", "plain"] {
        let script = DBMATE.script(&["upgrade", "--flavour", flavour]);
        let says = "dbmate would keep its table in schema app here";
        refuses_with(&database, &script, &["-v", "ON_ERROR_STOP=1"], says);
    }
    let project = DBMATE.project();
    let project = project.env("SIGNOFF_VERSION_TABLE_TOOL_TABLE", "app.schema_migrations");
    run(&database, &DBMATE.of(&project, &["upgrade"]));
    assert_eq!(
        database.query("SELECT count(*) FROM app.schema_migrations"),
        "4"
    );
}

/// Liquibase is not kept out by a lock of ours that nobody needs any more.
#[test]
fn a_lock_that_nobody_needs() {
    let project = LIQUIBASE.project();
    let files = project.files("db/migrations");
    let file = files
        .iter()
        .find(|file| file.as_str().ends_with("orders.sql"))
        .expect("it has it");
    let path = format!("db/migrations/{file}");
    let text = project.read(&path);
    let bad = "\n--changeset jan:bad runInTransaction:false\nINSERT INTO nope VALUES (1);\n--rollback SELECT 1;\n";
    project.write(&path, format!("{text}{bad}").as_bytes());
    let locked = "SELECT locked FROM databasechangeloglock";
    for flavour in ["psql", "plain"] {
        let database = Database::create();
        let script = LIQUIBASE.of(&project, &["upgrade", "base:bad", "--flavour", flavour]);
        database
            .psql_stdin(&script, &["-v", "ON_ERROR_STOP=1"])
            .code(3);
        assert_eq!(database.query(locked), "t", "{flavour}");
        let back = LIQUIBASE.of(&project, &["downgrade", "bad:orders", "--flavour", flavour]);
        run(&database, &back);
        assert_eq!(database.query(locked), "f", "{flavour}");
    }
}
