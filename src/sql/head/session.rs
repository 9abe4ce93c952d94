//! Transaction control, settings, and what works on the session rather than on the schema; and `COPY`.

use super::Reader;
use crate::lex::TokenKind;
use crate::postgres::{Lock, StatementKind};
use crate::sql::{Setting, literal};

impl Reader<'_> {
    pub(super) fn session(&mut self, verb: &str) -> StatementKind {
        match verb {
            "begin" => {
                self.cursor.take_any(&["work", "transaction"]);
                self.head.modes = self.cursor.rest();
                StatementKind::Begin
            }
            "start" if self.cursor.take("transaction") => {
                self.head.modes = self.cursor.rest();
                StatementKind::Begin
            }
            "commit" | "end" => {
                if self.cursor.take("prepared") {
                    return StatementKind::CommitPrepared;
                }
                self.cursor.take_any(&["work", "transaction"]);
                if self.chained() {
                    StatementKind::CommitAndChain
                } else {
                    StatementKind::Commit
                }
            }
            "rollback" | "abort" => {
                if self.cursor.take("prepared") {
                    return StatementKind::RollbackPrepared;
                }
                self.cursor.take_any(&["work", "transaction"]);
                if self.cursor.take("to") {
                    StatementKind::RollbackTo
                } else if self.chained() {
                    StatementKind::RollbackAndChain
                } else {
                    StatementKind::Rollback
                }
            }
            "savepoint" => StatementKind::Savepoint,
            "release" => StatementKind::Release,
            "prepare" => {
                let transaction =
                    self.cursor.take("transaction") && self.cursor.at(TokenKind::String);
                if transaction {
                    StatementKind::PrepareTransaction
                } else {
                    StatementKind::Prepare
                }
            }
            "set" => self.set(),
            "reset" => {
                self.head.setting = self
                    .setting_name()
                    .map(|name| Setting { name, value: None });
                StatementKind::Reset
            }
            "show" => StatementKind::Show,
            "discard" => {
                if self.cursor.at_word("all") {
                    StatementKind::DiscardAll
                } else {
                    StatementKind::Discard
                }
            }
            "listen" => StatementKind::Listen,
            "unlisten" => StatementKind::Unlisten,
            "notify" => StatementKind::Notify,
            "load" => StatementKind::Load,
            "lock" => self.lock(),
            "declare" => {
                self.cursor.seek(&["with", "for"]);
                if self.cursor.take_all(&["with", "hold"]) {
                    StatementKind::DeclareCursorWithHold
                } else {
                    StatementKind::DeclareCursor
                }
            }
            "fetch" => StatementKind::Fetch,
            "move" => StatementKind::Move,
            "close" => StatementKind::Close,
            "execute" => StatementKind::Execute,
            "deallocate" => StatementKind::Deallocate,
            _ => StatementKind::Other,
        }
    }

    fn chained(&mut self) -> bool {
        self.cursor.take_all(&["and", "chain"])
    }

    fn set(&mut self) -> StatementKind {
        let mut kind = StatementKind::Set;
        if self.cursor.take("local") {
            kind = StatementKind::SetLocal;
        } else if self.cursor.take("session") {
            if self.cursor.take("characteristics") {
                self.head.setting = Some(Setting {
                    name: "session characteristics".to_owned(),
                    value: None,
                });
                return StatementKind::Set;
            }
            if self.cursor.take("authorization") {
                self.head.setting = Some(self.setting("session_authorization".to_owned()));
                return StatementKind::Set;
            }
        }
        if self.cursor.take("constraints") {
            return StatementKind::SetConstraints;
        }
        if self.cursor.take("transaction") {
            self.head.modes = self.cursor.rest();
            return StatementKind::SetTransaction;
        }
        if let Some(name) = self.setting_name() {
            self.head.setting = Some(self.setting(name));
        }
        kind
    }

    /// A parameter as it is known to the server, behind whatever words SQL has for it.
    fn setting_name(&mut self) -> Option<String> {
        for (words, name) in [
            (&["session", "authorization"][..], "session_authorization"),
            (&["time", "zone"], "timezone"),
            (&["xml", "option"], "xmloption"),
            (
                &["transaction", "isolation", "level"],
                "transaction_isolation",
            ),
        ] {
            if self.cursor.take_all(words) {
                return Some(name.to_owned());
            }
        }
        let mut name = self.cursor.ident()?.as_str().to_ascii_lowercase();
        while self.cursor.take_kind(TokenKind::Dot).is_some() {
            let Some(part) = self.cursor.ident() else {
                break;
            };
            name.push('.');
            name.push_str(&part.as_str().to_ascii_lowercase());
        }
        // `SET NAMES 'x'` and `SET SCHEMA 'x'`, but `SET names = …` would be a parameter. `NAMES` alone, or with `DEFAULT`, resets.
        let plain = self.cursor.at(TokenKind::String) || self.cursor.at(TokenKind::DollarString);
        let reset = self.cursor.peek().is_none() || self.cursor.at_word("default");
        Some(match name.as_str() {
            "names" if plain || reset => "client_encoding".to_owned(),
            "schema" if plain => "search_path".to_owned(),
            _ => name,
        })
    }

    /// The value after a parameter's name.
    fn setting(&mut self, name: String) -> Setting {
        if !self.cursor.take("to") {
            let equals = self
                .cursor
                .peek()
                .is_some_and(|token| self.cursor.slice(token) == "=");
            if equals {
                self.cursor.next();
            }
        }
        let value = self.cursor.next().and_then(|token| {
            let written = self.cursor.slice(token);
            let value = match token.kind {
                TokenKind::Word | TokenKind::Number => Some(written.to_owned()),
                kind => literal::value(kind, written),
            };
            value.filter(|_| self.cursor.peek().is_none())
        });
        Setting { name, value }
    }

    fn lock(&mut self) -> StatementKind {
        self.cursor.take("table");
        self.names();
        let mut mode = String::new();
        if self.cursor.take("in") {
            while let Some(token) = self.cursor.next() {
                if token.kind != TokenKind::Word || self.cursor.is_word(token, "mode") {
                    break;
                }
                mode.push_str(&self.cursor.slice(token).to_ascii_uppercase());
                mode.push(' ');
            }
        }
        let modes = [
            Lock::AccessShare,
            Lock::RowShare,
            Lock::RowExclusive,
            Lock::ShareUpdateExclusive,
            Lock::Share,
            Lock::ShareRowExclusive,
            Lock::Exclusive,
        ];
        let named = modes
            .into_iter()
            .find(|lock| lock.words() == mode.trim_end());
        StatementKind::LockTable(named.unwrap_or(Lock::AccessExclusive))
    }

    pub(super) fn copy(&mut self) -> StatementKind {
        self.cursor.take("binary");
        if self.cursor.at(TokenKind::OpenParen) {
            self.cursor.group();
        } else {
            self.head.object = self.cursor.name();
            self.cursor.group();
        }
        let from = self.cursor.take("from");
        if !from && !self.cursor.take("to") {
            return StatementKind::Other;
        }
        // PostgreSQL takes either word in either direction.
        let client = self.cursor.take_any(&["stdin", "stdout"]);
        match (from, client) {
            (true, true) => StatementKind::CopyFromStdin,
            (true, false) => StatementKind::CopyFrom,
            (false, true) => StatementKind::CopyToStdout,
            (false, false) => StatementKind::CopyTo,
        }
    }
}
