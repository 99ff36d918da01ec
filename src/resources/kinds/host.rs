//! Hosts.

use crate::resources::{
    Action, Attribute, Brought, Change, Complaint, Course, Effect, Fields, Kind, Reference,
    Standing, Surroundings, Transition, Type, Update, Value, Verb, flag, int, invoke, list, one_of,
    plain, refer, secret, text, until, usual_effect,
};

use super::{
    CLUSTER, CLUSTER_NETWORK, NETWORK_ATTACHMENT, cluster, cluster_network, complaint, name,
    network_attachment,
};

/// Hosts.
pub static HOST: Kind = Kind::new("host", "hosts", "A machine that runs VMs.")
    .identity(&["cluster", "name"])
    .attributes(&[
        name("Name, unique in the cluster."),
        CLUSTER_ATTRIBUTE,
        text("address", "Name or address to manage it by.")
            .required()
            .update(Update::Replace)
            .engine_default(),
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
        flag("reboot", "Reboot it once it is installed.").in_query().default("true"),
        flag("deploy_hosted_engine", "Let it run the engine's own VM.").in_query().default("false"),
        flag("undeploy_hosted_engine", "Stop it from that.").in_query().default("false"),
        flag("override_iptables", "Set its firewall up.").only_at_creation().default("true"),
        int("spm.priority", "Who manages the storage; -1 for never.", -1, 10).default("5"),
        flag("power_management.enabled", "Restart it when it does not answer; needs fence agents.")
            .default("false"),
        flag("power_management.automatic_pm_enabled", "Let the scheduling policy switch it off."),
        flag("power_management.kdump_detection", "Do not restart it while it dumps its kernel."),
        list(
            "power_management.pm_proxies",
            "Where hosts that fence it are looked for.",
            "pm_proxy",
            PROXY,
        ),
        text("os.custom_kernel_cmdline", "Kernel arguments; take effect when it is reinstalled."),
        text("display.address", "Address that consoles are reached at."),
        one_of("vgpu_placement", "How virtual GPUs are placed.", &["consolidated", "separated"]),
        flag("force", "Remove it even if it has Gluster bricks.").for_removal().default("false"),
    ])
    .opens_after(&[(&CLUSTER_NETWORK, "cluster")])
    .brings(brings)
    .first_alone("cluster", cluster::takes_the_cpu_type_of_a_host)
    .lifecycle(lifecycle)
    .effect(effect)
    .check(check);

static CLUSTER_ATTRIBUTE: Attribute = refer("cluster", "Cluster it belongs to.", &CLUSTER)
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

static INSTALL: Verb =
    Verb::action("install", "hosts/{id}/install").sending(LOGIN).with(&[("activate", "true")]);
static INSTALL_ASIDE: Verb =
    Verb::action("install", "hosts/{id}/install").sending(LOGIN).with(&[("activate", "false")]);

/// How the engine gets into a host to install it.
const LOGIN: &[&str] = &[
    "root_password",
    "ssh.authentication_method",
    "ssh.user.user_name",
    "ssh.user.password",
    "ssh.port",
    "ssh.public_key",
];

const PROXY: &Type =
    &Type::Record(&[one_of("type", "Where.", &["cluster", "dc", "other_dc"]).required()]);

/// The management network of its cluster is how the engine reaches a host.
fn brings(_: &Reference, wanted: &Fields, around: &dyn Surroundings) -> Vec<Brought> {
    let cluster = wanted.get(&CLUSTER_ATTRIBUTE).and_then(Value::as_reference);
    let networks = cluster.map(|cluster| around.children(cluster, &CLUSTER_NETWORK));
    let is_management = |fields: &&Fields| {
        let usages = fields.get(&cluster_network::USAGES);
        usages.is_some_and(|it| it.members().iter().any(|it| it.as_text() == Some("management")))
    };
    let networks = networks.unwrap_or_default();
    let network = networks.iter().find(is_management).and_then(|it| it.named("network"));
    let attachment = |network: &Value| {
        let fields = Fields::from_iter([(&network_attachment::NETWORK, network.clone())]);
        Brought { kind: &NETWORK_ATTACHMENT, fields }
    };
    network.map(attachment).into_iter().collect()
}

/// The engine logs in to a new host, and refuses to with an empty password.
fn check(transition: &Transition) -> Vec<Complaint> {
    let Some(to) = transition.to.filter(|_| transition.from.is_none()) else { return Vec::new() };
    if has_login(to) {
        return Vec::new();
    }
    let message = "is new, and nothing says how to log in to install it";
    let hint = "give `root_password`, or say `ssh: { authentication_method: publickey }`";
    vec![complaint(&AUTHENTICATION, message, hint)]
}

fn has_login(to: &Fields) -> bool {
    let has_password = to.get(&ROOT_PASSWORD).or(to.get(&USER_PASSWORD)).is_some();
    has_password || to.is(&AUTHENTICATION, "publickey")
}

/// In maintenance nothing runs on a host, so that all changes take effect at once.
fn effect(change: &Change, standing: &Standing) -> Effect {
    let from = standing.from;
    let is_out = from.is(&STATUS, "maintenance") || from.is(&STATUS, "pending_approval");
    match usual_effect(change, standing) {
        Effect::Restart if is_out => Effect::Now,
        usual => usual,
    }
}

