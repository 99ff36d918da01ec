//! Networks on the cards of hosts.

use crate::resources::{
    Attribute, Codec, Complaint, Course, Fields, Kind, Share, Transition, Type, Update, Value,
    decode, encode, flag, int, list, map, one_of, plain, refer, set, text,
};
use crate::xml::Element;

mod check;

use super::host_nic::SETUP_NETWORKS;
use super::{CLUSTER_NETWORK, HOST, HOST_NIC, complaint, data_center::MANAGEMENT};

/// Networks on the cards of hosts.
///
/// They are set up with the host's bonds and labels in one call (infrastructure handbook,
/// section 12).
pub static NETWORK_ATTACHMENT: Kind =
    Kind::new("network_attachment", "network_attachments", "A network on a card of a host.")
        .segment("networkattachments")
        .below(&HOST)
        .identity(&["network"])
        .attributes(&[
            NETWORK,
            HOST_NIC_ATTRIBUTE,
            ADDRESSES,
            list(
                "dns_resolver_configuration.name_servers",
                "Name servers; in the network with the default route.",
                "name_server",
                &Type::Text,
            ),
            LINK_SHARE_ATTRIBUTE,
            UPPER_LIMIT,
            REALTIME,
            map("properties", "Settings of the bridge and the card.", "property"),
            IN_SYNC,
        ])
        .joint(&SHARE)
        .opens_after(&[(&CLUSTER_NETWORK, "cluster")])
        .follows(&[(&super::NETWORK, "network")])
        .built_in(&[MANAGEMENT])
        .lifecycle(lifecycle)
        .check(checks);

/// Bandwidth on hosts is counted in Mbps.
const SPEED: i64 = i32::MAX as i64;
const SHARES: i64 = 100;

pub(super) static NETWORK: Attribute =
    refer("network", "Which network; the key names it.", &super::NETWORK)
        .required()
        .from_key()
        .along("")
        .update(Update::Replace);

static HOST_NIC_ATTRIBUTE: Attribute =
    refer("host_nic", "Card or bond that carries it.", &HOST_NIC).engine_default().along("");

static ADDRESSES: Attribute = set(
    "ip_address_assignments",
    "Addresses that the host has in it, one of each version.",
    "ip_address_assignment",
    &Type::Record(ASSIGNMENT),
)
.codec(&ASSIGNMENTS);

static LINK_SHARE_ATTRIBUTE: Attribute =
    int("qos.outbound_average_linkshare", "Share of the card's bandwidth.", 1, SHARES)
        .codec(&LINK_SHARE)
        .along("qos");

static UPPER_LIMIT: Attribute =
    int("qos.outbound_average_upperlimit", "Most bandwidth, in Mbps.", 0, SPEED).along("qos");

static REALTIME: Attribute =
    int("qos.outbound_average_realtime", "Granted bandwidth, in Mbps.", 0, SPEED).along("qos");

/// What somebody did to the host by hand, or a change of the network that did not reach it.
pub(super) static IN_SYNC: Attribute =
    flag("in_sync", "Whether the host has what is said here and of the network.")
        .by_lifecycle()
        .default("true")
        .insisted();

static SHARE: Share = Share {
    joint: &SETUP_NETWORKS,
    modified: "modified_network_attachments",
    removed: "removed_network_attachments",
    restored: Some((IN_SYNC.name, "synchronized_network_attachments")),
    spread: None,
};

const ASSIGNMENT: &[Attribute] = &[
    one_of(
        "assignment_method",
        "Where the address comes from.",
        &["static", "dhcp", "autoconf", "poly_dhcp_autoconf"],
    )
    .required(),
    one_of("ip.version", "Version of the protocol.", &["v4", "v6"]).default("v4"),
    text("ip.address", "Address, if it is static."),
    text("ip.netmask", "Its network: a mask, or the length of the prefix of version 6."),
    text("ip.gateway", "The way out."),
];

/// The engine shows versions without address as assigned by `none`, whether they were said or not.
static ASSIGNMENTS: Codec = Codec { decode: read_assignments, encode: write_assignments };

fn read_assignments(element: &Element) -> Option<Value> {
    let shown = element.child("ip_address_assignments")?.all("ip_address_assignment");
    let assigned = shown.filter(|it| it.text_at("assignment_method") != Some("none"));
    Some(Value::set(assigned.map(|it| Value::Record(decode(ASSIGNMENT, it)))))
}

