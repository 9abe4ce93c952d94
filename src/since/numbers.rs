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
        // golang-migrate keeps one number, its newest; the others keep a row per revision.
        let diagnostic = if of.here.tree.layout == "golang-migrate" {
            Diagnostic::error("since-out-of-order", told)
                .because("golang-migrate never applies a number below the one a database has, so databases would differ")
        } else {
            Diagnostic::note("since-out-of-order", told)
                .because("a database that has the later one gets this one after it, a new database before it")
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

/// Numbers by what they count, whatever zeros stand before them; else by their letters.
fn by_number(one: &str, other: &str) -> Ordering {
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(one) || !is_number(other) {
        return one.cmp(other);
    }
    let [one, other] = [one, other].map(|text| text.trim_start_matches('0'));
    one.len().cmp(&other.len()).then_with(|| one.cmp(other))
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
    }
}
