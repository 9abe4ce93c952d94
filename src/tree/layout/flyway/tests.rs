//! Small trees of Flyway's.

use crate::tree::tests::{Disk, ids, sql};
use crate::tree::{Direction, Record};

#[test]
fn versions_order_undo_pairs_and_repeatables_come_last() {
    let (tree, told) = Disk::new()
        .file("V13.1__d.sql", "d")
        .file("V13__c.sql", "c\r\n")
        .file("sub/V5_1__b_b.sql", b"\xef\xbb\xbfb")
        .file("V001__a.sql", "")
        .file("U13__c.sql", "-c")
        .file("R__z_view.sql", "z")
        .file("R__a_view.sql", "a")
        .file("README.md", "x")
        .read();
    assert_eq!(told, Vec::<String>::new());
    assert_eq!(tree.layout, "flyway");
    assert_eq!(ids(&tree), ["001", "5.1", "13", "13.1"]);
    let [_, b, c, _] = tree.migrations.as_slice() else {
        panic!("four");
    };
    assert_eq!(b.message, "b b");
    assert_eq!(sql(b, Direction::Up).as_deref(), Some("b"));
    assert_eq!(sql(c, Direction::Up).as_deref(), Some("c\r\n"));
    assert_eq!(sql(c, Direction::Down).as_deref(), Some("-c"));
    let names = tree.repeatables.iter().map(|it| it.name.as_str());
    assert_eq!(names.collect::<Vec<_>>(), ["a view", "z view"]);
}

#[test]
fn a_version_twice_is_an_error_that_names_both() {
    let (tree, told) = Disk::new()
        .file("V1__a.sql", "a")
        .file("x/V1.0__b.sql", "b")
        .file("R__v.sql", "v")
        .file("x/R__v.sql", "v")
        .file("U7__x.sql", "x")
        .read();
    assert_eq!(ids(&tree), ["1"]);
    assert_eq!(
        told,
        [
            "duplicate-version m/x/R__v.sql:1:1 two repeatables are described `v`: `m/R__v.sql` and `m/x/R__v.sql`",
            "duplicate-version m/x/V1.0__b.sql:1:1 version 1 has two files of one direction: `m/V1__a.sql` and `m/x/V1.0__b.sql`",
            "warning lone-downgrade m/U7__x.sql:1:1 `m/U7__x.sql` undoes what nothing applies, and is left out: flyway never runs it",
        ]
    );
}

#[test]
fn what_is_no_script_of_a_revision_is_refused_by_name() {
    let (_, told) = Disk::new()
        .file("V1__a.sql", "a")
        .file("V2__b.java", "class B {}")
        .file("beforeMigrate.sql", "x")
        .file("afterClean.sql", "x")
        .file("V3b__c.sql", "x")
        .read();
    assert_eq!(
        told,
        [
            "program `m/V2__b.java` is a migration that is a program, and no SQL script can run it",
            "warning passed-over `m/V3b__c.sql` is left out: flyway passes over files that are not named like `V1__name.sql`",
            "warning passed-over `m/afterClean.sql` is left out: flyway passes over files that are not named like `V1__name.sql`",
            "callback `m/beforeMigrate.sql` is a callback: flyway runs it at `beforeMigrate`, every time",
        ]
    );
}

#[test]
fn transactions_are_what_the_statements_and_the_conf_ask_for() {
    let (tree, told) = Disk::new()
        .file("V1__a.sql", "CREATE INDEX CONCURRENTLY i ON t (a);")
        .file("V2__b.sql", "SELECT 1; VACUUM t;")
        .file("V3__c.sql", "SELECT 1;")
        .file("V3__c.sql.conf", "# x\nexecuteInTransaction = false\n")
        .file("V4__d.sql", "SELECT '${x}';")
        .file(
            "V4__d.sql.conf",
            "placeholderReplacement=false\r\nencoding=UTF-8\n",
        )
        .file("V5__e.sql", "e")
        .file("V5__e.sql.conf", "shouldExecute=false\nbatch=true\n")
        .read();
    let outside = tree.migrations.iter().map(|migration| {
        let up = migration.up.as_ref().expect("there");
        (up.settings.no_transaction, up.settings.variables)
    });
    assert_eq!(
        outside.collect::<Vec<_>>(),
        [
            (true, false),
            (true, false),
            (true, false),
            (false, false),
            (false, false)
        ]
    );
    assert_eq!(
        told,
        [
            "flyway-conf m/V5__e.sql.conf:1:1 `shouldExecute` of a script's configuration can't be kept",
            "flyway-conf m/V5__e.sql.conf:2:1 `batch` of a script's configuration can't be kept",
            "warning mixed m/V2__b.sql:1:1 `m/V2__b.sql` has statements that refuse to run in a transaction, and others",
        ]
    );
}

