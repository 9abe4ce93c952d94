//! Files of goose, as it reads them.

use crate::tree::tests::{Disk, sql};
use crate::tree::{Direction, Part};

fn told(text: &str) -> Vec<String> {
    Disk::new().layout("goose").file("1_a.sql", text).read().1
}

#[test]
fn both_directions_are_cut_out_of_one_file() {
    let (tree, told) = Disk::new()
        .file(
            "010_ten_x.sql",
            "-- why\n\n-- +goose Up\r\n-- first\r\nCREATE TABLE t (a int);\r\n--+goose down  \nDROP TABLE t;\n",
        )
        .file("9_nine.sql", "-- +goose Up\n-- +goose NO TRANSACTION\nVACUUM;\n-- +goose Down\n")
        .file("11_open.sql", "-- +goose Up\n-- +goose StatementBegin\nSELECT 1\n-- +goose StatementEnd")
        .file("sub/12_seed.sql", "-- +goose Up\n")
        .file("helper.go", "x")
        .file("1_a_test.go", "x")
        .read();
    assert_eq!(told, Vec::<String>::new());
    let ids: Vec<&str> = tree.migrations.iter().map(|it| it.id.as_str()).collect();
    assert_eq!((tree.layout, ids), ("goose", vec!["9", "10", "11"]));
    let [nine, ten, eleven] = tree.migrations.as_slice() else {
        panic!("three");
    };
    assert_eq!(
        sql(nine, Direction::Up).as_deref(),
        Some("-- +goose NO TRANSACTION\nVACUUM;\n")
    );
    assert_eq!(sql(nine, Direction::Down).as_deref(), Some(""));
    let settings = [&nine.up, &nine.down, &ten.up]
        .map(|it| it.as_ref().expect("there").settings.no_transaction);
    assert_eq!(settings, [true, true, false]);
    assert_eq!(ten.message, "ten x");
    assert_eq!(
        sql(ten, Direction::Up).as_deref(),
        Some("-- first\r\nCREATE TABLE t (a int);\r\n")
    );
    assert_eq!(
        sql(ten, Direction::Down).as_deref(),
        Some("DROP TABLE t;\n")
    );
    assert!(eleven.down.is_none());
}

#[test]
fn what_goose_refuses_is_refused() {
    for (text, code, line) in [
        ("", "goose-annotation", 1),
        ("SELECT 1;\n", "goose-annotation", 1),
        ("-- only a comment\n", "goose-annotation", 1),
        ("-- +goose Up\n-- +goose Up\n", "goose-annotation", 2),
        ("-- +goose Down\n", "goose-annotation", 1),
        (
            "-- +goose Up\n-- +goose Down\n-- +goose Down\n",
            "goose-annotation",
            3,
        ),
        ("-- +goose Up\n -- +goose Down\n", "goose-annotation", 2),
        ("-- +goose Up\n-- +goose Sideways\n", "goose-annotation", 2),
        ("-- +goose Up\n-- +goose\n", "goose-annotation", 2),
        (
            "-- +goose Up\n-- +goose StatementEnd\n",
            "goose-annotation",
            2,
        ),
        (
            "-- +goose Up\n-- +goose StatementBegin\nSELECT 1;\n",
            "goose-annotation",
            2,
        ),
        (
            "-- +goose Up\n-- +goose StatementBegin\n-- +goose Down\n",
            "goose-annotation",
            3,
        ),
        ("-- +goose Up\nSELECT 1;\nSELECT 2", "goose-unfinished", 3),
        (
            "-- +goose Up\nSELECT 1; SELECT\n2\n-- +goose Down\n",
            "goose-unfinished",
            2,
        ),
        (
            "-- +goose Up\n-- +goose ENVSUB ON\nSELECT '$HOME';\n",
            "unknown-variable",
            3,
        ),
        (
            "-- +goose Up\n-- +goose ENVSUB ON\nSELECT $1, ${A:?no};\n",
            "goose-envsub",
            3,
        ),
    ] {
        let told = told(text);
        let expected = format!("{code} m/1_a.sql:{line}:");
        assert!(
            told.len() == 1 && told[0].starts_with(&expected),
            "{text}: {told:?}"
        );
    }
}

