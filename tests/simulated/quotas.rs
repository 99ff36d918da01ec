//! Quotas, their limits, and what they refuse.

use crate::asking::{Asking, disk, refused};

struct Lab {
    it: Asking,
    center: String,
    quota: String,
}

fn lab(mode: &str) -> Lab {
    let mut it = Asking::lab();
    let center = format!("/datacenters/{}", it.id("datacenters", "lab"));
    let quota = it.add(&format!("{center}/quotas"), "<quota><name>q</name></quota>");
    it.put(&center, &format!("<data_center><quota_mode>{mode}</quota_mode></data_center>"));
    Lab { it, center, quota }
}

impl Lab {
    fn limits(&self, kind: &str) -> String {
        format!("{}/quotas/{}/quota{kind}limits", self.center, self.quota)
    }
}

#[test]
fn a_quota_limits_nothing_until_it_is_told() {
    let mut lab = lab("disabled");
    let path = format!("{}/quotas/{}", lab.center, lab.quota);
    assert_eq!(lab.it.text(&path, "cluster_soft_limit_pct"), "80");
    let clusters = lab.limits("cluster");
    assert_eq!(lab.it.text(&clusters, "quota_cluster_limit/vcpu_limit"), "-1");
    let limit = "<quota_cluster_limit><memory_limit>8</memory_limit></quota_cluster_limit>";
    let made = lab.it.add(&clusters, limit);
    assert_eq!(made, lab.quota, "the limit for everything has its quota's id");
    assert_eq!(lab.it.get(&clusters).children().len(), 1);
    let cluster = lab.it.id("clusters", "lab");
    let single = format!(
        "<quota_cluster_limit><cluster id=\"{cluster}\"/><memory_limit>8</memory_limit></quota_cluster_limit>"
    );
    refused(
        &mut lab.it,
        "POST",
        &clusters,
        &single,
        409,
        "[Cannot edit Quota. Limitation can not be configured as specific and general for the same Quota.",
    );
    lab.it.delete(&format!("{clusters}/{made}"));
    assert_eq!(lab.it.text(&clusters, "quota_cluster_limit/memory_limit"), "-1");
    let storage = lab.limits("storage");
    lab.it.add(&storage, "<quota_storage_limit><limit>50</limit></quota_storage_limit>");
    assert_eq!(lab.it.get(&storage).children().len(), 1);
}

#[test]
fn what_quotas_refuse() {
    let mut lab = lab("enabled");
    lab.it.add(
        &lab.limits("storage"),
        "<quota_storage_limit><limit>10</limit></quota_storage_limit>",
    );
    lab.it.add(&lab.limits("cluster"), "<quota_cluster_limit><memory_limit>-1</memory_limit><vcpu_limit>1</vcpu_limit></quota_cluster_limit>");
    let quota = format!("<quota id=\"{}\"/>", lab.quota);
    let big = disk("big", 20).replace("</disk>", &format!("{quota}</disk>"));
    refused(
        &mut lab.it,
        "POST",
        "/disks",
        &big,
        409,
        "[Cannot add Virtual Disk. Quota has insufficient storage resources.]",
    );
    let fits = disk("fits", 12).replace("</disk>", &format!("{quota}</disk>"));
    lab.it.add("/disks", &fits);
    assert_eq!(lab.it.text(&lab.limits("storage"), "quota_storage_limit/usage"), "12.00");
    let vm = lab.it.vm("web", &format!("{quota}<cpu><topology><sockets>2</sockets><cores>1</cores><threads>1</threads></topology></cpu>"));
    lab.it.pass(6);
    refused(
        &mut lab.it,
        "POST",
        &format!("/vms/{vm}/start"),
        "<action/>",
        409,
        "[Cannot run VM. Quota has insufficient cluster resources.]",
    );
    let free = lab.it.vm("free", "");
    lab.it.pass(6);
    lab.it.put(&format!("/vms/{free}"), "<vm><quota/></vm>");
    let text = "[Cannot run VM. Quota is not valid.]";
    refused(&mut lab.it, "POST", &format!("/vms/{free}/start"), "<action/>", 400, text);
    let path = format!("{}/quotas/{}", lab.center, lab.quota);
    refused(
        &mut lab.it,
        "DELETE",
        &path,
        "",
        409,
        "[Cannot remove Quota. Quota is still in use by a VM or a disk and Data Center's Quota enforcement is enabled.]",
    );
    let audit = "<data_center><quota_mode>audit</quota_mode></data_center>";
    let center = lab.center.clone();
    lab.it.put(&center, audit);
    lab.it.act(&format!("/vms/{vm}/start"));
    lab.it.pass(6);
    let limit = lab.it.get(&lab.limits("cluster"));
    assert_eq!(limit.text_at("quota_cluster_limit/vcpu_usage"), Some("2"));
    let events = lab.it.get("/events");
    assert!(events.children().iter().any(|it| it.text_at("code") == Some("3015")));
}

#[test]
fn names_and_the_default_quota() {
    let mut lab = lab("disabled");
    let quotas = format!("{}/quotas", lab.center);
    let all = lab.it.get(&quotas);
    let default = all.children().iter().find(|it| it.text_at("name") == Some("Default")).unwrap();
    let default = format!("{quotas}/{}", default.id().unwrap());
    let limit = "<quota_cluster_limit><memory_limit>8</memory_limit></quota_cluster_limit>";
    let faults = [
        (
            "POST",
            quotas.clone(),
            "<quota><name>a b</name></quota>",
            400,
            "[Quota name must be formed of",
        ),
        (
            "POST",
            quotas.clone(),
            "<quota><name>q</name></quota>",
            409,
            "[Cannot add Quota. Quota name already exists in this Data Center.]",
        ),
        (
            "PUT",
            default.clone(),
            "<quota><name>other</name></quota>",
            400,
            "[Cannot edit Quota. Default quota cannot be changed.]",
        ),
        (
            "DELETE",
            default.clone(),
            "",
            400,
            "[Cannot remove Quota. Default quota cannot be changed.]",
        ),
        (
            "POST",
            format!("{default}/quotaclusterlimits"),
            limit,
            400,
            "[Cannot edit Quota. Default quota cannot be changed.]",
        ),
    ];
    for (method, path, document, status, text) in faults {
        refused(&mut lab.it, method, &path, document, status, text);
    }
}