fn lifecycle(transition: &Transition) -> Course {
    let mut course = plain(transition);
    match (transition.from, transition.to) {
        (None, Some(to)) => course.opening.push(installed(to)),
        (Some(from), None) if has_to_leave(from) => {
            course.closing.splice(..0, leave(transition));
        }
        (Some(from), Some(to)) if from.is(&STATUS, "install_failed") && has_login(to) => {
            if is_interrupted(transition) {
                course.opening.splice(..0, leave(transition));
            }
            course.opening.extend(install(transition, to));
            course.closing.retain(|_| to.is(&STATUS, "maintenance"));
        }
        (Some(from), Some(to)) if comes_up(transition, from, to) => {
            course.closing = back(transition).into();
        }
        (Some(_), Some(to)) if is_interrupted(transition) => {
            course.opening.splice(..0, leave(transition));
            // What sets it to maintenance for good is there already, or the host comes back.
            course.closing.clear();
            if !to.is(&STATUS, "maintenance") {
                course.opening.extend(back(transition));
            }
        }
        _ => {}
    }
    course
}

/// Nothing but another installation brings a host back whose first one failed.
fn install(transition: &Transition, to: &Fields) -> [Action; 2] {
    let verb = if stays_out(to) { &INSTALL_ASIDE } else { &INSTALL };
    [invoke(verb, transition.known()), installed(to)]
}

fn stays_out(to: &Fields) -> bool {
    to.get(&ACTIVATE_AFTERWARDS) == Some(&Value::Flag(false))
}

fn installed(to: &Fields) -> Action {
    let becomes: &[&str] = if stays_out(to) { &["maintenance"] } else { &["up"] };
    until("status", becomes, FAILED)
}

/// Whether all that happens to its state is that it is activated, which can fail.
fn comes_up(transition: &Transition, from: &Fields, to: &Fields) -> bool {
    to.is(&STATUS, "up") && !from.is(&STATUS, "up") && !is_interrupted(transition)
}

fn is_interrupted(transition: &Transition) -> bool {
    transition.changes.iter().any(|change| change.effect == Effect::Restart)
}

/// Whether it may have VMs that have to leave first.
fn has_to_leave(from: &Fields) -> bool {
    let out_of_service = [
        "maintenance",
        "install_failed",
        "pending_approval",
        "installing_os",
        "non_responsive",
        "down",
        "non_operational",
    ];
    let status = from.get(&STATUS).and_then(Value::as_text);
    status.is_some_and(|status| !out_of_service.contains(&status))
}

fn leave(transition: &Transition) -> [Action; 2] {
    [invoke(&DEACTIVATE, transition.known()), until("status", &["maintenance"], &[])]
}

fn back(transition: &Transition) -> [Action; 2] {
    [invoke(&ACTIVATE, transition.known()), until("status", &["up"], FAILED)]
}

const FAILED: &[&str] = &["install_failed", "non_operational", "error"];

#[cfg(test)]
mod tests {
    use super::super::trial::{Trial, text};
    use super::*;

    fn is(status: &str) -> (&'static str, Value) {
        ("status", text(status))
    }

    #[test]
    fn a_host_is_there_when_it_is_up() {
        let making = |to: &[(&str, Value)]| Trial::making(&HOST, to).told();
        assert_eq!(making(&[("name", text("a"))]), "create name=a; until up");
        assert_eq!(
            making(&[("activate", Value::Flag(false))]),
            "create activate=false; until maintenance"
        );
        let told = "create status=maintenance; until up | deactivate; until maintenance";
        assert_eq!(making(&[is("maintenance")]), told);
    }

    #[test]
    fn a_host_that_cannot_come_up_is_not_waited_for() {
        let trial = Trial::changing(&HOST, &[is("maintenance")], &[is("up")]);
        assert_eq!(trial.told(), "| activate; until up");
        let Some(Action::Await { fails, .. }) = trial.course().closing.pop() else {
            panic!("a wait")
        };
        assert!(fails.contains(&"non_operational"));
    }

    #[test]
    fn a_host_is_emptied_before_it_is_removed() {
        let removing = |status| Trial::removing(&HOST, &[is(status)]).told();
        assert_eq!(removing("up"), "| deactivate; until maintenance; delete");
        assert_eq!(removing("maintenance"), "| delete");
        assert_eq!(removing("install_failed"), "| delete");
    }

    #[test]
    fn a_host_that_could_not_be_installed_is_installed_again() {
        let secret = ("root_password", Value::Secret(crate::resources::Secret::new("s")));
        // What is read at the creation only does not count as a change.
        let aside = ("activate", Value::Flag(false));
        let from = [is("install_failed"), secret.clone(), aside.clone()];
        let told = |to: &[(&str, Value)]| Trial::changing(&HOST, &from, to).told();
        assert_eq!(told(std::slice::from_ref(&secret)), "install; until up");
        assert_eq!(told(&[secret.clone(), is("up")]), "install; until up");
        let out = told(&[secret.clone(), is("maintenance")]);
        assert_eq!(out, "install; until up | deactivate; until maintenance");
        assert_eq!(told(&[secret, aside]), "install; until maintenance");
        assert_eq!(told(&[("name", text("a"))]), "put name=a", "nothing says how to log in");
    }

    #[test]
    fn a_host_changes_its_cluster_in_maintenance() {
        let to = [("cluster", text("b"))];
        let told = |status| Trial::changing(&HOST, &[is(status)], &to).told();
        assert_eq!(told("up"), "deactivate; until maintenance; put cluster=b; activate; until up");
        assert_eq!(told("maintenance"), "put cluster=b");
        let stay = [("cluster", text("b")), is("maintenance")];
        let told = Trial::changing(&HOST, &[is("up")], &stay).told();
        assert_eq!(told, "deactivate; until maintenance; put cluster=b");
    }

    #[test]
    fn the_port_is_said_with_every_change() {
        let from = [is("up"), ("port", Value::Integer(54_322))];
        let told = Trial::changing(&HOST, &from, &[("comment", text("c"))]).told();
        assert_eq!(told, "put comment=c along port=54322");
    }

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
}
