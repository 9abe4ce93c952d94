//! What the revisions of a plan need of a database, beside the version table, before any of them runs: rights, extensions,
//! roles.
//!
//! As far as heads tell, and never more: what can't be followed is not asked for, because a script that refuses wrongly
//! stands in the way. Three things keep a need from being asked: an earlier revision that is still to be done makes
//! the object; one may change who has which right or what a name stands for (from there on nothing is known); or a statement before it in the
//! same revision changes who it runs as, or where names are looked up. Which revisions are to be done, only the database knows.

mod unsure;

use std::collections::BTreeMap;

use super::pieces::Reading;
use super::{Block, Settings};
use crate::lex::{self, TokenKind};
use crate::name::{Ident, ObjectKind, QualifiedName};
use crate::postgres::{self, Right, StatementKind};
use crate::sql::{self, Head, Statement};

/// What all revisions of a plan need. Its numbers are those of the plan's blocks, in the order they run, from 1.
#[derive(Debug, Clone, Default)]
pub struct Needs {
    /// One for each kind of surroundings that revisions run under; those of the target first.
    pub groups: Vec<Group>,
    /// Revisions after which nothing is known of rights.
    pub unsure: Vec<usize>,
    /// Revisions with a step that waits for other people's transactions.
    pub waits: Vec<usize>,
}

/// What is needed by revisions that run under the same role and search_path.
#[derive(Debug, Clone)]
pub struct Group {
    /// The role and search_path of their headers.
    pub settings: Settings,
    /// In the order in which the revisions ask for it.
    pub needs: Vec<Asked>,
}

/// A need, and who has it.
#[derive(Debug, Clone)]
pub struct Asked {
    /// What it is.
    pub need: Need,
    /// Who needs it.
    pub by: Vec<usize>,
    /// While this one is to be done, nobody asks: it makes what is needed.
    pub after: Option<usize>,
}

/// Something that must be there. Names are as the server keeps them; without a schema, the search_path tells it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// `CREATE` on a schema; the first of the search_path without one.
    CreateInSchema(Option<String>),
    /// `CREATE` on the database.
    CreateInDatabase,
    /// Ownership of a relation.
    Own(QualifiedName),
    /// Ownership of a relation or of its schema.
    Drop(QualifiedName),
    /// Ownership of a relation, and `CREATE` on its schema.
    Index(QualifiedName),
    /// A privilege on a relation.
    On(&'static str, QualifiedName),
    /// Ownership of a type.
    OwnType(QualifiedName),
    /// Ownership of a schema.
    OwnSchema(String),
    /// An extension, in a version where one is named.
    Extension(String, Option<String>),
    /// A role that whoever runs the script can take.
    Role(String),
}

/// What one revision needs, makes and changes.
#[derive(Debug, Clone, Default)]
pub struct Asks {
    needs: Vec<Need>,
    makes: Makers,
    unsure: bool,
    waits: bool,
}

