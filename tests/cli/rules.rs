//! Every rule's page: it has the headings that a reader looks for, its bad examples are found and its good ones are not.

use super::json;
use crate::support::project::Project;

const HEADINGS: [&str; 5] = [
    "## What it finds",
    "## Why it hurts",
    "## Bad",
    "## Good",
    "## When to allow",
];

/// The code of each finding of `check` on a revision of this SQL, before which lines of its header may stand.
fn codes(sql: &str) -> Vec<String> {
    codes_beside(&[], sql)
}

/// The same in a tree with these repeatables.
fn codes_beside(repeatables: &[&str], sql: &str) -> Vec<String> {
    let at = sql
        .split_inclusive('\n')
        .take_while(|line| line.starts_with("--! "))
        .map(str::len)
        .sum();
    let (own, sql) = sql.split_at(at);
    let header = "--! revision = \"rev1\"\n--! revises = []\n--! message = \"x\"\n";
    let mut project = Project::new().file(
        "migrations/1.sql",
        &format!(
            "{header}{own}\n--! upgrade\n{sql}\n--! downgrade {{ irreversible = \"an example\" }}\n"
        ),
    );
    for (at, text) in repeatables.iter().enumerate() {
        project = project.file(&format!("migrations/repeatable/{at}.sql"), text);
    }
    let found = json(&project.run(&["check", "--json"]));
    let findings = found["findings"].as_array().expect("a list");
    let codes = findings
        .iter()
        .map(|finding| finding["code"].as_str().expect("a code").to_owned());
    codes.collect()
}

/// The blocks of a page that are marked so.
fn blocks<'p>(page: &'p str, mark: &str) -> Vec<&'p str> {
    let open = format!("```sql,{mark}\n");
    let parts = page.split(&open).skip(1);
    parts
        .map(|part| part.split("```").next().expect("a split has a part"))
        .collect()
}

#[test]
fn pages_and_rules_agree() {
    let folder = crate::support::root().join("src/lint");
    let pages = crate::support::files(&folder, "md");
    assert!(!pages.is_empty());
    for path in pages {
        let page = std::fs::read_to_string(folder.join(&path)).expect("a page is readable");
        let slug = path.as_str().trim_end_matches(".md").replace('_', "-");
        assert!(page.starts_with(&format!("# {slug}\n")), "{path}");
        let mut rest = page.as_str();
        for heading in HEADINGS {
            rest = rest
                .split_once(&format!("\n{heading}\n"))
                .unwrap_or_else(|| panic!("{path}: no `{heading}`, or not in its place"))
                .1;
        }
        let (bad, good) = (blocks(&page, "bad"), blocks(&page, "good"));
        let beside = blocks(&page, "repeatable");
        assert!(!bad.is_empty() && !good.is_empty(), "{path}");
        for sql in bad {
            let found = codes_beside(&beside, sql);
            assert_eq!(found, [slug.as_str()], "{path}\n{sql}");
        }
        for sql in good {
            let found = codes_beside(&beside, sql);
            assert!(found.is_empty(), "{path}\n{sql}\n{found:?}");
        }
    }
}

/// A constraint of another table or name, another order, a revision that runs by steps anyway.
#[test]
fn validate_in_one_transaction_looks_closely() {
    let add = "ALTER TABLE t ADD CONSTRAINT c CHECK (x > 0) NOT VALID";
    for (sql, found) in [
        (
            format!("{add};\nALTER TABLE t VALIDATE CONSTRAINT \"c\";"),
            1,
        ),
        (format!("{add}, VALIDATE CONSTRAINT c;"), 1),
        (format!("ALTER TABLE t VALIDATE CONSTRAINT c;\n{add};"), 0),
        (format!("{add};\nALTER TABLE t VALIDATE CONSTRAINT d;"), 0),
        (format!("{add};\nALTER TABLE u VALIDATE CONSTRAINT c;"), 0),
        (
            format!(
                "{add};\nCREATE INDEX CONCURRENTLY i ON t (x);\nALTER TABLE t VALIDATE CONSTRAINT c;"
            ),
            0,
        ),
        (
            format!("BEGIN;\n{add};\nCOMMIT;\nALTER TABLE t VALIDATE CONSTRAINT c;"),
            0,
        ),
    ] {
        assert_eq!(codes(&sql).len(), found, "{sql}");
    }
}

/// Another kind, name, schema or table; what the revision makes again; what another repeatable takes with it.
#[test]
fn drops_repeatable_looks_closely() {
    let repeatable = |name: &str, more: &str, sql: &str| {
        format!("--! name = \"{name}\"\n{more}--! apply\n{sql}\n")
    };
    let all = [
        repeatable("v", "", "CREATE OR REPLACE VIEW app.v AS SELECT 1 AS a;"),
        repeatable(
            "w",
            "--! after = [\"v\"]\n",
            "DROP VIEW IF EXISTS W; CREATE VIEW W AS SELECT 1 AS a;",
        ),
        repeatable(
            "m",
            "",
            "CREATE MATERIALIZED VIEW IF NOT EXISTS \"M\" AS SELECT 1 AS a;",
        ),
        repeatable(
            "f",
            "",
            "CREATE OR REPLACE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT a';",
        ),
        repeatable(
            "t",
            "",
            "CREATE OR REPLACE TRIGGER t AFTER INSERT ON app.t FOR EACH ROW EXECUTE FUNCTION f();",
        ),
        repeatable("temp", "", "CREATE TEMPORARY VIEW x AS SELECT 1 AS a;"),
    ];
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    for (sql, found) in [
        ("DROP VIEW v;", 1),
        ("DROP VIEW APP.V, other, w CASCADE;", 2),
        ("DROP VIEW public.v;", 0),
        ("DROP VIEW \"V\";", 0),
        ("DROP TABLE v;", 0),
        ("DROP MATERIALIZED VIEW m;", 0),
        ("DROP MATERIALIZED VIEW \"M\";", 1),
        ("DROP FUNCTION IF EXISTS f(int);", 1),
        ("DROP ROUTINE f;", 1),
        ("DROP PROCEDURE f;", 0),
        ("DROP TRIGGER t ON t;", 1),
        ("DROP TRIGGER t ON app.u;", 0),
        ("DROP VIEW x;", 0),
        ("CREATE VIEW v AS SELECT 1 AS a; DROP VIEW v;", 1),
        ("DROP VIEW v; DROP VIEW IF EXISTS v;", 1),
        ("DROP VIEW v; CREATE VIEW app.v AS SELECT 2 AS a;", 0),
        ("--! recreates = [\"v\"]\nDROP VIEW v, w;", 0),
        ("--! recreates = [\"w\"]\nDROP VIEW v, w;", 1),
        ("--! allow = { drops-repeatable = \"so\" }\nDROP VIEW v;", 0),
    ] {
        let codes = codes_beside(&all, sql);
        assert_eq!(codes, vec!["drops-repeatable"; found], "{sql}");
    }
}
