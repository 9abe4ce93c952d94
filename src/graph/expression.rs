//! Revision expressions: the text a person types, as a typed tree. Alembic's grammar, with lists added.
//!
//! ```text
//! expression = side | [side] ":" [side]
//! side       = term { "," term }                        several revisions: a state with several heads
//! term       = [branch "@"] [anchor] [("+" | "-") digits]     not empty
//! branch     = label | revision                         keeps to the branch of a label or of a revision
//! anchor     = "base" | "head" | "heads" | "current" | name
//! name       = id | label | prefix of an id, 4 characters or more
//! ```
//!
//! Ids of foreign layouts can hold any of these characters. So a text that is an id *is* that id, wherever a
//! side, a term, a branch or a name can stand, before it is taken apart. Knows nothing of edges; what the
//! parts mean is for the rest of the room.

use std::fmt;

use crate::diagnostic::Diagnostic;

/// A whole expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expression {
    /// No `:`. What the other side is depends on the command.
    State(Vec<Term>),
    /// `from:to`.
    Range(Side, Side),
}

/// One side of a `:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Side {
    /// Nothing was written.
    Open,
    /// One term or more.
    Terms(Vec<Term>),
}

/// One revision, `base`, or what `heads` stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// As it was written.
    pub text: String,
    /// What stands before `@`.
    pub branch: Option<String>,
    /// Where to begin.
    pub anchor: Anchor,
    /// How far to go from there.
    pub steps: Steps,
}

impl Term {
    /// The same, one step less far.
    pub(super) fn one_less(&self) -> Self {
        let steps = match self.steps {
            Steps::None => Steps::None,
            Steps::Up(steps) => Steps::Up(steps.saturating_sub(1)),
            Steps::Down(steps) => Steps::Down(steps.saturating_sub(1)),
        };
        Self {
            steps,
            ..self.clone()
        }
    }
}

/// Where a term begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Anchor {
    /// Nothing was written: `+2`, `-1`, `label@+2`.
    Implied,
    /// Nothing is applied.
    Base,
    /// The one head.
    Head,
    /// All heads.
    Heads,
    /// What a database has. No offline command knows it.
    Current,
    /// An id, a label, or a prefix of an id.
    Name(String),
}

/// How far a term goes from its anchor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Steps {
    /// Stays there.
    None,
    /// `+n`: to children.
    Up(u32),
    /// `-n`: to parents.
    Down(u32),
}

