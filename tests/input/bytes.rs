//! Bytes that are no text, or that psql, the server and the reader of a script see differently.

use insta::assert_snapshot;

use super::{GOOD, project, refused, unharmed, with};
use crate::support::project::Project;

const SQL: &str = "CREATE TABLE customer (id bigint PRIMARY KEY);";

#[test]
fn not_utf_8() {
    let mut bytes = GOOD.as_bytes().to_vec();
    bytes.extend(b"-- caf\xe9\n");
    assert_snapshot!(refused(&project(&bytes)));
    let wide: Vec<u8> = GOOD.encode_utf16().flat_map(u16::to_le_bytes).collect();
    refused(&project(&wide));
    refused(&project(b"\xff\xfe\x00\x01\x80"));
}

/// A checkout with Windows' line ends is the same tree: same seal, same script, to the byte.
#[test]
fn crlf_is_lf() {
    let files = [
        ("migrations/one.sql", GOOD.replace("\n\n--! downgrade", "\nINSERT INTO customer VALUES ('two\nlines');\n--! data { file = \"c.csv\", table = \"customer\" }\n\n--! downgrade")),
        ("migrations/c.csv", "id,name\n1,\"two\nlines\"\n".to_owned()),
        ("migrations/repeatable/r.sql", "--! name = \"r\"\n\n--! apply\nCREATE OR REPLACE VIEW r AS\nSELECT 1;\n".to_owned()),
        ("signoff.toml", "[project]\nname = \"shop\"\n".to_owned()),
    ];
    let tree = |end: &str| {
        let project = Project::new();
        for (path, text) in &files {
            project.write(path, text.replace('\n', end).as_bytes());
        }
        project
    };
    let (unix, windows) = (tree("\n"), tree("\r\n"));
    for project in [&unix, &windows] {
        project.run(&["check"]).success().quiet();
        project.run(&["seal"]).success();
        project.run(&["bundle"]).success();
    }
    assert_eq!(
        unix.read("migrations/signoff.sum"),
        windows.read("migrations/signoff.sum")
    );
    let bundle = "out/shop-base-aaaa00000001";
    for file in unix.files(bundle) {
        let path = format!("{bundle}/{file}");
        assert_eq!(unix.read(&path), windows.read(&path), "{file}");
    }
    // The seal itself may have come through such a checkout, too.
    let sum = windows.read("migrations/signoff.sum").replace('\n', "\r\n");
    windows.write("migrations/signoff.sum", sum.as_bytes());
    windows.run(&["check"]).success().quiet();
    windows
        .run(&["seal"])
        .success()
        .stdout_has("nothing to seal");
}

#[test]
fn a_lone_carriage_return() {
    assert_snapshot!(refused(&with("CREATE TABLE", "CREATE\rTABLE")));
    refused(&with("--! revises", "\r--! revises"));
}

/// A byte order mark at the start is an editor's habit: as if it were not there.
#[test]
fn a_byte_order_mark() {
    let plain = project(GOOD.as_bytes());
    let mut bytes = b"\xef\xbb\xbf".to_vec();
    bytes.extend(GOOD.as_bytes());
    let marked = project(&bytes);
    for project in [&plain, &marked] {
        project.run(&["check"]).success().quiet();
        project.run(&["seal"]).success();
    }
    assert_eq!(
        plain.read("migrations/signoff.sum"),
        marked.read("migrations/signoff.sum")
    );
    assert_eq!(
        plain.run(&["upgrade"]).stdout,
        marked.run(&["upgrade"]).stdout
    );
    marked.write("signoff.toml", b"\xef\xbb\xbf[project]\nname = \"shop\"\n");
    marked.run(&["check"]).success().quiet();
}

/// Inside, it is a letter of a name to the server, and nothing to the eye.
#[test]
fn a_byte_order_mark_inside() {
    refused(&with("CREATE TABLE", "CREATE \u{feff}TABLE"));
    let joined = with(SQL, &format!("SELECT 1;\n\u{feff}{SQL}"));
    refused(&joined);
}

