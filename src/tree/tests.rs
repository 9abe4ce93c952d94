//! Whole trees, read from temporary folders: layouts, links, broken bytes.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use super::{Direction, Error, Lineage, Migration, Part, Request, Tree, read};
use crate::diagnostic::{Severity, Sink};

/// A folder that a test fills.
pub(in crate::tree) struct Disk {
    /// Goes when the test does.
    _folder: tempfile::TempDir,
    pub(in crate::tree) request: Request,
}

impl Disk {
    /// An empty folder `m`, read with the layout `auto`.
    pub(in crate::tree) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let cwd = Utf8Path::from_path(folder.path())
            .expect("UTF-8")
            .to_owned();
        let disk = Self {
            _folder: folder,
            request: Request {
                cwd,
                root: "m".into(),
                layout: "auto".to_owned(),
                variables: BTreeMap::new(),
                tool_path: None,
            },
        };
        disk.folder("m")
    }

    pub(in crate::tree) fn layout(mut self, layout: &str) -> Self {
        layout.clone_into(&mut self.request.layout);
        self
    }

    #[expect(clippy::disallowed_methods, reason = "tests write the files they read")]
    pub(in crate::tree) fn folder(self, path: &str) -> Self {
        std::fs::create_dir_all(self.request.cwd.join(path)).expect("created");
        self
    }

    /// A file in `m`.
    pub(in crate::tree) fn file(self, path: &str, text: impl AsRef<[u8]>) -> Self {
        self.outside(&format!("m/{path}"), text)
    }

    #[expect(clippy::disallowed_methods, reason = "tests write the files they read")]
    fn outside(self, path: &str, text: impl AsRef<[u8]>) -> Self {
        let path = self.request.cwd.join(path);
        let folder = path.parent().expect("inside the folder");
        std::fs::create_dir_all(folder).expect("created");
        std::fs::write(path, text).expect("written");
        self
    }

    fn link(self, target: &str, path: &str) -> Self {
        let path = self.request.cwd.join(path);
        std::os::unix::fs::symlink(target, path).expect("linked");
        self
    }

    pub(in crate::tree) fn read(&self) -> (Tree, Vec<String>) {
        let mut sink = Sink::default();
        let tree = read(&self.request, &mut sink).unwrap_or_else(|error| panic!("{error}"));
        let told = told(&tree, &sink);
        (tree, told)
    }

    fn error(&self) -> Error {
        read(&self.request, &mut Sink::default()).expect_err("no tree")
    }
}

/// `error code path:line:column message`, and how it would be mended.
fn told(tree: &Tree, sink: &Sink) -> Vec<String> {
    let told = sink.diagnostics().iter().map(|diagnostic| {
        let severity = match diagnostic.severity {
            Severity::Error => "",
            Severity::Warning | Severity::Note => diagnostic.severity.word(),
        };
        let place = diagnostic.labels.first().map_or(String::new(), |label| {
            let at = tree.sources.position(label.span.file, label.span.start);
            let path = tree.sources.path(label.span.file);
            format!("{path}:{}:{} ", at.line, at.column)
        });
        format!(
            "{severity} {} {place}{}",
            diagnostic.code, diagnostic.message
        )
        .trim_start()
        .to_owned()
    });
    told.collect()
}

pub(in crate::tree) fn ids(tree: &Tree) -> Vec<&str> {
    let ids = tree
        .migrations
        .iter()
        .map(|migration| migration.id.as_str());
    ids.collect()
}

pub(in crate::tree) fn sql(migration: &Migration, direction: Direction) -> Option<String> {
    let script = migration.script(direction)?;
    let parts = script.parts.iter().map(|part| match part {
        Part::Sql(text) => text.text.to_string(),
        Part::Data(data) => format!("<{} rows of {}>", data.rows.len(), data.table),
        Part::Step(_) => "<step>".to_owned(),
    });
    Some(parts.collect())
}

const NATIVE: &str = "--! revision = \"aaaa\"\n--! revises = []\n\n--! upgrade\nSELECT 1;\n";

#[test]
fn an_empty_tree_is_native_and_says_how_to_begin() {
    let (tree, told) = Disk::new().file("README.md", "x").folder("m/.git").read();
    assert_eq!((tree.layout, tree.migrations.len()), ("native", 0));
    assert_eq!(told, ["warning empty-tree `m` holds no migrations"]);
}

