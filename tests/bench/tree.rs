//! How long trees of 100, 1,000 and 10,000 revisions take, and what that is in terms of `sha256sum` over the same
//! files: nobody can do less than read them all.
//!
//! Criterion times the library, stage by stage; the table at the end times the program as a user starts it.

#![allow(
    missing_docs,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stdout,
    reason = "a bench works on real folders, processes and clocks, and prints what it found"
)]

use std::fmt::Write as _;
use std::hint::black_box;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use criterion::{Criterion, SamplingMode};
use sha2::{Digest as _, Sha256};
use signoff::config::{self, Config};
use signoff::diagnostic::Sink;
use signoff::render::Renderer;
use signoff::tree::Direction;
use signoff::{compile, graph};

/// Revisions in a tree.
const SIZES: [usize; 3] = [100, 1_000, 10_000];
/// Runs of the program for a line of the table; the median counts.
const RUNS: usize = 5;

fn main() {
    let trees: Vec<Tree> = SIZES.iter().map(|size| Tree::grow(*size)).collect();
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    for tree in &trees {
        library(&mut criterion, tree);
    }
    criterion.final_summary();
    // `cargo bench -- table` is the table alone; any other filter asks for something else.
    if std::env::args()
        .skip(1)
        .all(|word| ["--bench", "table"].contains(&word.as_str()))
    {
        table(&trees);
    }
}

/// A made-up project on disk.
struct Tree {
    folder: tempfile::TempDir,
    /// The migrations, below the folder.
    files: Vec<Utf8PathBuf>,
    size: usize,
}

impl Tree {
    /// One revision after the other, about 2 KB each, eight statements in the upgrade.
    fn grow(size: usize) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let root = Utf8Path::from_path(folder.path()).expect("temporary folders have UTF-8 names");
        std::fs::create_dir(root.join("migrations")).expect("a folder can be made");
        std::fs::write(root.join("signoff.toml"), "[project]\nname = \"bench\"\n")
            .expect("a file can be written");
        let mut files = Vec::with_capacity(size);
        let mut bytes = 0;
        for number in 0..size {
            let path =
                Utf8PathBuf::from(format!("migrations/{number:06}_{}_table.sql", id(number)));
            let text = migration(number);
            bytes += text.len();
            std::fs::write(root.join(&path), text).expect("a file can be written");
            files.push(path);
        }
        assert!(
            (1_900..2_200).contains(&(bytes / size)),
            "about 2 KB each, not {}",
            bytes / size
        );
        Self {
            folder,
            files,
            size,
        }
    }

    fn root(&self) -> &Utf8Path {
        Utf8Path::from_path(self.folder.path()).expect("temporary folders have UTF-8 names")
    }

    fn config(&self) -> Config {
        config::load(&config::Request {
            cwd: self.root().to_owned(),
            ..config::Request::default()
        })
        .expect("the config of the bench is sound")
    }
}

fn id(number: usize) -> String {
    format!("{:012x}", 0xabc0_0000_0000_usize + number * 7_919)
}

fn migration(number: usize) -> String {
    let parent = number
        .checked_sub(1)
        .map(|parent| format!("\"{}\"", id(parent)));
    let parent = parent.unwrap_or_default();
    let table = format!("ledger.entry_{number}");
    let filler =
        "-- why it is done so, in the words of whoever did it, for whoever comes next\n".repeat(9);
    format!(
        "--! revision   = \"{}\"
--! revises    = [{parent}]
--! message    = \"Entries number {number}\"
--! created    = 2025-01-01T00:00:00Z

--! upgrade
{filler}CREATE TABLE {table} (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now(),
    name text NOT NULL CHECK (length(name) > 0), -- what people call it
    amount numeric(12, 2) NOT NULL DEFAULT 0
);
COMMENT ON TABLE {table} IS 'made by revision {number}; it''s one of many';
ALTER TABLE {table} ADD COLUMN email text, ADD COLUMN note text DEFAULT 'none yet';
CREATE INDEX entry_{number}_name ON {table} (lower(name)) WHERE amount > 0;
CREATE FUNCTION {table}_touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- a body with 'quotes' and a ; in it
    NEW.created_at := now();
    IF NEW.amount < 0 THEN
        RAISE EXCEPTION 'amount % is negative', NEW.amount;
    END IF;
    RETURN NEW;
END;
$$;
CREATE TRIGGER touch BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_touch();
INSERT INTO {table} (name, amount) VALUES ('first', 1.5), ('second', 2.5), ('third, with a longer name', 3.5);
UPDATE {table} SET note = 'backfilled by revision {number}' WHERE note IS NULL;

--! downgrade
DROP TABLE {table};
DROP FUNCTION {table}_touch();
",
        id(number)
    )
}

