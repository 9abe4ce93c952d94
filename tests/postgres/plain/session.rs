//! A client that is not psql: it sends what it is given, over the protocol of PostgreSQL, and says what came back.

use std::sync::mpsc;
use std::sync::{Arc, Mutex};

use postgres::{Client, Config, NoTls, SimpleQueryMessage};

use crate::support::postgres::{Database, socket};

/// What the server refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::postgres) struct Refused {
    /// SQLSTATE; empty where the connection is gone.
    pub(in crate::postgres) code: String,
    /// The message.
    pub(in crate::postgres) message: String,
    /// The hint.
    pub(in crate::postgres) hint: String,
}

/// A connection.
pub(in crate::postgres) struct Session {
    client: Client,
    notices: Arc<Mutex<Vec<String>>>,
}

/// The statements of a script, as a client that splits at `;` outside of quotes sees them.
pub(super) fn statements(script: &str) -> Vec<&str> {
    let split = signoff::lex::split(script);
    assert!(split.unclosed.is_none(), "something is open at the end");
    let statements = split.statements.iter();
    statements.map(|one| &script[one.lead..one.after]).collect()
}

impl Session {
    #[track_caller]
    pub(in crate::postgres) fn open(database: &Database) -> Self {
        Self::open_as(database, "postgres")
    }

    #[track_caller]
    pub(in crate::postgres) fn open_as(database: &Database, user: &str) -> Self {
        let notices = Arc::new(Mutex::new(Vec::new()));
        let said = Arc::clone(&notices);
        let client = Config::new()
            .host_path(socket())
            .user(user)
            .dbname(database.name())
            .notice_callback(move |notice| {
                let mut said = said.lock().expect("nobody panics with it");
                said.push(notice.message().to_owned());
            })
            .connect(NoTls)
            .expect("the server takes connections");
        Self { client, notices }
    }

    /// One message. The first column of all rows that come back.
    pub(in crate::postgres) fn send(&mut self, sql: &str) -> Result<Vec<String>, Refused> {
        let messages = self.client.simple_query(sql).map_err(|error| {
            let Some(error) = error.as_db_error() else {
                return Refused {
                    code: String::new(),
                    message: error.to_string(),
                    hint: String::new(),
                };
            };
            Refused {
                code: error.code().code().to_owned(),
                message: error.message().to_owned(),
                hint: error.hint().unwrap_or_default().to_owned(),
            }
        })?;
        let row = |message: &SimpleQueryMessage| {
            let SimpleQueryMessage::Row(row) = message else {
                return None;
            };
            Some(row.get(0).unwrap_or_default().to_owned())
        };
        Ok(messages.iter().filter_map(row).collect())
    }

    /// A script, statement by statement up to the first error.
    pub(in crate::postgres) fn stop_at_errors(
        &mut self,
        script: &str,
    ) -> Result<Vec<String>, Refused> {
        let mut rows = Vec::new();
        for statement in statements(script) {
            rows.extend(self.send(statement)?);
        }
        Ok(rows)
    }

    /// A script, statement by statement, whatever the server says.
    pub(in crate::postgres) fn go_on(&mut self, script: &str) -> Vec<Refused> {
        let sent = statements(script)
            .into_iter()
            .map(|statement| self.send(statement));
        sent.filter_map(Result::err).collect()
    }

    /// What the server said since the last time.
    pub(in crate::postgres) fn notices(&mut self) -> Vec<String> {
        std::mem::take(&mut *self.notices.lock().expect("nobody panics with it"))
    }

    /// A value.
    #[track_caller]
    pub(in crate::postgres) fn value(&mut self, sql: &str) -> String {
        let rows = self.send(sql).expect("a question is answered");
        rows.into_iter().next().expect("with a row")
    }
}

/// A script that must succeed, statement by statement, in a session of its own; its last rows say so.
#[track_caller]
pub(in crate::postgres) fn run(database: &Database, script: &str) -> Vec<String> {
    let mut session = Session::open(database);
    match session.stop_at_errors(script) {
        Ok(rows) => {
            let done = rows.iter().any(|row| row.starts_with("signoff: done: "));
            assert!(done, "it does not say that it is done: {rows:?}");
            rows
        }
        Err(refused) => panic!("{refused:?}\n{:?}", session.notices()),
    }
}

/// Sends a script in a thread of its own up to its first error; the receiver has how it ended.
pub(super) fn start(
    mut session: Session,
    script: String,
) -> mpsc::Receiver<Result<Vec<String>, Refused>> {
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        let ended = session.stop_at_errors(&script);
        drop(session);
        send.send(ended).ok();
    });
    receive
}
