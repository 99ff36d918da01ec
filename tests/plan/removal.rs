//! What goes, in which order, and what stays.

use virtuform::plan::{Limits, Record};

use crate::support::views::outline;
use crate::{SITE, run, run_within, vm};

#[test]
fn what_the_manifests_no_longer_have_goes_in_reverse() {
    let entries = [
        ("data_centers/east", "d1"),
        ("networks/front", "n1"),
        ("clusters/east-1", "c1"),
        ("templates/rhel-9", "t1"),
        ("vms/web", "v1"),
    ];
    let limits = Limits { allow_destroy: vec!["*".to_owned()], ..Limits::default() };
    let objects = vm("").replace("down", "up");
    let plan = run_within("", &objects, &entries, &limits).unwrap();
    assert_eq!(plan.refusals, []);
    let order: Vec<String> = outline(&plan)
        .lines()
        .map(|line| line.split("  <-").next().unwrap()[2..].to_owned())
        .collect();
    assert_eq!(
        order,
        [
            "stop vms/web",
            "await down vms/web",
            "delete vms/web",
            "delete templates/rhel-9",
            "await gone templates/rhel-9",
            "delete clusters/east-1",
            "delete networks/front",
            "delete data_centers/east",
        ]
    );
}

#[test]
fn data_is_only_deleted_with_consent_by_name() {
    let plan = run("", &vm(""), &[("vms/web", "v1")]).unwrap();
    assert_eq!(plan.refusals[0].message, "vms/web: would be deleted with its data");
    assert!(!plan.is_empty(), "a refused plan still shows");
}

#[test]
fn what_others_need_stays() {
    let plan = run("", &vm(""), &[("templates/rhel-9", "t1")]).unwrap();
    let messages: Vec<_> = plan.refusals.iter().map(|r| r.message.as_str()).collect();
    assert!(
        messages.contains(&"templates/rhel-9: cannot be removed, as the vm `web` still needs it")
            || messages
                .contains(&"templates/rhel-9: cannot be removed, as the vm `web` still needs it"),
        "{messages:?}"
    );
}

#[test]
fn protected_resources_stay() {
    let manifest = "vms: { web: { cluster: east-1, template: Blank, lifecycle: { protect: true, replace: allow } } }";
    let plan = run(manifest, &vm(""), &[("vms/web", "v1")]).unwrap();
    assert!(plan.refusals.iter().any(|r| r.message.starts_with("vms/web: is protected")));
}

#[test]
fn given_up_resources_stay_on_the_engine() {
    let manifest = "removed: [{ from: vms/web, destroy: false }]";
    let plan = run(manifest, &vm(""), &[("vms/web", "v1")]).unwrap();
    assert!(plan.is_empty());
    assert!(matches!(&plan.records[..], [Record::Forget { .. }]));
}

#[test]
fn built_in_objects_are_never_removed() {
    let plan = run("", SITE, &[("templates/Blank", "t0")]).unwrap();
    assert!(plan.is_empty());
}

#[test]
fn what_the_engine_protects_is_not_removed() {
    let plan = run("{}", &vm("<delete_protected>true</delete_protected>"), &[("vms/web", "v1")]);
    let refusals = plan.unwrap().refusals;
    let message = "vms/web: cannot be removed while it has `delete_protected`";
    assert!(refusals.iter().any(|refusal| refusal.message == message), "{refusals:?}");
}

#[test]
fn what_goes_down_is_removed_when_it_is_down() {
    let objects = vm("").replace("<status>down<", "<status>powering_down<");
    let limits = Limits { allow_destroy: vec!["*".to_owned()], ..Limits::default() };
    let plan = run_within("", &objects, &[("vms/web", "v1")], &limits).unwrap();
    assert_eq!(outline(&plan), "0 await down vms/web\n1 delete vms/web  <- 0");
}

fn refused(objects: &str, entry: (&str, &str)) -> Vec<String> {
    let limits = Limits { allow_destroy: vec!["*".to_owned()], ..Limits::default() };
    let plan = run_within("", objects, &[entry], &limits).expect("nothing else is wrong");
    plan.refusals.into_iter().map(|refusal| refusal.message).collect()
}

