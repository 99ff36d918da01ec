//! Providers: who else has hosts, images and networks for the engine.

use crate::resources::{
    Attribute, Complaint, Fields, Kind, Transition, Update, Value, flag, map, one_of, secret, text,
};

use super::{Table, complaint, name};

/// Providers of hosts, such as Foreman.
pub static EXTERNAL_HOST_PROVIDER: Kind = Kind::new(
    "external_host_provider",
    "external_host_providers",
    "A Foreman that knows hosts, and the errata of hosts and VMs.",
)
.segment("externalhostproviders")
.attributes(COMMON);

/// Providers of images. Each comes with a storage domain, and goes with it.
pub static OPENSTACK_IMAGE_PROVIDER: Kind = Kind::new(
    "openstack_image_provider",
    "openstack_image_providers",
    "A Glance that disks and templates are imported from.",
)
.segment("openstackimageproviders")
.attributes(IMAGES.attributes())
.check(check_url);

/// Providers of networks. The setup of an engine makes one if it is told to.
pub static OPENSTACK_NETWORK_PROVIDER: Kind = Kind::new(
    "openstack_network_provider",
    "openstack_network_providers",
    "A Neutron, or an OVN, that has networks for VMs.",
)
.segment("openstacknetworkproviders")
.attributes(NETWORKS.attributes())
.unasked(|provider| provider.named("name").and_then(Value::as_text) == Some(OVN))
.set_up(&[
    ("description", "oVirt network provider for OVN"),
    ("requires_authentication", "true"),
    ("username", "admin@internal"),
    ("read_only", "false"),
    ("auto_sync", "true"),
])
.check(|transition| [check_url(transition), check_login(transition)].concat());

const OVN: &str = "ovirt-provider-ovn";

static COMMON: &[Attribute] = &[
    name("Name, unique among providers of all sorts."),
    text("description", "Free text."),
    text("url", "Where it is reached: `https://foreman.example.com`.").required().engine_default(),
    LOGIN,
    USER,
    PASSWORD,
];

static LOGIN: Attribute =
    flag("requires_authentication", "Whether the engine logs in there.").default("false");
static USER: Attribute = text("username", "User to log in as.");
static PASSWORD: Attribute = secret("password", "Password of that user.");

/// What providers that speak OpenStack's language have.
static OPENSTACK: &[Attribute] =
    &[AUTHENTICATION, map("properties", "Properties of its own.", "property")];

/// The engine takes no empty one.
static AUTHENTICATION: Attribute =
    text("authentication_url", "Where it logs in: `https://keystone.example.com:35357/v3`.")
        .engine_default();

static IMAGES: Table = Table::of(&[COMMON, OPENSTACK, &[IMAGE_TENANT]]);

/// The engine forgets it with every change that does not say it.
static IMAGE_TENANT: Attribute = text("tenant_name", "Tenant to log in to.").along("");

static NETWORKS: Table = Table::of(&[
    COMMON,
    OPENSTACK,
    &[
        text("tenant_name", "Tenant to log in to."),
        text("user_domain_name", "Domain of the user."),
        text("project_name", "Project to log in to."),
        text("project_domain_name", "Domain of the project."),
        TYPE,
        PLUGIN,
        READ_ONLY,
        flag("auto_sync", "Take its networks over as they come and go.").default("false"),
        flag("unmanaged", "Let somebody else connect VMs to its networks.").default("false"),
    ],
]);

static TYPE: Attribute = one_of("type", "What it is.", &["external", "neutron"])
    .update(Update::Replace)
    .default("external");
static PLUGIN: Attribute =
    text("external_plugin_type", "How hosts connect to it, such as `OVIRT_PROVIDER_OVN`.")
        .engine_default();
static READ_ONLY: Attribute =
    flag("read_only", "Whether the engine only looks at its networks.").default("true");

