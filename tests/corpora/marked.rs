//! Files with both directions in them, cut into messages as their tools cut them, and no better: line by line.

/// What a tool sends for one file.
pub(super) struct Marked {
    pub(super) up: Vec<String>,
    /// `None` where the file has no such section.
    pub(super) down: Option<Vec<String>>,
}

/// What is read of one direction.
#[derive(Default)]
struct Section {
    statements: Vec<String>,
    open: String,
    no_transaction: bool,
}

impl Section {
    fn line(&mut self, line: &str, within: bool) {
        self.open.push_str(line);
        self.open.push('\n');
        let words = line.split_whitespace();
        let last = words.take_while(|word| !word.starts_with("--")).last();
        if !within && last.is_some_and(|word| word.ends_with(';')) {
            self.end();
        }
    }

    fn end(&mut self) {
        let mut statement = std::mem::take(&mut self.open);
        if !statement.trim_end().ends_with(';') {
            statement.push_str(";\n");
        }
        self.statements.push(statement);
    }

    /// In a transaction nobody sees one statement before the next, and one message does, even where a tree's own reader
    /// of these files knows better than to cut a function at each `;`; what stands alone is a message each.
    fn messages(self) -> Vec<String> {
        assert_eq!(self.open.trim(), "", "the last statement does not end");
        if self.no_transaction {
            return self.statements;
        }
        vec![self.statements.concat()]
    }
}

/// goose: comments before a statement go, those in it stay.
pub(super) fn goose(text: &str) -> Marked {
    let mut sections: Vec<Section> = Vec::new();
    let (mut within, mut no_transaction) = (false, false);
    for line in text.lines() {
        if let Some(word) = line.strip_prefix("-- +goose ") {
            match word.trim() {
                "Up" | "Down" => sections.push(Section::default()),
                "StatementBegin" => within = true,
                "StatementEnd" => {
                    within = false;
                    sections.last_mut().expect("behind Up").end();
                }
                "NO TRANSACTION" => no_transaction = true,
                word => panic!("what is {word}?"),
            }
            continue;
        }
        let Some(section) = sections.last_mut() else {
            continue;
        };
        if section.open.is_empty() && (line.is_empty() || line.trim_start().starts_with("--")) {
            continue;
        }
        section.line(line, within);
    }
    let mut messages = sections.into_iter().map(|section| {
        let section = Section {
            no_transaction,
            ..section
        };
        section.messages()
    });
    Marked {
        up: messages.next().expect("an upgrade"),
        down: messages.next(),
    }
}

/// sql-migrate: lines that begin with `-- ` go, wherever they stand.
pub(super) fn sql_migrate(text: &str) -> Marked {
    let mut sections: [Option<Section>; 2] = [None, None];
    let (mut at, mut within) = (None, false);
    for line in text.lines() {
        if let Some(marker) = line.strip_prefix("-- +migrate ") {
            let words: Vec<&str> = marker.split_whitespace().collect();
            match words[0] {
                "Up" => at = Some(0),
                "Down" => at = Some(1),
                "StatementBegin" => within = true,
                "StatementEnd" => {
                    within = false;
                    let section = at.and_then(|at: usize| sections[at].as_mut());
                    section.expect("behind Up").end();
                }
                word => panic!("what is {word}?"),
            }
            if let Some(at) = at {
                let section = sections[at].get_or_insert_default();
                section.no_transaction |= words.contains(&"notransaction");
            }
        } else if let Some(at) = at
            && !line.starts_with("-- ")
        {
            sections[at].get_or_insert_default().line(line, within);
        }
    }
    let [up, down] = sections.map(|section| section.map(Section::messages));
    Marked {
        up: up.expect("an upgrade"),
        down,
    }
}
