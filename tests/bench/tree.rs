//! How long trees of 100 to 100,000 revisions take, and what that is in terms of `sha256sum` over the same files:
//! nobody can do less than read them all.
//!
//! Criterion times the library, stage by stage; the tables at the end time the program as a user starts it. The first is of
//! scripts, over a line of revisions; the second of what only looks, over a tree with branches, merges, labels and dependencies.

#![allow(
    missing_docs,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stdout,
    reason = "a bench works on real folders, processes and clocks, and prints what it found"
)]

use std::fmt::Write as _;
use std::fs::File;
use std::hint::black_box;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use criterion::{Criterion, SamplingMode};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use signoff::config::{self, Config};
use signoff::diagnostic::Sink;
use signoff::render::Renderer;
use signoff::tree::Direction;
use signoff::{compile, graph};

/// Revisions in a tree.
const SIZES: [usize; 3] = [100, 1_000, 10_000];
/// Revisions in a tree with merges; what the last takes is told in terms of the one before it too.
const MERGED: [usize; 3] = [1_000, 10_000, 100_000];
/// Runs of the program for a line of a table; the median counts.
const RUNS: usize = 5;
/// After this many revisions a branch has begun and ended.
const BLOCK: usize = 50;
/// Revisions that the receipt of a tree does not have.
const BEHIND: usize = 10;

const SCRIPTS: [(&str, &[&str]); 5] = [
    ("heads", &["heads"]),
    ("history", &["history"]),
    ("upgrade base:head", &["upgrade", "base:head"]),
    ("downgrade head:base", &["downgrade", "head:base"]),
    ("check", &["check"]),
];
const LOOKS: [(&str, &[&str]); 3] = [
    ("heads", &["heads"]),
    ("history", &["history"]),
    ("current --receipt", &["current", "--receipt", RECEIPT]),
];
const RECEIPT: &str = "receipt.json";
/// The names of a tree's files, for `xargs`: more of them than fit into a command line.
const NAMES: &str = "names";

fn main() {
    let grow = |size: &usize| Tree::grow(*size, line);
    let trees: Vec<Tree> = SIZES.iter().map(grow).collect();
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
        println!(
            "\nwhole program, median of {RUNS} runs; × is times sha256sum of the same files\n\na line of revisions\n"
        );
        table(&trees, &SCRIPTS);
        drop(trees);
        let trees: Vec<Tree> = MERGED
            .iter()
            .map(|size| Tree::grow(*size, merges))
            .collect();
        trees.iter().for_each(Tree::apply);
        println!("\nbranches and merges\n");
        let times = table(&trees, &LOOKS);
        if let [.., small, large] = times.as_slice() {
            let factors = LOOKS.iter().zip(small.iter().zip(large));
            let factors =
                factors.map(|((name, _), (small, large))| format!("{name} {:.1}", large / small));
            let [.., less, more] = MERGED;
            println!(
                "{more} revisions take so many times as long as {less}: {}",
                factors.collect::<Vec<_>>().join(", ")
            );
        }
    }
}

/// A made-up project on disk.
struct Tree {
    folder: tempfile::TempDir,
    /// The migrations, below the folder.
    files: Vec<Utf8PathBuf>,
    size: usize,
}

/// What a header says of how a revision stands on others.
#[derive(Default)]
struct Edges {
    parents: Vec<usize>,
    depends_on: Option<usize>,
    label: Option<String>,
}

/// One after the other.
fn line(number: usize) -> Edges {
    Edges {
        parents: number.checked_sub(1).into_iter().collect(),
        ..Edges::default()
    }
}

/// In every block a branch of three is written beside the trunk and merged; every fifth has a name and needs something of
/// the trunk that it does not stand on.
fn merges(number: usize) -> Edges {
    let mut edges = line(number);
    match number % BLOCK {
        40 => {
            edges.parents = vec![number - 10];
            edges.label = (number / BLOCK)
                .is_multiple_of(5)
                .then(|| format!("feature_{number}"));
        }
        41 => edges.depends_on = (number / BLOCK).is_multiple_of(5).then(|| number - 3),
        43 => edges.parents = vec![number - 4],
        45 => edges.parents = vec![number - 1, number - 3],
        _ => {}
    }
    edges
}

