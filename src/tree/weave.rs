//! Text put together from stretches of files and from what stands in the place of others, with the way back kept.

use std::ops::Range;

use super::{Origin, Text};
use crate::source::{Sources, Span};

/// A text that grows.
#[derive(Debug, Default)]
pub(super) struct Weave {
    text: String,
    origins: Vec<Origin>,
}

impl Weave {
    /// Goes on with what stands in a file.
    pub(super) fn verbatim(&mut self, sources: &Sources, span: Span) {
        self.push(sources.slice(span), span, true);
    }

    /// Goes on with something else than what stands at `span`.
    pub(super) fn instead(&mut self, text: &str, span: Span) {
        self.push(text, span, false);
    }

    /// Goes on with a part of another text, from wherever that comes.
    pub(super) fn part(&mut self, sources: &Sources, text: &Text, range: Range<usize>) {
        for (at, origin) in text.origins.iter().enumerate() {
            let next = text.origins.get(at + 1);
            let end = next.map_or(text.text.len(), |next| next.at);
            let (from, to) = (origin.at.max(range.start), end.min(range.end));
            if from >= to {
                continue;
            }
            if origin.verbatim {
                let start = origin.span.range().start + from - origin.at;
                let span = Span::new(origin.span.file, start..start + to - from);
                self.verbatim(sources, span);
            } else {
                self.instead(&text.text[from..to], origin.span);
            }
        }
    }

    /// The text so far.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The text. `home` is where an empty one comes from.
    pub(super) fn finish(mut self, home: Span) -> Text {
        if self.origins.is_empty() {
            self.origins.push(Origin {
                at: 0,
                span: Span::new(home.file, home.range().start..home.range().start),
                verbatim: true,
            });
        }
        Text {
            text: self.text.into(),
            origins: self.origins,
        }
    }

    fn push(&mut self, text: &str, span: Span, verbatim: bool) {
        if text.is_empty() {
            return;
        }
        self.origins.push(Origin {
            at: self.text.len(),
            span,
            verbatim,
        });
        self.text.push_str(text);
    }
}
