//! Refusals as the protocol handbook lists them, row by row.

use super::*;
use Meaning::*;

fn answer(status: u16, body: &str) -> Fault {
    let body = Bytes::copy_from_slice(body.as_bytes());
    read(&Response::builder().status(status).body(body).unwrap(), "POST vms".to_owned())
}

fn fault(reason: &str, detail: &str) -> String {
    format!("<fault><detail>{detail}</detail><reason>{reason}</reason></fault>")
}

#[test]
fn every_row_has_its_meaning() {
    let rows: &[(u32, u16, &str, Meaning)] = &[
        (1, 400, "Vm [name] required for add", Invalid),
        (2, 400, "Parameter 'cluster.name' is mandatory but was not provided.", Invalid),
        (4, 400, "For correct usage, see: https://e/ovirt-engine/apidoc#services/vms", Invalid),
        (7, 400, "The string 'x' isn't a valid value for the 'VmType' enumerated type.", Invalid),
        (10, 400, "Invalid UUID string: x", Invalid),
        (12, 404, "Entity not found: Cluster: name=foo", MissingReference),
        (13, 409, "Attempt to set immutable field: id", Conflict),
        (14, 400, "[Cannot run VM. VM is not found.]", Invalid),
        (15, 403, "[User is not authorized to perform this action.]", Forbidden),
        (
            16,
            409,
            "[Cannot add VM. Related operation is currently in progress. Please try again later.]",
            Locked,
        ),
        (17, 409, "[Cannot edit VM. VM is being updated.]", Locked),
        (
            18,
            409,
            "[Cannot run VM: The following disks are locked: root. Please try again in a few minutes.]",
            Locked,
        ),
        (18, 409, "[Cannot remove VM: VM is locked. Please try again in a few minutes.]", Locked),
        (19, 409, "[Cannot run VM. Snapshot is currently being created for VM web.]", Locked),
        (19, 409, "[Cannot edit VM. VM web is being migrated.]", Locked),
        (19, 409, "[Cannot add VM. Template t is being created.]", Locked),
        (19, 409, "[Cannot run VM. Disk d is being removed.]", Locked),
        (19, 409, "[Cannot remove Template. The following Disk(s) are based on it: root.]", Locked),
        (
            19,
            409,
            "[Cannot remove Template. This template is currently in use to create VM web.]",
            Locked,
        ),
        (
            19,
            409,
            "[Cannot run VM. The VM is performing an operation on a Snapshot. Please wait for the operation to finish, and try again.]",
            Locked,
        ),
        (
            19,
            409,
            "[Cannot setup Networks. Another Setup Networks or Host Refresh process in progress on the host. Please try later.]",
            Locked,
        ),
        (
            19,
            409,
            "[Cannot attach Storage. The relevant Storage Domain's status is PreparingForMaintenance.]",
            Locked,
        ),
        (
            20,
            409,
            "[Cannot add VM. The VM name is already in use, please choose a unique name and try again.]",
            Conflict,
        ),
        (
            21,
            409,
            "[Cannot add Network. The following Logical Network is already in use.]",
            Conflict,
        ),
        (22, 409, "[Cannot run VM. VM is running.]", Conflict),
        (
            22,
            409,
            "[Cannot attach Storage. The relevant Storage Domain's status is Maintenance.]",
            Conflict,
        ),
        (22, 409, "[Cannot attach Storage. There is no active Host in the Data Center.]", Busy),
        (
            22,
            409,
            "[Cannot run VM. There is no host that satisfies current scheduling constraints. See below for details:, The host h did not satisfy filter CPU.]",
            Busy,
        ),
        (
            23,
            409,
            "[Cannot delete Template. Template is being used by the following VMs: web.]",
            Conflict,
        ),
        (
            23,
            409,
            "[Cannot remove Network. Network is being used by at least one Cluster.]",
            Conflict,
        ),
        (24, 400, "[Cannot add VM. The given name contains special characters.]", Invalid),
        (25, 409, "[Cannot add Disk. Low disk space on Storage Domain fast.]", Conflict),
        (26, 400, "[Internal Engine Error]", Internal),
        (26, 400, "[]", Internal),
        (27, 500, "[General command validation failure.]", Internal),
        (
            28,
            409,
            "[Engine is running in Maintenance mode and is not accepting commands.]",
            Conflict,
        ),
    ];
    for (row, status, detail, meaning) in rows {
        let plain = fault("Operation Failed", detail);
        let action = format!("<action>{plain}<status>failed</status></action>");
        for body in [plain, action] {
            assert_eq!(answer(*status, &body).meaning(), Some(*meaning), "row {row}: {body}");
        }
    }
}

