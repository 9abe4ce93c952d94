//! The tools whose trees we compile, run beside our scripts: what one has done, the other takes for done.
//!
//! `make peers` fetches them and runs this; it prints a table. golang-migrate, goose, tern and Flyway are in none of the
//! registries that it asks, so what is known of their tables is from their sources.

mod alembic;
mod dbmate;
mod diesel;
mod drizzle;
mod graphile_migrate;
mod import;
mod liquibase;
mod node_pg_migrate;
mod peer;
mod prisma;
mod proofs;
mod refinery;
mod sqitch;
mod sql_migrate;
mod sqlx;
mod supabase;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use crate::support::postgres::Server;
use peer::{Peer, found};
use proofs::Report;

/// All that can be had, those first that take longest.
const PEERS: [&dyn Peer; 13] = [
    &liquibase::Liquibase,
    &prisma::Prisma,
    &sqitch::Sqitch,
    &supabase::Supabase,
    &alembic::Alembic,
    &drizzle::Drizzle,
    &graphile_migrate::GraphileMigrate,
    &node_pg_migrate::NodePgMigrate,
    &dbmate::Dbmate,
    &sql_migrate::SqlMigrate,
    &sqlx::Sqlx,
    &diesel::Diesel,
    &refinery::Refinery,
];

/// How many run at once: each is a program of its own that starts again and again.
const AT_ONCE: usize = 3;

/// A peer's row of the table.
enum Row {
    NotHere,
    Ran { held: bool, seconds: f32 },
}

#[test]
#[ignore = "long: make peers"]
#[expect(clippy::print_stdout, reason = "a table is what this is run for")]
fn peers_agree() {
    let wanted = std::env::var("SIGNOFF_ONLY_PEERS").unwrap_or_default();
    let wanted: Vec<&str> = wanted.split_whitespace().collect();
    for name in &wanted {
        let known = PEERS.iter().any(|peer| peer.name() == *name);
        assert!(known, "peers: no peer {name}");
    }
    let mut peers = PEERS.to_vec();
    peers.retain(|peer| wanted.is_empty() || wanted.contains(&peer.name()));

    let server = &Server::start_listening();
    let reports: Vec<Mutex<Report>> = peers.iter().map(|_| Mutex::default()).collect();
    let rows: Vec<Mutex<Row>> = peers.iter().map(|_| Mutex::new(Row::NotHere)).collect();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(peer) = peers.get(at).copied() else {
                        break;
                    };
                    if !found(peer.program()).exists() {
                        continue;
                    }
                    let started = Instant::now();
                    // Its messages begin with the thread's name.
                    let thread = std::thread::Builder::new().name(peer.name().to_owned());
                    let (server, report) = (server, &reports[at]);
                    let proofs =
                        thread.spawn_scoped(scope, move || proofs::all(peer, server, report));
                    let held = proofs.expect("a thread can be started").join().is_ok();
                    let seconds = started.elapsed().as_secs_f32();
                    // The table comes last, and a run that is stopped has none.
                    let how = if held { "agrees" } else { "does not agree" };
                    println!("{} {how}, after {seconds:.0} seconds", peer.name());
                    *rows[at].lock().expect("nobody panics with it") = Row::Ran { held, seconds };
                }
            });
        }
    });

    println!("\npeer              proofs held    seconds");
    let mut broken = Vec::new();
    for ((peer, report), row) in peers.iter().zip(&reports).zip(&rows) {
        let report = report
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let name = peer.name();
        match *row.lock().expect("nobody panics with it") {
            Row::NotHere => println!("{name:<16}  not here: {}", peer.program()),
            Row::Ran { held, seconds } => {
                println!("{name:<16}  {:<13}  {seconds:>7.1}", report.held.join(" "));
                for note in &report.notes {
                    println!("                  {note}");
                }
                if !held {
                    println!(
                        "                  BROKEN: the proof after those; the message stands above"
                    );
                    broken.push(name);
                }
            }
        }
    }
    println!();
    assert!(
        broken.is_empty(),
        "not in agreement with {}",
        broken.join(", ")
    );
}
