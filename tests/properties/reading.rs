//! Whatever bytes a tree is made of: an answer, and no panic.

use proptest::prelude::*;

use crate::support::project::Project;

/// Places where a reader looks.
const PATHS: [&str; 17] = [
    "db/a.sql",
    "db/b.sql",
    "db/sub/c.sql",
    "db/1_a.up.sql",
    "db/1_a.down.sql",
    "db/2_b.up.sql",
    "db/20240101000000_c.sql",
    "db/1_a.sql",
    "db/V1__a.sql",
    "db/committed/000001.sql",
    "db/2024-01-01-000000_d/up.sql",
    "db/2024-01-01-000000_d/down.sql",
    "db/2024-01-01-000000_d/metadata.toml",
    "db/repeatable/r.sql",
    "db/c.csv",
    "db/signoff.sum",
    "signoff.toml",
];

/// Bits of everything that a reader knows.
const BITS: [&str; 68] = [
    "--! revision = \"aaaa\"\n",
    "--! revision = \"bbbb\"\n",
    "--! revises = []\n",
    "--! revises = [\"aaaa\"]\n",
    "--! message = \"x\"\n",
    "--! depends_on = [\"bbbb\"]\n",
    "--! labels = [\"l\"]\n",
    "--! variables = true\n",
    "--! created = 2025-01-01T00:00:00Z\n",
    "--! name = \"r\"\n",
    "--! after = [\"r\"]\n",
    "\n--! upgrade\n",
    "\n--! downgrade\n",
    "\n--! apply\n",
    "\n--! upgrade { transaction = false }\n",
    "\n--! downgrade { irreversible = \"x\" }\n",
    "\n--! data { file = \"c.csv\", table = \"t\" }\n",
    "--! ",
    "--!",
    "-- no-transaction\n",
    "run_in_transaction = false\n",
    "signoff.sum 1\n",
    "aaaa revises= up=sha256:",
    "reseal aaaa reason=\"",
    "[project]\nname = \"x\"\n",
    "[migrations]\npath = \"db\"\n",
    "[variables]\nx = { default = \"1\" }\n",
    "CREATE TABLE t (a int);",
    "CREATE INDEX CONCURRENTLY i ON t (a);",
    "ALTER TYPE e ADD VALUE 'x';",
    "COPY t FROM STDIN;\n1\t\\N\n\\.\n",
    "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END;",
    "BEGIN;",
    "COMMIT;",
    "SELECT ${x};",
    "SELECT a[1:n];",
    "SELECT E'\\'",
    "$a$",
    "'",
    "\"",
    "(",
    ")",
    "/*",
    "*/",
    ";",
    "\\",
    "\r\n",
    "\r",
    "\0",
    "\u{feff}",
    "\u{202e}",
    "é",
    ",",
    "=",
    "{",
    "a,b\n1,\"2\n",
    "-- +goose Up\n",
    "-- +goose Down\n",
    "-- +goose StatementBegin\n",
    "\n-- +goose StatementEnd\n",
    "-- +goose NO TRANSACTION\n-- +goose ENVSUB ON\n",
    "-- migrate:up transaction:false\n",
    "\n-- migrate:down\n",
    "-- +migrate Up notransaction\n",
    "\n-- +migrate Down\n",
    "-- Up Migration\n-- Down Migration\n",
    "---- create above / drop below ----",
    "--! Previous: -\n--! Hash: a\n\n",
];

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let bits = proptest::collection::vec(proptest::sample::select(&BITS[..]), 0..14);
    prop_oneof![
        6 => bits.clone().prop_map(|bits| bits.concat().into_bytes()),
        // A native file that begins well.
        6 => (0..2_usize, bits).prop_map(|(at, bits)| [BITS[at], BITS[2 + at], BITS[4], BITS[11], &bits.concat()].concat().into_bytes()),
        1 => proptest::collection::vec(any::<u8>(), 0..60),
    ]
}

fn tree() -> impl Strategy<Value = Vec<(&'static str, Vec<u8>)>> {
    proptest::collection::vec((proptest::sample::select(&PATHS[..]), bytes()), 1..5)
}

/// Every command on the tree, as each layout. A panic in any fails the test; an exit code is one of three.
fn answers(files: &[(&str, Vec<u8>)]) {
    let project = Project::new();
    for (path, bytes) in files {
        project.write(path, bytes);
    }
    let layouts = signoff::tree::layout::LAYOUTS;
    for layout in ["auto"]
        .into_iter()
        .chain(layouts.iter().map(|layout| layout.name))
    {
        for command in [
            &["check", "--json"][..],
            &["history", "-v"],
            &["upgrade", "heads"],
            &["downgrade", "heads:base"],
        ] {
            let place = ["--path", "db", "--layout", layout, "--color", "never"];
            let outcome = project.run_on_a_terminal(&[command, &place].concat());
            assert!((0..=2).contains(&outcome.code), "{outcome}");
            let told = outcome.stderr.contains("error") || command.contains(&"--json");
            assert!(outcome.code == 0 || told, "{outcome}");
        }
    }
    for command in [
        &["check"][..],
        &["bundle", "heads"],
        &["seal"],
        &["check"],
        &["config"],
    ] {
        let outcome = project.run_on_a_terminal(command);
        assert!((0..=2).contains(&outcome.code), "{outcome}");
    }
}

proptest! {
    #![proptest_config(super::cases(120))]

    #[test]
    fn any_bytes_are_answered(files in tree()) {
        answers(&files);
    }
}
