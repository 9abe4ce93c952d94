//! No text of a file name, message, label, project, variable or cell changes the structure of an emitted script.

use std::sync::OnceLock;

use proptest::prelude::*;

use super::skeleton;
use crate::support::project::Project;

/// What ends something, begins something or is expanded somewhere: in SQL, psql, a template, a format or a shell.
const NASTY: [&str; 44] = [
    "'",
    "''",
    "'''",
    "\"",
    "\"\"",
    "\\",
    "\\\\",
    "\\'",
    "\\\"",
    "\\q",
    "\\endif",
    "\\n",
    "`id`",
    "$$",
    "$m$",
    "$m0$",
    "$m1$",
    "$m",
    "$signoff$",
    "$1",
    ":x",
    ":'x'",
    ":\"x\"",
    ":{?x}",
    ":signoff_session",
    ";",
    "--",
    "/*",
    "*/",
    "E'",
    "U&\"",
    "{{ 7 * 7 }}",
    "{% raw %}",
    "{#",
    "${x}",
    "%s",
    "%1$s",
    "%%",
    "(",
    "]",
    "é",
    "日本",
    "\u{a0}",
    "COMMIT",
];

/// What a cell may hold beside.
const LINES: [&str; 8] = [
    "\n",
    "\n\\q\n",
    "\n-- end\n",
    "\n$m$\n",
    ",",
    "\t",
    "\n\\.\n",
    "\u{2028}",
];

/// Texts of one line that a header takes.
fn line() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        4 => proptest::sample::select(&NASTY[..]).prop_map(str::to_owned),
        1 => "[ -~]{1,6}",
        1 => Just(" ".to_owned()),
    ];
    proptest::collection::vec(pieces, 1..6).prop_map(|pieces| format!("m{}", pieces.concat()))
}

/// Texts that a cell of a CSV file takes: several lines, too.
fn cell() -> impl Strategy<Value = String> {
    proptest::collection::vec(
        prop_oneof![
            line(),
            proptest::sample::select(&LINES[..]).prop_map(str::to_owned)
        ],
        0..4,
    )
    .prop_map(|pieces| pieces.concat())
}

/// Names of files and folders. A leading dot would hide them.
fn file_name() -> impl Strategy<Value = String> {
    line().prop_map(|text| text.replace('/', "|").chars().take(50).collect())
}

/// Names in the config: a `$` in one is refused.
fn named(text: &str) -> String {
    text.replace('$', "")
}

/// All texts of a tree that somebody writes and nobody reads closely.
#[derive(Debug, Clone)]
struct Texts {
    message: String,
    reason: String,
    folder: String,
    file: String,
    csv_file: String,
    column: String,
    cells: Vec<String>,
    role: String,
    database: String,
    schema: String,
    variable: String,
    search_path: String,
}

fn texts() -> impl Strategy<Value = Texts> {
    let short = || line().prop_map(|text| text.chars().take(20).collect::<String>());
    let names = (
        file_name(),
        file_name(),
        file_name(),
        cell(),
        cell(),
        cell(),
    );
    let settings = (short(), short(), short(), line(), short());
    (line(), line(), names, settings).prop_map(|(message, reason, names, settings)| Texts {
        message,
        reason,
        folder: names.0,
        file: names.1,
        csv_file: names.2,
        column: format!("c{}", names.3.replace(['\n', '\t', '\u{2028}'], ""))
            .chars()
            .take(15)
            .collect(),
        cells: vec![names.4, names.5],
        role: named(&settings.0),
        database: named(&settings.1),
        schema: named(&settings.2),
        variable: settings.3,
        search_path: named(&settings.4),
    })
}

/// The same tree with nothing in it that could do harm.
fn harmless() -> Texts {
    let word = || "word".to_owned();
    Texts {
        message: word(),
        reason: word(),
        folder: word(),
        file: word(),
        csv_file: word(),
        column: word(),
        cells: vec![word(), word()],
        role: word(),
        database: word(),
        schema: word(),
        variable: word(),
        search_path: word(),
    }
}

