//! Pools of machines.

use crate::asking::{Asking, refused};

const POOL: &str = "<vm_pool><name>p</name><cluster><name>lab</name></cluster><template><name>rhel-9</name></template><size>3</size></vm_pool>";

fn members(it: &mut Asking) -> Vec<String> {
    let all = it.get("/vms");
    let names = all.children().iter().filter(|it| it.child("vm_pool").is_some());
    names.filter_map(|it| it.text_at("name")).map(str::to_owned).collect()
}

#[test]
fn members_come_one_by_one() {
    let mut it = Asking::lab();
    let pool = format!("/vmpools/{}", it.add("/vmpools", POOL));
    assert_eq!(members(&mut it), ["p-1"]);
    let making = "[Cannot edit VM-Pool. VM Pool p is being created.]";
    let more = "<vm_pool><size>4</size></vm_pool>";
    refused(&mut it, "PUT", &pool, more, 409, making);
    let rhel = it.id("templates", "rhel-9");
    assert_eq!(it.text(&format!("/templates/{rhel}"), "status"), "locked");
    it.pass(20);
    assert_eq!(members(&mut it), ["p-1", "p-2", "p-3"]);
    assert_eq!(it.text(&pool, "size"), "3");
    assert_eq!(it.text(&format!("/templates/{rhel}"), "status"), "ok");
    it.put(&pool, "<vm_pool><size>4</size><max_user_vms>2</max_user_vms></vm_pool>");
    it.pass(10);
    assert_eq!(members(&mut it).len(), 4);
}

#[test]
fn question_marks_in_the_name_become_numbers() {
    let mut it = Asking::lab();
    it.add("/vmpools", &POOL.replace("<name>p</name>", "<name>desk??x</name>"));
    it.pass(20);
    assert_eq!(members(&mut it), ["desk01x", "desk02x", "desk03x"]);
}

#[test]
fn a_member_is_given_out_and_forgets() {
    let mut it = Asking::lab();
    let pool = format!("/vmpools/{}", it.add("/vmpools", POOL));
    it.pass(20);
    let given = it.act(&format!("{pool}/allocatevm"));
    let vm = format!("/vms/{}", given.child("vm").unwrap().id().unwrap());
    it.pass(6);
    assert_eq!(it.text(&vm, "status"), "up");
    let most = "[User is already attached to maximum number of VMs from this VM-Pool.]";
    refused(&mut it, "POST", &format!("{pool}/allocatevm"), "<action/>", 409, most);
    let suspend = "[Cannot suspend VM that belongs to a  VM-Pool.]";
    refused(&mut it, "POST", &format!("{vm}/suspend"), "<action/>", 409, suspend);
    let running = "[Cannot detach VM from VM-Pool. VM is running.]";
    refused(&mut it, "POST", &format!("{vm}/detach"), "<action/>", 409, running);
    let data = "<vm><initialization><host_name>h</host_name></initialization></vm>";
    let fixed = "[Cannot edit VM. The Initial Run Data cannot be modified for Stateless Pool Virtual Machines.]";
    refused(&mut it, "PUT", &vm, data, 409, fixed);
    it.act(&format!("{vm}/stop"));
    it.pass(5);
    assert_eq!(it.get(&format!("{vm}/snapshots")).children().len(), 1, "cleaned up");
}

#[test]
fn the_last_member_takes_its_pool_along() {
    let mut it = Asking::lab();
    let pool = it.add("/vmpools", &POOL.replace("<size>3", "<size>2"));
    it.pass(20);
    for name in ["p-1", "p-2"] {
        let vm = format!("/vms/{}", it.id("vms", name));
        let attached = "[Cannot remove VM. VM is attached to a VM Pool.]";
        refused(&mut it, "DELETE", &vm, "", 409, attached);
        it.act(&format!("{vm}/detach"));
        let none = "[Cannot detach VM from pool. VM is not attached to the VM-Pool.]";
        refused(&mut it, "POST", &format!("{vm}/detach"), "<action/>", 409, none);
    }
    assert_eq!(it.ask("GET", &format!("/vmpools/{pool}"), "").0, 404);
}

#[test]
fn a_pool_goes_with_its_members() {
    let mut it = Asking::lab();
    let pool = format!("/vmpools/{}", it.add("/vmpools", POOL));
    it.pass(20);
    let first = it.id("vms", "p-1");
    it.act(&format!("/vms/{first}/start"));
    it.pass(6);
    it.delete(&pool);
    it.pass(5);
    assert_eq!(it.ask("GET", &pool, "").0, 404);
    assert!(members(&mut it).is_empty());
}

#[test]
fn some_members_run_before_anybody_asks() {
    let mut it = Asking::lab();
    it.add("/vmpools", &POOL.replace("<size>3", "<prestarted_vms>2</prestarted_vms><size>3"));
    it.pass(320);
    let up = it.get("/vms?search=status%3Dup");
    assert_eq!(up.children().len(), 2);
}

