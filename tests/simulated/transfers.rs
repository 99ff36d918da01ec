//! Images go in and out through a ticket, and what is written is what is read.

use bytes::Bytes;

use crate::asking::{Asking, GIB, disk, refused};

/// A lab with a raw disk of one GiB; returns its id.
fn with_disk(it: &mut Asking) -> String {
    let document = disk("d", 1).replace("cow", "raw");
    let id = it.add("/disks", &document);
    it.pass(3);
    id
}

fn begin(it: &mut Asking, disk: &str, more: &str) -> String {
    let document = format!("<image_transfer><disk id=\"{disk}\"/>{more}</image_transfer>");
    format!("/imagetransfers/{}", it.add("/imagetransfers", &document))
}

fn phase(it: &mut Asking, transfer: &str) -> String {
    it.text(transfer, "phase")
}

fn image(
    it: &mut Asking,
    method: &str,
    path: &str,
    header: (&str, &str),
    body: impl Into<Bytes>,
) -> http::Response<Bytes> {
    let request = http::Request::builder()
        .method(method)
        .uri(path)
        .header(header.0, header.1)
        .body(body.into())
        .unwrap();
    it.send(request)
}

fn ticket(it: &mut Asking, transfer: &str) -> String {
    let url = it.text(transfer, "transfer_url");
    assert_eq!(url, it.text(transfer, "proxy_url"));
    format!("/images/{}", url.rsplit('/').next().unwrap())
}

const NO: (&str, &str) = ("Accept", "*/*");

#[test]
fn what_was_uploaded_is_downloaded() {
    let mut it = Asking::lab();
    let disk = with_disk(&mut it);
    let up = begin(&mut it, &disk, "");
    assert_eq!(phase(&mut it, &up), "initializing");
    assert_eq!(it.text(&up, "transfer_url"), "", "there is no ticket yet");
    assert_eq!(it.text(&format!("/disks/{disk}"), "status"), "locked");
    it.pass(1);
    assert_eq!(phase(&mut it, &up), "transferring");
    let url = ticket(&mut it, &up);
    let range = ("Content-Range", "bytes 1048576-1048579/*");
    assert!(!it.engine.has_image_data());
    assert_eq!(image(&mut it, "PUT", &format!("{url}?flush=n"), range, "data").status(), 200);
    assert!(it.engine.has_image_data(), "which no snapshot keeps");
    let zero = "{\"op\": \"zero\", \"offset\": 1048578, \"size\": 1}";
    assert_eq!(image(&mut it, "PATCH", &url, NO, zero).status(), 200);
    assert_eq!(image(&mut it, "PATCH", &url, NO, "{\"op\": \"flush\"}").status(), 200);
    it.act(&format!("{up}/finalize"));
    assert_eq!(phase(&mut it, &up), "finalizing_success");
    it.pass(1);
    assert_eq!(phase(&mut it, &up), "finished_success");
    assert_eq!(it.text(&format!("/disks/{disk}"), "status"), "ok");
    assert_eq!(image(&mut it, "GET", &url, NO, "").status(), 403, "the ticket is gone");

    let down = begin(&mut it, &disk, "<direction>download</direction>");
    it.pass(1);
    let url = ticket(&mut it, &down);
    let part = image(&mut it, "GET", &url, ("Range", "bytes=1048575-1048580"), "");
    assert_eq!(part.status(), 206);
    assert_eq!(part.headers()["Content-Range"], format!("bytes 1048575-1048580/{GIB}"));
    assert_eq!(part.body().as_ref(), b"\0da\0a\0");
    let extents = image(&mut it, "GET", &format!("{url}/extents"), NO, "");
    let extents: serde_json::Value = serde_json::from_slice(extents.body()).unwrap();
    let zero: Vec<_> = extents.as_array().unwrap().iter().map(|it| it["zero"] == true).collect();
    assert_eq!(zero, [true, false, true]);
    it.act(&format!("{down}/finalize"));
    it.pass(1);
    assert_eq!(phase(&mut it, &down), "finished_success");
    it.pass(16 * 60);
    assert_eq!(it.ask("GET", &down, "").0, 404, "finished transfers are forgotten");
    assert_eq!(it.text(&format!("/disks/{disk}"), "status"), "ok");
}

