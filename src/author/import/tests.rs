//! Held to what Alembic told when it was asked, and to what must not be lost.

use super::*;
use crate::author::import::alembic::{Answer, Known, Ran};
use crate::diagnostic::Sink;

/// What Alembic 1.20.1 told of the projects below `tests/alembic`, as it was recorded.
const GAPS: &str = include_str!("../../../tests/alembic/gaps/answer.jsonl");
const BRANCHES: &str = include_str!("../../../tests/alembic/branches/answer.jsonl");
const SCHEMA: &str = include_str!("../../../tests/alembic/schema/answer.jsonl");
const WHOLE: &str = include_str!("../../../tests/alembic/whole/answer.jsonl");

fn told(answer: &str) -> (Vec<Known>, Vec<Ran>) {
    let (mut known, mut ran) = (Vec::new(), Vec::new());
    for line in answer.lines() {
        match alembic::answer(line).expect(line) {
            Answer::Known(one) => known.push(*one),
            Answer::Ran(one) => ran.push(*one),
            Answer::Whole { .. } | Answer::Begins { .. } => {}
            Answer::Failed { .. } => panic!("{line}"),
        }
    }
    known.reverse();
    (known, ran)
}

fn imported(answer: &str) -> (Vec<Revision>, Vec<String>) {
    let (known, ran) = told(answer);
    let mut sink = Sink::default();
    let revisions = alembic::revisions(&known, &ran, &mut sink);
    let codes = sink.diagnostics().iter().map(|it| it.code.to_owned());
    (revisions, codes.collect())
}

fn of<'r>(revisions: &'r [Revision], id: &str) -> &'r Revision {
    let found = revisions.iter().find(|it| it.id.as_str() == id);
    found.expect("is there")
}

fn sql(section: &Section) -> &Sql {
    match section {
        Section::Sql(sql) => sql,
        Section::Unknown(why) => panic!("{why}"),
    }
}

fn reason(section: &Section) -> &str {
    match section {
        Section::Sql(sql) => panic!("{}", sql.text),
        Section::Unknown(why) => why,
    }
}

#[test]
fn a_revision_of_alembic_is_a_native_file() {
    let (revisions, _) = imported(WHOLE);
    let text = revisions[0].text();
    assert!(matches!(since(&text), Since::Untouched(_)));
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[1].starts_with("-- Imported from alembic/versions/aaa100000001_users.py ("));
    assert_eq!(
        lines[2..].join("\n"),
        "--! revision   = \"aaa100000001\"\n\
         --! revises    = []\n\
         --! message    = \"Users table\"\n\
         --! created    = 2025-03-10T10:11:12Z\n\
         \n\
         --! upgrade\n\
         CREATE TABLE users (\n    id SERIAL NOT NULL, \n    name VARCHAR(50) DEFAULT 'x%y' NOT NULL, \n    PRIMARY KEY (id)\n);\n\
         \n\
         --! downgrade\n\
         DROP TABLE users;"
    );
    let name = revisions[0].file_name("{year}_{rev}_{slug}.sql");
    assert_eq!(name.expect("a name"), "2025_aaa100000001_users_table.sql");
}

/// Alembic puts a `;` behind each text, and would put it into a comment; what looks like a directive is none.
#[test]
fn statements_end_where_they_end() {
    let (revisions, _) = imported(WHOLE);
    let text = &sql(&of(&revisions, "aaa100000002").upgrade).text;
    assert!(text.contains("E'a\\\\tb');\nCREATE FUNCTION"), "{text}");
    assert!(text.contains("$body$;\n-- ! upgrade\n"), "{text}");
    assert!(
        text.contains("'\n    --! downgrade\n    ' WHERE id = 3 -- last\n;\nSELECT 1; SELECT 2;\n"),
        "{text}"
    );
    assert!(text.contains("'it''s 100% :name \\ back'"), "{text}");
}

