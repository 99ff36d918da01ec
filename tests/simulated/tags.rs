//! Tags and bookmarks.

use crate::asking::{Asking, ZERO, refused};

#[test]
fn tags_on_all_that_can_bear_them() {
    let mut it = Asking::lab();
    let blue = it.add("/tags", "<tag><name>blue</name></tag>");
    assert_eq!(it.get(&format!("/tags/{blue}")).child("parent").unwrap().id(), Some(ZERO));
    let vm = it.vm("web", "");
    let (host, template) = (it.id("hosts", "host-1"), it.id("templates", "rhel-9"));
    let admin = it.id("users", "admin");
    for (owner, element) in [
        (format!("/vms/{vm}"), "vm"),
        (format!("/hosts/{host}"), "host"),
        (format!("/templates/{template}"), "template"),
        (format!("/users/{admin}"), "user"),
    ] {
        let path = format!("{owner}/tags");
        assert_eq!(it.add(&path, "<tag><name>blue</name></tag>"), blue);
        assert_eq!(it.add(&path, &format!("<tag id=\"{blue}\"/>")), blue, "twice does no harm");
        let list = it.get(&path);
        assert_eq!(list.children().len(), 1);
        let tag = &list.children()[0];
        assert_eq!((tag.text_at("name"), tag.child(element).is_some()), (Some("blue"), true));
        it.delete(&format!("{path}/{blue}"));
        assert_eq!(it.ask("DELETE", &format!("{path}/{blue}"), "").0, 404);
    }
}

#[test]
fn tags_that_cannot_be() {
    let mut it = Asking::lab();
    let a = it.add("/tags", "<tag><name>a</name></tag>");
    let b = it.add("/tags", &format!("<tag><name>b</name><parent id=\"{a}\"/></tag>"));
    let vm = format!("/vms/{}/tags", it.vm("web", ""));
    let recursive = "[Operation canceled, recursive Tag hierarchy cannot be defined.]";
    let in_use = "[The specified Tag name already exists.]";
    for (method, path, document, status, text) in [
        (
            "POST",
            "/tags".to_owned(),
            "<tag/>".to_owned(),
            400,
            "Parameter 'tag.name' is mandatory but was not provided.",
        ),
        (
            "POST",
            "/tags".to_owned(),
            "<tag><name>a b</name></tag>".to_owned(),
            400,
            "[Invalid tag name. Only letters, numbers, '-', and '_' are valid characters.]",
        ),
        ("POST", "/tags".to_owned(), "<tag><name>b</name></tag>".to_owned(), 409, in_use),
        ("PUT", format!("/tags/{a}"), "<tag><name>b</name></tag>".to_owned(), 409, in_use),
        ("PUT", format!("/tags/{a}"), format!("<tag><parent id=\"{a}\"/></tag>"), 409, recursive),
        ("PUT", format!("/tags/{a}"), format!("<tag><parent id=\"{b}\"/></tag>"), 409, recursive),
        (
            "PUT",
            format!("/tags/{ZERO}"),
            "<tag><name>x</name></tag>".to_owned(),
            409,
            "[Cannot edit readonly tag]",
        ),
        (
            "POST",
            vm.clone(),
            "<tag/>".to_owned(),
            400,
            "Parameters 'tag.id' or 'tag.name' are mandatory but both were not provided.",
        ),
        (
            "POST",
            vm,
            "<tag><name>nope</name></tag>".to_owned(),
            404,
            "Entity not found: Tag: name=nope",
        ),
    ] {
        refused(&mut it, method, &path, &document, status, text);
    }
}

#[test]
fn bookmarks_have_a_name_and_a_search() {
    let mut it = Asking::fresh();
    let document = "<bookmark><name>up</name><value>Vms: status=up</value></bookmark>";
    let path = format!("/bookmarks/{}", it.add("/bookmarks", document));
    it.put(&path, "<bookmark><value>Vms: status=down</value></bookmark>");
    assert_eq!(it.text(&path, "value"), "Vms: status=down");
    it.add("/bookmarks", &document.replace(">up<", ">other<"));
    let text = "Bookmark. The Bookmark name is already in use, please choose a unique name and try again.]";
    refused(&mut it, "POST", "/bookmarks", document, 409, &format!("[Cannot add {text}"));
    refused(
        &mut it,
        "PUT",
        &path,
        "<bookmark><name>other</name></bookmark>",
        409,
        &format!("[Cannot edit {text}"),
    );
    for missing in ["name", "value"] {
        let document =
            if missing == "name" { "<bookmark/>" } else { "<bookmark><name>x</name></bookmark>" };
        let text = format!("Parameter 'bookmark.{missing}' is mandatory but was not provided.");
        refused(&mut it, "POST", "/bookmarks", document, 400, &text);
    }
    it.delete(&path);
}
