//! `signoff squash`; what its revision does to databases is in `postgres/squash.rs`.

use insta::assert_snapshot;

use super::{CONFIG, branched, migration, session, shop};
use crate::support::project::Project;

const SQUASH: [&str; 6] = [
    "squash",
    "base:bbbb",
    "-m",
    "First release",
    "--rev-id",
    "first1",
];

/// A line of revisions, each with this upgrade and downgrade.
fn line(scripts: &[(&str, &str)]) -> Project {
    let mut project = Project::new()
        .env("SOURCE_DATE_EPOCH", "1767102933")
        .file("signoff.toml", CONFIG);
    let mut parents = Vec::new();
    for (at, (up, down)) in scripts.iter().enumerate() {
        let id = format!("rev{}", at + 1);
        let parents_now: Vec<&str> = parents.iter().map(String::as_str).collect();
        let text = migration(&id, &parents_now, &format!("Step {}", at + 1), up, down);
        project = project.file(&format!("migrations/{id}.sql"), &text);
        parents = vec![id];
    }
    project
}

/// The one file of the tree that is new.
fn squashed(project: &Project) -> String {
    let files = project.files("migrations");
    let new = files.iter().find(|file| file.as_str().contains("first"));
    project.read(&format!("migrations/{}", new.expect("a new file")))
}

#[test]
fn one_file_takes_the_place_of_several() {
    let project = shop();
    project.run(&["seal"]).success();
    let sum = project.read("migrations/signoff.sum");
    assert_snapshot!(session(
        &project,
        &[&SQUASH, &["check"], &["history", "-v"], &["show", "aaaa"]]
    ));
    assert_snapshot!(squashed(&project));
    // What was published stays on record, and nothing is published that was not.
    assert_eq!(project.read("migrations/signoff.sum"), sum);
    let files = project.files("migrations");
    assert_eq!(files.len(), 2, "{files:?}");
    project.run(&["seal"]).success();
    let sealed = project.read("migrations/signoff.sum");
    assert!(
        sealed.contains("\nfirst1 replaces=aaaa00000001,bbbb00000002 up=sha256:"),
        "{sealed}"
    );
    project.run(&["check"]).success();
}

/// What was not published is kept on record all the same: databases of developers have it.
#[test]
fn what_was_not_sealed_is_kept_too() {
    let project = shop();
    project.run(&SQUASH).success();
    let sum = project.read("migrations/signoff.sum");
    assert_eq!(sum.lines().count(), 3, "{sum}");
    project.run(&["check"]).success();
    // Without it nobody could tell what a database has.
    project.write("migrations/signoff.sum", b"signoff.sum 1\n");
    assert_snapshot!(session(&project, &[&["check"]]));
}

/// Who stood on one of them stands on the squash, published or not.
#[test]
fn what_stood_on_it_stays_as_it_is() {
    let project = branched();
    project.run(&["seal"]).success();
    let three = project.read("migrations/three.sql");
    project.run(&SQUASH).success();
    project.run(&["check"]).success();
    assert_eq!(project.read("migrations/three.sql"), three);
    project
        .run(&["history", "--json"])
        .success()
        .stdout_has("\"parents\": [\n        \"first1\"\n      ]");
}

#[test]
fn what_can_not_be_squashed() {
    let project = branched();
    assert_snapshot!(session(
        &project,
        &[
            &["squash", "aaaa:bbbb", "-m", "one"],
            &["squash", "head", "-m", "several heads"],
            &["squash", "base:heads", "-m", "branches"],
            &["squash", "aaaa:cccc", "-m", "under a branch"],
            &["squash", "base:bbbb", "-m", " "],
            &["squash", "base:bbbb"],
        ]
    ));
    assert_eq!(project.files("migrations").len(), 4);
}

#[test]
fn settings_and_ways_back() {
    let project = line(&[("SELECT 1;", "SELECT -1;"), ("SELECT 2;", "SELECT -2;")]);
    let second = project.read("migrations/rev2.sql");
    let with = |header: &str| {
        let text = second.replacen("--! message", &format!("{header}\n--! message"), 1);
        project.write("migrations/rev2.sql", text.as_bytes());
    };
    for header in [
        "--! lock_timeout = \"2s\"",
        "--! role = \"a\"",
        "--! search_path = \"a\"",
        "--! statement_timeout = \"2s\"",
        "--! variables = true",
    ] {
        with(header);
        project
            .run(&["squash", "base:rev2", "-m", "x"])
            .code(2)
            .stderr_has("squash-of-settings");
    }
    // A value that databases recorded could not be compared any more.
    let config = format!("{CONFIG}[variables]\nwho = {{ default = \"me\" }}\n");
    project.write("signoff.toml", config.as_bytes());
    let first = project.read("migrations/rev1.sql");
    let using = first
        .replacen("--! message", "--! variables = true\n--! message", 1)
        .replace("SELECT 1;", "SELECT '${who}';");
    project.write("migrations/rev1.sql", using.as_bytes());
    project
        .run(&["squash", "base:rev2", "-m", "x"])
        .code(2)
        .stderr_has("squash-of-variables");
    project.write("migrations/rev1.sql", first.as_bytes());
    // One header holds for both directions.
    let only_down = "--! search_path = \"a\"\n--! message";
    let text = second
        .replacen("--! message", only_down, 1)
        .replace("SELECT 2;", "-- nothing");
    project.write("migrations/rev2.sql", text.as_bytes());
    project
        .run(&["squash", "base:rev2", "-m", "x"])
        .code(2)
        .stderr_has("do not say the same of `search_path`");
    // The same in both is kept, and so are reasons, views and dates.
    let extras = "--! lock_timeout = \"2s\"\n--! created = 2025-01-02T00:00:00Z\n--! allow = { empty-upgrade = \"so \\\"meant\\\"\" }";
    with(extras);
    let first = project.read("migrations/rev1.sql");
    let first = first.replacen("--! message", "--! lock_timeout = \"2s\"\n--! message", 1);
    let first = first.replace(
        "--! downgrade\nSELECT -1;\n",
        "--! downgrade { irreversible = \"rows are gone\" }\n",
    );
    project.write("migrations/rev1.sql", first.as_bytes());
    project
        .run(&["squash", "base:rev2", "-m", "first"])
        .success();
    let text = squashed(&project);
    let body = text.split_once("--! revises").expect("a header").1;
    assert_snapshot!(body);
}