#[test]
fn members_follow_a_version_of_their_template() {
    let mut it = Asking::lab();
    let vm = it.vm("gold", "");
    it.pass(6);
    let base =
        it.add("/templates", &format!("<template><name>gold</name><vm id=\"{vm}\"/></template>"));
    it.pass(9);
    let pool = format!("/vmpools/{}", it.add("/vmpools", &POOL.replace("rhel-9", "gold")));
    it.pass(20);
    let second = it.add("/templates", &format!("<template><name>x</name><vm id=\"{vm}\"/><version><base_template id=\"{base}\"/></version></template>"));
    it.pass(9);
    let move_to = |id: &str| format!("<vm_pool><template id=\"{id}\"/></vm_pool>");
    let alien = it.id("templates", "rhel-9");
    let chain = "[Cannot edit VM-Pool. The requested template doesn't belong to the same base template as the original template.]";
    refused(&mut it, "PUT", &pool, &move_to(&alien), 400, chain);
    let member = format!("/vms/{}", it.id("vms", "p-1"));
    it.put(&member, "<vm><delete_protected>true</delete_protected></vm>");
    let protected =
        "[Cannot change the VM Template when the VMs created are set to Delete Protected.]";
    refused(&mut it, "PUT", &pool, &move_to(&second), 400, protected);
    it.put(&member, "<vm><delete_protected>false</delete_protected></vm>");
    it.put(&pool, &move_to(&second));
    it.pass(6);
    assert_eq!(it.get(&member).child("template").unwrap().id(), Some(second.as_str()));
}

#[test]
fn what_pools_refuse() {
    let mut it = Asking::lab();
    for (from, to, status, text) in [
        ("rhel-9", "Blank", 409, "[VM-Pool must be based on  non-blank Template.]"),
        ("<size>3", "<size>0", 400, "[Cannot create Pool with 0 VMs]"),
        (
            "<size>3",
            "<prestarted_vms>4</prestarted_vms><size>3",
            409,
            "[Cannot create VM-Pool. Number of Prestarted VMs cannot exceed the number of VMs in the Pool.]",
        ),
        (
            "<size>3",
            "<max_user_vms>40000</max_user_vms><size>3",
            400,
            "[Number of max assigned VMs per user must be between 1 and 32,767.]",
        ),
    ] {
        refused(&mut it, "POST", "/vmpools", &POOL.replace(from, to), status, text);
    }
    let pool = format!("/vmpools/{}", it.add("/vmpools", POOL));
    it.pass(20);
    let taken = "[Cannot create VM-Pool. The VM-Pool name is already in use, please choose a unique name and try again.]";
    refused(&mut it, "POST", "/vmpools", POOL, 409, taken);
    for (change, text) in [
        ("<size>1</size>", "[Cannot decrease VMs from VM-Pool.]"),
        ("<type>manual</type>", "[Cannot change VM-Pool type.]"),
        ("<stateful>true</stateful>", "[Cannot change VM-Pool stateful option.]"),
        ("<name>q</name>", "[Cannot change VM-Pool name.]"),
        (
            "<auto_storage_select>true</auto_storage_select>",
            "[Cannot change VM-Pool automatic selection of target storage domains during disks allocation.]",
        ),
    ] {
        let document = format!("<vm_pool>{change}</vm_pool>");
        refused(&mut it, "PUT", &pool, &document, 400, text);
    }
}

#[test]
fn what_a_new_pool_lacks() {
    let mut it = Asking::lab();
    let unknown = "<cluster id=\"11111111-2222-4333-8444-555555555555\"/>";
    let nowhere = POOL.replace("<cluster><name>lab</name></cluster>", unknown);
    let text = "[Cannot create VM-Pool. The relevant Cluster doesn't exist.]";
    refused(&mut it, "POST", "/vmpools", &nowhere, 400, text);
    let template = unknown.replace("cluster", "template");
    let nothing = POOL.replace("<template><name>rhel-9</name></template>", &template);
    let text = "[Cannot create VM-Pool. The relevant Template doesn't exist.]";
    refused(&mut it, "POST", "/vmpools", &nothing, 400, text);
}

#[test]
fn a_pool_gives_no_more_than_it_has() {
    let mut it = Asking::lab();
    let one = POOL.replace("<size>3</size>", "<size>1</size><max_user_vms>2</max_user_vms>");
    let pool = format!("/vmpools/{}", it.add("/vmpools", &one));
    let locked = "[Template's Image is locked (temporarily).]";
    let other = POOL.replace("<name>p</name>", "<name>q</name>");
    refused(&mut it, "POST", "/vmpools", &other, 409, locked);
    it.pass(20);
    it.act(&format!("{pool}/allocatevm"));
    let none =
        "[Cannot allocate and run VM from VM-Pool. There are no available VMs in the VM-Pool.]";
    refused(&mut it, "POST", &format!("{pool}/allocatevm"), "<action/>", 409, none);
    it.delete(&pool);
    let going = "[Cannot remove VM-Pool. VM Pool p is being removed.]";
    refused(&mut it, "DELETE", &pool, "", 409, going);
}

#[test]
fn a_pool_with_a_locked_member_stays() {
    let mut it = Asking::lab();
    let pool = format!("/vmpools/{}", it.add("/vmpools", &POOL.replace("<size>3", "<size>1")));
    it.pass(20);
    let member = format!("/vms/{}", it.id("vms", "p-1"));
    it.post(&format!("{member}/snapshots"), "<snapshot><description>s</description></snapshot>");
    it.pass(6);
    let all = it.get(&format!("{member}/snapshots"));
    let taken = all.children().iter().find(|it| it.text_at("snapshot_type") == Some("regular"));
    let preview = format!("<action><snapshot id=\"{}\"/></action>", taken.unwrap().id().unwrap());
    it.post(&format!("{member}/previewsnapshot"), &preview);
    let locked = "[Cannot remove VM-Pool: VM is locked. Please try again in a few minutes.]";
    refused(&mut it, "DELETE", &pool, "", 409, locked);
}
