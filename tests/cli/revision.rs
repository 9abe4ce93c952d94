//! `signoff revision`

use insta::assert_snapshot;

use super::{branched, said, session, shop};
use crate::support::project::Project;

#[test]
fn a_new_migration_stands_on_the_head() {
    let project = shop();
    assert_snapshot!(session(
        &project,
        &[
            &[
                "revision",
                "-m",
                "Add users, & their e-mail",
                "--rev-id",
                "cccc00000003"
            ],
            &["history"],
        ],
    ));
    let path = "migrations/20251230_135533_cccc00000003_add_users_their_e_mail.sql";
    assert_snapshot!("the_new_file", project.read(path));
}

#[test]
fn the_first_of_a_project_is_a_base() {
    let project = Project::new();
    project.run(&["init", "."]).success();
    let outcome = project.run(&["revision", "-m", "first"]);
    let path = outcome.success().stdout.trim().to_owned();
    assert!(project.read(&path).contains("--! revises    = []\n"));
    // An id by chance: two of the same message and second are two files.
    let again = project.run(&["revision", "-m", "first"]);
    assert_ne!(again.success().stdout.trim(), path);
    project.run(&["check"]).success();
}

#[test]
fn quiet_says_the_path_all_the_same() {
    let outcome = shop().run(&["-q", "revision", "-m", "x", "--rev-id", "cccc"]);
    let path = "migrations/20251230_135533_cccc_x.sql\n";
    assert_eq!(outcome.success().stdout, path);
}

#[test]
fn several_heads_want_a_choice_or_a_merge() {
    let project = branched();
    assert_snapshot!(session(
        &project,
        &[
            &["revision", "-m", "which?"],
            &[
                "revision",
                "-m",
                "on one",
                "--head",
                "cccc",
                "--rev-id",
                "eeee00000005"
            ],
            &[
                "revision",
                "-m",
                "merge",
                "--head",
                "eeee",
                "--head",
                "dddd",
                "--rev-id",
                "ffff00000006"
            ],
            &["heads"],
        ],
    ));
    let merge = project.read("migrations/20251230_135533_ffff00000006_merge.sql");
    assert!(
        merge.contains("--! revises    = [\"eeee00000005\", \"dddd00000004\"]\n"),
        "{merge}"
    );
    project.run(&["check"]).success();
}