#[test]
fn a_root_that_is_no_folder_is_an_error() {
    let mut disk = Disk::new().file("x.sql", "");
    disk.request.root = "nowhere".into();
    assert!(
        disk.error()
            .to_string()
            .starts_with("there is no migrations folder `nowhere`;")
    );
    disk.request.root = "m/x.sql".into();
    assert!(
        disk.error()
            .to_string()
            .starts_with("`m/x.sql` is not a folder;")
    );
    disk.request.root = "a\nb".into();
    assert!(
        disk.error()
            .to_string()
            .starts_with("the path `a\\nb` holds")
    );
}

#[test]
fn paths_are_shown_as_the_user_would_type_them() {
    let mut disk = Disk::new().file("x.sql", NATIVE);
    let shown = |disk: &Disk| {
        let (tree, _) = disk.read();
        tree.sources.path(tree.migrations[0].at.file).to_owned()
    };
    for (root, path) in [
        ("m", "m/x.sql"),
        ("./m/", "m/x.sql"),
        ("m/../m", "m/../m/x.sql"),
    ] {
        disk.request.root = root.into();
        assert_eq!(shown(&disk), path);
    }
    let absolute: Utf8PathBuf = disk.request.cwd.join("m");
    disk.request.root.clone_from(&absolute);
    assert_eq!(shown(&disk), absolute.join("x.sql"));
    disk.request.cwd = absolute;
    disk.request.root = ".".into();
    assert_eq!(shown(&disk), "x.sql");
}

#[test]
fn auto_recognises_each_layout() {
    let layout = |disk: Disk| {
        let (tree, told) = disk.read();
        assert_eq!(told, Vec::<String>::new());
        tree.layout
    };
    assert_eq!(
        layout(Disk::new().file("20250101_101112_abcd_x.sql", NATIVE)),
        "native"
    );
    assert_eq!(layout(Disk::new().file("a/b/x.sql", NATIVE)), "native");
    assert_eq!(
        layout(
            Disk::new()
                .file("1_a.up.sql", "")
                .file("atlas.sum", "")
                .file("sub/x.txt", "")
        ),
        "golang-migrate"
    );
    assert_eq!(
        layout(Disk::new().file("1_a.sql", "").file("seed.rs", "")),
        "sqlx"
    );
    assert_eq!(
        layout(
            Disk::new()
                .file("1_a/up.sql", "--")
                .file("generate.sh", "")
                .folder("m/empty")
        ),
        "diesel"
    );
}

/// What reads like one tool's marker may be a sentence in another tool's file.
#[test]
fn auto_is_not_misled_by_a_sentence() {
    let tree = Disk::new()
        .file("1_a.up.sql", "SELECT 1;")
        .file(
            "1_a.down.sql",
            "-- Down migration is a no-op: nothing to undo.\n",
        )
        .read();
    assert_eq!(tree.0.layout, "golang-migrate");
    let tree = Disk::new()
        .file(
            "1_a.sql",
            "-- Up migration of the accounts, see the wiki\nSELECT 1;",
        )
        .read();
    assert_eq!(tree.0.layout, "sqlx");
}

#[test]
fn auto_says_what_it_saw() {
    let layouts = super::layout::names();
    assert_eq!(
        Disk::new()
            .file("a.sql", "x")
            .file("b.sql", "y")
            .error()
            .to_string(),
        format!(
            "cannot tell which layout `m` has: it has 2 `.sql` files such as `a.sql`, none of them as a layout has it; say it with --layout: {layouts}"
        )
    );
    assert_eq!(
        Disk::new()
            .file("x.sql", NATIVE)
            .file("1_a.up.sql", "")
            .error()
            .to_string(),
        format!(
            "cannot tell which layout `m` has: it has files of several: 1 as native has them, such as `x.sql`; 1 as golang-migrate has them, such as `1_a.up.sql`; say it with --layout: {layouts}"
        )
    );
    assert_eq!(
        Disk::new().layout("dissel").error().to_string(),
        format!("there is no layout `dissel`; did you mean `diesel`?; the layouts are {layouts}")
    );
}

