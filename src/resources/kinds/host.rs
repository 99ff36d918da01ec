//! Hosts.

mod lifecycle;

use crate::resources::{
    Attribute, Brought, Change, Complaint, Effect, Fields, Kind, Reference, Standing, Surroundings,
    Transition, Type, Update, Value, Verb, flag, int, list, one_of, refer, secret, text,
    usual_effect,
};

use super::{
    CLUSTER, CLUSTER_NETWORK, EXTERNAL_HOST_PROVIDER, FENCE_AGENT, NETWORK, NETWORK_ATTACHMENT,
    cluster, cluster_network, complaint, keepers, name, network_attachment,
};

/// Hosts.
pub static HOST: Kind = Kind::new("host", "hosts", "A machine that runs VMs.")
    .identity(&["cluster", "name"])
    .attributes(&[
        NAME,
        CLUSTER_ATTRIBUTE,
        ADDRESS,
        text("comment", "Free text, shown in lists."),
        STATUS,
        int("port", "Port of its agent.", 1, 65_535)
            .default("54321")
            .update(Update::Replace)
            .along(""),
        ROOT_PASSWORD,
        AUTHENTICATION,
        text("ssh.user.user_name", "User to log in as.").engine_default(),
        USER_PASSWORD,
        int("ssh.port", "Port to log in at.", 1, 65_535).default("22").update(Update::WhenDown),
        text("ssh.public_key", "Public key that it must have."),
        ACTIVATE_AFTERWARDS,
        flag("reboot", "Reboot it once it is installed or upgraded.").in_query().default("true"),
        flag("deploy_hosted_engine", "Let it run the engine's own VM, once it is installed.")
            .in_query()
            .default("false"),
        flag("undeploy_hosted_engine", "Stop it from that, once it is installed.")
            .in_query()
            .default("false"),
        flag("override_iptables", "Set its firewall up.").only_at_creation().default("true"),
        int("spm.priority", "Who manages the storage; -1 for never.", -1, 10).default("5"),
        POWER,
        flag("power_management.automatic_pm_enabled", "Let the scheduling policy switch it off."),
        flag("power_management.kdump_detection", "Do not restart it while it dumps its kernel.")
            .update(Update::NextStart),
        list(
            "power_management.pm_proxies",
            "Where hosts that fence it are looked for.",
            "pm_proxy",
            PROXY,
        ),
        text("os.custom_kernel_cmdline", "Kernel arguments; take effect when it is reinstalled.")
            .update(Update::NextStart),
        text("display.address", "Address that consoles are reached at."),
        one_of("vgpu_placement", "How virtual GPUs are placed.", &["consolidated", "separated"]),
        refer("external_host_provider", "Provider that knows its errata.", &EXTERNAL_HOST_PROVIDER),
        OUTDATED,
        UPGRADABLE,
        flag("force", "Remove it even if it has Gluster bricks.").for_removal().default("false"),
    ])
    .opens_after(&[(&CLUSTER_NETWORK, "cluster")])
    .closes_with(&[(&FENCE_AGENT, "host")])
    .reached_if(answers)
    .known_by(registered_itself)
    .brings(brings)
    .first_alone("cluster", cluster::takes_the_cpu_type_of_a_host)
    .lifecycle(lifecycle::lifecycle)
    .effect(effect)
    .later("at its next installation")
    .kept_by(keepers::OF_HOSTS)
    .check(check);

/// Whether a host is of a cluster.
pub(super) fn is_of(host: &Fields, cluster: &Reference) -> bool {
    host.get(&CLUSTER_ATTRIBUTE).and_then(Value::as_reference) == Some(cluster)
}

/// The engine does nothing to the networks of other hosts (infrastructure handbook, section 12).
fn answers(host: &Fields) -> bool {
    let states = ["up", "maintenance", "non_operational"];
    host.get(&STATUS).and_then(Value::as_text).is_none_or(|state| states.contains(&state))
}

static NAME: Attribute = name("Name, unique in the cluster.");

pub(super) static CLUSTER_ATTRIBUTE: Attribute =
    refer("cluster", "Cluster it belongs to.", &CLUSTER)
        .required()
        .holds()
        .update(Update::WhenDown);

