//! The power of hosts: fence agents, and what the engine does through them.

use crate::asking::{Asking, fence_agent, refused};

#[test]
fn agents_come_before_power_management() {
    let mut it = Asking::lab();
    let first = it.host("host-1");
    let agents = format!("{first}/fenceagents");
    let faults = [
        ("<agent><address>a</address><order>1</order><type>ipmilan</type><username>u</username></agent>".to_owned(), 400, "Parameter 'agent.password' is mandatory but was not provided."),
        (fence_agent("teapot"), 409, "[Cannot add Fence Agent. Selected Power Management Agent is not supported.]"),
        (fence_agent("ipmilan").replace("</agent>", "<port>70000</port></agent>"), 400, "[Cannot add/modify Power Management Agent. Power Management Agent port value must be numeric between 1 and 65535.]"),
    ];
    for (document, status, text) in faults {
        refused(&mut it, "POST", &agents, &document, status, text);
    }
    let fence = |kind: &str| format!("<action><fence_type>{kind}</fence_type></action>");
    let path = format!("{first}/fence");
    refused(
        &mut it,
        "POST",
        &path,
        &fence("restart"),
        409,
        "[Cannot fence Host, Host fence is disabled.]",
    );
    let made = it.post(&agents, &fence_agent("ipmilan"));
    assert_eq!(made.text_at("password"), None);
    it.put(&first, "<host><power_management><enabled>true</enabled></power_management></host>");
    let one = format!("{agents}/{}", made.id().unwrap());
    refused(
        &mut it,
        "DELETE",
        &one,
        "",
        400,
        "[Cannot Remove last Fence-Agent when Power Management is enabled for the Host.]",
    );
    assert_eq!(it.post(&path, &fence("status")).text_at("power_management/status"), Some("on"));
    refused(
        &mut it,
        "POST",
        &path,
        &fence("start"),
        409,
        "[Cannot perform Start operation, Host has to be in one of",
    );
    refused(
        &mut it,
        "POST",
        &path,
        &fence("stop"),
        409,
        "[Cannot perform Stop operation, Host has to be in Maintenance mode",
    );
    refused(
        &mut it,
        "POST",
        &path,
        &fence("kick"),
        400,
        "The string 'kick' isn't a valid value for the 'FenceType'",
    );
    refused(
        &mut it,
        "POST",
        &path,
        &fence("manual"),
        409,
        "[Cannot confirm 'Host has been rebooted' Host. Valid Host statuses are",
    );
    it.post(&path, &fence("restart"));
    assert_eq!(it.text(&first, "status"), "reboot");
    refused(
        &mut it,
        "POST",
        &path,
        &fence("restart"),
        409,
        "[Another Power Management operation is still running, please retry in 60 Sec.]",
    );
    it.pass(10);
    assert_eq!(it.text(&first, "status"), "up");
    it.act(&format!("/hosts/{}/deactivate", first.rsplit('/').next().unwrap()));
    it.pass(60);
    it.post(&path, &fence("stop"));
    it.pass(6);
    assert_eq!(it.text(&first, "status"), "down");
    let second = it.host("host-2");
    it.act(&format!("{second}/deactivate"));
    it.pass(60);
    refused(
        &mut it,
        "POST",
        &path,
        &fence("start"),
        409,
        "[Cannot start Host.\nThere is no other Host in the Data Center",
    );
    it.put(&first, "<host><power_management><enabled>false</enabled></power_management></host>");
    it.delete(&one);
}
