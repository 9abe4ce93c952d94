//! Small trees of Liquibase's.

use serde_json::json;

use crate::tree::Direction;
use crate::tree::tests::{Disk, ids, sql};

const HEAD: &str = "--liquibase formatted sql\n";

fn of(text: &str) -> (crate::tree::Tree, Vec<String>) {
    Disk::new().file("a.sql", format!("{HEAD}{text}")).read()
}

#[test]
fn changesets_are_revisions_with_their_rollbacks() {
    let (tree, told) = Disk::new()
        .file(
            "20240101_a.sql",
            "\n-- Liquibase Formatted SQL\r\n\n--changeset ann:1 runInTransaction:false\r\n--comment: first one\nCREATE INDEX i ON t (a); -- x\r\n--rollback DROP INDEX\n--rollback   i;\n\n-- changeset \"b o b\":two-2 splitStatements:false stripComments:false\n-- a remark\nSELECT 2\n/* liquibase rollback\nSELECT -2;\n*/\n--changeset ann:3\nSELECT 3;\n--rollback empty",
        )
        .read();
    assert_eq!(told, Vec::<String>::new());
    assert_eq!(tree.layout, "liquibase");
    assert_eq!(ids(&tree), ["1", "two-2", "3"]);
    let [one, two, last] = tree.migrations.as_slice() else {
        panic!("three");
    };
    assert_eq!(one.message, "first one");
    assert!(one.up.as_ref().is_some_and(|up| up.settings.no_transaction));
    assert_eq!(
        sql(one, Direction::Up).as_deref(),
        Some("CREATE INDEX i ON t (a); -- x\r\n")
    );
    assert_eq!(
        sql(one, Direction::Down).as_deref(),
        Some("DROP INDEX\ni;\n")
    );
    assert_eq!(
        sql(two, Direction::Up).as_deref(),
        Some("-- a remark\nSELECT 2\n")
    );
    assert_eq!(sql(two, Direction::Down).as_deref(), Some("SELECT -2;\n"));
    assert_eq!(sql(last, Direction::Down).as_deref(), Some(""));
    let up = one.up.as_ref().expect("there");
    assert_eq!(
        tree.sources.slice(up.body),
        "CREATE INDEX i ON t (a); -- x\r\n"
    );
}

#[test]
fn an_id_is_made_longer_where_it_is_taken() {
    let (tree, told) = Disk::new()
        .file(
            "a.sql",
            format!("{HEAD}--changeset ann:1\na\n--changeset bob:1\nb"),
        )
        .file(
            "b.sql",
            format!("{HEAD}--changeset bob:1\nc\n--changeset bob:1\nd"),
        )
        .read();
    assert_eq!(ids(&tree), ["1", "bob:1", "b.sql::1::bob"]);
    assert_eq!(
        told,
        [
            "note changelog m/a.sql:1:1 the files are taken in the order of their paths, as `includeAll` takes them",
            "duplicate-version m/b.sql:4:17 changeset bob:1 is twice in one file",
        ]
    );
}

#[test]
fn what_a_release_cannot_keep_is_refused_by_name() {
    let (tree, told) = of(
        "SELECT 0;\n--changeset a:1 context:test runAlways:true\n--preconditions onFail:MARK_RAN\n--precondition-sql-check expectedResult:0 SELECT 1\nSELECT 1;\n--rollback changesetId:7 changesetAuthor:b\n--changeset a:2 runOnChange:true labels:x dbms:postgresql,h2 failOnError:false\nSELECT 2;\n--changeset a:3 dbms:oracle\nSELECT 3;\n--changeset a:4 ignore:true\nSELECT 4;\n--changeset a:5 dbms:!postgresql\nSELECT 5;\n--changeset nobody\n",
    );
    assert_eq!(ids(&tree), ["1", "2"]);
    let codes: Vec<String> = told
        .iter()
        .map(|line| line.replace("m/a.sql:", ""))
        .collect();
    assert_eq!(
        codes,
        [
            "before-changesets 2:1 SQL stands before the first `--changeset`, and liquibase never runs it",
            "liquibase-directive 4:1 `preconditions` can't be kept",
            "liquibase-directive 5:1 `preconditions` can't be kept",
            "liquibase-directive 7:1 a rollback by another changeset can't be kept",
            "bad-changeset 16:1 a changeset needs an author and an id",
            "liquibase-attribute 3:17 `context` of a changeset can't be kept",
            "liquibase-attribute 3:30 `runAlways` of a changeset can't be kept",
            "warning run-on-change 8:17 a changeset that liquibase runs again after each change is applied once here",
            "warning labels 8:34 labels choose nothing here: the changeset is in every release, as it is for liquibase without --label-filter",
            "liquibase-attribute 8:62 `failOnError` of a changeset can't be kept",
        ]
    );
}