pub(super) static STATUS: Attribute =
    one_of("status", "Whether it may run VMs.", &["up", "maintenance"])
        .default("up")
        .set_by(SWITCHES)
        .passing(&[
            ("installing", "up"),
            ("reboot", "up"),
            ("initializing", "up"),
            ("unassigned", "up"),
            ("connecting", "up"),
            ("preparing_for_maintenance", "maintenance"),
        ]);

static ADDRESS: Attribute = text("address", "Name or address to manage it by.")
    .required()
    .update(Update::Replace)
    .engine_default();

/// The engine refuses it to hosts without fence agents, and keeps the last agent while it is on.
pub(super) static POWER: Attribute =
    flag("power_management.enabled", "Restart it when it does not answer; needs fence agents.")
        .default("false");

/// Firewall, kernel arguments and the like reach a host when it is installed, so that the engine
/// says so when one of them changes.
static OUTDATED: Attribute =
    flag("reinstallation_required", "Whether it lacks what was changed since.")
        .by_lifecycle()
        .update(Update::NextStart)
        .default("false")
        .insisted()
        .pending_for("has to be installed again for changes to reach it");

/// An upgrade is never a surprise: it takes this wish, and leave to take the host out of service.
static UPGRADABLE: Attribute =
    flag("update_available", "Say `false` to have it upgraded when there is an update.")
        .by_lifecycle()
        .update(Update::NextStart)
        .pending_for("has an update that waits to be installed");

static ROOT_PASSWORD: Attribute =
    secret("root_password", "Password of root, to install it.").only_at_creation();

static AUTHENTICATION: Attribute =
    one_of("ssh.authentication_method", "How to log in to install it.", &["password", "publickey"])
        .only_at_creation();

static USER_PASSWORD: Attribute =
    secret("ssh.user.password", "Password of that user.").only_at_creation();

static ACTIVATE_AFTERWARDS: Attribute =
    flag("activate", "Bring it up once it is installed.").in_query().default("true");

const SWITCHES: &[(&str, &Verb)] = &[("up", &ACTIVATE), ("maintenance", &DEACTIVATE)];

static ACTIVATE: Verb = Verb::action("activate", "hosts/{id}/activate");
static DEACTIVATE: Verb = Verb::action("deactivate", "hosts/{id}/deactivate");

const PROXY: &Type =
    &Type::Record(&[one_of("type", "Where.", &["cluster", "dc", "other_dc"]).required()]);

/// The management network of its cluster is how the engine reaches a host.
fn brings(_: &Reference, wanted: &Fields, around: &dyn Surroundings) -> Vec<Brought> {
    let cluster = wanted.get(&CLUSTER_ATTRIBUTE).and_then(Value::as_reference);
    let network = cluster.and_then(|cluster| management(cluster, around));
    let attachment = |network: Value| {
        let fields = Fields::from_iter([(&network_attachment::NETWORK, network)]);
        Brought { kind: &NETWORK_ATTACHMENT, fields }
    };
    network.map(attachment).into_iter().collect()
}

/// The management network of a cluster.
fn management(cluster: &Reference, around: &dyn Surroundings) -> Option<Value> {
    let is_management = |fields: &&Fields| {
        let usages = fields.get(&cluster_network::USAGES);
        usages.is_some_and(|it| it.members().iter().any(|it| it.as_text() == Some("management")))
    };
    let networks = around.children(cluster, &CLUSTER_NETWORK);
    networks.iter().find(is_management)?.named("network").cloned()
}

/// A host that registered itself waits under a name and in a cluster that it did not choose.
fn registered_itself(wanted: &Fields, found: &Fields) -> bool {
    let is_same =
        |attribute| wanted.get(attribute).is_some_and(|it| found.get(attribute) == Some(it));
    found.is(&STATUS, PENDING) && (is_same(&ADDRESS) || is_same(&NAME))
}

/// The status of a host that registered itself.
const PENDING: &str = "pending_approval";

fn check(transition: &Transition) -> Vec<Complaint> {
    let Some(to) = transition.to else { return Vec::new() };
    let checks = [check_login(transition, to), check_power(transition, to), check_upgrade(to)];
    checks.into_iter().flatten().chain(check_move(transition)).collect()
}

/// The engine logs in to a new host, and refuses to with an empty password.
fn check_login(transition: &Transition, to: &Fields) -> Option<Complaint> {
    if transition.from.is_some() || has_login(to) {
        return None;
    }
    let message = "is new, and nothing says how to log in to install it";
    let hint = "give `root_password`, or say `ssh: { authentication_method: publickey }`";
    Some(complaint(&AUTHENTICATION, message, hint))
}