/// A string as TOML writes it: JSON's escapes are TOML's.
fn toml(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A tree that holds every one of the texts in every place where it can stand.
fn project(texts: &Texts) -> Project {
    let csv = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let Texts {
        folder,
        file,
        csv_file,
        ..
    } = texts;
    let quoted_path = format!("\"{}\"", texts.search_path.replace('"', "\"\""));
    let config = format!(
        "[project]\nname = \"shop\"\n\n[migrations]\npath = {}\n\n[target]\nrole = {}\ndatabase = {}\nsearch_path = {}\n\n\
         [version_table]\nname = {}\nschema = {}\n\n[variables]\nx = {{ default = {} }}\n",
        toml(folder),
        toml(&texts.role),
        toml(&texts.database),
        toml(&quoted_path),
        toml(&texts.schema),
        toml(&texts.schema),
        toml(&texts.variable.replace('\'', "''")),
    );
    let header = |id: &str, revises: &str, more: &str| {
        format!(
            "--! revision = \"{id}\"\n--! revises = {revises}\n--! message = {}\n{more}\n",
            toml(&texts.message)
        )
    };
    let first = header(
        "aaaa0001",
        "[]",
        &format!(
            "--! labels = [{}]\n--! role = {}\n",
            "\"l\"",
            toml(&texts.role)
        ),
    ) + "--! upgrade\nCREATE TABLE t (a text);\nINSERT INTO t VALUES ('a');\n"
        + &format!(
            "--! data {{ file = {}, table = \"t\", key = [{}], on_conflict = \"update\" }}\n",
            toml(&format!("{csv_file}.csv")),
            toml(&texts.column)
        )
        + "SELECT a[1:n] FROM t;\n\n--! downgrade\nDROP TABLE t;\n";
    let second = header(
        "bbbb0002",
        "[\"aaaa0001\"]",
        &format!(
            "--! variables = true\n--! recreates = [{}]\n--! search_path = {}\n",
            "\"r\"",
            toml(&quoted_path)
        ),
    ) + "--! upgrade { transaction = false }\nCREATE INDEX CONCURRENTLY i ON t (a);\nSELECT '${x}';\n\n--! downgrade\nDROP INDEX i;\n";
    let third = header(
        "cccc0003",
        "[\"bbbb0002\"]",
        &format!("--! depends_on = [{}]\n", "\"l\""),
    ) + &format!(
        "--! upgrade\nSELECT 3;\n\n--! downgrade {{ irreversible = {} }}\n",
        toml(&texts.reason)
    );
    let last = header("dddd0004", "[\"cccc0003\"]", "")
        + "--! upgrade\nSELECT 4;\n\n--! downgrade\nSELECT -4;\n";
    let repeatable = format!(
        "--! name = {}\n\n--! apply\nCREATE OR REPLACE VIEW v AS SELECT 1;\n",
        "\"r\""
    );
    let rows: Vec<String> = texts
        .cells
        .iter()
        .enumerate()
        .map(|(row, cell)| format!("{row},{}\n", csv(cell)))
        .collect();
    Project::new()
        .file("signoff.toml", &config)
        .file(&format!("{folder}/1{file}.sql"), &first)
        .file(&format!("{folder}/2{file}.sql"), &second)
        .file(&format!("{folder}/3{file}.sql"), &third)
        .file(&format!("{folder}/4{file}/{file}.sql"), &last)
        .file(&format!("{folder}/repeatable/{file}.sql"), &repeatable)
        .file(
            &format!("{folder}/{csv_file}.csv"),
            &format!("{},other\n{}", csv(&texts.column), rows.concat()),
        )
}

/// The bundle's files, by name; the way back over everything with them.
fn compiled(project: &Project) -> Vec<(String, String)> {
    let outcome = project.run_on_a_terminal(&["bundle", "--color", "never"]);
    assert_eq!(outcome.code, 0, "{outcome}");
    let folder = "out/shop-base-dddd0004";
    let mut files: Vec<(String, String)> = project
        .files(folder)
        .into_iter()
        .map(|file| (file.to_string(), project.read(&format!("{folder}/{file}"))))
        .collect();
    for range in ["head:cccc0003", "bbbb0002:base"] {
        let outcome = project.run_on_a_terminal(&["downgrade", range, "--color", "never"]);
        assert_eq!(outcome.code, 0, "{outcome}");
        files.push((format!("{range}.sql"), outcome.stdout));
    }
    files
}

/// What harmless texts become. Made before work is handed to rayon: its making needs rayon, and workers that wait for it do none.
fn expected() -> &'static [(String, String)] {
    static EXPECTED: OnceLock<Vec<(String, String)>> = OnceLock::new();
    EXPECTED.get_or_init(|| compiled(&project(&harmless())))
}

