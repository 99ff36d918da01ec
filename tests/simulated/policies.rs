//! Scheduling policies and what they are made of.

use crate::asking::{Asking, refused};

const NONE: &str = "/schedulingpolicies/b4ed2332-a7ac-4d5f-9596-99a439cb2812";
const CPU: &str = "6d636bf6-a35c-4f9d-b68d-0731f720cddc";
const MEMORY: &str = "c9ddbb34-0e1d-4061-a8d7-b0893fa80932";
const SWAP: &str = "43b9e654-337f-4b0d-a896-cbb22ce5a7fc";
const EVEN_WEIGHT: &str = "7db4ab05-81ab-42e8-868a-aee2df483edb";
const EVEN_BALANCE: &str = "7db4ab05-81ab-42e8-868a-aee2df483ed2";
const NO_BALANCE: &str = "38440000-8cf0-14bd-c43e-10b96e4ef00a";

fn unit(element: &str, id: &str, more: &str) -> String {
    format!("<{element}>{more}<scheduling_policy_unit id=\"{id}\"/></{element}>")
}

#[test]
fn policies_that_come_with_the_engine_are_locked() {
    let mut it = Asking::fresh();
    assert_eq!(it.text(NONE, "locked"), "true");
    assert_eq!(it.text(NONE, "default_policy"), "true");
    assert_eq!(it.get(&format!("{NONE}/filters")).children().len(), 15);
    assert_eq!(it.get(&format!("{NONE}/weights")).children().len(), 9);
    let balances = it.get(&format!("{NONE}/balances"));
    assert_eq!(balances.at("balance/scheduling_policy_unit").unwrap().id(), Some(NO_BALANCE));
    assert!(it.get("/schedulingpolicyunits").children().len() > 40);
    let invalid = "Scheduling Policy. Parameters are invalid.]";
    for (method, path, document, verb) in [
        (
            "PUT",
            NONE.to_owned(),
            "<scheduling_policy><name>x</name></scheduling_policy>".to_owned(),
            "edit",
        ),
        ("DELETE", NONE.to_owned(), String::new(), "remove"),
        ("POST", format!("{NONE}/filters"), unit("filter", SWAP, ""), "edit"),
        ("DELETE", format!("{NONE}/filters/{CPU}"), String::new(), "edit"),
    ] {
        refused(&mut it, method, &path, &document, 400, &format!("[Cannot {verb} {invalid}"));
    }
    let attached =
        "[Cannot remove Policy Unit. Policy unit is attached to the following cluster policies: ";
    refused(&mut it, "DELETE", &format!("/schedulingpolicyunits/{CPU}"), "", 409, attached);
}