#[test]
fn golang_migrate_orders_by_number_and_pairs() {
    let (tree, told) = Disk::new()
        .file("10_c.up.sql", "c")
        .file("9_b_b.up.sql", "b\r\n")
        .file("0001_a.down.sql", "-a")
        .file("0009_b.down.sql", "-b")
        .file("sub/11_d.up.sql", "d")
        .read();
    assert_eq!(told, Vec::<String>::new());
    assert_eq!(tree.lineage, Lineage::Numbered);
    assert_eq!(ids(&tree), ["1", "9", "10"]);
    let [one, nine, ten] = tree.migrations.as_slice() else {
        panic!("three");
    };
    assert!(one.up.is_none() && one.down.is_some());
    assert_eq!(nine.message, "b b");
    assert_eq!(sql(nine, Direction::Up).as_deref(), Some("b\r\n"));
    assert_eq!(sql(nine, Direction::Down).as_deref(), Some("-b"));
    assert!(ten.down.is_none());
}

#[test]
fn a_version_twice_names_both_files() {
    let (tree, told) = Disk::new()
        .file("1_a.up.sql", "a")
        .file("01_b.up.sql", "b")
        .read();
    assert_eq!(
        told,
        [
            "duplicate-version m/1_a.up.sql:1:1 version 1 has two files of one direction: `m/01_b.up.sql` and `m/1_a.up.sql`"
        ]
    );
    assert_eq!(ids(&tree), ["1"]);
    let (_, told) = Disk::new()
        .file("2020-01_a/up.sql", "a")
        .file("202001_b/up.sql", "b")
        .read();
    assert_eq!(
        told,
        [
            "duplicate-version m/202001_b/up.sql:1:1 version 202001 has two folders: `m/2020-01_a` and `m/202001_b`"
        ]
    );
}

#[test]
fn sqlx_follows_its_own_rules() {
    let (tree, told) = Disk::new()
        .layout("sqlx")
        .file("2_two.up.sql", "-- no-transaction\nVACUUM;")
        .file("2_two.down.sql", " -- no-transaction")
        .file("10_ten.sql", "a")
        .file("3_lone.down.sql", "a")
        .file("x_y.sql", "a")
        .file("notes.sql", "a")
        .read();
    assert_eq!(ids(&tree), ["2", "10"]);
    assert_eq!(
        told,
        [
            "bad-file-name `m/x_y.sql` does not begin with a number, and sqlx refuses the whole folder for it",
            "warning lone-downgrade m/3_lone.down.sql:1:1 `m/3_lone.down.sql` reverts what nothing applies, and is left out: sqlx never runs it",
        ]
    );
    let script = |direction| tree.migrations[0].script(direction).expect("there");
    assert!(script(Direction::Up).settings.no_transaction);
    assert!(!script(Direction::Down).settings.no_transaction);
}

#[test]
fn a_marker_of_sqlx_is_pointed_out_in_a_tree_read_as_golang_migrate() {
    let (_, told) = Disk::new().file("1_a.up.sql", "-- no-transaction\n").read();
    assert_eq!(
        told,
        [
            "warning foreign-marker m/1_a.up.sql:1:1 golang-migrate takes `-- no-transaction` for a comment, and so is it taken here"
        ]
    );
}

#[test]
fn files_with_both_directions_are_not_run_whole() {
    let (tree, told) = Disk::new()
        .file(
            "1_a.sql",
            "-- +goose Up\nSELECT 1;\n-- +goose Down\nSELECT 2;\n",
        )
        .file("2_b.sql", "SELECT '-- migrate:down';")
        .layout("sqlx")
        .read();
    assert_eq!(ids(&tree), ["2"]);
    assert_eq!(
        told,
        ["other-layout m/1_a.sql:3:1 `m/1_a.sql` is a file of goose, not of sqlx"]
    );
    let (_, told) = Disk::new().layout("sqlx").file("1_a.sql", NATIVE).read();
    assert_eq!(
        told[0],
        "other-layout m/1_a.sql:1:1 `m/1_a.sql` is a file of native, not of sqlx"
    );
}

