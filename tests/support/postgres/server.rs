//! A server of its own, for what touches more than a database: settings of the server, tablespaces, a publisher.

use camino::Utf8Path;

use super::cluster::Cluster;
use crate::support::outcome::{self, Outcome};

/// A running server with the one database `postgres`.
pub(crate) struct Server(Cluster);

impl Server {
    #[track_caller]
    pub(crate) fn start() -> Self {
        match Cluster::start_another() {
            Ok(cluster) => Self(cluster),
            Err(reason) => panic!("{reason}"),
        }
    }

    /// A folder that the server may write in; its socket is there.
    pub(crate) fn folder(&self) -> &Utf8Path {
        self.0.folder()
    }

    /// How another server connects to it.
    pub(crate) fn conninfo(&self) -> String {
        format!("host={} dbname=postgres user=postgres", self.folder())
    }

    /// Runs a script in its database.
    #[track_caller]
    pub(crate) fn psql_stdin(&self, script: &str) -> Outcome {
        let mut command = self.0.client("psql");
        outcome::run(command.args(["-X", "-d", "postgres", "-f", "-"]), script)
    }

    /// What a query says: rows by newline, columns by `|`.
    #[track_caller]
    pub(crate) fn query(&self, sql: &str) -> String {
        let mut command = self.0.client("psql");
        let outcome = outcome::run(command.args(["-XAtq", "-d", "postgres", "-c", sql]), "");
        outcome.success().stdout.trim_end().to_owned()
    }
}