#[test]
fn delimiters_and_properties_are_put_in() {
    let mut disk = Disk::new().file(
        "a.sql",
        format!("{HEAD}--property name:schema value:app\n--property name:who value:\"x y\"\n--changeset a:1 endDelimiter:/\nSELECT '${{schema}}', '${{:raw}}', '${{who}}'\n/\nSELECT 2\n/\n"),
    );
    disk.request.variables = [("who".to_owned(), "me".to_owned())].into();
    let (tree, told) = disk.read();
    assert_eq!(told, Vec::<String>::new());
    assert_eq!(
        sql(&tree.migrations[0], Direction::Up).as_deref(),
        Some("SELECT 'app', '${raw}', 'me'\n;\nSELECT 2\n;\n")
    );
    let up = tree.migrations[0].up.as_ref().expect("there");
    let names: Vec<&str> = up.variables(&tree.sources).into_keys().collect();
    assert_eq!(names, ["schema", "who"]);
    let (_, told) = of("--changeset a:1\nSELECT '${x}';");
    assert_eq!(
        told,
        ["unknown-variable m/a.sql:3:9 the tree needs values that nothing gives: `x`"]
    );
}

#[test]
fn a_list_of_files_orders_them() {
    let changeset = |id: &str| format!("{HEAD}--changeset a:{id}\nSELECT 1;\n");
    let (tree, told) = Disk::new()
        .file("master.yaml", "databaseChangeLog:\n  - include:\n      file: db/changelog/z.sql\n  - includeAll:\n      path: more\n      relativeToChangelogFile: true\n  - include:\n      file: gone.sql\n")
        .file("z.sql", changeset("z"))
        .file("more/b.sql", changeset("b"))
        .file("more/a.sql", changeset("a"))
        .file("lost.sql", changeset("lost"))
        .read();
    assert_eq!(ids(&tree), ["z", "a", "b"]);
    assert_eq!(
        told,
        [
            "missing-file m/master.yaml:8:13 `gone.sql` is included, and is not in the tree",
            "warning passed-over `m/lost.sql` is left out: no changelog includes it",
        ]
    );
    let (_, told) = Disk::new()
        .file("a.sql", changeset("1"))
        .file(
            "m.xml",
            "<databaseChangeLog><changeSet/></databaseChangeLog>",
        )
        .file("raw.sql", "SELECT 1;")
        .read();
    assert_eq!(
        told,
        [
            "changelog m/m.xml:1:1 `m/m.xml` is a changelog with more than a list of files: `changeSet`",
            "note changelog m/a.sql:1:1 the files are taken in the order of their paths, as `includeAll` takes them",
            "other-layout m/raw.sql:1:1 `m/raw.sql` does not begin with `--liquibase formatted sql`",
        ]
    );
}

