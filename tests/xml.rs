//! XML in and out: what is written reads back, what is skipped costs nothing, what is broken is
//! said so and never panics.

use proptest::prelude::*;
use virtuform::xml::{Element, MAX_DEPTH, Outline, each, parse};

fn element() -> impl Strategy<Value = Element> {
    let name = "[a-z][a-z_]{0,8}";
    let text = "[ -~äß€\n\t\r]{0,20}";
    let leaf = (name, text, proptest::option::of("[ -~]{0,12}")).prop_map(|(name, text, id)| {
        // White space alone is layout.
        let text = if text.trim().is_empty() { String::new() } else { text };
        let leaf = Element::leaf(name, text);
        match id {
            Some(id) => leaf.with_attribute("id", id),
            None => leaf,
        }
    });
    leaf.prop_recursive(4, 40, 6, move |inner| {
        (name, proptest::collection::vec(inner, 1..6)).prop_map(|(name, children)| {
            children.into_iter().fold(Element::new(name), Element::with)
        })
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_back(element in element()) {
        let document = element.to_string();
        prop_assert_eq!(parse(document.as_bytes()), Ok(element));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&bytes);
        let _ = each(&bytes, &Outline::everything(), |_| {});
    }

    #[test]
    fn a_cut_document_is_never_taken_for_a_whole_one(element in element(), at in 0.0..1.0f64) {
        let document = element.to_string();
        let mut end = (document.len() as f64 * at) as usize;
        while !document.is_char_boundary(end) {
            end -= 1;
        }
        prop_assert!(parse(&document.as_bytes()[..end]).is_err());
    }
}

#[test]
fn objects_are_handed_over_one_by_one_with_nothing_but_what_was_asked_for() {
    let document = br#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
        <vms>
          <vm href="/vms/1" id="1">
            <actions><link href="/vms/1/start" rel="start"/></actions>
            <name>web &amp; co</name>
            <cpu><topology><cores>2</cores><sockets>4</sockets></topology><mode>custom</mode></cpu>
            <description>two
lines </description>
          </vm>
          <vm id="2"/>
        </vms>"#;
    let mut outline = Outline::new();
    outline.keep(["name"]);
    outline.keep(["description"]);
    outline.keep(["cpu", "topology", "cores"]);
    let mut seen = Vec::new();
    each(document, &outline, |element| seen.push(element)).unwrap();
    let first = Element::link("vm", "1")
        .with(Element::leaf("name", "web & co"))
        .with(Element::new("cpu").with(Element::new("topology").with(Element::leaf("cores", "2"))))
        .with(Element::leaf("description", "two\nlines "));
    assert_eq!(seen, [first, Element::link("vm", "2")]);
}

#[test]
fn entities_of_its_own_and_deep_nesting_are_refused() {
    let bomb = br#"<!DOCTYPE a [<!ENTITY b "bbbb">]><a>&b;</a>"#;
    assert_eq!(parse(bomb).unwrap_err().message, "a document type is not allowed");
    assert!(parse(b"<a>&unknown;</a>").is_err());
    let deep = "<a>".repeat(MAX_DEPTH + 1) + &"</a>".repeat(MAX_DEPTH + 1);
    assert_eq!(parse(deep.as_bytes()).unwrap_err().message, "elements nest deeper than 64");
}

#[test]
fn broken_documents_say_where() {
    for (document, message) in [
        ("", "the document is empty"),
        ("<a>", "the document ends too early"),
        ("<html><body>no", "the document ends too early"),
        ("<a/><b/>", "something follows the root element"),
        ("text", "the document starts with text, not with an element"),
    ] {
        assert_eq!(parse(document.as_bytes()).unwrap_err().message, message, "{document}");
    }
    assert!(parse(b"<a></b>").is_err());
    assert!(parse(b"<a>\xff</a>").unwrap_err().message.contains("UTF-8"));
    assert!(parse(b"<a b=\"\xff\"/>").is_err() && parse(b"<\xff/>").is_err());
}