/// The library in this process, stage by stage.
fn library(criterion: &mut Criterion, tree: &Tree) {
    let config = tree.config();
    let mut group = criterion.benchmark_group(format!("{} revisions", tree.size));
    // Ten runs of each, not fifty-five: the largest take most of a second.
    group.sampling_mode(SamplingMode::Flat);
    let mut time = |name: &str, run: &mut dyn FnMut()| {
        group.bench_function(name, |bencher| bencher.iter(&mut *run));
    };
    time("sha256 of all files", &mut || {
        let mut hasher = Sha256::new();
        for file in &tree.files {
            hasher.update(std::fs::read(tree.root().join(file)).expect("is readable"));
        }
        black_box(hasher.finalize());
    });
    time("read the tree", &mut || {
        let mut sink = Sink::default();
        let read = compile::tree(tree.root(), &config, &mut sink).expect("is readable");
        assert_eq!(black_box(read).migrations.len(), tree.size);
    });
    time("heads", &mut || {
        let mut sink = Sink::default();
        let ordered = compile::ordered(tree.root(), &config, &mut sink).expect("is readable");
        assert_eq!(ordered.graph.expect("the graph is sound").heads().len(), 1);
    });
    for direction in [Direction::Up, Direction::Down] {
        let name = match direction {
            Direction::Up => "upgrade base:head",
            Direction::Down => "downgrade head:base",
        };
        time(name, &mut || {
            black_box(script(tree, &config, direction));
        });
    }
}

/// From the disk to the text of a whole script.
fn script(tree: &Tree, config: &Config, direction: Direction) -> String {
    let mut sink = Sink::default();
    let ordered = compile::ordered(tree.root(), config, &mut sink).expect("is readable");
    let sealed = compile::sealed(ordered, &mut sink).expect("is sound");
    let range = match direction {
        Direction::Up => graph::upgrade_range(&sealed.graph, &sealed.tree, "base:head"),
        Direction::Down => graph::downgrade_range(&sealed.graph, &sealed.tree, "head:base"),
    };
    let range = range.expect("is a range");
    let plan = compile::plan(
        &sealed,
        config,
        &range,
        direction,
        compile::Request::default(),
        &mut sink,
    )
    .expect("can be carried");
    let renderer = Renderer::new(Vec::new()).expect("the templates are sound");
    compile::script(&renderer, plan).expect("can be rendered")
}

/// The program, whole: median wall clock of each command, and how often `sha256sum` fits into it.
fn table(trees: &[Tree]) {
    let commands: [(&str, &[&str]); 5] = [
        ("heads", &["heads"]),
        ("history", &["history"]),
        ("upgrade base:head", &["upgrade", "base:head"]),
        ("downgrade head:base", &["downgrade", "head:base"]),
        ("check", &["check"]),
    ];
    let mut text = format!(
        "\nwhole program, median of {RUNS} runs; × is times sha256sum of the same files\n\n"
    );
    write!(text, "{:>9}  {:>9}", "revisions", "sha256sum").expect("a string takes text");
    for (name, _) in commands {
        write!(text, "  {name:>19}").expect("a string takes text");
    }
    text.push('\n');
    for tree in trees {
        let sums = median(
            || {
                let mut command = Command::new("sha256sum");
                command.args(&tree.files);
                command
            },
            tree,
        );
        write!(text, "{:>9}  {:>7.1}ms", tree.size, sums * 1e3).expect("a string takes text");
        for (_, arguments) in commands {
            let time = median(
                || {
                    let mut command = Command::new(env!("CARGO_BIN_EXE_signoff"));
                    command.args(arguments);
                    command
                },
                tree,
            );
            write!(text, "  {:>8.1}ms {:>6.1} ×", time * 1e3, time / sums)
                .expect("a string takes text");
        }
        text.push('\n');
    }
    println!("{text}");
}

/// Seconds.
fn median(command: impl Fn() -> Command, tree: &Tree) -> f64 {
    let mut times: Vec<f64> = (0..RUNS)
        .map(|_| {
            let mut command = command();
            command
                .current_dir(tree.root())
                .stdin(Stdio::null())
                .stdout(Stdio::null());
            let started = Instant::now();
            let status = command.status().expect("the program starts");
            let time = started.elapsed().as_secs_f64();
            assert!(status.success(), "{command:?}: {status}");
            time
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[RUNS / 2]
}
