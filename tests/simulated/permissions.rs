//! Permissions: who gets them, where they hold, and what cannot be done without.

use virtuform::simulated::{Account, Lab, Options, Simulated};

use crate::asking::{Asking, refused};

const SUPER_USER: &str = "00000000-0000-0000-0000-000000000001";
const USER_ROLE: &str = "00000000-0000-0000-0001-000000000001";

fn lab() -> Asking {
    let users =
        vec![Account::new("jane@internal", "x"), Account::new("joe@internal", "x").in_group("ops")];
    let mut it = Asking::of(Simulated::new(Options { users, ..Options::default() }));
    it.engine.lab(&Lab::default());
    it
}

fn user(it: &mut Asking, name: &str) -> String {
    it.add("/users", &format!("<user><user_name>{name}@internal-authz</user_name><domain><name>internal-authz</name></domain></user>"))
}

fn grant(it: &mut Asking, path: &str, role: &str, user: &str) -> String {
    let document =
        format!("<permission><role><name>{role}</name></role><user id=\"{user}\"/></permission>");
    it.add(path, &document)
}

#[test]
fn a_permission_is_granted_once_and_inherited() {
    let mut it = lab();
    let jane = user(&mut it, "jane");
    let cluster = it.id("clusters", "lab");
    let vm = it.vm("web", "");
    let on_cluster = grant(&mut it, &format!("/clusters/{cluster}/permissions"), "UserRole", &jane);
    let path = format!("/vms/{vm}/permissions");
    let on_vm = grant(&mut it, &path, "UserVmManager", &jane);
    assert_eq!(grant(&mut it, &path, "UserVmManager", &jane), on_vm, "twice does no harm");
    let list = it.get(&path);
    let inherited = list.children().iter().find(|it| it.id() == Some(&on_cluster)).unwrap();
    assert_eq!(inherited.child("vm").unwrap().id(), Some(vm.as_str()), "as if it were its own");
    assert_eq!(
        inherited.attribute("href"),
        Some(format!("/ovirt-engine/api{path}/{on_cluster}").as_str())
    );
    assert_eq!(inherited.child("role").unwrap().id(), Some(USER_ROLE));
    let of_jane = it.get(&format!("/users/{jane}/permissions"));
    for id in [&on_vm, &on_cluster] {
        assert!(of_jane.children().iter().any(|it| it.id() == Some(id)));
    }
    it.delete(&format!("{path}/{on_cluster}"));
    let left = it.get(&format!("/clusters/{cluster}/permissions"));
    assert!(left.children().iter().all(|it| it.id() != Some(&on_cluster)), "it goes where it is");
    it.pass(10);
    it.delete(&format!("/vms/{vm}"));
    let of_jane = it.get(&format!("/users/{jane}/permissions"));
    assert!(of_jane.children().iter().all(|it| it.id() != Some(&on_vm)), "it goes with its object");
}

#[test]
fn permissions_can_be_granted_from_the_side_of_people() {
    let mut it = lab();
    let jane = user(&mut it, "jane");
    let vm = it.vm("web", "");
    let path = format!("/users/{jane}/permissions");
    let document =
        format!("<permission><role><name>UserRole</name></role><vm id=\"{vm}\"/></permission>");
    let made = it.post(&path, &document);
    assert_eq!(made.child("vm").unwrap().id(), Some(vm.as_str()));
    let everyone = "/groups/eee00000-0000-0000-0000-123456789eee/permissions";
    assert!(it.get(everyone).children().len() > 5, "everyone may use what comes with the engine");
    let as_own = it.get(&path);
    assert!(
        as_own.children().iter().all(|it| it.child("user").map(|it| it.id()) == Some(Some(&jane)))
    );
    let theirs = it.get(everyone).children()[0].id().unwrap().to_owned();
    refused(
        &mut it,
        "DELETE",
        &format!("{path}/{theirs}"),
        "",
        409,
        "[Cannot remove inherited permission]",
    );
}