fn assert_no_harm(texts: &Texts) {
    let files = compiled(&project(texts));
    let expected = expected();
    assert_eq!(files.len(), expected.len());
    for ((name, text), (_, plain)) in files.iter().zip(expected) {
        match name.rsplit('.').next() {
            Some("sql") => {
                let (bones, wanted) = (skeleton::of(text), skeleton::of(plain));
                if bones != wanted {
                    let at = bones
                        .lines()
                        .zip(wanted.lines())
                        .take_while(|(one, other)| one == other)
                        .count();
                    let around = |bones: &str| {
                        bones
                            .lines()
                            .skip(at.saturating_sub(5))
                            .take(12)
                            .collect::<Vec<_>>()
                            .join("\n")
                    };
                    panic!(
                        "{name}: another skeleton at {at}\n{}\n── expected\n{}\n{texts:#?}",
                        around(&bones),
                        around(&wanted)
                    );
                }
            }
            Some("json") => {
                let manifest: serde_json::Value =
                    serde_json::from_str(text).expect("the manifest is JSON");
                assert_eq!(manifest["revisions"].as_array().map(Vec::len), Some(4));
                assert_eq!(manifest["revisions"][0]["message"], texts.message.as_str());
            }
            // A fence that a message could close would let it write the run book.
            Some("md") => {
                let fences = |text: &str| {
                    text.lines()
                        .filter(|line| line.trim_start().starts_with("```"))
                        .count()
                };
                assert_eq!(fences(text), fences(plain), "{text}");
            }
            _ => {}
        }
    }
}

proptest! {
    #![proptest_config(super::cases(32))]

    #[test]
    fn no_text_changes_the_structure_of_a_script(texts in texts()) {
        assert_no_harm(&texts);
    }
}

/// The same input, the same bytes, however odd it is.
#[test]
fn rendering_twice_gives_the_same() {
    let texts = Texts {
        message: NASTY.concat(),
        cells: vec![NASTY.concat(), LINES.concat()],
        ..harmless()
    };
    assert_eq!(compiled(&project(&texts)), compiled(&project(&texts)));
    assert_no_harm(&texts);
}

/// Each of the worst in every place at once, so that none is left to chance.
#[test]
fn none_of_the_worst_does() {
    use rayon::prelude::*;
    expected();
    NASTY.par_iter().for_each(|nasty| {
        let text = || format!("m{nasty}");
        let name = || text().replace('/', "|");
        assert_no_harm(&Texts {
            message: text(),
            reason: text(),
            folder: name(),
            file: name(),
            csv_file: name(),
            column: text(),
            cells: vec![text(), format!("\n{nasty}\n")],
            role: named(&text()),
            database: named(&text()),
            schema: named(&text()),
            variable: text(),
            search_path: named(&text()),
        });
    });
}

/// Ids of foreign layouts are whatever the files are called.
#[test]
fn nor_does_an_id_of_another_tool() {
    let script = |id: &str| {
        let project = Project::new()
            .file(&format!("db/{id}_first/up.sql"), "SELECT 1;\n")
            .file(&format!("db/{id}_first/down.sql"), "SELECT -1;\n")
            .file("db/zz_second/up.sql", "SELECT 2;\n")
            .file("db/zz_second/down.sql", "SELECT -2;\n");
        let arguments = ["--path", "db", "--layout", "diesel", "--color", "never"];
        let run = |words: &[&str]| {
            let outcome = project.run_on_a_terminal(&[words, &arguments].concat());
            assert_eq!(outcome.code, 0, "{outcome}");
            skeleton::of(&outcome.stdout)
        };
        // With and without it as the state to start from and to go back to, by its place: it may hold a `:`.
        [
            "upgrade",
            "upgrade +1",
            "upgrade +1:head",
            "downgrade -1",
            "downgrade base",
        ]
        .map(|command| run(&command.split(' ').collect::<Vec<_>>()))
    };
    let expected = script("aa");
    for nasty in NASTY.iter().filter(|nasty| !nasty.contains(['/', '_'])) {
        assert_eq!(script(&format!("a{nasty}")), expected, "{nasty:?}");
    }
}

/// Labels and the names of repeatables are words, so that they need no quotes anywhere.
#[test]
fn labels_and_names_of_repeatables_are_plain() {
    for nasty in NASTY
        .iter()
        .filter(|nasty| !nasty.chars().all(char::is_alphanumeric))
    {
        for (at, text) in [
            (
                "migrations/a.sql",
                format!(
                    "--! revision = \"aaaa\"\n--! revises = []\n--! message = \"x\"\n--! labels = [{}]\n\n--! upgrade\n--! downgrade\n",
                    toml(nasty)
                ),
            ),
            (
                "migrations/repeatable/r.sql",
                format!("--! name = {}\n\n--! apply\nSELECT 1;\n", toml(nasty)),
            ),
        ] {
            let project = Project::new().file(at, &text);
            let outcome =
                project.run_on_a_terminal(&["check", "--path", "migrations", "--layout", "native"]);
            assert_eq!(outcome.code, 1, "{nasty}: {outcome}");
        }
    }
}
