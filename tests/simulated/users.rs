//! People, groups and roles, as far as the engine knows them.

use virtuform::simulated::{Account, Options, Simulated};

use crate::asking::{Asking, refused};

fn engine() -> Asking {
    let users = vec![
        Account::new("jane@internal", "x").in_group("operators"),
        Account::new("joe@example.com", "x"),
    ];
    Asking::of(Simulated::new(Options { users, ..Options::default() }))
}

const EVERYONE: &str = "eee00000-0000-0000-0000-123456789eee";

#[test]
fn directories_know_more_people_than_the_engine() {
    let mut it = engine();
    let domain = it.id("domains", "internal-authz");
    assert_eq!(domain, "696e7465726e616c2d617574687a", "the name, byte by byte");
    let names = |list: virtuform::xml::Element| -> Vec<String> {
        list.children().iter().map(|it| it.text_at("name").unwrap().to_owned()).collect()
    };
    assert_eq!(names(it.get(&format!("/domains/{domain}/users"))), ["admin", "jane"]);
    assert_eq!(names(it.get(&format!("/domains/{domain}/groups"))), ["operators"]);
    assert_eq!(names(it.get("/users")), ["admin"]);
    let jane = it.post("/users", "<user><user_name>jane@internal-authz</user_name><domain><name>internal-authz</name></domain></user>");
    assert_eq!(jane.text_at("principal"), Some("jane"));
    assert_eq!(jane.text_at("user_name"), Some("jane@internal-authz"));
    assert_eq!(jane.child("domain").unwrap().id(), Some(domain.as_str()));
    let again = it.add("/users", "<user><user_name>jane@internal-authz</user_name><domain><name>internal-authz</name></domain></user>");
    assert_eq!(jane.id(), Some(again.as_str()), "twice does no harm");
    let joe = "<user><user_name>joe@example.com-authz</user_name><principal>joe</principal><domain><name>example.com-authz</name></domain></user>";
    it.add("/users", joe);
    it.add(
        "/groups",
        "<group><name>operators</name><domain><name>internal-authz</name></domain></group>",
    );
    let groups = it.get(&format!("/users/{again}/groups"));
    assert_eq!(names(groups), ["Everyone", "operators"]);
}

#[test]
fn whom_no_directory_knows() {
    let mut it = engine();
    let admin = it.id("users", "admin");
    for (method, path, document, status, text) in [
        (
            "POST",
            "/users",
            "<user/>",
            400,
            "Parameter 'user.user_name' is mandatory but was not provided.",
        ),
        (
            "POST",
            "/users",
            "<user><user_name>jane</user_name></user>",
            400,
            "Parameters 'user.domain.id' or 'user.domain.name' are mandatory but both were not provided.",
        ),
        (
            "POST",
            "/users",
            "<user><user_name>zoe</user_name><domain><name>internal-authz</name></domain></user>",
            400,
            "",
        ),
        (
            "POST",
            "/users",
            "<user><user_name>jane</user_name><domain><name>moon</name></domain></user>",
            400,
            "",
        ),
        (
            "POST",
            "/groups",
            "<group/>",
            400,
            "Parameter 'group.name' is mandatory but was not provided.",
        ),
        (
            "POST",
            "/groups",
            "<group><name>x</name></group>",
            400,
            "Group [domain.id|name] required for add",
        ),
        (
            "POST",
            "/groups",
            "<group><name>x</name><domain><name>internal-authz</name></domain></group>",
            400,
            "",
        ),
        (
            "DELETE",
            &format!("/groups/{EVERYONE}"),
            "",
            409,
            "[Cannot remove the built-in group \"Everyone\".]",
        ),
        (
            "DELETE",
            &format!("/users/{admin}"),
            "",
            409,
            "[Cannot remove User. User is currently logged in.]",
        ),
        (
            "PUT",
            &format!("/users/{admin}"),
            "<user><user_name>x@internal-authz</user_name></user>",
            409,
            "Attempt to set immutable field: user_name",
        ),
    ] {
        refused(&mut it, method, path, document, status, text);
    }
}