#[test]
fn nul() {
    assert_snapshot!(refused(&with("CREATE TABLE", "CREATE\0TABLE")));
    refused(&with("--! revises", "--! \0revises"));
    refused(&project(&[0; 100]));
}

#[test]
fn an_empty_file() {
    assert_snapshot!(refused(&project(b"")));
}

#[test]
fn backslash_commands() {
    assert_snapshot!(refused(&with(SQL, &format!("\\i other.sql\n{SQL}"))));
    for command in [
        "SELECT 1 \\gexec\n",
        "SELECT 1 \\; SELECT 2;",
        "\\! rm -rf /\n",
        "SELECT `x` \\g |sh\n",
        "\\\\\n",
        "\\q\n",
        "\\",
    ] {
        let told = refused(&with(SQL, &format!("{command}{SQL}")));
        assert!(told.contains("error[psql-command]"), "{told}");
    }
    // In a string, a name, a comment or a body it is text.
    let text = "SELECT '\\q', \"\\q\", $$\\q$$ /* \\q */; -- \\q\n";
    with(SQL, &format!("{text}{SQL}")).run(&["check"]).success();
}

#[test]
fn what_does_not_end() {
    for (name, open) in [
        ("string", "'"),
        ("name", "\""),
        ("comment", "/* /* */"),
        ("body", "$x$"),
        ("parenthesis", "("),
    ] {
        let told = refused(&with(
            "PRIMARY KEY);",
            &format!("PRIMARY KEY); SELECT {open} x;"),
        ));
        assert_snapshot!(format!("unclosed_{name}"), told);
    }
    for open in [
        "E'\\'",
        "U&\"x",
        "B'0",
        "$_$ $x$",
        "'\n\n''",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1;",
    ] {
        refused(&with(
            "PRIMARY KEY);",
            &format!("PRIMARY KEY); SELECT {open} x;").replace("SELECT CREATE", "CREATE"),
        ));
    }
}

#[test]
fn what_the_eye_does_not_see() {
    assert_snapshot!(
        "in_the_sql",
        refused(&with("CREATE TABLE", "CREATE\u{200b} TABLE"))
    );
    for hidden in [
        '\u{202e}', '\u{2066}', '\u{200f}', '\u{a0}', '\u{2060}', '\u{200d}',
    ] {
        let told = refused(&with("CREATE TABLE", &format!("CREATE{hidden}TABLE")));
        assert!(
            told.contains("error[hidden-character]"),
            "{hidden:?}: {told}"
        );
        assert!(!told.contains(['\u{202e}', '\u{2066}']), "{told}");
    }
    // In a comment or string it may be meant: a warning.
    let project = with(SQL, &format!("-- \u{202e} so\n{SQL} SELECT '\u{200b}';"));
    unharmed(&project);
    project
        .run(&["check"])
        .success()
        .stderr_has("warning[hidden-character]");
}

/// A foreign tree keeps its bytes, because its own tool hashes and runs them.
#[test]
fn a_foreign_tree_with_odd_bytes() {
    let tree = |sql: &[u8]| {
        let project = Project::new();
        project.write("db/1_a.up.sql", sql);
        project.write("db/1_a.down.sql", b"SELECT 1");
        project
    };
    for (sql, code) in [
        (&b"SELECT 1;\r\nSELECT 2;\r\n"[..], 0),
        (b"\xef\xbb\xbfSELECT 1;", 0),
        (b"", 0),
        (b"-- nothing", 0),
        (b";;;", 0),
        (b"SELECT 'a\r\nb';", 0),
        (b"SELECT '\xff';", 1),
        (b"SELECT 1\0;", 1),
        (b"SELECT 'open", 1),
        (b"\\q", 1),
    ] {
        let project = tree(sql);
        let shown = String::from_utf8_lossy(sql).into_owned();
        for command in ["check", "upgrade", "bundle", "seal"] {
            let outcome = project.run(&[command, "--path", "db"]);
            assert!(!outcome.stderr.contains("panicked"), "{outcome}");
            if command != "seal" {
                assert_eq!(outcome.code, code, "{shown:?}\n{outcome}");
            }
        }
    }
}