/// Alembic's rule: a second head is made by who says so, and by nobody else.
#[test]
fn a_branch_is_asked_for() {
    let project = shop();
    let on = |words: &[&'static str]| [&["revision", "-m", "x"], words].concat();
    let before = project.everything();
    assert_snapshot!(session(
        &project,
        &[
            &on(&["--head", "aaaa"]),
            &on(&["--head", "aaaa", "--head", "head"]),
            &on(&["--head", "aaaa", "--head", "head", "--splice"]),
            &on(&["--head", "base", "--head", "head"]),
            &on(&["--head", ""]),
        ],
    ));
    assert_eq!(project.everything(), before);
    // The same revision by two names is one parent.
    let twice = on(&[
        "--head",
        "bbbb",
        "--head",
        "head",
        "--rev-id",
        "cccc00000003",
    ]);
    project.run(&twice).success().quiet();
    let branch = on(&["--head", "aaaa", "--splice", "--rev-id", "dddd00000004"]);
    project.run(&branch).success().quiet();
    let base = on(&["--head", "base", "--rev-id", "eeee00000005"]);
    project.run(&base).success();
    project
        .run(&on(&["--head", "bbbb"]))
        .code(2)
        .stderr_has("would make another head");
    assert_snapshot!("a_branch_and_a_base", session(&project, &[&["history"]]));
}

#[test]
fn branches_have_names_and_wait_for_each_other() {
    let project = branched();
    let on_one = ["revision", "-m", "x", "--head", "cccc", "--rev-id"];
    project
        .run(&[&on_one[..], &["eeee00000005", "--branch-label", "bills"]].concat())
        .success()
        .quiet();
    let before = project.everything();
    let with =
        |words: &[&'static str]| [&["revision", "-m", "x", "--head", "dddd"], words].concat();
    assert_snapshot!(session(
        &project,
        &[
            &with(&["--branch-label", "bills"]),
            &with(&["--branch-label", "aaaa00000001"]),
            &with(&["--branch-label", "ffff", "--rev-id", "ffff"]),
            &with(&["--branch-label", "two words"]),
            &with(&["--branch-label", "head"]),
            &with(&["--rev-id", "bills"]),
            &with(&["--depends-on", "aaaa"]),
            &with(&["--depends-on", "dddd"]),
            &with(&["--depends-on", "base"]),
            &with(&["--depends-on", "nope"]),
            &with(&["--depends-on", "aaaa:bbbb"]),
        ],
    ));
    assert_eq!(project.everything(), before);
    // Labels stay labels, other words become whole ids, and what is said twice is said once.
    let words = "--rev-id ffff00000006 --branch-label refunds --branch-label back --branch-label back \
                 --depends-on bills --depends-on eeee --depends-on bills@head --depends-on bills";
    project
        .run(&with(&words.split_whitespace().collect::<Vec<_>>()))
        .success()
        .quiet();
    let text = project.read("migrations/20251230_135533_ffff00000006_x.sql");
    assert!(
        text.contains("--! labels     = [\"refunds\", \"back\"]\n--! depends_on = [\"bills\", \"eeee00000005\"]\n"),
        "{text}"
    );
    let base = ["revision", "-m", "x", "--head", "base", "--rev-id"];
    assert_snapshot!(
        "a_base_with_and_without_a_name",
        session(
            &project,
            &[
                &[&base[..], &["abba00000007"]].concat(),
                &[&base[..], &["abba00000008", "--branch-label", "audit"]].concat(),
                &["history"],
            ],
        )
    );
    project.run(&["upgrade", "heads"]).success();
}

/// The text of the upgrade comes from outside, byte for byte but for line ends.
#[test]
fn the_sql_is_taken_from_a_file_or_standard_input() {
    let sql = "\u{feff}-- it's  \t here\r\nCREATE TABLE invoice (id bigint);\r\n\n  SELECT '--! x'";
    let project = shop().file("new.sql", sql);
    let with = ["revision", "-m", "x", "--rev-id"];
    project
        .run(&[&with[..], &["cccc00000003", "--sql", "new.sql"]].concat())
        .success()
        .quiet();
    let text = project.read("migrations/20251230_135533_cccc00000003_x.sql");
    assert_snapshot!("the_file_with_sql", text);
    project
        .run_with_input(&[&with[..], &["dddd00000004", "--sql", "-"]].concat(), sql)
        .success()
        .quiet();
    let other = project.read("migrations/20251230_135533_dddd00000004_x.sql");
    let upgrade = |text: &str| {
        text.split_once("--! upgrade\n")
            .expect("there is one")
            .1
            .to_owned()
    };
    assert_eq!(upgrade(&text), upgrade(&other));
    project
        .run(&["upgrade"])
        .success()
        .stdout_has("\n-- it's  \t here\nCREATE TABLE invoice (id bigint);\n");
}

#[test]
fn sql_that_would_make_another_file_is_refused() {
    let project = shop().file(
        "directives.sql",
        "SELECT 1;\n--! downgrade\nDROP TABLE customer;\n--! data { file = \"x\" }\n",
    );
    project.write("latin1.sql", b"SELECT 1;\n-- caf\xe9\n");
    project.write("nul.sql", b"SELECT 1;\n\nSELECT '\0';\n");
    let before = project.everything();
    let mut told = String::new();
    for file in [
        "directives.sql",
        "latin1.sql",
        "nul.sql",
        "none.sql",
        "migrations",
    ] {
        told += &session(&project, &[&["revision", "-m", "x", "--sql", file]]);
    }
    let arguments = ["revision", "-m", "x", "--sql", "-"];
    for input in ["", " \n-- to do\n", "SELECT 1;\nSELECT $$\n"] {
        told += &said(&arguments, &project.run_with_input(&arguments, input));
    }
    assert_snapshot!(told);
    assert_eq!(project.everything(), before);
}

/// `sh editor.sh` notes its arguments below the project.
const EDITOR: &str = "for word; do echo \"$word\"; done > opened\n";

#[test]
fn the_new_file_is_opened() {
    let arguments = ["revision", "-m", "x", "--edit", "--rev-id", "cccc00000003"];
    let file = "migrations/20251230_135533_cccc00000003_x.sql";
    for (visual, editor, opened) in [
        ("sh editor.sh", "nope", ""),
        (" ", "sh  editor.sh\t--wait $HOME;x", "--wait\n$HOME;x\n"),
    ] {
        let project = shop()
            .file("editor.sh", EDITOR)
            .env("VISUAL", visual)
            .env("EDITOR", editor);
        let outcome = project.run(&arguments);
        assert_eq!(outcome.success().quiet().stdout, format!("{file}\n"));
        let path = project.path(file);
        assert_eq!(project.read("opened"), format!("{opened}{path}\n"));
    }
}

/// The file is there whatever becomes of the editor, and that is said.
#[test]
fn an_editor_that_does_not_open() {
    let mut told = String::new();
    for editor in ["", "no-such-editor -w", "false"] {
        let project = shop().env("EDITOR", editor);
        told += &session(
            &project,
            &[
                &["revision", "-m", "x", "--edit", "--rev-id", "cccc00000003"],
                &["heads"],
            ],
        );
    }
    let project = shop();
    let before = project.everything();
    told += &session(
        &project,
        &[&["revision", "-m", "x", "--edit", "--sql", "-"]],
    );
    assert_eq!(project.everything(), before);
    assert_snapshot!(told);
}

#[test]
fn what_it_does_not_take() {
    let project = shop();
    let before = project.everything();
    assert_snapshot!(session(
        &project,
        &[
            &["revision", "-m", "  "],
            &["revision", "-m", "gnissecorp \u{202e}reverse"],
            &["revision", "-m", "x", "--rev-id", "base"],
            &["revision", "-m", "x", "--rev-id", "abc"],
            &["revision", "-m", "x", "--rev-id", "a/../b"],
            &["revision", "-m", "x", "--rev-id", "aaaa00000001"],
            &["revision", "-m", "x", "--head", "nope"],
            &["revision", "-m", "x", "--path", "elsewhere"],
        ],
    ));
    assert_eq!(project.everything(), before);
    let project = project.env("SOURCE_DATE_EPOCH", "tomorrow");
    project
        .run(&["revision", "-m", "x"])
        .code(2)
        .stderr_has("SOURCE_DATE_EPOCH must be seconds since 1970");
    assert_eq!(project.everything(), before);
}

/// A message of any length, with whatever the keyboard has, gives a file that is read back with the same message.
#[test]
fn messages_come_back_as_they_were_typed() {
    let project = shop();
    let long = "long ".repeat(200);
    for message in [
        "it's \"quoted\" \\q `id` $m0$ :x ''' \"\"\"",
        "naïve – ǁke 日本",
        &long,
    ] {
        project.run(&["revision", "-m", message]).success();
        let history = project.run(&["history"]);
        let first = history.success().stdout.lines().next().unwrap_or_default();
        assert!(first.ends_with(message.trim_end()), "{first}");
    }
    // A line break is a blank: the message is one line.
    project.run(&["revision", "-m", "two\nlines"]).success();
    project
        .run(&["history"])
        .success()
        .stdout_has("two lines\n");
}

/// A file is never replaced, however its name came about.
#[test]
fn a_file_that_is_there_stays() {
    let config = "[migrations]\nfile_template = \"{rev}_{slug}.sql\"\n";
    let project = shop().file("signoff.toml", config).file(
        "migrations/dddd_x.sql",
        &super::migration("cccc", &["bbbb00000002"], "x", "", ""),
    );
    let before = project.everything();
    project
        .run(&["revision", "-m", "x", "--rev-id", "dddd"])
        .code(2)
        .stderr_has("`migrations/dddd_x.sql` is there already; nothing was changed");
    assert_eq!(project.everything(), before);
}

#[test]
fn a_foreign_layout_is_written_by_its_own_rules() {
    let project = Project::new()
        .file("db/1_a.up.sql", "SELECT 1;\n")
        .file("db/1_a.down.sql", "SELECT 1;\n");
    let before = project.everything();
    assert_snapshot!(session(
        &project,
        &[&["revision", "-m", "x", "--path", "db"]],
    ));
    assert_eq!(project.everything(), before);
}