/// What liquibase 4.28 printed for these files (`update-sql`, offline).
#[test]
fn a_record_is_the_row_that_liquibase_inserts() {
    let comment = "é".repeat(260);
    let (tree, _) = Disk::new()
        .file(
            "a.sql",
            "--liquibase formatted sql\n--property name:schema value:app\n--property name:Who value:\"x y\"\n\n--changeset ann:1 runInTransaction:false labels:\"x and y\"\n--comment: first one\ncreate index concurrently i on users(id);\n--rollback drop index i;\n\n--changeset bob:4 endDelimiter:/\nSELECT 1\n/\nSELECT 2\n/\n--changeset bob:6 runOnChange:true stripComments:false\n/* block ${Schema} */ SELECT 6; --trail\n--changeset bob:7\nSELECT '${who}', '${:raw}';\n",
        )
        .file(
            "sub/b.sql",
            "\u{feff}--liquibase formatted sql logicalFilePath:my/logical.sql\r\n--changeset c:1\r\nSELECT 1;\r\nSELECT 2;\r\n",
        )
        .file(
            "sub/c.sql",
            format!("{HEAD}--changeset c:é9\nSELECT 'é\u{a0}x',\u{2003} 1;\n--rollback empty\n\n--changeset c:10\n/* liquibase rollback\n select 7;\n*/\nselect 10;\n--validCheckSum: any\n--changeset x:y labels:\"B,a, b ,c\" logicalFilePath:/other//x.sql\nselect 1;\n-- comment:\n--changeset x:2\n--comment {comment}\nselect 2;\n"),
        )
        .file("m.yaml", "databaseChangeLog:\n  - include:\n      file: db/a.sql\n  - includeAll:\n      path: sub/\n      relativeToChangelogFile: true\n")
        .read();
    let records = tree.migrations.iter().map(|it| it.record.clone());
    let records: Vec<_> = records.collect();
    assert_eq!(
        json!(records[0]),
        json!({
            "id": "1",
            "author": "ann",
            "filename": "db/a.sql",
            "md5sum": "9:77a78a419f3e97751e7d20388997e37f",
            "description": "sql",
            "comments": "first one",
            "contexts": null,
            "labels": "x and y",
        })
    );
    let texts = |key: &str| {
        let all = records.iter().map(|record| record[key].clone());
        all.collect::<Vec<_>>()
    };
    assert_eq!(
        texts("md5sum"),
        [
            json!("9:77a78a419f3e97751e7d20388997e37f"),
            json!("9:94bb95a11c7bce69f66d2b2debb68ab4"),
            json!("9:0ce83b1a197495bdab5989ce8e5ed7d7"),
            // What `${:raw}` is depends on how Liquibase is set.
            json!(null),
            json!("9:ddba5b10260997d1a1a60e1f3a24fc74"),
            json!("9:d9bcf65b32f59651db04ab2121aba791"),
            json!("9:332021cd071d7463f2e7ae9c216d17f4"),
            json!("9:ca143dce7f5eddc92f1d7a633a6d68b8"),
            json!("9:95f73f1cbca88624a9748e8f80d48571"),
        ]
    );
    assert_eq!(
        texts("filename"),
        [
            "db/a.sql",
            "db/a.sql",
            "db/a.sql",
            "db/a.sql",
            "my/logical.sql",
            "db/sub/c.sql",
            "db/sub/c.sql",
            "other/x.sql",
            "db/sub/c.sql"
        ]
    );
    assert_eq!(records[7]["labels"], "b,a,c");
    assert_eq!(records[8]["comments"], "é".repeat(247) + "...");
    assert_eq!(
        sql(&tree.migrations[3], Direction::Up).as_deref(),
        Some("SELECT '\"x', '${raw}';\n")
    );
}

#[test]
fn the_folder_of_a_tree_is_taken_for_the_place_where_liquibase_looks() {
    let changeset = format!("{HEAD}--changeset a:1\nSELECT 1;\n");
    let of = |list: &str| {
        let disk = Disk::new()
            .file("sub/a.sql", &changeset)
            .file("m.yaml", format!("databaseChangeLog:\n  - include{list}\n"));
        disk.read().0.migrations[0].record["filename"].clone()
    };
    assert_eq!(of(":\n      file: sub/a.sql"), "sub/a.sql");
    assert_eq!(of("All:\n      path: sub"), "sub/a.sql");
    assert_eq!(
        of("All:\n      path: classpath:/db/log/sub/"),
        "db/log/sub/a.sql"
    );
}