#[test]
fn permissions_that_cannot_be() {
    let mut it = lab();
    let jane = user(&mut it, "jane");
    let vm = it.vm("web", "");
    let on_vm = format!("/vms/{vm}/permissions");
    let of_jane = format!("/users/{jane}/permissions");
    let everyone = it.get("/permissions");
    let everyone = everyone.children().iter().find(|it| it.child("group").is_some()).unwrap();
    let everyone = format!("/permissions/{}", everyone.id().unwrap());
    let whole = |role: &str, whom: &str| format!("<permission>{role}{whom}</permission>");
    let (role, whom) = ("<role><name>UserRole</name></role>", format!("<user id=\"{jane}\"/>"));
    for (method, path, document, status, text) in [
        (
            "POST",
            &on_vm,
            whole("", ""),
            400,
            "Permission [role.id|name, user|group.id] required for add",
        ),
        ("POST", &on_vm, whole(role, ""), 400, "Permission [user|group.id] required for add"),
        (
            "POST",
            &of_jane,
            whole(role, ""),
            400,
            "Permission [dataCenter|cluster|host|storageDomain|vm|vmPool|template.id] required for add",
        ),
        (
            "POST",
            &on_vm,
            whole("<role><name>Nobody</name></role>", &whom),
            400,
            "[Cannot add permission, invalid Role id]",
        ),
        (
            "POST",
            &on_vm,
            whole(&format!("<role id=\"{vm}\"/>"), &whom),
            400,
            "[Cannot add permission, invalid Role id]",
        ),
        (
            "POST",
            &on_vm,
            whole(role, &format!("<user id=\"{vm}\"/>")),
            400,
            "[User must exist in Database.]",
        ),
        (
            "POST",
            &of_jane,
            whole(role, &format!("<vm id=\"{jane}\"/>")),
            400,
            "[Cannot add permission, invalid object ID or type]",
        ),
        (
            "DELETE",
            &everyone,
            String::new(),
            409,
            "[It's not allowed to remove system permissions assigned to built-in Everyone group]",
        ),
    ] {
        refused(&mut it, method, path, &document, status, text);
    }
    let powers = it.get("/permissions");
    let last =
        powers.children().iter().find(|it| it.child("role").unwrap().id() == Some(SUPER_USER));
    let last = format!("/permissions/{}", last.unwrap().id().unwrap());
    let text =
        "[Cannot remove Permission. The system must have at least one Super User Role defined.]";
    refused(&mut it, "DELETE", &last, "", 409, text);
    grant(&mut it, "/permissions", "SuperUser", &jane);
    it.delete(&last);
}

#[test]
fn whoever_makes_something_may_use_it() {
    let mut it = lab();
    let roles = |it: &mut Asking, path: &str| -> Vec<String> {
        let list = it.get(&format!("{path}/permissions"));
        let own = list.children().iter().filter_map(|it| it.child("role")?.id().map(str::to_owned));
        let names: Vec<String> = own.collect();
        names.iter().map(|id| it.text(&format!("/roles/{id}"), "name")).collect()
    };
    let network = it.add(
        "/networks",
        "<network><name>blue</name><data_center><name>lab</name></data_center></network>",
    );
    assert!(roles(&mut it, &format!("/networks/{network}")).contains(&"NetworkAdmin".to_owned()));
    let profile = it.id("vnicprofiles", "blue");
    let on_profile = roles(&mut it, &format!("/vnicprofiles/{profile}"));
    assert!(on_profile.contains(&"NetworkAdmin".to_owned()));
    assert!(on_profile.contains(&"VnicProfileUser".to_owned()), "and everyone may use it");
    let pool = it.add("/macpools", "<mac_pool><name>p</name><ranges><range><from>02:00:00:00:00:00</from><to>02:00:00:00:00:ff</to></range></ranges></mac_pool>");
    assert!(roles(&mut it, &format!("/macpools/{pool}")).contains(&"MacPoolAdmin".to_owned()));
    let disk = it.add("/disks", &crate::asking::disk("d", 1));
    assert!(roles(&mut it, &format!("/disks/{disk}")).contains(&"DiskOperator".to_owned()));
    let vm = it.vm("web", "");
    let on_vm = roles(&mut it, &format!("/vms/{vm}"));
    assert!(!on_vm.contains(&"UserVmManager".to_owned()), "who may do everything needs no more");
    let attached = it.get(&format!("/vms/{vm}/diskattachments"));
    let disk = attached.children()[0].id().unwrap().to_owned();
    assert!(roles(&mut it, &format!("/disks/{disk}")).contains(&"DiskOperator".to_owned()));
    it.pass(10);
    let template =
        it.add("/templates", &format!("<template><name>t</name><vm id=\"{vm}\"/></template>"));
    let on_template = roles(&mut it, &format!("/templates/{template}"));
    for role in ["TemplateOwner", "UserTemplateBasedVm"] {
        assert!(on_template.contains(&role.to_owned()), "{role}");
    }
}