/// Whether the engine may make networks there.
pub(super) fn is_read_only(provider: &Fields) -> bool {
    provider.get(&READ_ONLY).is_none_or(Value::is_true) && !provider.is(&TYPE, "neutron")
}

fn check_url(transition: &Transition) -> Vec<Complaint> {
    let Some(url) = said(transition, &AUTHENTICATION) else { return Vec::new() };
    if is_authentication(url) {
        return Vec::new();
    }
    let message = format!("logs in at `{url}`, which is no address that the engine takes");
    let hint =
        "write it as `https://keystone.example.com:35357/v3`, with the port and `v3` or `v2.0`";
    vec![complaint(&AUTHENTICATION, message, hint)]
}

fn said<'t>(transition: &'t Transition, attribute: &Attribute) -> Option<&'t str> {
    transition.to?.get(attribute)?.as_text()
}

fn is_authentication(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let Some((place, version)) = rest.and_then(|rest| rest.split_once('/')) else { return false };
    let port = place.rsplit_once(':').map(|(_, port)| port.parse::<u16>());
    matches!(port, Some(Ok(_))) && matches!(version.trim_end_matches('/'), "v3" | "v2.0")
}

/// A new one that the engine has to log in to has to say how.
fn check_login(transition: &Transition) -> Vec<Complaint> {
    let Some(to) = transition.to.filter(|_| transition.from.is_none()) else { return Vec::new() };
    let mut complaints: Vec<Complaint> = without_plugin(to).into_iter().collect();
    if to.get(&LOGIN).is_some_and(Value::is_true) {
        let lacking = [&USER, &PASSWORD, &AUTHENTICATION].into_iter();
        let lacking = lacking.filter(|attribute| to.get(attribute).is_none());
        complaints.extend(lacking.map(|attribute| {
            let message = format!("requires authentication, and lacks `{}`", attribute.name);
            complaint(attribute, message, "say it, or take `requires_authentication` out")
        }));
    }
    complaints
}

fn without_plugin(to: &Fields) -> Option<Complaint> {
    let lacks = to.is(&TYPE, "neutron") && to.get(&PLUGIN).is_none();
    let message = "is of the type `neutron`, and lacks `external_plugin_type`";
    lacks.then(|| complaint(&PLUGIN, message, "say `external_plugin_type: OPEN_VSWITCH`"))
}

#[cfg(test)]
mod tests {
    use super::super::trial::{Trial, text};
    use super::*;

    fn said(kind: &'static Kind, to: &[(&str, Value)]) -> Vec<String> {
        let complaints = Trial::making(kind, to).complaints();
        complaints.into_iter().map(|complaint| complaint.message).collect()
    }

    #[test]
    fn who_logs_in_says_how() {
        let login = ("requires_authentication", Value::Flag(true));
        let message = |what| format!("requires authentication, and lacks `{what}`");
        let user = ("username", text("u"));
        assert_eq!(
            said(&OPENSTACK_NETWORK_PROVIDER, &[login.clone(), user]),
            [message("password"), message("authentication_url")]
        );
        assert!(said(&EXTERNAL_HOST_PROVIDER, &[login]).is_empty(), "Foreman takes anything");
    }

    #[test]
    fn the_engine_logs_in_at_a_port() {
        let wrong =
            |url: &str| said(&OPENSTACK_IMAGE_PROVIDER, &[("authentication_url", text(url))]).len();
        assert_eq!(wrong("https://k.test:35357/v3"), 0);
        assert_eq!(wrong("http://k.test:5000/v2.0/"), 0);
        assert_eq!(wrong("https://k.test/v3"), 1);
        assert_eq!(wrong("https://k.test:5000/v2"), 1);
    }

    #[test]
    fn a_tenant_goes_with_every_change() {
        let from = [("tenant_name", text("t"))];
        let to = [("description", text("d"))];
        let told = Trial::changing(&OPENSTACK_IMAGE_PROVIDER, &from, &to).told();
        assert_eq!(told, "put description=d along tenant_name=t");
    }
}
