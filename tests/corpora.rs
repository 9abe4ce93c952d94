//! Real trees, written by other people, compiled with nothing but `--path` (and `--layout` where two tools name their files
//! alike) and run on a real PostgreSQL.
//!
//! They lie beside the repository, below `$SIGNOFF_CORPORA`; `make corpora` runs this and prints a table. Straight is
//! what the tree's own tool does: each file, or each statement that stands alone, one message to the server, in the
//! tool's order. What of a tree is broken in itself is known from `truth/`, and must be broken here in the same place.

mod marked;
mod migrations;
mod sqitch;
mod tree;
mod whole;

use std::sync::Mutex;
use std::time::{Duration, Instant};

use migrations::Tool;
use tree::Tree;

/// The trees in layouts that are read so far, and where their migrations lie below the corpora.
const TREES: [(&str, &str, Tool); 8] = [
    (
        "quickwit",
        "quickwit/quickwit/quickwit-metastore/migrations/postgresql",
        Tool::Sqlx,
    ),
    (
        "graph-node",
        "graph-node/store/postgres/migrations",
        Tool::Diesel,
    ),
    (
        "openmeter",
        "openmeter/tools/migrate/migrations",
        Tool::GolangMigrate,
    ),
    ("openfga", "openfga/assets/migrations/postgres", Tool::Goose),
    ("goalert", "goalert/migrate/migrations", Tool::SqlMigrate),
    ("umami", "umami/prisma/migrations", Tool::Prisma),
    (
        "kestra",
        "kestra/jdbc-postgres/src/main/resources/migrations/postgres",
        Tool::Flyway,
    ),
    ("cas-cif", "cas-cif/schema", Tool::Sqitch),
];

/// What was found about a tree. Filled as it is found, so that a broken law leaves what held before.
#[derive(Default)]
struct Report {
    revisions: usize,
    statements: usize,
    carried: usize,
    outside: usize,
    laws: Vec<&'static str>,
    notes: Vec<String>,
}

/// Laws 1, 2, 3, 5 and 8 on real trees.
#[test]
#[ignore = "long: make corpora"]
#[expect(clippy::print_stdout, reason = "a table is what this is run for")]
fn real_trees_keep_the_laws() {
    let Ok(corpora) = std::env::var("SIGNOFF_CORPORA") else {
        println!("corpora: SIGNOFF_CORPORA names no folder, so nothing was compiled from it");
        return;
    };
    let wanted = std::env::var("SIGNOFF_TREES").unwrap_or_default();
    let wanted: Vec<&str> = wanted
        .split([' ', ','])
        .filter(|name| !name.is_empty())
        .collect();
    for name in &wanted {
        assert!(
            TREES.iter().any(|(known, ..)| known == name),
            "corpora: no tree {name}"
        );
    }
    let mut trees = TREES.to_vec();
    trees.retain(|(name, ..)| wanted.is_empty() || wanted.contains(name));

    let reports: Vec<Mutex<Report>> = trees.iter().map(|_| Mutex::default()).collect();
    let times: Vec<(bool, Duration)> = std::thread::scope(|scope| {
        let runs: Vec<_> = trees
            .iter()
            .zip(&reports)
            .map(|((name, path, tool), report)| {
                let corpora = &corpora;
                std::thread::Builder::new()
                    .name((*name).to_owned())
                    .spawn_scoped(scope, move || {
                        let started = Instant::now();
                        let laws = std::panic::AssertUnwindSafe(|| {
                            Tree::read(corpora.as_ref(), name, path, *tool).keeps_the_laws(report);
                        });
                        let held = std::panic::catch_unwind(laws).is_ok();
                        (held, started.elapsed())
                    })
                    .expect("a thread can be started")
            })
            .collect();
        runs.into_iter()
            .map(|run| run.join().expect("panics were caught"))
            .collect()
    });

    println!(
        "\ntree        revisions  statements  carried  outside a transaction  laws held   seconds"
    );
    for (((name, ..), report), (held, time)) in trees.iter().zip(&reports).zip(&times) {
        let report = report
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        println!(
            "{name:<10}  {:>9}  {:>10}  {:>7}  {:>21}  {:<10}  {:>7.1}",
            report.revisions,
            report.statements,
            report.carried,
            report.outside,
            report.laws.join(" "),
            time.as_secs_f32()
        );
        for note in &report.notes {
            println!("            {note}");
        }
        if !held {
            println!("            BROKEN: the law after those; the message stands above");
        }
    }
    println!();
    let broken = trees.iter().zip(&times).filter(|(_, (held, _))| !held);
    let broken: Vec<&str> = broken.map(|((name, ..), _)| *name).collect();
    assert!(
        broken.is_empty(),
        "laws are broken for {}",
        broken.join(", ")
    );
}