#[test]
fn what_is_not_permitted_is_refused() {
    let mut it = lab();
    let jane = user(&mut it, "jane");
    let vm = it.vm("web", "");
    let other = it.vm("other", "");
    it.pass(10);
    grant(&mut it, &format!("/vms/{vm}/permissions"), "UserRole", &jane);
    it.login_as("jane@internal", "x");
    let refusal = (403, "[User is not authorized to perform this action.]".to_owned());
    let path = format!("/vms/{vm}");
    for (method, path, document) in [
        ("PUT", path.as_str(), "<vm><comment>x</comment></vm>"),
        ("DELETE", &path, ""),
        ("POST", &format!("{path}/nics"), "<nic><name>n</name></nic>"),
        ("POST", &format!("{path}/migrate"), "<action/>"),
        ("POST", "/datacenters", "<data_center><name>x</name><local>false</local></data_center>"),
        (
            "POST",
            "/vms",
            "<vm><name>x</name><cluster><name>lab</name></cluster><template><name>Blank</name></template></vm>",
        ),
        ("POST", "/tags", "<tag><name>x</name></tag>"),
        ("POST", "/roles", "<role><name>x</name><permits><permit id=\"1\"/></permits></role>"),
        (
            "POST",
            "/permissions",
            &format!(
                "<permission><role><name>UserRole</name></role><user id=\"{jane}\"/></permission>"
            ),
        ),
    ] {
        assert_eq!(it.refusal_over_http(method, path, document), refusal, "{method} {path}");
    }
    assert_eq!(
        it.over_http("POST", &format!("{path}/start"), "<action/>").0,
        200,
        "that is permitted"
    );
    assert_eq!(
        it.over_http("POST", &format!("/vms/{other}/start"), "<action/>").0,
        404,
        "that is not seen"
    );
}

#[test]
fn only_those_who_may_do_everything_make_others_like_them() {
    let mut it = lab();
    let (jane, joe) = (user(&mut it, "jane"), user(&mut it, "joe"));
    let vm = it.vm("web", "");
    let path = format!("/vms/{vm}/permissions");
    grant(&mut it, &path, "UserVmManager", &jane);
    let by_admin = grant(&mut it, &path, "ClusterAdmin", &joe);
    it.login_as("jane@internal", "x");
    let whole = |role: &str| {
        format!("<permission><role><name>{role}</name></role><user id=\"{joe}\"/></permission>")
    };
    assert_eq!(it.over_http("POST", &path, &whole("UserRole")).0, 201, "her own machine");
    let text =
        "[Cannot add permission, only system super user can give permissions with admin Role]";
    assert_eq!(it.refusal_over_http("POST", &path, &whole("HostAdmin")), (403, text.to_owned()));
    let text =
        "[Cannot remove permission, only system super user can remove permissions with admin Role]";
    let granted = format!("{path}/{by_admin}");
    assert_eq!(it.refusal_over_http("DELETE", &granted, ""), (403, text.to_owned()));
}

#[test]
fn groups_hold_permissions_for_their_members() {
    let mut it = lab();
    let group = it.add(
        "/groups",
        "<group><name>ops</name><domain><name>internal-authz</name></domain></group>",
    );
    it.add(
        "/permissions",
        &format!(
            "<permission><role><name>TagManager</name></role><group id=\"{group}\"/></permission>"
        ),
    );
    it.login_as("joe@internal", "x");
    assert_eq!(it.over_http("POST", "/tags", "<tag><name>x</name></tag>").0, 201);
    it.login_as("jane@internal", "x");
    assert_eq!(it.over_http("POST", "/tags", "<tag><name>y</name></tag>").0, 401);
}

