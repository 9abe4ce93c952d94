//! Numbers that were given here below those that are new there.

use std::cmp::Ordering;

use super::Comparison;
use crate::diagnostic::{Diagnostic, Sink};

pub(super) fn compare(of: &Comparison<'_>, added: &[usize], sink: &mut Sink) {
    // What is in the tree already is held against signoff.sum by the seal.
    let missing = of.there_ids.keys().copied();
    let missing =
        missing.filter(|id| of.here.graph.find(id).is_none() && !of.fork_ids.contains_key(id));
    let Some(last) = missing.max_by(|one, other| by_number(one, other)) else {
        return;
    };
    let name = of.name();
    for revision in added {
        let id = of.id(*revision);
        if by_number(id, last) == Ordering::Greater {
            continue;
        }
        let told =
            format!("revision `{id}` is new here, and `{name}` has gone on to `{last}` since");
        let tree = &of.here.tree;
        let diagnostic = if tree.takes_late() {
            Diagnostic::note("since-out-of-order", told)
                .because("a database that has the later one gets this one after it, a new database before it")
        } else {
            Diagnostic::error("since-out-of-order", told).because(format!(
                "{} never applies a number below the one a database has, so databases would differ",
                tree.layout
            ))
        };
        sink.push(
            diagnostic
                .at(of.migration(*revision).at, "new here")
                .help(format!(
                    "bring `{name}` in, then give this one the next free number"
                )),
        );
    }
}

/// Numbers at the beginning by what they count, whatever zeros stand before them; else by their letters.
fn by_number(one: &str, other: &str) -> Ordering {
    let cut = |text: &'_ str| {
        let end = text.find(|char: char| !char.is_ascii_digit());
        end.unwrap_or(text.len())
    };
    let (ours, rest) = one.split_at(cut(one));
    let (theirs, others) = other.split_at(cut(other));
    if ours.is_empty() || theirs.is_empty() {
        return one.cmp(other);
    }
    let [ours, theirs] = [ours, theirs].map(|text| text.trim_start_matches('0'));
    let by_count = ours.len().cmp(&theirs.len());
    by_count
        .then_with(|| ours.cmp(theirs))
        .then_with(|| rest.cmp(others))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_count_whatever_zeros_they_have() {
        assert_eq!(by_number("10", "9"), Ordering::Greater);
        assert_eq!(by_number("0010", "9"), Ordering::Greater);
        assert_eq!(by_number("010", "10"), Ordering::Equal);
        assert_eq!(
            by_number("2024-01-10-000000", "2024-01-09-000000"),
            Ordering::Greater
        );
        assert_eq!(by_number("10_b", "9-a.sql"), Ordering::Greater);
        assert_eq!(by_number("9_b", "09_a"), Ordering::Greater);
        assert_eq!(by_number("b10", "b9"), Ordering::Less);
    }
}