#[test]
fn what_stands_under_envsub_is_filled_in() {
    let text = "-- +goose Up\nSELECT '$A';\n-- +goose ENVSUB ON\n-- $A\nCREATE TABLE ${A}_t (a text DEFAULT '${B:-x}$A'); -- $A\n-- +goose StatementBegin\nDO $$$$ BEGIN\n-- +goose ENVSUB OFF\nPERFORM '$A';\n-- +goose ENVSUB ON\nPERFORM $A.f(); END $$$$;\n-- +goose StatementEnd\n-- +goose Down\nDROP TABLE ${A}_t;\n";
    let mut disk = Disk::new().file("1_a.sql", text);
    let variables = &mut disk.request.variables;
    variables.insert("A".to_owned(), "app".to_owned());
    let (tree, told) = disk.read();
    assert_eq!(told, Vec::<String>::new());
    let [one] = tree.migrations.as_slice() else {
        panic!("one");
    };
    assert_eq!(
        sql(one, Direction::Up).as_deref(),
        Some(
            "SELECT '$A';\n-- +goose ENVSUB ON\n-- $A\nCREATE TABLE app_t (a text DEFAULT 'xapp'); -- app\n-- +goose StatementBegin\nDO $$ BEGIN\n-- +goose ENVSUB OFF\nPERFORM '$A';\n-- +goose ENVSUB ON\nPERFORM app.f(); END $$;\n-- +goose StatementEnd\n"
        )
    );
    assert_eq!(
        sql(one, Direction::Down).as_deref(),
        Some("DROP TABLE app_t;\n")
    );
    let up = one.up.as_ref().expect("there");
    assert!(up.settings.variables);
    let values: Vec<_> = up.variables(&tree.sources).into_iter().collect();
    assert_eq!(values, [("A", "app"), ("B:-x", "x")]);
    let Part::Sql(text) = &up.parts[0] else {
        panic!("SQL");
    };
    for shown in [".f()", "END", "_t ("] {
        let at = text.text.find(shown).expect("there");
        assert_eq!(tree.sources.slice(text.locate(at..at + shown.len())), shown);
    }
}

#[test]
fn names_without_a_value_are_asked_for_once() {
    assert_eq!(
        told(
            "-- +goose Up\n-- +goose ENVSUB ON\nSELECT '${B:-x}', '$A', '${A?no}';\n-- +goose ENVSUB OFF\nSELECT '$C';\n-- +goose Down\n-- +goose ENVSUB ON\nSELECT '${D}';\n"
        ),
        ["unknown-variable m/1_a.sql:3:20 the tree needs values that nothing gives: `A`, `D`"]
    );
    assert_eq!(
        told("-- +goose Up\n-- +goose ENVSUB ON\nDO $$ BEGIN END $$;\n"),
        [
            "lone-dollar m/1_a.sql:3:4 this becomes a `$` by itself, which SQL has no use for",
            "lone-dollar m/1_a.sql:3:17 this becomes a `$` by itself, which SQL has no use for"
        ]
    );
}

#[test]
fn a_downgrade_that_goose_never_runs_is_told_of() {
    assert_eq!(
        told("-- +goose Up\n-- +goose Down\nDROP TABLE t"),
        [
            "warning goose-unfinished m/1_a.sql:3:1 this statement does not end as goose wants it, which refuses the `Down` for it"
        ]
    );
}

#[test]
fn the_end_of_a_block_ends_a_statement() {
    let text = "-- +goose Up\n-- +goose StatementBegin\nDO $$ BEGIN END $$\n-- +goose StatementEnd\nSELECT 1;\n";
    let (tree, told) = Disk::new().file("1_a.sql", text).read();
    assert_eq!(told, Vec::<String>::new());
    let up = tree.migrations[0].up.as_ref().expect("there");
    assert_eq!(up.parts.len(), 2);
}

#[test]
fn statements_that_are_one_message_are_told_of_where_that_matters() {
    let text =
        "-- +goose Up\n-- +goose StatementBegin\nSELECT 1;\nSELECT 2;\n-- +goose StatementEnd\n";
    assert_eq!(told(text), Vec::<String>::new());
    assert_eq!(
        told(&format!("-- +goose NO TRANSACTION\n{text}")),
        [
            "warning one-message m/1_a.sql:3:1 goose sends these 2 statements as one, all or nothing; here each is a step of its own"
        ]
    );
}

#[test]
fn files_that_goose_stops_at_are_named() {
    let (tree, told) = Disk::new()
        .file("1_a.sql", "-- +goose Up\n")
        .file("01_b.sql", "-- +goose Up\n")
        .file("0_zero.sql", "-- +goose Up\n")
        .file("seed.sql", "x")
        .file("2_code.go", "package migrations")
        .file("3_folder.sql/x.txt", "")
        .read();
    assert_eq!(tree.migrations.len(), 1);
    assert_eq!(
        told,
        [
            "not-sql `m/2_code.go` is a program, and only SQL can be carried into a script",
            "bad-folder `m/3_folder.sql` is a folder, which goose takes for a migration and can't read",
            "bad-file-name `m/0_zero.sql` does not begin with a number from 1 up and `_`, and goose refuses the whole folder for it",
            "bad-file-name `m/seed.sql` does not begin with a number from 1 up and `_`, and goose refuses the whole folder for it",
            "duplicate-version m/1_a.sql:1:1 version 1 has two files: `m/01_b.sql` and `m/1_a.sql`",
        ]
    );
}