#[test]
fn machines_of_a_pool_have_the_permissions_of_the_pool() {
    let mut it = lab();
    let jane = user(&mut it, "jane");
    let pool = "<vm_pool><name>p</name><size>1</size><cluster><name>lab</name></cluster><template><name>rhel-9</name></template></vm_pool>";
    let pool = it.add("/vmpools", pool);
    it.pass(20);
    let vm = it.id("vms", "p-1");
    let document =
        format!("<permission><role><name>UserRole</name></role><user id=\"{jane}\"/></permission>");
    let text = "[Cannot add permission, VM is part of VM-Pool, permission should be given on VM-Pool instead]";
    refused(&mut it, "POST", &format!("/vms/{vm}/permissions"), &document, 409, text);
    let granted = it.add(&format!("/vmpools/{pool}/permissions"), &document);
    let inherited = it.get(&format!("/vms/{vm}/permissions"));
    assert!(inherited.children().iter().any(|it| it.id() == Some(&granted)));
}

#[test]
fn quotas_and_profiles_are_for_those_who_may_use_them() {
    let mut it = lab();
    let jane = user(&mut it, "jane");
    let center = format!("/datacenters/{}", it.id("datacenters", "lab"));
    it.put(&center, "<data_center><quota_mode>enabled</quota_mode></data_center>");
    // Whoever has one of the engine's own roles for machines may use every CPU profile as well.
    it.add("/roles", "<role><name>Maker</name><administrative>false</administrative><permits><permit id=\"1\"/><permit id=\"1300\"/></permits></role>");
    let quota = it.add(&format!("{center}/quotas"), "<quota><name>q</name></quota>");
    let (cluster, domain) = (it.id("clusters", "lab"), it.id("storagedomains", "nfs-1"));
    grant(&mut it, &format!("/clusters/{cluster}/permissions"), "Maker", &jane);
    grant(&mut it, &format!("/storagedomains/{domain}/permissions"), "DiskCreator", &jane);
    let slow =
        format!("<disk_profile><name>slow</name><storage_domain id=\"{domain}\"/></disk_profile>");
    let slow = it.add("/diskprofiles", &slow);
    let weak = format!("<cpu_profile><name>weak</name><cluster id=\"{cluster}\"/></cpu_profile>");
    let weak = it.add("/cpuprofiles", &weak);
    it.login_as("jane@internal", "x");
    let disk =
        |more: &str| crate::asking::disk("d", 1).replace("</disk>", &format!("{more}</disk>"));
    let vm = |more: &str| {
        format!(
            "<vm><name>mine</name><cluster id=\"{cluster}\"/><template><name>Blank</name></template>{more}</vm>"
        )
    };
    let quota_of = format!("<quota id=\"{quota}\"/>");
    let consumer = "The user is not a consumer of the Quota assigned to the resource.]";
    for (path, document, text) in [
        ("/disks", disk(&quota_of), format!("[Cannot add Virtual Disk. {consumer}")),
        ("/vms", vm(&quota_of), format!("[Cannot add VM. {consumer}")),
        (
            "/disks",
            disk(&format!("<disk_profile id=\"{slow}\"/>")),
            "[Cannot add Virtual Disk. The user doesn't have permissions to attach Disk Profile to the Disk.]".to_owned(),
        ),
        (
            "/vms",
            vm(&format!("<cpu_profile id=\"{weak}\"/>")),
            format!("[User doesn't have permissions to assign the cpu profile weak with id {weak} to VMs.]"),
        ),
    ] {
        assert_eq!(it.refusal_over_http("POST", path, &document), (403, text));
    }
    grant(&mut it, &format!("{center}/quotas/{quota}/permissions"), "QuotaConsumer", &jane);
    grant(&mut it, &format!("/diskprofiles/{slow}/permissions"), "DiskProfileUser", &jane);
    grant(&mut it, &format!("/cpuprofiles/{weak}/permissions"), "CpuProfileOperator", &jane);
    let profile = format!("<disk_profile id=\"{slow}\"/>{quota_of}");
    assert_eq!(it.over_http("POST", "/disks", &disk(&profile)).0, 201);
    let profile = format!("<cpu_profile id=\"{weak}\"/>{quota_of}");
    assert_eq!(it.over_http("POST", "/vms", &vm(&profile)).0, 201);
}
