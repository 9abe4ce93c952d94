//! What a stamp says to a tool's table.

use super::*;

/// From nothing to the head, and back to less: the tool's rows are those of an upgrade to there.
#[test]
fn a_stamp_writes_what_an_upgrade_would() {
    for tool in ALL {
        for flavour in ["psql", "plain"] {
            let database = Database::create();
            run(
                &database,
                &tool.script(&["stamp", "--flavour", flavour, "base:head"]),
            );
            let whole = tool.upgraded();
            let versioned = |database: &Database| {
                let rows = tool.rows(database);
                // A stamp records no repeatable: the next upgrade applies it.
                let rows = rows.lines().filter(|row| !row.contains("R__balances"));
                rows.collect::<Vec<_>>().join("\n")
            };
            assert_eq!(
                versioned(&whole),
                versioned(&database),
                "{} {flavour}",
                tool.example
            );
            let script = tool.script(&["stamp", "--flavour", flavour, "--purge", "base"]);
            run(&database, &script);
            let left = tool.rows(&database);
            let nothing = ["", "0", "0|t"];
            assert!(nothing.contains(&left.as_str()), "{}: {left}", tool.example);
        }
    }
}

/// A database that was kept natively gets the tool's table, filled.
#[test]
fn a_stamp_makes_the_table_of_a_tool() {
    for tool in ALL {
        let project = tool.project();
        let project = project.env("SIGNOFF_VERSION_TABLE_SCHEME", "native");
        let database = Database::create();
        run(&database, &tool.of(&project, &["upgrade"]));
        let missing = database.psql_stdin(&tool.script(&["upgrade"]), &[]);
        missing.code(3).stderr_has(" is not there");
        run(&database, &tool.script(&["stamp", "--purge", "head"]));
        let (made, whole) = (tool.rows(&database), tool.rows(&tool.upgraded()));
        let of_whole = whole.lines().filter(|row| !row.contains("R__balances"));
        assert_eq!(
            made,
            of_whole.collect::<Vec<_>>().join("\n"),
            "{}",
            tool.example
        );
        run(&database, &tool.script(&["upgrade"])).stdout_has("nothing to apply");
    }
}

/// What no file of the tree has can't be told from its row alone: the stamp says so, and changes nothing.
#[test]
fn a_row_that_no_file_has() {
    let database = SQITCH.upgraded();
    run(
        &database,
        "UPDATE sqitch.changes SET change_id = 'x' || change_id WHERE note LIKE 'Loans that%';",
    );
    let script = SQITCH.script(&["stamp", "--purge", "is_lent"]);
    let (rows, record) = (SQITCH.rows(&database), database.rows());
    let refused = database.psql_stdin(&script, &[]);
    refused
        .code(3)
        .stderr_has("is another than that of this stamp");
    assert_eq!((rows, record), (SQITCH.rows(&database), database.rows()));
    let database = DRIZZLE.upgraded();
    run(
        &database,
        "INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('x', 999);",
    );
    let script = DRIZZLE.script(&["stamp", "--purge", "base"]);
    let script = database.psql_stdin(&script, &[]);
    script
        .code(3)
        .stderr_has("is another than that of this stamp");
}