/// What a revision asks for, statement by statement.
pub(super) fn of(readings: &[Reading<'_>]) -> Asks {
    let mut asks = Asks::default();
    let mut known = true;
    let mut temporary = false;
    let items = readings
        .iter()
        .flat_map(|reading| reading.items.iter().map(move |item| (reading, item)));
    for (reading, item) in items {
        let Some(statement) = reading.statement(*item) else {
            continue;
        };
        let text = &reading.text(item.part).text;
        let head = &statement.head;
        asks.waits |= waits(head.kind);
        // A view over something temporary is temporary, and needs no schema.
        let view = head.kind == StatementKind::Create(ObjectKind::View);
        if known && !(view && temporary) {
            asks.need(head, statement, text);
        }
        asks.make(head);
        if head.kind == StatementKind::Create(ObjectKind::Schema) {
            asks.make_elements(statement.slice(text));
        }
        temporary |= head.temporary;
        let changes = unsure::changes_rights(statement, text);
        asks.unsure |= changes;
        known &= !changes && !unsure::changes_session(head);
    }
    asks
}

/// The needs of all blocks, in the order they run.
pub(super) fn gather(blocks: &[Block]) -> Needs {
    let mut needs = Needs::default();
    let mut places: BTreeMap<(usize, Need, Option<usize>), usize> = BTreeMap::new();
    let mut groups: BTreeMap<(Option<String>, Option<String>), usize> = BTreeMap::new();
    let mut makers = Makers::default();
    for (at, block) in blocks.iter().enumerate() {
        let number = at + 1;
        let asks = &block.asks;
        let Settings {
            role, search_path, ..
        } = &block.settings;
        if asks.unsure {
            needs.unsure.push(number);
        }
        if asks.waits {
            needs.waits.push(number);
        }
        let mut ask = |settings: Settings, need: &Need| {
            let key = (settings.role.clone(), settings.search_path.clone());
            let group = *groups.entry(key).or_insert(needs.groups.len());
            if group == needs.groups.len() {
                needs.groups.push(Group {
                    settings,
                    needs: Vec::new(),
                });
            }
            let after = makers.of(need);
            let list = &mut needs.groups[group].needs;
            let place = *places
                .entry((group, need.clone(), after))
                .or_insert(list.len());
            if place == list.len() {
                list.push(Asked {
                    need: need.clone(),
                    by: Vec::new(),
                    after,
                });
            }
            if list[place].by.last() != Some(&number) {
                list[place].by.push(number);
            }
        };
        if let Some(role) = role {
            ask(Settings::default(), &Need::Role(role.clone()));
        }
        for need in &asks.needs {
            let own = Settings {
                role: role.clone(),
                search_path: search_path.clone(),
                ..Settings::default()
            };
            ask(own, need);
        }
        makers.note(&asks.makes, number);
    }
    // Roles are asked for first: a group's own can't be taken otherwise.
    needs
        .groups
        .sort_by_key(|group| group.settings.role.is_some() || group.settings.search_path.is_some());
    needs
}

/// The last revision that makes each thing; 0 in what one revision says of itself.
#[derive(Debug, Clone, Default)]
struct Makers {
    /// Of relations and types, whatever their schema.
    names: BTreeMap<Ident, usize>,
    schemas: BTreeMap<Ident, usize>,
    any_schema: Option<usize>,
    roles: BTreeMap<Ident, usize>,
}

impl Makers {
    /// What a revision makes, with its number.
    fn note(&mut self, made: &Self, number: usize) {
        let numbered = |names: &BTreeMap<Ident, usize>| {
            let names = names.keys().map(|name| (name.clone(), number));
            names.collect::<Vec<_>>()
        };
        self.names.extend(numbered(&made.names));
        self.schemas.extend(numbered(&made.schemas));
        self.roles.extend(numbered(&made.roles));
        if made.any_schema.is_some() {
            self.any_schema = Some(number);
        }
    }

    fn of(&self, need: &Need) -> Option<usize> {
        let schema = |name: &str| self.schemas.get(&Ident::new(name)).copied();
        match need {
            // One that comes first in the search_path may be made.
            Need::CreateInSchema(None) => self.any_schema,
            Need::CreateInSchema(Some(name)) | Need::OwnSchema(name) => schema(name),
            Need::Own(name)
            | Need::Drop(name)
            | Need::Index(name)
            | Need::On(_, name)
            | Need::OwnType(name) => {
                let of_schema = name
                    .schema
                    .as_ref()
                    .and_then(|schema| self.schemas.get(schema));
                self.names.get(&name.name).max(of_schema).copied()
            }
            Need::Role(name) => self.roles.get(&Ident::new(name)).copied(),
            Need::CreateInDatabase | Need::Extension(..) => None,
        }
    }
}

impl Asks {
    fn need(&mut self, head: &Head, statement: &Statement, text: &str) {
        if head.temporary {
            return;
        }
        for right in postgres::rights(head.kind) {
            let objects = head.objects().cloned();
            let table = head.table.iter().cloned();
            let found: Vec<Need> = match right {
                Right::CreateInSchema => objects
                    .take(1)
                    .map(|name| {
                        Need::CreateInSchema(name.schema.map(|schema| schema.as_str().to_owned()))
                    })
                    .collect(),
                Right::CreateInDatabase => vec![Need::CreateInDatabase],
                Right::Extension => objects
                    .map(|name| {
                        Need::Extension(name.name.as_str().to_owned(), version(statement, text))
                    })
                    .collect(),
                Right::Own => objects.map(Need::Own).collect(),
                // With nothing of that name there, the server does not look whose the table is.
                Right::OwnTable if head.if_exists => Vec::new(),
                Right::OwnTable => table.map(Need::Own).collect(),
                Right::Drop => objects.map(Need::Drop).collect(),
                Right::Index => table.map(Need::Index).collect(),
                Right::On(privilege) => objects.map(|name| Need::On(privilege, name)).collect(),
                Right::OnTable(privilege) => table.map(|name| Need::On(privilege, name)).collect(),
                Right::OwnType => objects.map(Need::OwnType).collect(),
                Right::OwnSchema => objects
                    .map(|name| Need::OwnSchema(name.name.as_str().to_owned()))
                    .collect(),
            };
            for need in found {
                if self.makes.of(&need).is_none() {
                    self.needs.push(need);
                }
            }
        }
    }

    /// What a `CREATE SCHEMA` makes in it.
    fn make_elements(&mut self, text: &str) {
        let starts = creates(text);
        for (at, start) in starts.iter().enumerate() {
            let end = starts.get(at + 1).copied().unwrap_or(text.len());
            for element in &sql::read(&text[*start..end]).statements {
                self.make(&element.head);
            }
        }
    }

    fn make(&mut self, head: &Head) {
        let creates = matches!(
            head.kind,
            StatementKind::Create(_)
                | StatementKind::CreatePartition
                | StatementKind::CreateIndex
                | StatementKind::CreateIndexConcurrently
        );
        if !creates {
            return;
        }
        let name = head.object.as_ref().map(|name| name.name.clone());
        let makes = &mut self.makes;
        if head.kind == StatementKind::Create(ObjectKind::Schema) {
            makes.any_schema = Some(0);
        }
        let Some(name) = name else { return };
        if head.kind == StatementKind::Create(ObjectKind::Schema) {
            makes.schemas.insert(name, 0);
        } else if head.kind == StatementKind::Create(ObjectKind::Role) {
            makes.roles.insert(name, 0);
        } else {
            makes.names.insert(name, 0);
        }
    }
}

/// Where each `CREATE` behind the first one begins.
fn creates(text: &str) -> Vec<usize> {
    let words = lex::tokens(text).filter(|token| token.kind == TokenKind::Word);
    let creates = words.filter(|token| text[token.range()].eq_ignore_ascii_case("create"));
    creates.skip(1).map(|token| token.start).collect()
}

fn waits(kind: StatementKind) -> bool {
    matches!(
        kind,
        StatementKind::CreateIndexConcurrently
            | StatementKind::DropIndexConcurrently
            | StatementKind::ReindexConcurrently
            | StatementKind::DetachPartitionConcurrently
    )
}

/// The version that a CREATE EXTENSION names.
fn version(statement: &Statement, text: &str) -> Option<String> {
    let mut tokens = lex::tokens_in(text, statement.range())
        .filter(|token| !token.kind.is_trivia())
        .skip_while(|token| !text[token.range()].eq_ignore_ascii_case("version"));
    tokens.next()?;
    let token = tokens.next()?;
    let written = &text[token.range()];
    if token.kind == TokenKind::String {
        let inner = written.strip_prefix('\'')?.strip_suffix('\'')?;
        return Some(inner.replace("''", "'"));
    }
    matches!(token.kind, TokenKind::Word | TokenKind::QuotedIdent)
        .then(|| Ident::read(written).as_str().to_owned())
}