#[test]
fn a_host_stays_while_vms_run_nowhere_else() {
    let pinned = |affinity: &str, hosts: &str| {
        let host = r#"<host id="h1"><name>kvm-1</name><cluster id="c1"/></host>"#;
        let policy = format!("<affinity>{affinity}</affinity><hosts>{hosts}</hosts>");
        let policy = format!("<placement_policy>{policy}</placement_policy>");
        refused(&format!("{}{host}", vm(&policy)), ("hosts/kvm-1", "h1"))
    };
    let (here, there) = (r#"<host id="h1"/>"#, r#"<host id="h2"/>"#);
    let message = "hosts/kvm-1: cannot be removed, as the vm `web` still needs it";
    assert_eq!(pinned("pinned", here), [message]);
    assert_eq!(pinned("pinned", there), [""; 0]);
    assert_eq!(pinned("pinned", &format!("{here}{there}")), [""; 0]);
    assert_eq!(pinned("user_migratable", here), [""; 0]);
}

#[test]
fn the_host_of_local_storage_stays() {
    let of_host = |local| {
        let objects = format!(
            r#"{SITE}<host id="h1"><name>kvm-1</name><cluster id="c1"/></host>
               <storage_domain id="s1"><name>disk</name><data_centers><data_center id="d1"/></data_centers></storage_domain>"#
        );
        let objects = objects.replace("<local>false", &format!("<local>{local}"));
        refused(&objects, ("hosts/kvm-1", "h1"))
    };
    let message = "hosts/kvm-1: cannot be removed, as the storage_domain `disk` still needs it";
    assert_eq!(of_host(true), [message]);
    assert_eq!(of_host(false), [""; 0]);
}

#[test]
fn storage_stays_while_vms_run_from_it_or_are_protected() {
    let used = |vm_has: &str, active| {
        let disk = format!(
            r#"<disk_attachments><disk_attachment id="k1"><active>{active}</active><disk id="k1">
               <alias>root</alias><storage_domains><storage_domain id="s1"/></storage_domains>
               </disk></disk_attachment></disk_attachments>"#
        );
        let domain = r#"<storage_domain id="s1"><name>vault</name></storage_domain>"#;
        let objects = vm(&disk).replace("<status>down</status>", vm_has);
        refused(&format!("{objects}{domain}"), ("storage_domains/vault", "s1")).len()
    };
    assert_eq!(used("<status>up</status>", true), 1);
    assert_eq!(used("<status>up</status>", false), 0);
    assert_eq!(used("<status>down</status>", true), 0);
    assert_eq!(used("<status>down</status><delete_protected>true</delete_protected>", true), 1);
}

#[test]
fn a_data_center_does_not_take_networks_along_that_others_made() {
    let center = r#"<data_center id="d2"><name>west</name></data_center>"#;
    let network = |name| {
        let network =
            format!(r#"<network id="n2"><name>{name}</name><data_center id="d2"/></network>"#);
        refused(&format!("{SITE}{center}{network}"), ("data_centers/west", "d2"))
    };
    let message = "data_centers/west: cannot be removed, as the network `back` still needs it";
    assert_eq!(network("back"), [message]);
    assert_eq!(network("ovirtmgmt"), [""; 0]);
}

#[test]
fn a_quota_stays_where_it_counts() {
    let quota = r#"<quotas><quota id="q1"><name>small</name></quota></quotas>"#;
    let counting = |mode| {
        let objects = vm(r#"<quota id="q1"/>"#).replace(
            "<local>false",
            &format!("<quota_mode>{mode}</quota_mode>{quota}<local>false"),
        );
        let entry = [("data_centers/east", "d1"), ("data_centers/east/quotas/small", "q1")];
        let manifest = "data_centers: { east: { local: false } }";
        run(manifest, &objects, &entry).unwrap().refusals.len()
    };
    assert_eq!((counting("enabled"), counting("audit"), counting("disabled")), (1, 1, 0));
}

#[test]
fn what_the_manifests_still_name_stays() {
    let objects = format!(
        r#"{SITE}<network id="n2"><name>back</name><data_center id="d1"/></network>
           <vnic_profile id="p2"><name>slow</name><network id="n2"/></vnic_profile>"#
    );
    let refused = |manifest| {
        let plan = run(manifest, &objects, &[("networks/back", "n2")]).unwrap();
        plan.refusals.into_iter().map(|it| it.message).collect::<Vec<_>>()
    };
    let named = "networks/back: cannot be removed, as vnic_profiles/slow still needs it";
    assert_eq!(refused("vnic_profiles: { slow: { network: back } }"), [named]);
    let unnamed = refused("vnic_profiles: {}");
    assert_eq!(unnamed, [""; 0], "a profile goes with its network");
}