#[test]
fn who_goes_takes_his_permissions_along() {
    let mut it = engine();
    let jane = it.add("/users", "<user><user_name>jane@internal-authz</user_name><domain><name>internal-authz</name></domain></user>");
    let grant = format!(
        "<permission><role><name>TagManager</name></role><user id=\"{jane}\"/></permission>"
    );
    it.add("/permissions", &grant);
    let before = it.get("/permissions").children().len();
    it.delete(&format!("/users/{jane}"));
    assert_eq!(it.get("/permissions").children().len(), before - 1);
    refused(&mut it, "POST", "/permissions", &grant, 400, "[User must exist in Database.]");
}

#[test]
fn roles_that_come_with_the_engine_never_change() {
    let mut it = engine();
    let role = it.id("roles", "UserVmManager");
    assert_eq!(role, "def00006-0000-0000-0000-def000000006");
    let path = format!("/roles/{role}");
    assert_eq!(it.text(&path, "administrative"), "false");
    let permits = it.get(&format!("{path}/permits"));
    assert!(permits.children().iter().any(|it| it.text_at("name") == Some("run_vm")));
    assert_eq!(it.get("/roles/00000000-0000-0000-0000-000000000001/permits").children().len(), 93);
    for (method, path, document, text) in [
        (
            "PUT",
            path.clone(),
            "<role><description>x</description></role>",
            "[Cannot edit Role. The Role is Read-Only.]",
        ),
        ("DELETE", path.clone(), "", "[Cannot remove Role. The Role is Read-Only.]"),
        (
            "POST",
            format!("{path}/permits"),
            "<permit id=\"6\"/>",
            "[Cannot attach Role. The Role is Read-Only.]",
        ),
        (
            "DELETE",
            format!("{path}/permits/22"),
            "",
            "[Cannot detach Role. The Role is Read-Only.]",
        ),
    ] {
        refused(&mut it, method, &path, document, 409, text);
    }
}

#[test]
fn roles_are_made_of_permits() {
    let mut it = engine();
    let new = |name: &str, permit: &str| {
        format!(
            "<role><name>{name}</name><administrative>false</administrative><permits><permit id=\"{permit}\"/></permits></role>"
        )
    };
    let role = it.add("/roles", &new("starter", "22"));
    let path = format!("/roles/{role}");
    assert_eq!(it.text(&path, "mutable"), "true");
    let permits = it.get(&format!("{path}/permits"));
    let ids: Vec<_> = permits.children().iter().filter_map(|it| it.id()).collect();
    assert_eq!(ids, ["22"], "`login` is a permit as any other");
    assert_eq!(it.add(&format!("{path}/permits"), "<permit><name>stop_vm</name></permit>"), "18");
    it.put(&path, "<role><description>Starts</description></role>");
    let in_use = "[Cannot add Role. The Role name is already in use, please choose a unique name and try again.]";
    let to_admins = "[Cannot add administrator's action group to a User Role.]";
    for (method, path, document, status, text) in [
        (
            "POST",
            "/roles",
            "<role/>",
            400,
            "Parameter 'role.name' is mandatory but was not provided.",
        ),
        (
            "POST",
            "/roles",
            "<role><name>x</name></role>",
            400,
            "Parameter 'role.permits.id' is mandatory but was not provided.",
        ),
        ("POST", "/roles", &new("starter", "22"), 409, in_use),
        (
            "POST",
            "/roles",
            &new("a/b", "22"),
            400,
            "[Role name may only contain letters, numbers, '-', or '_'.]",
        ),
        ("POST", "/roles", &new("x", "500"), 409, to_admins),
        ("POST", "/roles", &new("x", "4711"), 400, ""),
        ("POST", &format!("{path}/permits"), "<permit id=\"100\"/>", 409, to_admins),
        (
            "POST",
            &format!("{path}/permits"),
            "<permit id=\"22\"/>",
            409,
            "[Cannot attach action group to Role. This action group is already attached to Role.]",
        ),
        (
            "PUT",
            &path,
            "<role><name>UserRole</name></role>",
            409,
            "[Cannot edit Role. The Role name is already in use, ",
        ),
        (
            "PUT",
            &path,
            "<role><administrative>true</administrative></role>",
            400,
            "[Cannot edit Role. Changing Role type is not allowed.]",
        ),
    ] {
        refused(&mut it, method, path, document, status, text);
    }
    let jane = it.add("/users", "<user><user_name>jane@internal-authz</user_name><domain><name>internal-authz</name></domain></user>");
    let grant = format!("<permission><role id=\"{role}\"/><user id=\"{jane}\"/></permission>");
    let granted = it.add("/permissions", &grant);
    assert_eq!(it.get(&format!("/users/{jane}/roles")).text_at("role/name"), Some("starter"));
    refused(
        &mut it,
        "DELETE",
        &path,
        "",
        409,
        "[One or more Permissions is still associated with Role.",
    );
    it.delete(&format!("/permissions/{granted}"));
    it.delete(&format!("{path}/permits/18"));
    it.delete(&path);
}

