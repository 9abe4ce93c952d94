//! A server of its own, for what touches more than a database: settings of the server, tablespaces, a publisher.

use std::process::Command;

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

    /// psql in its database, for what runs it in another way than the rest. `-X` keeps a start-up file out.
    pub(crate) fn psql(&self) -> Command {
        let mut command = self.0.client("psql");
        command.args(["-d", "postgres"]);
        command
    }

    /// Runs a script in its database.
    #[track_caller]
    pub(crate) fn psql_stdin(&self, script: &str) -> Outcome {
        outcome::run(self.psql().args(["-X", "-f", "-"]), script)
    }

    /// What a query says: rows by newline, columns by `|`.
    #[track_caller]
    pub(crate) fn query(&self, sql: &str) -> String {
        let outcome = outcome::run(self.psql().args(["-XAtq", "-c", sql]), "");
        outcome.success().stdout.trim_end().to_owned()
    }
}