impl Tree {
    /// About 2 KB in each file, eight statements in the upgrade.
    fn grow(size: usize, edges: fn(usize) -> Edges) -> Self {
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
            let text = migration(number, &edges(number));
            bytes += text.len();
            std::fs::write(root.join(&path), text).expect("a file can be written");
            files.push(path);
        }
        assert!(
            (1_900..2_200).contains(&(bytes / size)),
            "about 2 KB each, not {}",
            bytes / size
        );
        let names: Vec<&str> = files.iter().map(|file| file.as_str()).collect();
        std::fs::write(root.join(NAMES), names.join("\n")).expect("a file can be written");
        Self {
            folder,
            files,
            size,
        }
    }

    /// Writes the receipt of a database that has all but the last revisions.
    fn apply(&self) {
        let mut sink = Sink::default();
        let ordered =
            compile::ordered(self.root(), &self.config(), &mut sink).expect("is readable");
        let sealed = compile::sealed(ordered, &mut sink).expect("is sound");
        let applied = &sealed.graph.order()[..self.size - BEHIND];
        let rows = applied.iter().map(|revision| {
            json!({
                "id": sealed.tree.migrations[*revision].id,
                "up": sealed.digests[*revision].up.to_string(),
                "state": "applied",
            })
        });
        let receipt = json!({
            "format": 1,
            "project": "bench",
            "database": "bench",
            "at": "2025-01-01T00:00:00Z",
            "bundle": null,
            "ticket": null,
            "revisions": rows.collect::<Vec<_>>(),
        });
        std::fs::write(self.root().join(RECEIPT), format!("{receipt}\n"))
            .expect("a file can be written");
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

fn migration(number: usize, edges: &Edges) -> String {
    let parents = edges
        .parents
        .iter()
        .map(|parent| format!("\"{}\"", id(*parent)));
    let parents = parents.collect::<Vec<_>>().join(", ");
    let mut more = String::new();
    if let Some(label) = &edges.label {
        writeln!(more, "--! labels     = [\"{label}\"]").expect("a string takes text");
    }
    if let Some(needed) = edges.depends_on {
        writeln!(more, "--! depends_on = [\"{}\"]", id(needed)).expect("a string takes text");
    }
    let table = format!("ledger.entry_{number}");
    let filler =
        "-- why it is done so, in the words of whoever did it, for whoever comes next\n".repeat(9);
    format!(
        "--! revision   = \"{}\"
--! revises    = [{parents}]
--! message    = \"Entries number {number}\"
--! created    = 2025-01-01T00:00:00Z
{more}
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

/// The program, whole: a line per tree with the median wall clock of each command, and how often `sha256sum` fits into it.
/// Gives back the seconds.
fn table(trees: &[Tree], commands: &[(&str, &[&str])]) -> Vec<Vec<f64>> {
    print!("{:>9}  {:>9}", "revisions", "sha256sum");
    for (name, _) in commands {
        print!("  {name:>19}");
    }
    println!();
    let mut all = Vec::new();
    for tree in trees {
        let mut runs = vec![Vec::with_capacity(RUNS); commands.len() + 1];
        // In turns: what else the machine does falls on all of them.
        for _ in 0..RUNS {
            runs[0].push(sums(tree));
            for ((_, words), runs) in commands.iter().zip(&mut runs[1..]) {
                let mut command = Command::new(env!("CARGO_BIN_EXE_signoff"));
                command.args(*words).stdin(Stdio::null());
                runs.push(seconds(command, tree));
            }
        }
        let mut times: Vec<f64> = runs.into_iter().map(median).collect();
        let sums = times.remove(0);
        print!("{:>9}  {:>7.1}ms", tree.size, sums * 1e3);
        for time in &times {
            print!("  {:>8.1}ms {:>6.1} ×", time * 1e3, time / sums);
        }
        println!();
        all.push(times);
    }
    all
}

fn sums(tree: &Tree) -> f64 {
    let mut command = Command::new("xargs");
    let names = File::open(tree.root().join(NAMES)).expect("the names were written");
    command.args(["-s", "1000000", "sha256sum"]).stdin(names);
    seconds(command, tree)
}

fn seconds(mut command: Command, tree: &Tree) -> f64 {
    command.current_dir(tree.root()).stdout(Stdio::null());
    let started = Instant::now();
    let status = command.status().expect("the program starts");
    let time = started.elapsed().as_secs_f64();
    assert!(status.success(), "{command:?}: {status}");
    time
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