#[test]
fn what_people_keep_for_themselves() {
    let mut it = engine();
    let jane = it.add("/users", "<user><user_name>jane@internal-authz</user_name><domain><name>internal-authz</name></domain></user>");
    let path = format!("/users/{jane}");
    let key = it.add(
        &format!("{path}/sshpublickeys"),
        "<ssh_public_key><content>ssh-rsa AAA</content></ssh_public_key>",
    );
    let key = format!("{path}/sshpublickeys/{key}");
    it.put(&key, "<ssh_public_key><content>ssh-rsa BBB</content></ssh_public_key>");
    assert_eq!(it.text(&key, "content"), "ssh-rsa BBB");
    it.delete(&key);
    let options = format!("{path}/options");
    let option = |content: &str| {
        format!("<user_option><name>theme</name><content>\"{content}\"</content></user_option>")
    };
    it.add(&options, &option("dark"));
    it.add(&options, &option("light"));
    let list = it.get(&options);
    assert_eq!(list.children().len(), 1);
    assert_eq!(list.text_at("user_option/content"), Some("\"light\""));
    let events = format!("{path}/eventsubscriptions");
    let subscription = "<event_subscription><event>vm_failure</event><address>jane@example.com</address></event_subscription>";
    let made = it.post(&events, subscription);
    assert_eq!(
        (made.id(), made.text_at("notification_method")),
        (Some("vm_failure"), Some("smtp"))
    );
    for (path, document, status, text) in [
        (
            &events,
            subscription,
            409,
            "[User is already subscribed to this event with the same Notification method.]",
        ),
        (
            &events,
            "<event_subscription/>",
            400,
            "Parameter 'event_subscription.event' is mandatory but was not provided.",
        ),
        (
            &events,
            "<event_subscription><event>dwh_error</event><address>nobody</address></event_subscription>",
            409,
            "[User does not have a valid e-mail address.]",
        ),
        (
            &events,
            "<event_subscription><event>x</event></event_subscription>",
            400,
            "The string 'x' isn't a valid value for the 'NotifiableEvent' enumerated type.",
        ),
        (
            &events,
            "<event_subscription><event>dwh_error</event><notification_method>snmp</notification_method></event_subscription>",
            400,
            "[The Notification method is unsupported.]",
        ),
        (
            &options,
            "<user_option/>",
            400,
            "Parameter 'option.content' is mandatory but was not provided.",
        ),
        (
            &format!("{path}/sshpublickeys"),
            "<ssh_public_key/>",
            400,
            "Parameter 'key.content' is mandatory but was not provided.",
        ),
    ] {
        refused(&mut it, "POST", path, document, status, text);
    }
    it.delete(&format!("{events}/vm_failure"));
    assert_eq!(it.ask("PUT", &format!("{events}/x"), "<event_subscription/>").0, 404);
}