#[test]
fn a_ticket_says_what_it_allows() {
    let mut it = Asking::lab();
    let disk = with_disk(&mut it);
    let up = begin(&mut it, &disk, "");
    it.pass(1);
    let url = ticket(&mut it, &up);
    let options = image(&mut it, "OPTIONS", &url, NO, "");
    assert_eq!(options.headers()["Allow"], "OPTIONS,GET,PUT,PATCH");
    let options: serde_json::Value = serde_json::from_slice(options.body()).unwrap();
    assert_eq!(options["features"], serde_json::json!(["extents", "flush", "zero"]));
    let refusals = [
        ("PUT", ("Content-Range", "bytes 1073741824-1073741825/*"), "xy", 416),
        ("PUT", ("Content-Range", "bytes 5-3/*"), "xy", 400),
        ("GET", ("Range", "bytes=0-1073741824"), "", 416),
        ("GET", ("Range", "bytes=-5"), "", 416),
        ("PATCH", NO, "{\"op\": \"melt\"}", 400),
        ("PATCH", NO, "not json", 400),
        ("PATCH", NO, "{\"op\": \"zero\"}", 400),
        ("POST", NO, "", 405),
    ];
    for (method, header, body, status) in refusals {
        let found = image(&mut it, method, &url, header, body).status();
        assert_eq!(found, status, "{method} {header:?} {body}");
    }
    assert_eq!(
        image(&mut it, "GET", &format!("{url}/extents?context=dirty"), NO, "").status(),
        404
    );
    assert_eq!(image(&mut it, "GET", "/images/nothing", NO, "").status(), 403);
    it.act(&format!("{up}/cancel"));
    it.pass(4);
    let template = "rhel-9_disk";
    let root = it.get("/disks");
    let root = root.children().iter().find(|it| it.text_at("alias") == Some(template)).unwrap();
    let down = begin(&mut it, root.id().unwrap(), "<direction>download</direction>");
    it.pass(1);
    let url = ticket(&mut it, &down);
    assert_eq!(image(&mut it, "PUT", &url, NO, "x").status(), 403, "downloads are not written");
    assert_eq!(image(&mut it, "OPTIONS", &url, NO, "").headers()["Allow"], "OPTIONS,GET");
}

#[test]
fn a_cancelled_upload_takes_its_disk_along() {
    let mut it = Asking::lab();
    let disk = with_disk(&mut it);
    let up = begin(&mut it, &disk, "");
    it.pass(1);
    it.act(&format!("{up}/cancel"));
    assert_eq!(phase(&mut it, &up), "cancelled_user");
    it.pass(1);
    assert_eq!(phase(&mut it, &up), "finalizing_cleanup");
    it.pass(1);
    assert_eq!(phase(&mut it, &up), "finished_failure");
    it.pass(3);
    assert_eq!(it.ask("GET", &format!("/disks/{disk}"), "").0, 404);
}

#[test]
fn an_idle_client_loses_its_ticket() {
    let mut it = Asking::lab();
    let disk = with_disk(&mut it);
    let up = begin(&mut it, &disk, "<inactivity_timeout>30</inactivity_timeout>");
    it.pass(1);
    it.pass(25);
    it.act(&format!("{up}/extend"));
    it.pass(25);
    assert_eq!(phase(&mut it, &up), "transferring", "it was extended");
    it.pass(10);
    assert_eq!(phase(&mut it, &up), "paused_system", "an upload waits for its client");
    it.act(&format!("{up}/resume"));
    assert_eq!(phase(&mut it, &up), "resuming");
    it.pass(1);
    it.act(&format!("{up}/pause"));
    assert_eq!(phase(&mut it, &up), "paused_user");
    it.act(&format!("{up}/resume"));
    it.pass(1);
    it.act(&format!("{up}/finalize"));
    it.pass(1);

    let down = begin(&mut it, &disk, "<direction>download</direction>");
    it.pass(61);
    assert_eq!(phase(&mut it, &down), "cancelled_system", "a download does not");
    it.pass(3);
    assert_eq!(phase(&mut it, &down), "finished_failure");
    assert_eq!(it.text(&format!("/disks/{disk}"), "status"), "ok");
    let cancels = begin(&mut it, &disk, "<timeout_policy>cancel</timeout_policy>");
    it.pass(61);
    assert_eq!(phase(&mut it, &cancels), "cancelled_system");
}

#[test]
fn an_upload_of_something_else_is_found_out() {
    let mut it = Asking::lab();
    let disk = it.add("/disks", &disk("d", 1));
    it.pass(3);
    let up = begin(&mut it, &disk, "<format>cow</format>");
    it.pass(1);
    let url = ticket(&mut it, &up);
    image(&mut it, "PUT", &url, NO, "no qcow2 file");
    it.act(&format!("{up}/finalize"));
    it.pass(2);
    assert_eq!(phase(&mut it, &up), "finished_failure");
}

