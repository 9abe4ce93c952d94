//! The transactions that a script opens and closes itself.
//!
//! A release puts its own transaction around what it runs, so a script's own `BEGIN` and `COMMIT` are read and taken out. What
//! would leave that transaction half done, or run a part of the script twice, is refused.

use super::{Objection, Script, Shape, Statement, Step};
use crate::postgres::StatementKind;

pub(super) fn of(script: &Script) -> Shape {
    match blocks(&script.statements) {
        Ok(blocks) => arrange(&script.statements, &blocks),
        Err(objection) => Shape::Refused(objection),
    }
}

/// Indices of each `BEGIN` and its `COMMIT`.
fn blocks(statements: &[Statement]) -> Result<Vec<(usize, usize)>, Objection> {
    let mut blocks = Vec::new();
    let mut open: Option<usize> = None;
    let mut cut: Option<usize> = None;
    for (index, statement) in statements.iter().enumerate() {
        match statement.head.kind {
            StatementKind::Begin => {
                if open.is_some() {
                    return Err(refuse(
                        statement,
                        "this BEGIN stands inside a transaction that is open already: PostgreSQL would only \
                         warn, and the next COMMIT would end both",
                        "take the inner BEGIN and its COMMIT out, or make it a SAVEPOINT",
                    ));
                }
                open = Some(index);
            }
            StatementKind::Commit => match open.take() {
                Some(begin) => blocks.push((begin, index)),
                None => {
                    return Err(refuse(
                        statement,
                        "this COMMIT has no BEGIN in the file: it would end the transaction that the release runs the \
                         file in, and a second run would skip what comes after it",
                        "take it out, or open the transaction in this file with BEGIN",
                    ));
                }
            },
            StatementKind::CommitAndChain
            | StatementKind::Rollback
            | StatementKind::RollbackAndChain => {
                return Err(refuse(
                    statement,
                    &format!(
                        "{} can't be carried: it would end the transaction that records this revision as applied",
                        statement.head.kind
                    ),
                    "take it out; a statement that fails rolls the revision back by itself",
                ));
            }
            StatementKind::PrepareTransaction => {
                return Err(refuse(
                    statement,
                    "PREPARE TRANSACTION can't be carried: the changes would be neither applied nor rolled back when the \
                     release says that they are applied",
                    "end the transaction with COMMIT",
                ));
            }
            StatementKind::Savepoint | StatementKind::Release | StatementKind::RollbackTo
                if open.is_none() =>
            {
                cut = cut.or(Some(index));
            }
            _ => {}
        }
    }
    if let Some(begin) = open {
        return Err(refuse(
            &statements[begin],
            "this BEGIN has no COMMIT in the file: whoever runs the file alone loses all of it when the connection ends",
            "add COMMIT; at the end of the file, or take BEGIN out: the release opens a transaction of its own",
        ));
    }
    // Without blocks the release's own transaction is around a savepoint; beside blocks there is none.
    match cut {
        Some(index) if !blocks.is_empty() => Err(refuse(
            &statements[index],
            &format!(
                "{} stands outside of the file's own transactions, where PostgreSQL refuses it",
                statements[index].head.kind
            ),
            "move it into the BEGIN … COMMIT block that it belongs to",
        )),
        _ => Ok(blocks),
    }
}

fn arrange(statements: &[Statement], blocks: &[(usize, usize)]) -> Shape {
    match blocks {
        [] => return Shape::Plain,
        // Settings of the session before the block mean the same as its first statements. `SET SESSION CHARACTERISTICS` does not: it
        // speaks of the next transaction.
        &[(begin, commit)]
            if commit + 1 == statements.len()
                && statements[..begin].iter().all(|statement| {
                    statement.head.only_session()
                        && statement
                            .head
                            .setting
                            .as_ref()
                            .is_none_or(|setting| setting.name != "session characteristics")
                }) =>
        {
            return Shape::OneBlock { begin, commit };
        }
        _ => {}
    }
    let mut steps = Vec::new();
    let mut next = 0;
    for &(begin, commit) in blocks {
        steps.extend((next..begin).map(Step::Single));
        steps.push(Step::Block { begin, commit });
        next = commit + 1;
    }
    steps.extend((next..statements.len()).map(Step::Single));
    Shape::Blocks(steps)
}

fn refuse(statement: &Statement, message: &str, help: &str) -> Objection {
    Objection::error("transaction-control", statement, message, help)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::read;

    fn shape(text: &str) -> Shape {
        of(&read(text))
    }

    fn refused(text: &str) -> String {
        match shape(text) {
            Shape::Refused(objection) => {
                format!("{}: {}", &text[objection.range], objection.message)
            }
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn no_transaction_of_its_own() {
        assert_eq!(shape("select 1; savepoint a; select 2"), Shape::Plain);
        assert_eq!(shape(""), Shape::Plain);
        assert_eq!(
            shape(
                "do $$ begin commit; end $$; create function f() returns int begin atomic select 1; end;"
            ),
            Shape::Plain
        );
    }

    #[test]
    fn one_block_around_everything() {
        let one = |begin, commit| Shape::OneBlock { begin, commit };
        assert_eq!(shape("begin; select 1; commit;"), one(0, 2));
        assert_eq!(
            shape("START TRANSACTION ISOLATION LEVEL SERIALIZABLE; select 1; END TRANSACTION"),
            one(0, 2)
        );
        assert_eq!(
            shape("set search_path = a; begin; select 1; commit"),
            one(1, 3)
        );
        assert_eq!(shape("begin; commit"), one(0, 1));
        assert_eq!(
            shape("begin; savepoint a; rollback to a; release a; commit work"),
            one(0, 4)
        );
    }

    #[test]
    fn several_blocks_are_steps() {
        assert_eq!(
            shape("begin; select 1; commit; vacuum; begin; select 2; commit;"),
            Shape::Blocks(vec![
                Step::Block {
                    begin: 0,
                    commit: 2
                },
                Step::Single(3),
                Step::Block {
                    begin: 4,
                    commit: 6
                },
            ])
        );
        assert_eq!(
            shape("begin; select 1; commit; reset all"),
            Shape::Blocks(vec![
                Step::Block {
                    begin: 0,
                    commit: 2
                },
                Step::Single(3)
            ])
        );
        assert!(matches!(
            shape("set session characteristics as transaction read only; begin; commit"),
            Shape::Blocks(_)
        ));
        assert!(matches!(
            shape("set local a = 1; begin; commit"),
            Shape::Blocks(_)
        ));
    }

    #[test]
    fn what_would_end_the_releases_transaction_is_refused() {
        assert!(
            refused("select 1; commit; select 2").starts_with("commit: this COMMIT has no BEGIN")
        );
        assert!(refused("begin; select 1").starts_with("begin: this BEGIN has no COMMIT"));
        assert!(refused("begin; begin; commit; commit").contains("open already"));
        assert!(refused("begin; select 1; rollback;").starts_with("rollback: ROLLBACK can't"));
        assert!(refused("begin; commit and chain; commit").contains("COMMIT AND CHAIN can't"));
        assert!(refused("begin; prepare transaction 'x'").contains("PREPARE TRANSACTION can't"));
        assert!(refused("begin; commit; savepoint a").contains("outside of the file's own"));
    }
}
