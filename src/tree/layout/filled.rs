//! Text of a file with everything in its place that its tool puts there when it runs.

use std::collections::BTreeSet;
use std::ops::Range;

use super::sections::Whole;
use crate::config::table;
use crate::diagnostic::{Diagnostic, Severity, Sink};
use crate::lex;
use crate::source::Sources;
use crate::tree::Text;
use crate::tree::variables::{self, Missing, Spot};
use crate::tree::weave::Weave;

/// Places in a file, in their order.
#[derive(Debug, Default)]
pub(super) struct Filled {
    pub(super) spots: Vec<Spot>,
    /// What stands for a `$`.
    pub(super) dollars: Vec<Range<usize>>,
}

impl Filled {
    /// The text, with everything in its place.
    pub(super) fn fill(
        &self,
        sources: &Sources,
        text: Text,
        missing: &mut Missing,
        sink: &mut Sink,
    ) -> Text {
        if self.spots.is_empty() && self.dollars.is_empty() {
            return text;
        }
        let home = text.locate(0..text.text.len().max(1));
        let mut weave = Weave::default();
        let mut dollars = Vec::new();
        let mut done = 0;
        for range in self.dollars.iter().filter_map(|range| seek(&text, range)) {
            weave.part(sources, &text, done..range.start);
            dollars.push((weave.text().len(), range.clone()));
            weave.instead("$", text.locate(range.clone()));
            done = range.end;
        }
        weave.part(sources, &text, done..text.text.len());
        for span in lost(weave.text(), &dollars)
            .into_iter()
            .map(|range| text.locate(range))
        {
            sink.push(
                Diagnostic::error("lone-dollar", "this becomes a `$` by itself, which SQL has no use for")
                    .at(span, "")
                    .because("substitution halves it, so a body that is to stand between `$$` has `$$$$` in the file")
                    .help("write `$$$$`, or turn substitution off around it"),
            );
        }
        let text = weave.finish(home);
        let spots: Vec<Spot> = self
            .spots
            .iter()
            .filter_map(|spot| {
                Some(Spot {
                    range: seek(&text, &spot.range)?,
                    ..spot.clone()
                })
            })
            .collect();
        variables::fill(sources, &text, &spots, missing, sink)
    }
}

/// Where a text has what stands there in its file, if it does.
fn seek(text: &Text, range: &Range<usize>) -> Option<Range<usize>> {
    let holds = |span: Range<usize>| span.start <= range.start && range.end <= span.end;
    let mut origins = text.origins.iter();
    let origin = origins.find(|origin| origin.verbatim && holds(origin.span.range()))?;
    let start = origin.at + range.start - origin.span.range().start;
    Some(start..start + range.len())
}

/// Which of the `$` at those places are in no name, no quote and no comment.
fn lost(text: &str, dollars: &[(usize, Range<usize>)]) -> Vec<Range<usize>> {
    let mut lone = Vec::new();
    let mut next = 0;
    for token in lex::tokens(text).take_while(|_| !dollars.is_empty()) {
        while let Some((_, range)) = dollars.get(next).filter(|(at, _)| *at < token.end) {
            if token.kind == lex::TokenKind::Other {
                lone.push(range.clone());
            }
            next += 1;
        }
    }
    lone
}

/// A file with places that its tool fills in when it runs, by what stands there.
pub(super) fn placeholders(
    whole: &Whole<'_>,
    places: &[Range<usize>],
    because: &str,
) -> Diagnostic {
    /// More than a page of them helps nobody.
    const SHOWN: usize = 20;
    let names: BTreeSet<&str> = places.iter().map(|it| &whole.text[it.clone()]).collect();
    let names: Vec<&str> = names.into_iter().collect();
    let (path, list) = (whole.path, table::list(&names));
    let told = format!("`{path}` has placeholders: {list}");
    let shown = places.iter().take(SHOWN);
    let diagnostic = shown.fold(Diagnostic::error("placeholder", told), |told, place| {
        told.at(whole.span(place.clone()), "")
    });
    diagnostic.because(because)
}

/// The same of what may be meant as it stands.
pub(super) fn maybe_placeholders(
    whole: &Whole<'_>,
    places: &[Range<usize>],
    because: &str,
) -> Diagnostic {
    let mut diagnostic = placeholders(whole, places, because);
    diagnostic.severity = Severity::Warning;
    diagnostic.code = "maybe-placeholder";
    diagnostic.message = diagnostic.message.replacen(
        "has placeholders",
        "may have placeholders within quotes or comments",
        1,
    );
    diagnostic
}