#[test]
fn a_policy_is_put_together() {
    let mut it = Asking::fresh();
    let path = format!(
        "/schedulingpolicies/{}",
        it.add("/schedulingpolicies", "<scheduling_policy><name>mine</name></scheduling_policy>")
    );
    let (filters, weights, balances) =
        (format!("{path}/filters"), format!("{path}/weights"), format!("{path}/balances"));
    it.add(&filters, &unit("filter", CPU, "<position>-1</position>"));
    it.add(&filters, &unit("filter", MEMORY, "<position>1</position>"));
    it.add(&weights, &unit("weight", EVEN_WEIGHT, "<factor>3</factor>"));
    it.add(&balances, &unit("balance", NO_BALANCE, ""));
    it.add(&balances, &unit("balance", EVEN_BALANCE, ""));
    assert_eq!(it.get(&balances).children().len(), 1, "a second balance replaces the first");
    let edit = "[Cannot edit Scheduling Policy. ";
    for (path, document, text) in [
        (
            &filters,
            unit("filter", CPU, ""),
            format!("{edit}policy unit already exists in Scheduling Policy.]"),
        ),
        (
            &filters,
            unit("filter", SWAP, "<position>-1</position>"),
            format!("{edit}Only a single filter can be selected as first.]"),
        ),
        (
            &filters,
            unit("filter", SWAP, "<position>1</position>"),
            format!("{edit}Only a single filter can be selected as last.]"),
        ),
        (
            &filters,
            unit("filter", EVEN_WEIGHT, ""),
            format!("{edit}Policy unit doesn't implement Filtering.]"),
        ),
        (
            &weights,
            unit("weight", CPU, ""),
            format!("{edit}Policy unit doesn't implement score function.]"),
        ),
        (
            &weights,
            unit("weight", "98e92667-6161-41fb-b3fa-34f820ccbc4b", "<factor>-2</factor>"),
            format!("{edit}Function factor cannot be negative.]"),
        ),
        (
            &balances,
            unit("balance", CPU, ""),
            format!("{edit}Policy unit doesn't implement load balancing logic.]"),
        ),
        (
            &balances,
            unit("balance", crate::asking::ZERO, ""),
            format!("{edit}Policy unit is unknown.]"),
        ),
        (
            &filters,
            "<filter/>".to_owned(),
            "Parameter 'filter.scheduling_policy_unit.id' is mandatory but was not provided."
                .to_owned(),
        ),
    ] {
        refused(&mut it, "POST", path, &document, 400, &text);
    }
    it.delete(&format!("{filters}/{CPU}"));
    let first = unit("filter", SWAP, "<position>-1</position>");
    let text = format!("{edit}Only a single filter can be selected as first.]");
    refused(&mut it, "POST", &filters, &first, 400, &text);
    it.add(&filters, &unit("filter", CPU, ""));
    it.delete(&format!("{filters}/{CPU}"));
    it.add(&filters, &first);
    let properties = |name: &str, value: &str| {
        format!(
            "<scheduling_policy><properties><property><name>{name}</name><value>{value}</value></property></properties></scheduling_policy>"
        )
    };
    it.put(&path, &properties("HighUtilization", "75"));
    let configured = "[Cannot edit Scheduling Policy if some of the specified custom properties are not configured by the system. The keys are: SpmVmGrace]";
    refused(&mut it, "PUT", &path, &properties("SpmVmGrace", "5"), 400, configured);
    let gone = configured.replace("SpmVmGrace", "HighUtilization");
    refused(&mut it, "DELETE", &format!("{balances}/{EVEN_BALANCE}"), "", 400, &gone);
    refused(&mut it, "POST", &balances, &unit("balance", NO_BALANCE, ""), 400, &gone);
    let illegal = "[Cannot edit Scheduling Policy if some of the specified custom properties have illegal values. The keys are: HighUtilization]";
    refused(&mut it, "PUT", &path, &properties("HighUtilization", "20"), 400, illegal);
}

#[test]
fn policies_in_use_and_names_that_are_taken() {
    let mut it = Asking::fresh();
    let new = "<scheduling_policy><name>mine</name></scheduling_policy>";
    let policy = it.add("/schedulingpolicies", new);
    let path = format!("/schedulingpolicies/{policy}");
    refused(
        &mut it,
        "POST",
        "/schedulingpolicies",
        new,
        400,
        "[Cannot add Scheduling Policy. Name is in use.]",
    );
    refused(
        &mut it,
        "PUT",
        &path,
        "<scheduling_policy><name>none</name></scheduling_policy>",
        400,
        "[Cannot edit Scheduling Policy. Name is in use.]",
    );
    refused(
        &mut it,
        "POST",
        "/schedulingpolicies",
        "<scheduling_policy/>",
        400,
        "Parameter 'policy.name' is mandatory but was not provided.",
    );
    let cluster = format!("/clusters/{}", it.id("clusters", "Default"));
    it.put(&cluster, &format!("<cluster><scheduling_policy id=\"{policy}\"/></cluster>"));
    let attached = "[Cannot remove Scheduling Policy. Scheduling Policy is attached to cluster(s): Default, please unassign cluster(s).]";
    refused(&mut it, "DELETE", &path, "", 400, attached);
    it.put(&cluster, "<cluster><scheduling_policy><name>none</name></scheduling_policy></cluster>");
    it.delete(&path);
}
