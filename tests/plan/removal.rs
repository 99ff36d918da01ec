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