/// Of a host that exists nobody knows its agents unless some are managed.
fn check_power(transition: &Transition, to: &Fields) -> Option<Complaint> {
    let is_new = transition.from.is_none() && to.get(&POWER).is_some_and(Value::is_true);
    let is_it = |host: &Fields| host.get(&NAME) == to.get(&NAME);
    let host = transition.around.find(&HOST, &is_it).filter(|_| is_new)?;
    if !transition.around.children(&host, &FENCE_AGENT).is_empty() {
        return None;
    }
    let message = "has nothing that could switch it off and on";
    let hint = "add a fence agent: `agents: { ADDRESS: { type: ipmilan, order: 1, … } }`";
    Some(complaint(&POWER, message, hint))
}

/// Whether there is an update is for the engine to find out.
fn check_upgrade(to: &Fields) -> Option<Complaint> {
    to.get(&UPGRADABLE).is_some_and(Value::is_true).then(|| {
        let message = "cannot be made to have an update";
        complaint(&UPGRADABLE, message, "say `false`, or nothing to leave it as it is")
    })
}

/// A host takes its management network along.
fn check_move(transition: &Transition) -> Option<Complaint> {
    let change = transition.changes.iter().find(|it| *it.attribute == CLUSTER_ATTRIBUTE)?;
    let name = |cluster: &Value| {
        let network = management(cluster.as_reference()?, transition.around)?;
        transition.around.look(&NETWORK, network.as_reference()?)?.named("name").cloned()
    };
    let (here, there) = (name(change.from.as_ref()?)?, name(&change.to)?);
    (here != there).then(|| {
        let message = format!(
            "cannot move to a cluster whose management network is `{there}`, since its own is \
             `{here}`"
        );
        complaint(&CLUSTER_ATTRIBUTE, message, "remove it, and add it to the other cluster")
    })
}

fn has_login(to: &Fields) -> bool {
    let has_password = to.get(&ROOT_PASSWORD).or(to.get(&USER_PASSWORD)).is_some();
    has_password || to.is(&AUTHENTICATION, "publickey")
}

/// In maintenance nothing runs on a host, so that all changes take effect at once. Nothing else
/// changes the address of a host than another installation.
fn effect(change: &Change, standing: &Standing) -> Effect {
    let from = standing.from;
    let is_out = from.is(&STATUS, "maintenance") || from.is(&STATUS, PENDING);
    match usual_effect(change, standing) {
        Effect::Restart | Effect::NextStart if is_out => Effect::Now,
        Effect::Replace if *change.attribute == ADDRESS && from.is(&STATUS, "install_failed") => {
            Effect::Now
        }
        usual => usual,
    }
}

#[cfg(test)]
mod tests {
    use super::super::trial::{Trial, text};
    use super::*;

    #[test]
    fn a_new_host_is_logged_in_to() {
        let said = |to: &[(&str, Value)]| Trial::making(&HOST, to).complaints().len();
        assert_eq!(said(&[("name", text("a"))]), 1);
        assert_eq!(said(&[("ssh.authentication_method", text("publickey"))]), 0);
        let secret = Value::Secret(crate::resources::Secret::new("s"));
        assert_eq!(said(&[("root_password", secret)]), 0);
        let known = Trial::changing(&HOST, &[("name", text("a"))], &[("name", text("b"))]);
        assert!(known.complaints().is_empty());
    }

    #[test]
    fn power_needs_something_that_switches() {
        let login = ("ssh.authentication_method", text("publickey"));
        let to = [("name", text("a")), login, ("power_management.enabled", Value::Flag(true))];
        let trial = || Trial::making(&HOST, &to).beside(&HOST, "h", &[("name", text("a"))]);
        assert_eq!(trial().complaints().len(), 1);
        let with = trial().beside(&FENCE_AGENT, "f", &[("type", text("ipmilan"))]);
        assert_eq!(with.complaints().len(), 0);
    }

    #[test]
    fn nobody_makes_updates() {
        let said = |wish| {
            let to = [("update_available", Value::Flag(wish))];
            Trial::changing(&HOST, &[("update_available", Value::Flag(false))], &to).complaints()
        };
        assert_eq!((said(true).len(), said(false).len()), (1, 0));
    }
}
