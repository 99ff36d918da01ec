//! MAC pools: whose addresses never overlap.

use crate::asking::{Asking, refused};

const POOLS: &str = "/macpools";

fn range(from: &str, to: &str) -> String {
    format!("<range><from>{from}</from><to>{to}</to></range>")
}

fn pool(name: &str, ranges: &str) -> String {
    format!("<mac_pool><name>{name}</name><ranges>{ranges}</ranges></mac_pool>")
}

#[test]
fn pools_that_cannot_be() {
    let mut it = Asking::lab();
    let own = range("02:00:00:00:00:00", "02:00:00:00:00:ff");
    it.add(POOLS, &pool("p", &own));
    let free = range("04:00:00:00:00:00", "04:00:00:00:00:ff");
    let other = format!("{POOLS}/{}", it.add(POOLS, &pool("other", &free)));
    let default = format!("{POOLS}/{}", it.id("macpools", "Default"));
    let new = range("06:00:00:00:00:00", "06:00:00:00:00:ff");
    let by_default =
        pool("q", &new).replace("</mac_pool>", "<default_pool>true</default_pool></mac_pool>");
    let in_use = "The MAC Pool name is already in use, please choose a unique name and try again.]";
    for (method, path, document, status, text) in [
        (
            "POST",
            POOLS,
            "<mac_pool><name>q</name></mac_pool>".to_owned(),
            400,
            "Parameter 'pool.ranges.from' is mandatory but was not provided.".to_owned(),
        ),
        ("POST", POOLS, pool("p", &new), 409, format!("[Cannot add MAC Pool. {in_use}")),
        (
            "POST",
            POOLS,
            by_default,
            400,
            "[Cannot add MAC Pool. Setting default MAC Pool is not supported.]".to_owned(),
        ),
        (
            "POST",
            POOLS,
            pool("q", &range("02:00:00:00:00:80", "02:00:00:00:01:00")),
            409,
            "[Cannot add MAC Pool. MAC pool cannot contain ranges which overlap with ranges in MAC pools: p]".to_owned(),
        ),
        (
            "POST",
            POOLS,
            pool("q", &new.repeat(2)),
            409,
            "[Cannot add MAC Pool. MAC pool cannot contain overlapping ranges.]".to_owned(),
        ),
        (
            "PUT",
            &other,
            "<mac_pool><name>p</name></mac_pool>".to_owned(),
            409,
            format!("[Cannot edit MAC Pool. {in_use}"),
        ),
        (
            "PUT",
            &other,
            "<mac_pool><default_pool>true</default_pool></mac_pool>".to_owned(),
            400,
            "[Cannot edit MAC Pool. Setting default MAC Pool is not supported.]".to_owned(),
        ),
        (
            "PUT",
            &other,
            pool("other", &own),
            409,
            "[Cannot edit MAC Pool. MAC pool cannot contain ranges which overlap with ranges in MAC pools: p]".to_owned(),
        ),
        (
            "PUT",
            &other,
            "<mac_pool><ranges/></mac_pool>".to_owned(),
            400,
            "[Cannot edit MAC Pool. MAC Pool must contain at least one MAC address range.]".to_owned(),
        ),
        (
            "DELETE",
            &default,
            String::new(),
            409,
            "[Cannot remove MAC Pool. Default MAC Pool cannot be removed.]".to_owned(),
        ),
    ] {
        refused(&mut it, method, path, &document, status, &text);
    }
    let cluster = format!("/clusters/{}", it.id("clusters", "lab"));
    let id = other.rsplit('/').next().unwrap();
    it.put(&cluster, &format!("<cluster><mac_pool id=\"{id}\"/></cluster>"));
    refused(
        &mut it,
        "DELETE",
        &other,
        "",
        409,
        "[Cannot remove MAC Pool. Several clusters (1) are using this MAC Pool:\nlab\n",
    );
}