impl fmt::Display for Term {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

/// Reads an expression that is not empty. `is_id` says whether a text is exactly an id of the tree.
pub fn parse(text: &str, is_id: &dyn Fn(&str) -> bool) -> Result<Expression, Diagnostic> {
    let text = text.trim();
    if text.is_empty() {
        return Err(bad(text, "it is empty"));
    }
    if is_id(text) || !text.contains(':') {
        return terms(text, is_id).map(Expression::State);
    }
    // An id may hold a colon itself: a cut is good where each side is an id or holds no other colon.
    let good = |part: &str| is_id(part) || !part.contains(':');
    let cut = text
        .match_indices(':')
        .map(|(at, _)| (text[..at].trim(), text[at + 1..].trim()))
        .find(|(from, to)| good(from) && good(to));
    let Some((from, to)) = cut else {
        return Err(bad(text, "a range has one `:`"));
    };
    let side = |part: &str| {
        if part.is_empty() {
            Ok(Side::Open)
        } else {
            terms(part, is_id).map(Side::Terms)
        }
    };
    Ok(Expression::Range(side(from)?, side(to)?))
}

fn terms(text: &str, is_id: &dyn Fn(&str) -> bool) -> Result<Vec<Term>, Diagnostic> {
    if is_id(text) {
        return term(text, is_id).map(|term| vec![term]);
    }
    text.split(',')
        .map(|part| match part.trim() {
            "" => Err(bad(text, "a revision is missing beside a `,`")),
            part => term(part, is_id),
        })
        .collect()
}

fn term(text: &str, is_id: &dyn Fn(&str) -> bool) -> Result<Term, Diagnostic> {
    let mut term = Term {
        text: text.to_owned(),
        branch: None,
        anchor: Anchor::Implied,
        steps: Steps::None,
    };
    if is_id(text) {
        term.anchor = Anchor::Name(text.to_owned());
        return Ok(term);
    }
    let mut rest = text;
    if let Some((branch, point)) = text.split_once('@') {
        if branch.is_empty() || point.is_empty() {
            return Err(bad(
                text,
                "`@` stands between a branch and a place on it, as in `label@head`",
            ));
        }
        term.branch = Some(branch.to_owned());
        rest = point;
    }
    if !is_id(rest)
        && let Some(at) = rest.rfind(['+', '-'])
        && let digits = &rest[at + 1..]
        && !digits.is_empty()
        && digits.bytes().all(|byte| byte.is_ascii_digit())
    {
        let Ok(count) = digits.parse() else {
            return Err(bad(text, "no tree has that many revisions"));
        };
        term.steps = if rest[at..].starts_with('+') {
            Steps::Up(count)
        } else {
            Steps::Down(count)
        };
        rest = &rest[..at];
    }
    term.anchor = match rest {
        _ if is_id(rest) => Anchor::Name(rest.to_owned()),
        "" => Anchor::Implied,
        "base" => Anchor::Base,
        "head" => Anchor::Head,
        "heads" => Anchor::Heads,
        "current" => Anchor::Current,
        name => Anchor::Name(name.to_owned()),
    };
    Ok(term)
}

fn bad(text: &str, why: &str) -> Diagnostic {
    Diagnostic::error(
        "bad-expression",
        format!("`{}` is not a revision expression: {why}", text.escape_debug()),
    )
    .help("examples: `head`, `27dafa983136`, `27da`, `base:head`, `27dafa983136:+2`, `head-1`, `billing@head`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Expression {
        parse(text, &|id| {
            ["2020-01-01", "a:b", "x,y", "-1", "head@2"].contains(&id)
        })
        .expect("an expression")
    }

    fn name(name: &str) -> Anchor {
        Anchor::Name(name.to_owned())
    }

    fn only(text: &str) -> (Option<String>, Anchor, Steps) {
        match read(text) {
            Expression::State(terms) => {
                let [term] = terms.as_slice() else {
                    panic!("one term");
                };
                (term.branch.clone(), term.anchor.clone(), term.steps)
            }
            Expression::Range(..) => panic!("no range"),
        }
    }

    #[test]
    fn terms_are_taken_apart() {
        assert_eq!(only("base"), (None, Anchor::Base, Steps::None));
        assert_eq!(only(" heads "), (None, Anchor::Heads, Steps::None));
        assert_eq!(only("+2"), (None, Anchor::Implied, Steps::Up(2)));
        assert_eq!(only("-3"), (None, Anchor::Implied, Steps::Down(3)));
        assert_eq!(only("27da-3"), (None, name("27da"), Steps::Down(3)));
        assert_eq!(only("head-1"), (None, Anchor::Head, Steps::Down(1)));
        let billing = Some("billing".to_owned());
        assert_eq!(
            only("billing@head"),
            (billing.clone(), Anchor::Head, Steps::None)
        );
        assert_eq!(
            only("billing@+2"),
            (billing.clone(), Anchor::Implied, Steps::Up(2))
        );
        assert_eq!(
            only("billing@27da-1"),
            (billing, name("27da"), Steps::Down(1))
        );
        assert_eq!(only("current"), (None, Anchor::Current, Steps::None));
    }

    #[test]
    fn an_id_is_that_id_before_anything_else() {
        assert_eq!(only("2020-01-01"), (None, name("2020-01-01"), Steps::None));
        assert_eq!(
            only("2020-01-01-1"),
            (None, name("2020-01-01"), Steps::Down(1))
        );
        assert_eq!(only("-1"), (None, name("-1"), Steps::None));
        assert_eq!(only("a:b"), (None, name("a:b"), Steps::None));
        assert_eq!(only("x,y"), (None, name("x,y"), Steps::None));
        assert_eq!(only("head@2"), (None, name("head@2"), Steps::None));
        let Expression::Range(Side::Terms(from), Side::Terms(to)) = read("a:b:head") else {
            panic!("a range");
        };
        assert_eq!(from[0].anchor, name("a:b"));
        assert_eq!(to[0].anchor, Anchor::Head);
    }

    #[test]
    fn ranges_and_lists() {
        assert_eq!(read(":"), Expression::Range(Side::Open, Side::Open));
        let Expression::Range(Side::Terms(from), Side::Open) = read("aaaa, bbbb:") else {
            panic!("a range");
        };
        assert_eq!(from.len(), 2);
        assert_eq!(from[1].to_string(), "bbbb");
    }

    #[test]
    fn what_is_no_expression_is_refused() {
        let fails = |text: &str| parse(text, &|_| false).is_err();
        for text in [
            "",
            " ",
            "a:b:c",
            "::",
            "a,,b",
            ",",
            "@head",
            "x@",
            "a+99999999999",
        ] {
            assert!(fails(text), "{text}");
        }
    }
}