/// A downgrade that does nothing for an upgrade that does is none, and nobody would be told of it any more.
#[test]
fn an_empty_downgrade_is_no_way_back() {
    let project = line(&[("SELECT 1;", "SELECT -1;"), ("SELECT 2;", "-- later")]);
    project
        .run(&["squash", "base:rev2", "-m", "first"])
        .success()
        .stdout_has("no way back over all of it: rev2: its downgrade is empty");
    assert!(
        squashed(&project)
            .ends_with("--! downgrade { irreversible = \"rev2: its downgrade is empty\" }\n")
    );
}

/// A tree that would not compile is left as it was.
#[test]
fn all_of_it_or_nothing() {
    let project = line(&[
        ("CREATE TABLE a (x int);", ""),
        ("\\echo hidden", ""),
        ("SELECT 1;", ""),
    ]);
    let before = project.everything();
    project
        .run(&["squash", "base:rev3", "-m", "x"])
        .code(2)
        .stderr_has("nothing was written");
    assert!(
        before == project.everything(),
        "{:?}",
        project.files("migrations")
    );
    // Data that do not end would take what comes next for rows.
    let project = line(&[
        ("SELECT 1;", "DROP TABLE a;"),
        ("SELECT 2;", "COPY c FROM stdin;\nkept"),
    ]);
    let before = project.everything();
    project
        .run(&["squash", "base:rev2", "-m", "x"])
        .code(2)
        .stderr_has("error[unclosed]");
    assert!(before == project.everything());
    // A file of somebody's where the new one goes.
    let project = line(&[("SELECT 1;", ""), ("SELECT 1;", "")]);
    let words = ["squash", "base:rev2", "-m", "x", "--rev-id", "first1"];
    project.write("migrations/20251230_135533_first1_x.sql/mine", b"mine");
    let before = project.everything();
    project
        .run(&words)
        .code(2)
        .stderr_has("_first1_x.sql` is there already");
    assert!(before == project.everything());
}

/// A branch that went on from the middle of what was squashed.
#[test]
fn inside_a_squash() {
    let project = shop();
    project.run(&SQUASH).success();
    let on = |parent: &str, id: &str| migration(id, &[parent], "More", "SELECT 3;", "SELECT 4;");
    project.write(
        "migrations/more.sql",
        on("bbbb00000002", "cccc00000003").as_bytes(),
    );
    project.run(&["check"]).success().quiet();
    project.write(
        "migrations/more.sql",
        on("aaaa00000001", "cccc00000003").as_bytes(),
    );
    assert_snapshot!(session(&project, &[&["check"]]));
    // A squash that ends in a squash ends where that ends.
    project.write(
        "migrations/more.sql",
        on("bbbb00000002", "cccc00000003").as_bytes(),
    );
    let zero = migration("zero00000000", &[], "Zero", "SELECT 0;", "SELECT 0;");
    project.write("migrations/zero.sql", zero.as_bytes());
    let first = squashed(&project).replace("revises    = []", "revises    = [\"zero00000000\"]");
    let files = project.files("migrations");
    let name = files.iter().find(|file| file.as_str().contains("first"));
    project.write(
        &format!("migrations/{}", name.expect("there")),
        first.as_bytes(),
    );
    let again = ["squash", "base:first1", "-m", "All", "--rev-id", "allofit1"];
    project.run(&again).success();
    project.run(&["check"]).success().quiet();
}

/// Two people squashed, or one brought a file back.
#[test]
fn trees_that_do_not_fit() {
    let project = shop();
    let first = project.read("migrations/one.sql");
    project.run(&SQUASH).success();
    let squash = squashed(&project);
    project.write("migrations/one.sql", first.as_bytes());
    project.write(
        "migrations/again.sql",
        squash.replacen("first1", "again1", 1).as_bytes(),
    );
    assert_snapshot!(session(&project, &[&["check"]]));
    let project = shop();
    project.run(&SQUASH).success();
    project
        .run(&["revision", "-m", "x", "--rev-id", "aaaa00000001"])
        .code(2)
        .stderr_has("there is a revision that was squashed, aaaa00000001 already");
}
