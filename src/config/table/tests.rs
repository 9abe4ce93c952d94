//! Tests of the TOML reader: spans, and what it says of wrong keys and values.

use super::*;
use crate::source::Sources;

fn document<'i>(text: &'i str, sink: &mut Sink) -> Option<Table<'i>> {
    let mut sources = Sources::default();
    let file = sources.add("a.toml", format!("12345{text}"));
    Table::document(text, Place { file, start: 5 }, "the file", sink)
}

fn messages(sink: &Sink) -> Vec<String> {
    let spans = sink.diagnostics().iter().map(|diagnostic| {
        let range = diagnostic.labels[0].span.range();
        format!("{}..{} {}", range.start, range.end, diagnostic.message)
    });
    spans.collect()
}

#[test]
fn values_keep_their_place() {
    let mut sink = Sink::default();
    let text = "a = \"x\"\nb = [\"y\", \"z\"]\nc = true\nd = 2020-01-02T03:04:05Z\ne = { f = \"g\" }\nn = 14\n";
    let mut table = document(text, &mut sink).expect("it is TOML");
    let a = table.text("a", &mut sink).expect("there");
    assert_eq!((a.value.as_str(), a.span.range()), ("x", 9..12));
    let texts = table.texts("b", &mut sink).expect("there");
    assert_eq!(texts.value[1].0, "z");
    assert_eq!(texts.value[1].1.range(), 23..26);
    assert!(table.flag("c", &mut sink).expect("there").value);
    let time = table.time("d", &mut sink).expect("there");
    assert_eq!(time.value.to_string(), "2020-01-02T03:04:05Z");
    let mut e = table.table("e", "`e`", &mut sink).expect("there");
    assert_eq!(e.text("f", &mut sink).expect("there").value, "g");
    e.finish(&mut sink);
    let number = table.text_or_number("n", &mut sink).expect("there");
    assert_eq!(number.value, "14");
    table.finish(&mut sink);
    assert_eq!(messages(&sink), Vec::<String>::new());
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let mut sink = Sink::default();
    let text = "a = 1\nb = \"x\"\nc = [\"y\", \"y\", 2]\nd = 2020-01-02\ne = \"a\\nb\"\nf = []\nmesage = 1\nzzz = 1\n";
    let mut table = document(text, &mut sink).expect("it is TOML");
    table.text("a", &mut sink);
    table.texts("b", &mut sink);
    table.texts("c", &mut sink);
    table.time("d", &mut sink);
    table.text("e", &mut sink);
    table.flag("f", &mut sink);
    table.text("message", &mut sink);
    table.finish(&mut sink);
    assert_eq!(
        messages(&sink),
        [
            "9..10 `a` is a whole number, and must be a string",
            "15..18 `b` is a string, and must be an array of strings",
            "29..32 `c` names `y` twice",
            "34..35 an item of `c` is a whole number, and must be a string",
            "41..51 `d` is 2020-01-02, and must be a date and time with an offset, such as 2025-12-30T13:55:33Z",
            "56..62 `e` holds the control character \\u{a}",
            "67..69 `f` is an array, and must be `true` or `false`",
            "70..76 the file has no key `mesage`",
            "81..84 the file has no key `zzz`",
        ]
    );
    assert_eq!(sink.diagnostics()[7].help, ["did you mean `message`?"]);
    assert_eq!(
        sink.diagnostics()[8].help,
        ["the keys are `a`, `b`, `c`, `d`, `e`, `f` and `message`"]
    );
}

#[test]
fn free_keys_are_printable() {
    let mut sink = Sink::default();
    let text = "\"a\\nb\" = \"x\"\nc = \"y\"\nd = 1\n";
    let mut table = document(text, &mut sink).expect("it is TOML");
    let pairs = table.pairs(&mut sink);
    assert_eq!(pairs.len(), 1);
    assert_eq!(
        messages(&sink),
        [
            "5..11 `a\\nb` cannot be a key here",
            "30..31 `d` is a whole number, and must be a string"
        ]
    );
}

#[test]
fn broken_toml_is_one_error_at_its_place() {
    for (text, at) in [("a = \n", 9), ("a = 1\na = 2\n", 11), ("a = \"é", 12)] {
        let mut sink = Sink::default();
        assert!(document(text, &mut sink).is_none());
        assert_eq!(sink.diagnostics().len(), 1, "{text}");
        let start = sink.diagnostics()[0].labels[0].span.range().start;
        assert_eq!(start, at, "{text}: {}", sink.diagnostics()[0].message);
    }
}

/// What the one error about this text says to do.
fn help(text: &str) -> Vec<String> {
    let mut sink = Sink::default();
    if let Some(mut table) = document(text, &mut sink) {
        table.text("a", &mut sink);
        table.texts("b", &mut sink);
        table.finish(&mut sink);
    }
    let [told] = sink.diagnostics() else {
        panic!("one, not {sink:?}");
    };
    told.help.clone()
}

#[test]
fn a_value_without_quotes_is_told_to_take_some() {
    for (text, value) in [
        ("b = [cae11afbdacd]", "cae11afbdacd"),
        ("b = [1975ea83b712]", "1975ea83b712"),
        ("b = [1975e8839712]", "1975e8839712"),
        ("b = [01234567, \"x\"]", "01234567"),
        ("b = [\"x\",\n  27dafa983136, # so\n]", "27dafa983136"),
        ("a = Add users\nb = []", "Add users"),
        ("a = app.owner # so", "app.owner"),
        ("a = 5s", "5s"),
    ] {
        let wanted = format!("put it in quotes: \"{value}\"");
        assert_eq!(help(text), [wanted], "{text}");
    }
    for text in [
        "a = \nb = []",
        "a = \"x",
        "a = 'x",
        "a = \"x\" y",
        "b = [\"x\" \"y\"]",
        "a b = 1",
        "foo bar",
        "[a\n",
        "a = 1\n[b]\n[b]\n",
        "a = True",
        "a = 2020-13-01",
        "a = \u{202e}b",
    ] {
        assert_eq!(help(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn every_key_that_may_stand_there_is_listed() {
    const KEYS: [&str; 14] = [
        "k01", "k02", "k03", "k04", "k05", "k06", "k07", "k08", "k09", "k10", "k11", "k12", "k13",
        "k14",
    ];
    let mut sink = Sink::default();
    let mut table = document("something = 1\n", &mut sink).expect("it is TOML");
    for key in KEYS {
        table.text(key, &mut sink);
    }
    table.finish(&mut sink);
    let [told] = sink.diagnostics() else {
        panic!("one, not {sink:?}");
    };
    assert!(
        KEYS.iter().all(|key| told.help[0].contains(key)),
        "{told:?}"
    );
}

#[test]
fn the_nearest_word_is_near() {
    let words = ["upgrade", "downgrade", "data"];
    assert_eq!(nearest("upgrad", words), Some("upgrade"));
    assert_eq!(nearest("Downgrade", words), Some("downgrade"));
    assert_eq!(nearest("sideways", words), None);
    assert_eq!(nearest(&"x".repeat(1_000_000), words), None);
}