#[test]
fn diesel_follows_its_own_rules() {
    let (tree, told) = Disk::new()
        .layout("diesel")
        .file("2020-01-02-030405_b_b/up.sql", "b")
        .file("2020-01-02-030405_b_b/down.sql", "")
        .file("00000000000000_a.sql/up.sql", "a")
        .file("00000000000000_a.sql/down.sql", "-a")
        .file("00000000000000_a.sql/metadata.toml", "# only a comment\n")
        .file("3/up.sql", "")
        .file("4_x/down.sql", "x")
        .file(".hidden/down.sql", "x")
        .file("stray.sql", "x")
        .folder("m/5_empty")
        .read();
    assert_eq!(ids(&tree), ["00000000000000", "20200102030405", "3"]);
    assert_eq!(
        told,
        [
            "warning diesel-metadata m/00000000000000_a.sql/metadata.toml:1:1 without `run_in_transaction` this file means that the migration runs outside a transaction",
            "warning empty-script m/2020-01-02-030405_b_b/down.sql:1:1 `m/2020-01-02-030405_b_b/down.sql` is empty, which diesel refuses to run: there is no way back",
            "empty-script m/3/up.sql:1:1 `m/3/up.sql` is empty, and diesel refuses to run an empty script",
            "bad-folder the folder `m/4_x` has no `up.sql`, and diesel refuses the whole tree for it",
        ]
    );
    assert_eq!(tree.migrations[1].message, "b b");
    assert!(tree.migrations[1].down.is_none());
    let down = tree.migrations[0].down.as_ref().expect("there");
    assert!(down.settings.no_transaction);
}

#[test]
fn bytes_that_are_no_text_are_reported_file_by_file() {
    let (_, told) = Disk::new()
        .file("1_a.up.sql", b"\xef\xbb\xbfSELECT 1;")
        .file("2_b.up.sql", b"SELECT 'h\xe9';")
        .file("3_c.up.sql", b"SELECT 1;\n\0")
        .read();
    assert_eq!(
        told,
        [
            "warning byte-order-mark m/1_a.up.sql:1:1 the file begins with a byte order mark, which PostgreSQL takes for part of the first word",
            "not-utf8 m/2_b.up.sql:1:10 the file is not UTF-8: byte 0xE9 at offset 9",
            "nul m/3_c.up.sql:2:1 the file holds a NUL byte",
        ]
    );
}

#[test]
fn the_seal_is_a_source() {
    let (tree, told) = Disk::new()
        .file("1_a.up.sql", "")
        .file("signoff.sum", "signoff.sum 1\r\n")
        .file("sub/signoff.sum", "x")
        .read();
    assert_eq!(told, Vec::<String>::new());
    let seals = tree.seals.expect("it is there");
    assert_eq!(tree.sources.path(seals), "m/signoff.sum");
    assert_eq!(tree.sources.text(seals), "signoff.sum 1\n");
}

#[test]
fn links_are_followed_only_inside_the_tree() {
    let (tree, told) = Disk::new()
        .file("x.sql", NATIVE)
        .outside("elsewhere/y.sql", NATIVE.replace("aaaa", "bbbb"))
        .outside("m/z.txt", NATIVE.replace("aaaa", "cccc"))
        .link("../elsewhere/y.sql", "m/out.sql")
        .link("../elsewhere", "m/folder")
        .link("nowhere", "m/dangling.sql")
        .link("z.txt", "m/in.sql")
        .link(".", "m/round")
        .read();
    assert_eq!(ids(&tree), ["cccc", "aaaa"]);
    let mut told = told;
    told.sort();
    assert_eq!(
        told,
        [
            "linked-file `m/dangling.sql` is a link that leads to no file",
            "linked-file `m/out.sql` is a link out of the tree, and is not followed",
            "warning linked-folder `m/folder` is a link to a folder, and is not searched for migrations",
            "warning linked-folder `m/round` is a link to a folder, and is not searched for migrations",
        ]
    );
}

#[test]
fn names_that_cannot_be_printed_are_refused() {
    let (tree, told) = Disk::new()
        .file("a\u{202E}b.sql", NATIVE)
        .file("c\nd.txt", "")
        .file("e.sql", NATIVE)
        .read();
    assert_eq!(ids(&tree), ["aaaa"]);
    assert_eq!(
        told,
        [
            "bad-file-name the name `a\\u{202e}b.sql` is not printable UTF-8, and scripts name their files"
        ]
    );
}

#[test]
fn reading_twice_gives_the_same() {
    let mut disk = Disk::new();
    for at in 0..50 {
        disk = disk.file(
            &format!("{at}.sql"),
            format!("--! revision = \"r{at:03}\"\n--! x\nbad"),
        );
    }
    assert_eq!(disk.read().1, disk.read().1);
}