#[test]
fn answers_without_a_fault_mean_by_their_status() {
    let html = "<html><head><title>Error</title></head><body>Gone wrong</body></html>";
    for (status, body, meaning) in [
        (404, "", Missing),
        (404, "\n", Missing),
        (404, html, Busy),
        (400, html, Invalid),
        (405, "", Invalid),
        (406, "", Invalid),
        (415, "", Invalid),
        (403, html, Forbidden),
        (500, html, Internal),
        (502, html, Busy),
        (503, html, Busy),
        (504, "", Busy),
    ] {
        assert_eq!(answer(status, body).meaning(), Some(meaning), "{status} {body}");
    }
}

#[test]
fn a_page_of_the_web_server_is_shown_without_markup() {
    let html =
        "<html><head><title>Error</title></head>\n<body>invalid_grant: expired</body></html>";
    let Fault::Unauthorised { reason, routed, .. } = answer(401, html) else { panic!() };
    assert_eq!(reason, "Error invalid_grant: expired");
    assert!(!routed);
    let Fault::Unauthorised { routed, .. } = answer(401, &fault("x", "[No session]")) else {
        panic!()
    };
    assert!(routed);
}

#[test]
fn what_the_engine_says_cannot_steer_a_terminal() {
    let fault = answer(409, &fault("Operation\u{9b}Failed", "[VM &#x9b;2Jweb is running.]"));
    let Fault::Refused { detail, .. } = &fault else { panic!() };
    assert_eq!(detail, "VM \\u{9b}2Jweb is running.");
    assert_eq!(fault.to_string(), "the engine refused `POST vms` (409 Operation\\u{9b}Failed)");
}

#[test]
fn a_document_is_whole_when_its_root_ends() {
    let declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
    for whole in ["<vms/>", "<vms />\n", "<vms><vm/></vms>", "<a b=\"c\">d</a >", "<vm id=\"1\"/>"]
    {
        assert!(is_whole(whole.as_bytes()), "{whole}");
        assert!(is_whole(format!("{declaration}{whole}").as_bytes()), "{whole}");
    }
    for cut in ["<vms", "<vms><vm/>", "<vms><vm></vm>", "<vms><vm/></vms", "<vms>", ""] {
        assert!(!is_whole(cut.as_bytes()), "{cut}");
        assert!(!is_whole(format!("{declaration}{cut}").as_bytes()), "{cut}");
    }
}

#[test]
fn html_and_text_are_not_xml() {
    assert!(is_xml(b"\xef\xbb\xbf <?xml version=\"1.0\"?> <vms/>"));
    for other in ["<html>", "<HTML lang=\"en\">", "<!DOCTYPE html><html>", "DB Up!", "{}", ""] {
        assert!(!is_xml(other.as_bytes()), "{other}");
    }
}

#[test]
fn no_beginning_of_a_document_is_whole() {
    let document = "<?xml version=\"1.0\"?>\n<vms><vm id=\"1\"><os/><name>a</name></vm><vm/></vms>";
    for end in 0..document.len() {
        assert!(!is_whole(&document.as_bytes()[..end]), "{}", &document[..end]);
    }
}

proptest::proptest! {
    #[test]
    fn any_answer_can_be_read(status in 300_u16..600, body: Vec<u8>) {
        is_whole(&body);
        let response = Response::builder().status(status).body(Bytes::from(body)).unwrap();
        read(&response, String::new());
    }
}
