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

/// The code of each finding of `check` on a revision of this SQL.
fn codes(sql: &str) -> Vec<String> {
    let header = "--! revision = \"rev1\"\n--! revises = []\n--! message = \"x\"";
    let project = Project::new().file(
        "migrations/1.sql",
        &format!(
            "{header}\n\n--! upgrade\n{sql}\n--! downgrade {{ irreversible = \"an example\" }}\n"
        ),
    );
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
        assert!(!bad.is_empty() && !good.is_empty(), "{path}");
        for sql in bad {
            assert_eq!(codes(sql), [slug.as_str()], "{path}\n{sql}");
        }
        for sql in good {
            assert!(codes(sql).is_empty(), "{path}\n{sql}\n{:?}", codes(sql));
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