#[test]
fn placeholders_take_values_of_the_config_and_lead_back() {
    let mut disk = Disk::new().file(
        "V1__a.sql",
        "-- ${Schema}\nCREATE TABLE ${schema}.t (a text DEFAULT '${flyway:filename}', b text DEFAULT '${my.b}');",
    );
    disk.request.variables = [("schema", "app"), ("my.b", "b")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    let (tree, told) = disk.read();
    assert_eq!(told, Vec::<String>::new());
    assert_eq!(
        sql(&tree.migrations[0], Direction::Up).as_deref(),
        Some("-- app\nCREATE TABLE app.t (a text DEFAULT 'V1__a.sql', b text DEFAULT 'b');")
    );
    let up = tree.migrations[0].up.as_ref().expect("there");
    assert!(up.settings.variables);
    let names: Vec<&str> = up.variables(&tree.sources).into_keys().collect();
    assert_eq!(names, ["Schema", "my.b", "schema"]);
}

#[test]
fn names_without_a_value_are_told_all_at_once() {
    let (_, told) = Disk::new()
        .file(
            "V1__a.sql",
            "SELECT '${b}', '${a}';\nSELECT '${flyway:defaultSchema}';",
        )
        .file("R__v.sql", "SELECT '${a}', $${$$;")
        .read();
    assert_eq!(
        told,
        [
            "unknown-variable m/V1__a.sql:2:9 `${flyway:defaultSchema}` is known when flyway runs, and not here",
            "unknown-variable m/R__v.sql:1:9 the tree needs values that nothing gives: `a`, `b`",
        ]
    );
}

#[test]
fn a_baseline_begins_the_tree_where_what_it_stands_for_is_gone() {
    let (tree, told) = Disk::new()
        .file("B5__base.sql", "base")
        .file("B3__older.sql", "older")
        .file("V6__a.sql", "a")
        .read();
    assert_eq!(ids(&tree), ["5", "6"]);
    assert_eq!(told.len(), 1, "{told:?}");
    let (tree, told) = Disk::new()
        .file("B5__base.sql", "base")
        .file("V5__e.sql", "e")
        .file("V6__a.sql", "a")
        .read();
    assert_eq!(ids(&tree), ["5", "6"]);
    assert_eq!(
        told,
        [
            "warning baseline m/B5__base.sql:1:1 baseline 5 is left out: the migrations that it stands for are there, and new databases get those"
        ]
    );
    assert_eq!(
        sql(&tree.migrations[0], Direction::Up).as_deref(),
        Some("e")
    );
}

/// The checksum of V1 is by flyway's class, run in Java; those of short texts by `crc32`.
#[test]
fn a_record_is_the_row_that_the_file_alone_decides() {
    let text =
        "create table users (\n  id int primary key\n);\n\ninsert into users values (1); -- é";
    let long = "é".repeat(20) + &"b".repeat(185);
    let mut disk = Disk::new()
        .file("V001_2___add_users_.sql", text)
        .file(
            "sub/V2__crlf.sql",
            format!("\u{feff}{}\r\n", text.replace('\n', "\r\n")),
        )
        .file("V3.SQL", "")
        .file("V4__x.sql", "SELECT '${a}';")
        .file(&format!("V5__{long}.sql"), "")
        .file("R__my_view.sql", "SELECT '${a}';\n")
        .file("R__raw.sql", "SELECT '${a}';\n")
        .file("R__raw.sql.conf", "placeholderReplacement=false");
    disk.request.variables = [("a".to_owned(), "b".to_owned())].into();
    let (tree, told) = disk.read();
    assert_eq!(told, Vec::<String>::new());
    let json = |record: &Record| serde_json::to_value(record).expect("texts and numbers");
    let of = |at: usize| json(&tree.migrations[at].record);
    assert_eq!(
        of(0),
        serde_json::json!({"version": "001.2", "description": " add users ", "type": "SQL", "script": "V001_2___add_users_.sql", "checksum": -1_103_863_511})
    );
    assert_eq!(
        of(1),
        serde_json::json!({"version": "2", "description": "crlf", "type": "SQL", "script": "sub/V2__crlf.sql", "checksum": -1_103_863_511})
    );
    assert_eq!(
        of(2),
        serde_json::json!({"version": "3", "description": "", "type": "SQL", "script": "V3.SQL", "checksum": 0})
    );
    assert_eq!(of(3)["checksum"], -1_223_125_598);
    assert_eq!(
        of(4)["description"],
        format!("{}{}...", "é".repeat(20), "b".repeat(177))
    );
    let [view, raw] = tree.repeatables.as_slice() else {
        panic!("two");
    };
    assert_eq!(
        json(&view.record),
        serde_json::json!({"description": "my view", "type": "SQL", "script": "R__my_view.sql", "checksum": -1_781_128_386, "also": [-1_223_125_598]})
    );
    assert_eq!(raw.record["checksum"], -1_223_125_598);
    assert_eq!(raw.record["also"], serde_json::json!([]));
}

#[test]
fn a_baseline_is_recorded_as_one() {
    let (tree, _) = Disk::new().file("B5__base.sql", "base").read();
    assert_eq!(tree.migrations[0].record["type"], "SQL_BASELINE");
}