#[test]
fn an_autocommit_block_stands_between_own_transactions() {
    let (revisions, _) = imported(WHOLE);
    let index = of(&revisions, "aaa100000004");
    let up = sql(&index.upgrade);
    assert_eq!(
        up.text,
        "BEGIN;\nALTER TABLE users ADD COLUMN email TEXT;\nCOMMIT;\n\
         CREATE INDEX CONCURRENTLY users_email ON users (email);\nANALYZE users;\n\
         BEGIN;\nCOMMENT ON TABLE users IS 'here';\nCOMMIT;\n"
    );
    assert!(!up.no_transaction);
}

#[test]
fn what_gives_no_sql_says_why() {
    let (revisions, codes) = imported(GAPS);
    let reads = of(&revisions, "aaa100000003");
    assert_eq!(
        reason(&reads.upgrade),
        "`alembic upgrade --sql` stops at alembic/versions/aaa100000003_reads.py:18, `rows = op.get_bind().execute(sa.text(\"SELECT id FROM users\")).fetchall()`: AttributeError: 'NoneType' object has no attribute 'fetchall'"
    );
    let back = reads.downgrade.as_ref().expect("is there");
    assert!(reason(back).ends_with("NotImplementedError: no way back"));
    let offline = of(&revisions, "aaa100000005");
    assert_eq!(
        reason(&offline.upgrade),
        "upgrade() in alembic/versions/aaa100000005_nothing.py holds Python that gives no SQL without a database"
    );
    assert!(
        offline
            .text()
            .contains("\n--! upgrade { unwritten = \"upgrade() in ")
    );
    assert!(
        reads
            .text()
            .contains("\n--! downgrade { irreversible = \"`alembic downgrade")
    );
    // `pass` is an empty downgrade, which is no missing one.
    assert_eq!(
        sql(offline.downgrade.as_ref().expect("is there")),
        &Sql::default()
    );
    assert_eq!(codes, ["import-tabs"]);
    // Python that ends in the middle of one has told nothing of it.
    let (known, ran) = told(GAPS);
    let ran: Vec<Ran> = ran
        .into_iter()
        .filter(|one| one.ran != "aaa100000001")
        .collect();
    let revisions = alembic::revisions(&known, &ran, &mut Sink::default());
    assert_eq!(
        revisions[0].gap(),
        Some("Python ended in the middle of alembic/versions/aaa100000001_users.py")
    );
}

#[test]
fn the_graph_is_alembics() {
    let (revisions, codes) = imported(BRANCHES);
    assert_eq!(codes, Vec::<String>::new());
    let merge = of(&revisions, "merg00000001");
    let parents: Vec<&str> = merge.parents.iter().map(RevisionId::as_str).collect();
    assert_eq!(parents, ["left00000001", "rigt00000001"]);
    assert_eq!(of(&revisions, "rigt00000001").depends_on, ["side00000001"]);
    assert_eq!(of(&revisions, "side00000002").depends_on, ["shop"]);
    assert_eq!(of(&revisions, "base00000001").labels, ["shop"]);
    assert!(of(&revisions, "left00000001").labels.is_empty());
    // One transaction for each migration is what a revision is anyway.
    let up = &sql(&of(&revisions, "side00000002").upgrade).text;
    assert_eq!(up, "ALTER TABLE s ADD COLUMN a_id int;\n");
}

/// What env.py runs comes along; ids that are too short are other ones; `%` is not doubled where env.py forgot `named`.
#[test]
fn env_py_and_short_ids() {
    let (revisions, codes) = imported(SCHEMA);
    assert_eq!(codes, ["import-env", "import-renamed"]);
    let second = of(&revisions, "0002");
    assert_eq!(second.parents[0].as_str(), "0001");
    let up = &sql(&second.upgrade).text;
    assert!(up.starts_with(
        "CREATE SCHEMA IF NOT EXISTS meta;\nSET search_path TO public;\nCREATE TABLE b ("
    ));
    assert!(
        up.contains("'x%y'") && up.ends_with("GRANT SELECT ON b TO PUBLIC;\n"),
        "{up}"
    );
    let (_, ran) = told(SCHEMA);
    assert_eq!(
        alembic::version_table(&ran),
        Some((Some("meta"), "versions"))
    );
    assert_eq!(alembic::version_table(&told(GAPS).1), None);
}