#[test]
fn transfers_that_cannot_begin() {
    let mut it = Asking::lab();
    let path = it.running_vm("web");
    let root = it.get(&format!("{path}/diskattachments")).children()[0].id().unwrap().to_owned();
    let free = with_disk(&mut it);
    let of = |id: &str, more: &str| {
        format!("<image_transfer><disk id=\"{id}\"/>{more}</image_transfer>")
    };
    let all = "/imagetransfers";
    refused(
        &mut it,
        "POST",
        all,
        &of(&root, ""),
        409,
        "[Cannot transfer Virtual Disk. The disk rhel-9_disk is plugged to non-Down VMs: web]",
    );
    refused(
        &mut it,
        "POST",
        all,
        &of(crate::asking::ZERO, ""),
        400,
        "[Cannot transfer Virtual Disk. The specified disk does not exist.]",
    );
    refused(&mut it, "POST", all, "<image_transfer/>", 400, "No matching signature found");
    let unknown = format!("<backup id=\"{free}\"/>");
    refused(
        &mut it,
        "POST",
        all,
        &of(&free, &unknown),
        400,
        "[Cannot transfer Virtual Disk. The specified VM backup does not exist.]",
    );
    let down = begin(&mut it, &free, "<direction>download</direction>");
    let disk = format!("/disks/{free}");
    for (method, path, document, text) in [
        (
            "POST",
            all.to_owned(),
            of(&free, ""),
            "[Cannot transfer Virtual Disk. Disk d is being transferred.]",
        ),
        (
            "PUT",
            disk.clone(),
            "<disk><alias>e</alias></disk>".to_owned(),
            "[Cannot edit Virtual Disk. Disk d is being transferred.]",
        ),
        (
            "DELETE",
            disk.clone(),
            String::new(),
            "[Cannot remove Virtual Disk. Disk d is being transferred.]",
        ),
        (
            "POST",
            format!("{down}/resume"),
            "<action/>".to_owned(),
            "[Cannot resume image transfer as it's not in a paused state.]",
        ),
    ] {
        refused(&mut it, method, &path, &document, 409, text);
    }
    refused(
        &mut it,
        "POST",
        &format!("{down}/pause"),
        "<action/>",
        400,
        "[Cannot pause image download as it's handled by the client.",
    );
    it.pass(1);
    let center = it.id("datacenters", "lab");
    let domain = it.id("storagedomains", "nfs-1");
    it.act(&format!("{path}/stop"));
    it.pass(2);
    refused(
        &mut it,
        "POST",
        &format!("/datacenters/{center}/storagedomains/{domain}/deactivate"),
        "<action/>",
        409,
        "[Cannot deactivate Storage. Please pause or cancel all active disk uploads and downloads first.]",
    );
}

#[test]
fn a_transfer_needs_a_host_and_a_domain_at_work() {
    let mut it = Asking::lab();
    let disk = with_disk(&mut it);
    let document = format!("<image_transfer><disk id=\"{disk}\"/></image_transfer>");
    for host in ["host-1", "host-2"] {
        let host = it.id("hosts", host);
        it.act(&format!("/hosts/{host}/deactivate"));
        it.pass(5);
    }
    let nobody = "[Cannot transfer Virtual Disk. There is no active Host in the Data Center.]";
    refused(&mut it, "POST", "/imagetransfers", &document, 409, nobody);
    let host = it.id("hosts", "host-1");
    it.act(&format!("/hosts/{host}/activate"));
    it.pass(10);
    let center = it.id("datacenters", "lab");
    let domain = it.id("storagedomains", "nfs-1");
    it.act(&format!("/datacenters/{center}/storagedomains/{domain}/deactivate"));
    it.pass(5);
    let resting =
        "[Cannot transfer Virtual Disk. The relevant Storage Domain's status is Maintenance.]";
    refused(&mut it, "POST", "/imagetransfers", &document, 409, resting);
}

#[test]
fn a_file_goes_in_and_its_data_comes_out_and_the_other_way_round() {
    let mut it = Asking::lab();
    let (source, target) = (with_disk(&mut it), it.add("/disks", &disk("t", 1)));
    it.pass(3);
    let up = begin(&mut it, &source, "");
    it.pass(1);
    let url = ticket(&mut it, &up);
    image(&mut it, "PUT", &url, ("Content-Range", "bytes 536870912-536870915/*"), "data");
    it.act(&format!("{up}/finalize"));
    it.pass(1);
    let down = begin(&mut it, &source, "<direction>download</direction><format>cow</format>");
    it.pass(1);
    let url = ticket(&mut it, &down);
    let file = image(&mut it, "GET", &url, NO, "").body().clone();
    assert!(file.starts_with(b"QFI\xfb"));
    assert!(file.len() < 1 << 20, "as long as what it holds: {}", file.len());
    it.act(&format!("{down}/finalize"));
    it.pass(1);
    assert_eq!(it.text(&format!("/disks/{source}"), "format"), "raw", "as before");

    let up = begin(&mut it, &target, "");
    assert_eq!(it.text(&up, "format"), "cow", "the disk's own");
    it.pass(1);
    let url = ticket(&mut it, &up);
    image(&mut it, "PUT", &url, NO, file);
    it.act(&format!("{up}/finalize"));
    it.pass(1);
    assert_eq!(phase(&mut it, &up), "finished_success");
    let down = begin(&mut it, &target, "<direction>download</direction><format>raw</format>");
    it.pass(1);
    let url = ticket(&mut it, &down);
    let part = image(&mut it, "GET", &url, ("Range", "bytes=536870911-536870916"), "");
    assert_eq!(part.body().as_ref(), b"\0data\0");
}