fn write_assignments(assignments: &Value, element: &mut Element) {
    let wrapper = element.child_or_new("ip_address_assignments");
    for assignment in assignments.members() {
        if let Value::Record(fields) = assignment {
            let mut item = Element::new("ip_address_assignment");
            encode(fields.iter(), &mut item);
            wrapper.push(item);
        }
    }
}

/// The engine asks of which type a QoS is, and every one on hosts has a share.
static LINK_SHARE: Codec = Codec { decode: read_share, encode: write_share };

fn read_share(element: &Element) -> Option<Value> {
    let share = element.text_at("qos/outbound_average_linkshare")?;
    share.parse().ok().map(Value::Integer)
}

fn write_share(share: &Value, element: &mut Element) {
    let qos = element.child_or_new("qos");
    if let Value::Integer(share) = share {
        qos.push(Element::leaf("type", "hostnetwork"));
        qos.push(Element::leaf("outbound_average_linkshare", share.to_string()));
    }
}

fn lifecycle(transition: &Transition) -> Course {
    let mut course = plain(transition);
    if transition.from.is_some() && transition.to.is_some() && !transition.changes.is_empty() {
        course.opening = vec![transition.put(transition.changes.to_vec(), false)];
    }
    course
}

fn checks(transition: &Transition) -> Vec<Complaint> {
    let on_purpose = transition.to.is_some_and(|to| to.get(&IN_SYNC) == Some(&Value::Flag(false)));
    let complaint = on_purpose.then(|| {
        let message = "`in_sync: false` is what somebody finds, and nobody wants";
        complaint(&IN_SYNC, message, "leave it out")
    });
    let complaints = complaint.into_iter().chain(on_no_card(transition));
    complaints.chain(check::check(transition)).collect()
}

/// A new attachment is one to a card.
fn on_no_card(transition: &Transition) -> Vec<Complaint> {
    let is_known = |fields: &Fields| fields.get(&HOST_NIC_ATTRIBUTE).is_some();
    if transition.from.is_some() || transition.to.is_some_and(is_known) || is_brought(transition) {
        return Vec::new();
    }
    let hint = "say `host_nic:` with a card or bond of the host";
    vec![complaint(&HOST_NIC_ATTRIBUTE, "is on no card of the host", hint)]
}

/// The management network comes with a new host.
fn is_brought(transition: &Transition) -> bool {
    let network = transition.to.and_then(|to| to.get(&NETWORK)).and_then(Value::as_reference);
    let known = network.and_then(|network| transition.around.look(&super::NETWORK, network));
    known.is_some_and(|network| network.is(&super::network::NAME, MANAGEMENT))
}

#[cfg(test)]
mod tests {
    use super::super::trial::{Trial, id, text};
    use super::*;

    #[test]
    fn a_change_says_which_network_on_which_card() {
        let from = [("network", id("n")), ("host_nic", id("eth1"))];
        let told = |to: &[(&str, Value)]| Trial::changing(&NETWORK_ATTACHMENT, &from, to).told();
        assert_eq!(told(&[("host_nic", id("bond0"))]), "put host_nic=bond0 along network=n");
        let to = [("in_sync", Value::Flag(true))];
        assert_eq!(told(&to), "put in_sync=true along network=n,host_nic=eth1");
    }

    #[test]
    fn a_new_attachment_needs_a_card() {
        let said = |to: &[(&str, Value)]| Trial::making(&NETWORK_ATTACHMENT, to).complaints().len();
        assert_eq!(said(&[("network", id("n"))]), 1);
        assert_eq!(said(&[("network", id("n")), ("host_nic", id("eth1"))]), 0);
        let astray = [("network", id("n")), ("host_nic", id("e")), ("in_sync", Value::Flag(false))];
        assert_eq!(said(&astray), 1);
    }

    #[test]
    fn no_address_is_no_assignment() {
        let assignment = |method, version| {
            let ip = Element::new("ip").with(Element::leaf("version", version));
            let method = Element::leaf("assignment_method", method);
            Element::new("ip_address_assignment").with(method).with(ip)
        };
        let all = Element::new("ip_address_assignments");
        let all = all.with(assignment("dhcp", "v4")).with(assignment("none", "v6"));
        let read = read_assignments(&Element::new("network_attachment").with(all));
        let read = read.expect("a set");
        let [Value::Record(only)] = read.members() else { panic!("one of them: {read}") };
        assert_eq!(only.named("ip.version"), Some(&text("v4")));
    }
}