#[test]
fn env_py_that_never_gets_to_a_migration() {
    let fails = |inside| {
        let line = format!(
            "{{\"ran\": \"a\", \"upgrade\": {{\"error\": \"KeyError: 'URL'\", \"line\": null, \"inside\": {inside}}}, \"downgrade\": {{\"error\": \"x\", \"line\": null, \"inside\": false}}}}"
        );
        told(&line).1
    };
    assert_eq!(
        alembic::fails_everywhere(&fails(false)),
        Some("KeyError: 'URL'")
    );
    assert_eq!(alembic::fails_everywhere(&fails(true)), None);
    assert_eq!(alembic::fails_everywhere(&[]), None);
}

#[test]
fn ids_stay_wherever_they_can() {
    let made = |names: &[&str]| {
        let ids = ids(names);
        ids.iter()
            .map(|id| id.as_str().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(made(&["27da", "1", "0001"]), ["27da", "0001_2", "0001"]);
    assert_eq!(
        made(&["a-b-c", "a_b_c", "head", "ab", "1.2"]),
        ["a_b_c_2", "a_b_c", "head_2", "ab__", "01.2"]
    );
    let long = "x".repeat(80);
    assert_eq!(
        made(&[&long, &format!("{long}y")]),
        ["x".repeat(50), format!("{}_2", "x".repeat(50))]
    );
}

#[test]
fn names_say_nothing_twice() {
    let revision = |id: &str, message: &str| Revision {
        id: ids(&[id]).remove(0),
        message: message.to_owned(),
        created: time_of(id),
        ..imported(WHOLE).0.remove(0)
    };
    let template = "{year}{month}{day}_{rev}_{slug}.sql";
    let name = |id, message| revision(id, message).file_name(template).expect("a name");
    assert_eq!(
        name("20250310081500", "create feeds"),
        "20250310081500_create_feeds.sql"
    );
    assert_eq!(
        name("20250310081500_feeds", "feeds"),
        "20250310081500_feeds.sql"
    );
    assert_eq!(name("1", "create feeds"), "0001_create_feeds.sql");
}

#[test]
fn an_edit_is_seen_and_a_checkout_is_none() {
    let (revisions, _) = imported(WHOLE);
    let text = revisions[0].text();
    let Since::Untouched(sum) = since(&text) else {
        panic!("{text}")
    };
    assert_eq!(since(&text.replace('\n', "\r\n")), Since::Untouched(sum));
    assert_eq!(since(&text.replace("SERIAL", "serial")), Since::Edited(sum));
    assert_eq!(since(&text.replace("Users", "People")), Since::Edited(sum));
    assert_eq!(since("-- x\n--! revision = \"aaaa\"\n"), Since::Own);
    assert_eq!(since(""), Since::Own);
    let view = repeatable("v", &["w".to_owned()], "R__v.sql", &Sql::default());
    assert!(matches!(since(&view), Since::Untouched(_)), "{view}");
}

#[test]
fn what_no_file_may_hold_is_unknown() {
    for (text, why) in [
        ("SELECT 'x", "its SQL leaves a quoted string open"),
        (
            "SELECT 1;\rSELECT 2",
            "its SQL holds a carriage return or NUL that no file may hold",
        ),
    ] {
        assert_eq!(put_together([text]), Err(why.to_owned()));
    }
    assert_eq!(
        put_together(["SELECT 1", "", "-- only this", "SELECT 2;"]),
        Ok("SELECT 1;\n-- only this\nSELECT 2;\n".to_owned())
    );
}
