//! `drops-repeatable`: a revision that drops what a repeatable makes, and does not have it made again.

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, Sink};
use crate::name::{Ident, ObjectKind, QualifiedName};
use crate::postgres::StatementKind;
use crate::source::Span;
use crate::sql::{self, Head};
use crate::tree::{Direction, Migration, Part, Repeatable, Script, Tree};

/// The rule's name.
pub(super) const CODE: &str = "drops-repeatable";

/// What the repeatables of a tree make, by the objects' own names.
pub(super) type Made<'t> = BTreeMap<Ident, Vec<(Object, &'t Repeatable)>>;

/// An object that a statement makes or drops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Object {
    kind: ObjectKind,
    name: QualifiedName,
    /// What a trigger, rule or policy is on.
    table: Option<QualifiedName>,
}

/// What all repeatables make.
pub(super) fn made(tree: &Tree) -> Made<'_> {
    let mut made = Made::new();
    for repeatable in &tree.repeatables {
        for (head, _) in heads(&repeatable.apply) {
            if let StatementKind::Create(kind) = head.kind
                && !head.temporary
            {
                for object in Object::all(kind, &head) {
                    let name = object.name.name.clone();
                    made.entry(name).or_default().push((object, repeatable));
                }
            }
        }
    }
    made
}

/// Looks at both directions of a migration.
pub(super) fn look(tree: &Tree, made: &Made<'_>, migration: &Migration, sink: &mut Sink) {
    if made.is_empty() {
        return;
    }
    let mut again = tree.recreated(migration);
    let mut header: Vec<String> = migration
        .recreates
        .iter()
        .map(|(name, _)| name.clone())
        .collect();
    let mut lost = Vec::new();
    for direction in [Direction::Up, Direction::Down] {
        let script = migration.script(direction);
        for gone in script.map_or_else(Vec::new, |script| gone(script, made)) {
            // One that both directions drop is told once.
            let name = &gone.repeatable.name;
            if !again.contains(name) {
                again.push(name.clone());
                header.push(name.clone());
                lost.push((direction, gone));
            }
        }
    }
    for (direction, gone) in lost {
        sink.push(finding(migration, direction, &gone, &header));
    }
}

/// What is dropped.
struct Gone<'t> {
    object: Object,
    repeatable: &'t Repeatable,
    at: Span,
}

/// What a script drops of what repeatables make, and does not make again itself; in the order it is dropped.
fn gone<'t>(script: &Script, made: &Made<'t>) -> Vec<Gone<'t>> {
    let mut gone: BTreeMap<Ident, Vec<Gone<'t>>> = BTreeMap::new();
    for (head, at) in heads(script) {
        if let StatementKind::Drop(kind) = head.kind {
            for object in Object::all(kind, &head) {
                let all = made.get(&object.name.name).into_iter().flatten();
                for (_, repeatable) in all.filter(|(made, _)| object.is(made)) {
                    let gone = gone.entry(object.name.name.clone()).or_default();
                    let same = |gone: &Gone<'_>| {
                        gone.object.kind == kind && gone.repeatable.name == repeatable.name
                    };
                    if !gone.iter().any(same) {
                        let object = object.clone();
                        gone.push(Gone {
                            object,
                            repeatable,
                            at,
                        });
                    }
                }
            }
        } else if let StatementKind::Create(kind) = head.kind {
            for created in Object::all(kind, &head) {
                if let Some(dropped) = gone.get_mut(&created.name.name) {
                    dropped.retain(|gone| !gone.object.is(&created));
                }
            }
        }
    }
    let mut gone: Vec<Gone<'_>> = gone.into_values().flatten().collect();
    gone.sort_by_key(|gone| gone.at);
    gone
}

fn heads(script: &Script) -> Vec<(Head, Span)> {
    let texts = script.parts.iter().filter_map(|part| match part {
        Part::Sql(text) => Some(text),
        Part::Data(_) | Part::Step(_) => None,
    });
    let heads = texts.flat_map(|text| {
        let statements = sql::read(&text.text).statements.into_iter();
        statements.map(|statement| {
            let at = text.locate(statement.range());
            (statement.head, at)
        })
    });
    heads.collect()
}

impl Object {
    fn all(kind: ObjectKind, head: &Head) -> Vec<Self> {
        let objects = head.objects().map(|name| Self {
            kind,
            name: name.clone(),
            table: head.table.clone(),
        });
        objects.collect()
    }

    /// Whether a DROP of this drops the other, as far as names tell: a schema that is not written may be any.
    fn is(&self, other: &Self) -> bool {
        let same = |one: &QualifiedName, two: &QualifiedName| {
            one.name == two.name
                && (one.schema.is_none() || two.schema.is_none() || one.schema == two.schema)
        };
        let routine = [
            ObjectKind::Function,
            ObjectKind::Procedure,
            ObjectKind::Aggregate,
        ];
        let kind = self.kind == other.kind
            || self.kind == ObjectKind::Routine && routine.contains(&other.kind);
        let tables = self.table.as_ref().zip(other.table.as_ref());
        kind && same(&self.name, &other.name) && tables.is_none_or(|(one, two)| same(one, two))
    }
}

/// `header` is all that its `recreates` must name.
fn finding(
    migration: &Migration,
    direction: Direction,
    gone: &Gone<'_>,
    header: &[String],
) -> Diagnostic {
    let Object { kind, name, .. } = &gone.object;
    let (id, repeatable) = (&migration.id, &gone.repeatable.name);
    let because = match direction {
        Direction::Up => format!(
            "where `{repeatable}` was applied before, the upgrade would leave the database without {name}, while its record says that it is there"
        ),
        Direction::Down => {
            format!("the downgrade would leave the database without {name} until the next upgrade")
        }
    };
    let names: Vec<String> = header.iter().map(|name| format!("\"{name}\"")).collect();
    Diagnostic::warning(
        CODE,
        format!(
            "revision {id} drops {kind} {name}, which repeatable `{repeatable}` makes, and does not say that it must run again"
        ),
    )
    .at(gone.at, "gone after this")
    .at(gone.repeatable.at, "makes it, and does not run again")
    .because(because)
    .help(format!("say it in the header: --! recreates = [{}]", names.join(", ")))
}
