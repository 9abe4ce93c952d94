//! Help, version, and a command line that is not understood: with what it is called here, where another tool's habit typed it.

use std::collections::BTreeMap;
use std::io::Write;

use clap::error::{ContextKind, ContextValue};

use super::FAILED;
use super::output::Output;

/// What Alembic's users type that is another word here or none, and what to do instead. An argument, a command or a value, as
/// clap names it.
const COUNTERPARTS: &[(&str, &str)] = &[
    (
        "--autogenerate",
        "not there yet: write the SQL into the new file, or take it from one with --sql FILE",
    ),
    ("--message <TEXT>", "say what it is for: -m \"add users\""),
    (
        "--version-path",
        "leave it out: there is one tree, and its files may lie in any folder below it",
    ),
    (
        "--tag",
        "give it to the script when it runs, which records it: psql -v ticket=TEXT",
    ),
    (
        "-x",
        "a value stands under [variables] in signoff.toml, for example tenant = { env = \"TENANT\" }, and a migration with variables = true says ${tenant}",
    ),
    ("-c", "the config file is named with --config FILE"),
    (
        "-n",
        "there are no sections to choose from: a config file for each tree, named with --config FILE",
    ),
    (
        "--name",
        "there are no sections to choose from: a config file for each tree, named with --config FILE",
    ),
    (
        "--raiseerr",
        "leave it out: no program of yours runs here, and an error names its file and line",
    ),
    (
        "--resolve-dependencies",
        "what a head depends on is told by signoff heads --verbose",
    ),
    (
        "--head-only",
        "whether everything is applied is asked with signoff current --check-heads",
    ),
    ("--package", "leave it out: migrations are SQL files"),
    (
        "status",
        "what a database has is told by its receipt, signoff current; and by status.sql of a release",
    ),
    ("log", "signoff history"),
    (
        "ensure_version",
        "nothing to do: each script makes its version table where there is none",
    ),
    (
        "list_templates",
        "signoff init begins with the config alone, signoff init -t example with two revisions to play with",
    ),
    ("generic", NO_TEMPLATE),
    ("async", NO_TEMPLATE),
    ("multidb", NO_TEMPLATE),
    ("pyproject", NO_TEMPLATE),
    ("pyproject_async", NO_TEMPLATE),
];

const NO_TEMPLATE: &str = "leave it out: there is no env.py, so none to choose from";

/// Prints it, and gives back the exit code.
pub(super) fn tell(
    mut error: clap::Error,
    environment: &BTreeMap<String, String>,
    out: &mut dyn Write,
    err: &mut dyn Write,
    out_terminal: bool,
    err_terminal: bool,
) -> u8 {
    if let Some(tip) = counterpart(&error) {
        // In place of clap's own, which is how to pass the word as a value.
        let tips = ContextValue::StyledStrs(vec![tip.into()]);
        error.insert(ContextKind::Suggested, tips);
    }
    let plain = environment
        .get("NO_COLOR")
        .is_some_and(|value| !value.is_empty());
    let text = |terminal: bool| {
        let rendered = error.render();
        if terminal && !plain {
            rendered.ansi().to_string()
        } else {
            rendered.to_string()
        }
    };
    if error.use_stderr() {
        // Nobody is left to tell when standard error is gone.
        let _ = err.write_all(text(err_terminal).as_bytes());
        return FAILED;
    }
    let mut output = Output::new(out, err, false, false, true);
    let printed = output.print(&text(out_terminal));
    output.finish(printed)
}

fn counterpart(error: &clap::Error) -> Option<&'static str> {
    let kinds = [
        ContextKind::InvalidSubcommand,
        ContextKind::InvalidArg,
        ContextKind::InvalidValue,
    ];
    let words = kinds.into_iter().filter_map(|kind| error.get(kind));
    let words = words.flat_map(|value| {
        if let ContextValue::String(word) = value {
            std::slice::from_ref(word)
        } else if let ContextValue::Strings(words) = value {
            words.as_slice()
        } else {
            &[]
        }
    });
    let found = words.filter_map(|word| COUNTERPARTS.iter().find(|(typed, _)| typed == word));
    found.map(|(_, tip)| *tip).next()
}
