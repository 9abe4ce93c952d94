//! Headers, directives and sections of a native file.

use insta::assert_snapshot;

use super::{GOOD, project, refused, unharmed, with};

#[test]
fn a_broken_header() {
    assert_snapshot!(refused(&with("revises = []", "revises = [")));
    for broken in [
        "revises = ",
        "= []",
        "revises = [] []",
        "revises",
        "\"",
        "revises = [\"\\u{0}\"]",
        "a.b = 1",
        "[revises]",
    ] {
        refused(&with("revises = []", broken));
    }
}

#[test]
fn a_key_or_directive_that_there_is_not() {
    assert_snapshot!("directive", refused(&with("--! downgrade", "--! downgrad")));
    assert_snapshot!(
        "directive_far_off",
        refused(&with("--! downgrade", "--! frobnicate"))
    );
    assert_snapshot!("header_key", refused(&with("--! message", "--! mesage")));
    assert_snapshot!(
        "option",
        refused(&with("--! upgrade", "--! upgrade { transactoin = false }"))
    );
    assert_snapshot!(
        "key_twice",
        refused(&with("--! message", "--! revises = []\n--! message"))
    );
}

#[test]
fn bad_values() {
    let mut told = String::new();
    for (from, to) in [
        ("\"aaaa00000001\"", "\"base\""),
        ("\"aaaa00000001\"", "\"a b c d\""),
        ("\"aaaa00000001\"", "12345"),
        ("\"Customers\"", "[\"Customers\"]"),
        ("\"Customers\"", "\"Cus\\u001btomers\""),
        ("\"Customers\"", "\"Cus\u{202e}tomers\""),
        ("\"Customers\"", "\"Customers\"\n--! created = 2025-01-01"),
        ("\"Customers\"", "\"Customers\"\n--! created = \"today\""),
        (
            "\"Customers\"",
            "\"Customers\"\n--! lock_timeout = \"soon\"",
        ),
        (
            "\"Customers\"",
            "\"Customers\"\n--! labels = [\"x\", \"x\"]",
        ),
        ("\"Customers\"", "\"Customers\"\n--! variables = \"yes\""),
        ("--! upgrade", "--! upgrade { transaction = \"no\" }"),
        ("--! downgrade", "--! downgrade { irreversible = true }"),
    ] {
        told += &refused(&with(from, to));
        told += "────\n";
    }
    assert_snapshot!(told);
}

#[test]
fn sections() {
    let no_upgrade = with(
        "--! upgrade\nCREATE TABLE customer (id bigint PRIMARY KEY);\n\n",
        "",
    );
    assert_snapshot!("no_upgrade", refused(&no_upgrade));
    assert_snapshot!(
        "upgrade_twice",
        refused(&with("--! downgrade", "--! upgrade"))
    );
    let text_before = with("\n\n--! upgrade", "\n\nSELECT 1;\n--! upgrade");
    assert_snapshot!("text_before_the_first", refused(&text_before));
    // An empty section does nothing, and says so by being there.
    let empty = with("CREATE TABLE customer (id bigint PRIMARY KEY);", "");
    empty.run(&["check"]).success();
    unharmed(&empty);
}

#[test]
fn a_file_without_a_header_among_others() {
    for text in ["CREATE TABLE x ();\n", "", "\n\n", "-- only a comment\n"] {
        let project = project(GOOD.as_bytes()).file("migrations/two.sql", text);
        let told = refused(&project);
        assert!(
            told.contains("error[missing-header]: `migrations/two.sql` has no header"),
            "{told}"
        );
        if text.starts_with("CREATE") {
            assert_snapshot!(told);
        }
    }
}

/// A directive inside of a quote is text of that quote.
#[test]
fn a_directive_in_a_body_is_none() {
    let body = "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$\n--! downgrade\nSELECT 'x\n--! nonsense\n' $$;";
    let project = with("CREATE TABLE customer (id bigint PRIMARY KEY);", body);
    project.run(&["check"]).success();
    let script = project.run(&["upgrade"]).success().stdout.clone();
    assert!(script.contains(body), "{script}");
}

#[test]
fn data() {
    let csv = |directive: &str, text: &[u8]| {
        let project = with(
            "--! downgrade",
            &format!("--! data {{ {directive} }}\n\n--! downgrade"),
        );
        project.write("migrations/c.csv", text);
        project
    };
    let good = "file = \"c.csv\", table = \"customer\"";
    csv(good, b"id,name\n1,a\n2,\"b\nb\"\n")
        .run(&["upgrade"])
        .success();
    let mut told = String::new();
    for (directive, text) in [
        ("file = \"no.csv\", table = \"customer\"", &b""[..]),
        ("file = \"../signoff.toml\", table = \"customer\"", b""),
        ("file = \"/etc/passwd\", table = \"customer\"", b""),
        ("table = \"customer\"", b""),
        ("file = \"c.csv\", table = \"a; DROP TABLE b\"", b"id\n1\n"),
        (
            "file = \"c.csv\", table = \"customer\", on_conflict = \"update\"",
            b"id\n1\n",
        ),
        (
            "file = \"c.csv\", table = \"customer\", on_conflict = \"replace\"",
            b"id\n1\n",
        ),
        (
            "file = \"c.csv\", table = \"customer\", key = [\"nr\"]",
            b"id\n1\n",
        ),
        (
            "file = \"c.csv\", table = \"customer\", key = [\"id\"]",
            b"id\n1\n1\n",
        ),
        (good, b""),
        (good, b"id,id\n1,2\n"),
        (good, b"id,name\n1\n"),
        (good, b"id,name\n1,\"a\n"),
        (good, b"id,name\n1,a\"b\n"),
        (good, b"id\n\xff\n"),
        (good, b"id\n\0\n"),
        (good, b"id,name\n1,a\rb\n"),
    ] {
        let said = refused(&csv(directive, text));
        told += said.split("\n\n").next().unwrap_or_default();
        told += "\n────\n";
    }
    assert_snapshot!(told);
}

#[test]
fn variables() {
    let with_variables = |config: &str, sql: &str| {
        with(
            "\n\n--! upgrade\n",
            &format!("\n--! variables = true\n\n--! upgrade\n{sql}\n"),
        )
        .file(
            "signoff.toml",
            &format!("[project]\nname = \"shop\"\n{config}"),
        )
    };
    assert_snapshot!(
        "unknown",
        refused(&with_variables(
            "[variables]\nschema = { default = \"x\" }\n",
            "SELECT '${schma}';"
        ))
    );
    // A value that would end the string it stands in changes what the statement is: it is refused.
    let project = with_variables(
        "[variables]\nx = { default = \"'); DROP TABLE customer; --\" }\n",
        "INSERT INTO customer VALUES ('${x}');",
    );
    assert_snapshot!("a_value_with_sql_in_it", refused(&project));
}
