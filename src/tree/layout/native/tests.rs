//! Native files, read whole.

use crate::diagnostic::Sink;
use crate::tree::tests::{Disk, sql};
use crate::tree::{Direction, Migration, OnConflict, Part, Tree};

const HEADER: &str = "--! revision = \"aaaa\"\n--! revises = []\n\n";

/// Reads a tree of one file and what is said about it.
fn one(text: &str) -> (Tree, Vec<String>) {
    Disk::new().layout("native").file("a.sql", text).read()
}

fn sound(text: &str) -> (Tree, Migration) {
    let (mut tree, told) = one(text);
    assert_eq!(told, Vec::<String>::new());
    let migration = tree.migrations.remove(0);
    (tree, migration)
}

fn told(text: &str) -> Vec<String> {
    one(text).1
}

fn up(migration: &Migration) -> String {
    sql(migration, Direction::Up).expect("an upgrade")
}

fn down(migration: &Migration) -> String {
    sql(migration, Direction::Down).expect("a downgrade")
}

#[test]
fn a_whole_file_is_read_with_the_place_of_everything() {
    let text = "\
-- SPDX-License-Identifier: MIT

--! # A note.
--! revision   = \"27dafa983136\"
--!revises     = [
--!   \"1975ea83b712\", \"aaaa\",   # both
--! ]
--! message    = \"Größer\"
--! created    = 2025-12-30T13:55:33Z
--! labels     = [\"billing\"]
--! depends_on = [\"bbbb\"]
--! role = \"owner\"
--! search_path = \"app, public\"
--! lock_timeout = \"5s\"
--! statement_timeout = \"0\"
--! allow = { drop-column = \"unused\" }
--! upgrade
-- what
SELECT 1;
--! downgrade { transaction = false } # so
SELECT 2";
    let (tree, migration) = sound(text);
    let slice = |span| tree.sources.slice(span);
    assert_eq!(migration.id.as_str(), "27dafa983136");
    assert_eq!(slice(migration.at), "\"27dafa983136\"");
    let parents: Vec<_> = migration
        .parents
        .iter()
        .map(|(id, span)| (id.as_str(), slice(*span)))
        .collect();
    assert_eq!(
        parents,
        [("1975ea83b712", "\"1975ea83b712\""), ("aaaa", "\"aaaa\"")]
    );
    assert_eq!(migration.message, "Größer");
    let (created, at) = migration.created.expect("there");
    assert_eq!(
        (created.to_string().as_str(), slice(at)),
        ("2025-12-30T13:55:33Z", "2025-12-30T13:55:33Z")
    );
    assert_eq!(slice(migration.labels[0].1), "\"billing\"");
    assert_eq!(slice(migration.depends_on[0].1), "\"bbbb\"");
    assert_eq!(
        migration.allow,
        [("drop-column".to_owned(), "unused".to_owned())]
    );
    assert_eq!(up(&migration), "-- what\nSELECT 1;\n");
    assert_eq!(down(&migration), "SELECT 2");
    let script = migration.down.as_ref().expect("there");
    assert_eq!(slice(script.body), "SELECT 2");
    assert!(script.settings.no_transaction);
    assert_eq!(script.settings.role.as_deref(), Some("owner"));
    assert!(
        !migration
            .up
            .as_ref()
            .expect("there")
            .settings
            .no_transaction
    );
}

#[test]
fn directives_are_comments_at_column_zero_and_nothing_else() {
    let (_, migration) = sound(&format!(
        "{HEADER}--! upgrade\n\
         SELECT '\n--! downgrade\n' /*\n--! downgrade\n/*\n*/*/, $a$\n--! downgrade\n$b$\n$a$, \"\n--! x\n\";\n\
         COPY t (a) FROM STDIN;\nit's\n--! downgrade\n\\.\n\
         SELECT 2; --! not a known word\n\
         --! downgrade\nSELECT 3;\n"
    ));
    assert!(up(&migration).ends_with("SELECT 2; --! not a known word\n"));
    assert_eq!(down(&migration), "SELECT 3;\n");
}

#[test]
fn what_hides_a_directive_is_reported() {
    assert_eq!(
        told(&format!("{HEADER}--! upgrade\nSELECT 'a;\n--! downgrade\n")),
        [
            "unclosed m/a.sql:5:8 something that is opened here does not end, and hides the directives below it"
        ]
    );
    assert_eq!(
        told(&format!(
            "{HEADER}--! upgrade\nCOPY t FROM stdin;\n1\n--! downgrade\n"
        )),
        [
            "unclosed m/a.sql:5:18 something that is opened here does not end, and hides the directives below it"
        ]
    );
    // Nothing is hidden here; the statement is for another room to judge.
    assert_eq!(
        told(&format!("{HEADER}--! upgrade\nSELECT 'a;\n")),
        Vec::<String>::new()
    );
}

#[test]
fn sections_have_their_rules() {
    assert_eq!(
        told("SELECT 1;\n"),
        ["missing-header m/a.sql:1:1 `m/a.sql` has no header"]
    );
    assert_eq!(
        told(""),
        ["missing-header m/a.sql:1:1 `m/a.sql` has no header"]
    );
    assert_eq!(
        told(&format!("{HEADER}--! downgrade\n")),
        ["missing-section m/a.sql:1:1 the file has no `--! upgrade` section"]
    );
    assert_eq!(
        told(&format!(
            "{HEADER}-- fine\nSELECT 1;\n--! upgrade\n--! upgrade\n"
        )),
        [
            "sql-outside-section m/a.sql:5:1 SQL stands before the first section",
            "section-twice m/a.sql:7:1 the file has two `--! upgrade` sections",
        ]
    );
    assert_eq!(
        told(&format!(
            "{HEADER}--! upgrad\n--! apply\n  --! downgrade\n--! revises = []\n--!\n--! upgrade\n"
        )),
        [
            "warning indented-directive m/a.sql:6:3 this is a comment: a directive begins at the start of its line",
            "unknown-directive m/a.sql:4:5 unknown directive `upgrad`",
            "unknown-directive m/a.sql:5:5 unknown directive `apply`",
            "second-header m/a.sql:7:1 a key of the header stands outside of the header",
            "unknown-directive m/a.sql:8:1 unknown directive ``",
        ]
    );
    assert_eq!(
        told(&format!(
            "{HEADER}--! upgrade {{ transation = false }}\n--! downgrade now\n"
        )),
        [
            "unknown-key m/a.sql:4:15 `--! upgrade` has no key `transation`",
            "bad-directive m/a.sql:5:15 `--! downgrade` is followed by something that is no table",
        ]
    );
}

/// One error, not one for each thing that a header would have.
#[test]
fn a_section_in_the_place_of_the_header() {
    let help = |path: &str, text: &str| {
        let mut sink = Sink::default();
        let disk = Disk::new().layout("native").file(path, text);
        let tree = crate::tree::read(&disk.request, &mut sink).expect("a tree");
        let [told] = sink.diagnostics() else {
            panic!("one, not {sink:?}");
        };
        let span = told.labels[0].span;
        let line = tree.sources.position(span.file, span.start).line;
        (told.code, line, told.help.join("; "))
    };
    let revision = "write `--! revision = \"…\"`, `--! revises = […]` and `--! message = \"…\"`, on lines of their own above this one";
    let name = "write `--! name = \"…\"`, then `--! apply`, on lines of their own above the SQL";
    for (path, text, line, wanted) in [
        (
            "a.sql",
            "--! upgrade\nSELECT 1;\n--! downgrade\n",
            1,
            revision,
        ),
        (
            "a.sql",
            "-- what\n\n--! downgrade { transaction = false }\n",
            3,
            revision,
        ),
        ("a.sql", "--! apply\nSELECT 1;\n", 1, revision),
        ("repeatable/a.sql", "--! apply\nSELECT 1;\n", 1, name),
        ("repeatable/a.sql", "-- what\nSELECT 1;\n", 2, name),
    ] {
        let wanted = ("missing-header", line, wanted.to_owned());
        assert_eq!(help(path, text), wanted, "{text}");
    }
}

#[test]
fn an_empty_downgrade_is_not_a_missing_one() {
    let (_, migration) = sound(&format!("{HEADER}--! upgrade\n\n--! downgrade"));
    assert_eq!(
        (up(&migration), down(&migration)),
        (String::new(), String::new())
    );
    let (_, migration) = sound(&format!("{HEADER}--! upgrade\n"));
    assert!(migration.down.is_none() && migration.irreversible.is_none());
    let (_, migration) = sound(&format!(
        "{HEADER}--! upgrade\n--! downgrade {{ irreversible = \"gone\" }}\n-- why\n"
    ));
    assert!(migration.down.is_none());
    assert_eq!(migration.irreversible.as_deref(), Some("gone"));
    assert_eq!(
        told(&format!(
            "{HEADER}--! upgrade\n--! downgrade {{ irreversible = \"gone\" }}\nSELECT 1;\n"
        )),
        [
            "irreversible-downgrade m/a.sql:6:1 the downgrade is irreversible by its own word, and holds SQL"
        ]
    );
}

#[test]
fn headers_are_judged_key_by_key() {
    let text = "--! revision = \"head\"\n--! revises = \"aaaa\"\n--! mesage = \"x\"\n--! created = 2020-01-01\n--! labels = [\"a b\"]\n--! lock_timeout = \"5 sec\"\n--! message = \"a\\tb\"\n--! upgrade\n";
    assert_eq!(
        told(text),
        [
            "bad-revision-id m/a.sql:1:16 `head` is no revision id: this word means something else in a revision expression",
            "bad-type m/a.sql:2:15 `revises` is a string, and must be an array of strings",
            "control-character m/a.sql:7:15 `message` holds the control character \\u{9}",
            "bad-value m/a.sql:4:15 `created` is 2020-01-01, and must be a date and time with an offset, such as 2025-12-30T13:55:33Z",
            "bad-value m/a.sql:5:15 `labels` cannot be `a b`: it has 1 to 64 bytes of letters, digits, `_`, `.` and `-`, and does not begin with `-`",
            "bad-value m/a.sql:6:20 `lock_timeout` cannot be `5 sec`: a duration is a whole number with `us`, `ms`, `s`, `min`, `h` or `d`, such as `5s`; `0` is no limit",
            "unknown-key m/a.sql:3:5 the header of a migration has no key `mesage`",
        ]
    );
    assert_eq!(
        told("--! message = \"x\"\n--! upgrade\n"),
        [
            "missing-key m/a.sql:1:1 the header of a migration has no `revision`",
            "missing-key m/a.sql:1:1 the header of a migration has no `revises`",
        ]
    );
    assert_eq!(
        told("--! revision = \"aaaa\"\n--! revises = [\"é\n--! upgrade\n"),
        [
            "bad-toml m/a.sql:2:18 the header of a migration cannot be read as TOML: unclosed array, expected `]`"
        ]
    );
    assert_eq!(
        told("--! revision = \"aaaa\"\n--! revision = \"bbbb\"\n--! upgrade\n"),
        ["bad-toml m/a.sql:2:5 the header of a migration cannot be read as TOML: duplicate key"]
    );
}

#[test]
fn line_ends_are_folded_and_lone_ones_refused() {
    let text =
        format!("\u{feff}{HEADER}--! upgrade\nSELECT\n1;\n--! downgrade\n").replace('\n', "\r\n");
    let (_, migration) = sound(&text);
    assert_eq!(up(&migration), "SELECT\n1;\n");
    assert_eq!(
        told(&format!("{HEADER}--! upgrade\nSELECT\r1;")),
        ["lone-cr m/a.sql:5:7 a carriage return without a newline after it"]
    );
}

#[test]
fn variables_are_on_where_the_header_says_so() {
    let text = "--! revision = \"aaaa\"\n--! revises = []\n--! variables = true\n--! upgrade\nSELECT '${app}' FROM $$${app}$$;\n";
    let mut disk = Disk::new().file("a.sql", text);
    let variables = &mut disk.request.variables;
    variables.insert("app".to_owned(), "shop".to_owned());
    let (tree, told) = disk.read();
    assert_eq!(told, Vec::<String>::new());
    assert_eq!(up(&tree.migrations[0]), "SELECT 'shop' FROM $$shop$$;\n");
    let script = tree.migrations[0].up.as_ref().expect("there");
    assert_eq!(
        tree.sources.slice(script.body),
        "SELECT '${app}' FROM $$${app}$$;\n"
    );
    let values: Vec<_> = script.variables(&tree.sources).into_iter().collect();
    assert_eq!(values, [("app", "shop")]);
    let (_, migration) = sound(&text.replace("true", "false"));
    assert_eq!(up(&migration), "SELECT '${app}' FROM $$${app}$$;\n");
}

fn with_data(directive: &str, csv: &str) -> (Tree, Vec<String>) {
    Disk::new()
        .file(
            "sub/a.sql",
            format!(
                "{HEADER}--! upgrade\nSELECT 1;\n--! data {directive}\nSELECT 2;\n--! downgrade\n"
            ),
        )
        .file("data/c.csv", csv)
        .read()
}

#[test]
fn rows_of_a_csv_stand_where_the_directive_does() {
    let (tree, told) = with_data(
        "{ file = \"./data/c.csv\", table = \"ref.country\", key = [\"code\"], on_conflict = \"update\" }",
        "code,\"na,me\"\r\nde,\"a\r\nb\"\r\nfr,\r\nit,\"\"\r\n",
    );
    assert_eq!(told, Vec::<String>::new());
    let migration = &tree.migrations[0];
    assert_eq!(
        up(migration),
        "SELECT 1;\n<3 rows of ref.country>SELECT 2;\n"
    );
    let script = migration.up.as_ref().expect("there");
    assert!(tree.sources.slice(script.body).contains("--! data"));
    let Part::Data(data) = &script.parts[1] else {
        panic!("data");
    };
    assert_eq!(data.columns, ["code", "na,me"]);
    let names: Vec<_> = data.rows.iter().map(|row| row[1].as_deref()).collect();
    assert_eq!(names, [Some("a\nb"), None, Some("")]);
    assert_eq!(
        (data.key.as_slice(), data.on_conflict),
        (["code".to_owned()].as_slice(), OnConflict::Update)
    );
    assert_eq!(tree.sources.path(data.file), "m/data/c.csv");
}

#[test]
fn csv_is_judged_with_its_own_places() {
    let good = "{ file = \"data/c.csv\", table = \"t\", key = [\"a\"] }";
    for (directive, csv, wanted) in [
        (
            good,
            "a,b\n1\n",
            "ragged-csv m/data/c.csv:2:1 a row of `m/data/c.csv` has 1 field, and the first row names 2 columns",
        ),
        (
            good,
            "a\n1\n2\n1\n",
            "duplicate-key m/data/c.csv:4:1 the key (1) stands twice in `m/data/c.csv`",
        ),
        (
            good,
            "b\n1\n",
            "unknown-column m/sub/a.sql:6:53 `m/data/c.csv` has no column `a`",
        ),
        (
            good,
            "a,a\n",
            "bad-csv m/data/c.csv:1:3 `a` cannot be a column of `m/data/c.csv`: it stands there twice",
        ),
        (
            good,
            "a\n\"1\n",
            "bad-csv m/data/c.csv:2:1 `m/data/c.csv` is no CSV: this quote is not closed",
        ),
        (
            good,
            "",
            "bad-csv m/sub/a.sql:6:1 `m/data/c.csv` is empty, and its first row names the columns",
        ),
        (
            "{ file = \"c.csv\", table = \"t\" }",
            "",
            "missing-data m/sub/a.sql:6:19 there is no file `c.csv` in the tree",
        ),
        (
            "{ file = \"../c.csv\", table = \"t\" }",
            "",
            "bad-value m/sub/a.sql:6:19 `../c.csv` leads out of the tree",
        ),
        (
            "{ file = \"data/c.csv\", table = \"a.b.c\" }",
            "a\n",
            "bad-value m/sub/a.sql:6:41 `table` cannot be `a.b.c`: a table is written as `table` or `schema.table`, as in SQL",
        ),
        (
            "{ file = \"data/c.csv\", table = \"t\", on_conflict = \"update\" }",
            "a\n",
            "missing-key m/sub/a.sql:6:60 `on_conflict = \"update\"` needs a `key`",
        ),
        (
            "{ file = \"data/c.csv\" }",
            "a\n",
            "missing-key m/sub/a.sql:6:1 `--! data` has no `table`",
        ),
        (
            "",
            "a\n",
            "bad-directive m/sub/a.sql:6:1 `--! data` does not say which data",
        ),
    ] {
        assert_eq!(with_data(directive, csv).1, [wanted]);
    }
}

#[test]
fn data_stand_between_statements() {
    let text = format!(
        "{HEADER}--! upgrade\nSELECT 1\n--! data {{ file = \"c.csv\", table = \"t\" }}\n;\n"
    );
    let (_, told) = Disk::new().file("a.sql", text).file("c.csv", "a\n").read();
    assert_eq!(
        told,
        ["directive-inside-statement m/a.sql:5:1 a `--!` directive stands inside a statement"]
    );
}

#[test]
fn repeatables_run_in_order() {
    let repeatable = |name: &str, after: &str| {
        format!("--! name = \"{name}\"\n--! after = [{after}]\n--! apply\nSELECT 1;\n")
    };
    let disk = Disk::new()
        .file(
            "a.sql",
            format!(
                "{}--! recreates = [\"c\", \"nope\"]\n\n--! upgrade\n",
                HEADER.trim_end().to_owned() + "\n"
            ),
        )
        .file("repeatable/1.sql", repeatable("a", "\"b\", \"d\""))
        .file("repeatable/x/2.sql", repeatable("b", ""))
        .file("repeatable/3.sql", repeatable("c", ""))
        .file("repeatable/4.sql", repeatable("d", "\"c\""));
    let (tree, told) = disk.read();
    let names: Vec<&str> = tree
        .repeatables
        .iter()
        .map(|repeatable| repeatable.name.as_str())
        .collect();
    assert_eq!(names, ["b", "c", "d", "a"]);
    assert_eq!(
        told,
        ["unknown-repeatable m/a.sql:3:23 there is no repeatable `nope`"]
    );
    let (tree, told) = disk
        .file("repeatable/5.sql", repeatable("c", ""))
        .file("repeatable/4.sql", repeatable("d", "\"a\", \"bb\""))
        .file("repeatable/6.sql", HEADER)
        .read();
    assert_eq!(tree.repeatables.len(), 4);
    assert_eq!(
        told,
        [
            "missing-key m/repeatable/6.sql:1:1 the header of a repeatable has no `name`",
            "unknown-key m/repeatable/6.sql:1:5 the header of a repeatable has no key `revision`",
            "unknown-key m/repeatable/6.sql:2:5 the header of a repeatable has no key `revises`",
            "missing-section m/repeatable/6.sql:1:1 the file has no `--! apply` section",
            "duplicate-repeatable m/repeatable/5.sql:1:12 two repeatables are named `c`: `m/repeatable/3.sql` and `m/repeatable/5.sql`",
            "unknown-repeatable m/repeatable/4.sql:2:19 there is no repeatable `bb`",
            "repeatable-cycle m/repeatable/1.sql:1:12 repeatables wait for each other: `a` after `d` after `a`",
            "unknown-repeatable m/a.sql:3:23 there is no repeatable `nope`",
        ]
    );
}

#[test]
fn nothing_panics_on_any_cut_of_a_file() {
    let text = format!(
        "{HEADER}--! upgrade {{ transaction = false }}\nCOPY t FROM stdin;\né\n\\.\n--! data {{ file = \"c\", table = \"t\" }}\nSELECT $a$ 'é' /* $a$;\n--! downgrade\n"
    );
    for end in (0..=text.len()).filter(|end| text.is_char_boundary(*end)) {
        one(&text[..end]);
        one(&text[end..]);
    }
}
