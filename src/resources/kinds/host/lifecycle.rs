//! How a host is installed, approved, upgraded, taken out of service and removed.

use crate::resources::{
    Action, Change, Course, Effect, Fields, Transition, Value, Verb, Watched, invoke, plain, until,
};

use super::{
    ACTIVATE, ACTIVATE_AFTERWARDS, AUTHENTICATION, DEACTIVATE, OUTDATED, PENDING, POWER, STATUS,
    UPGRADABLE, has_login,
};

static INSTALL: Verb = installing("install", "hosts/{id}/install").with(&[("activate", "true")]);
static INSTALL_ASIDE: Verb =
    installing("install", "hosts/{id}/install").with(&[("activate", "false")]);
static APPROVE: Verb = installing("approve", "hosts/{id}/approve").with(&[("activate", "true")]);
static APPROVE_ASIDE: Verb =
    installing("approve", "hosts/{id}/approve").with(&[("activate", "false")]);
static UPGRADE: Verb = Verb::action("upgrade", "hosts/{id}/upgrade").sending(&["reboot"]);

const fn installing(name: &'static str, path: &'static str) -> Verb {
    Verb::action(name, path).sending(LOGIN)
}

/// How the engine gets into a host to install it, and what it is to do there.
const LOGIN: &[&str] = &[
    "root_password",
    "ssh.authentication_method",
    "ssh.user.user_name",
    "ssh.user.password",
    "ssh.port",
    "ssh.public_key",
    "reboot",
    "deploy_hosted_engine",
    "undeploy_hosted_engine",
];

pub(super) fn lifecycle(transition: &Transition) -> Course {
    let mut course = match (transition.from, transition.to) {
        (None, Some(to)) => make(transition, to),
        (Some(from), None) => remove(transition, from),
        (Some(from), Some(to)) if from.is(&STATUS, PENDING) => approve(transition, to),
        (Some(from), Some(to)) if from.is(&STATUS, "install_failed") && has_login(to) => {
            install_again(transition, to)
        }
        (Some(from), Some(to)) => change(transition, from, to),
        (None, None) => Course::default(),
    };
    manage_power_last(transition, &mut course);
    course
}

fn make(transition: &Transition, to: &Fields) -> Course {
    let mut course = plain(transition);
    course.opening.push(installed(stays_out(to)));
    course
}

fn remove(transition: &Transition, from: &Fields) -> Course {
    let mut course = plain(transition);
    if has_to_leave(from) {
        course.closing.splice(..0, leave(transition));
    }
    course
}

/// A host that registered itself gets its name and its cluster before it is taken in.
fn approve(transition: &Transition, to: &Fields) -> Course {
    let mut course = plain(transition);
    let stays = stays_out(to) || to.is(&STATUS, "maintenance");
    let verb = if stays { &APPROVE_ASIDE } else { &APPROVE };
    course.opening.extend([invoke(verb, transition.known()), installed(stays)]);
    course.closing.clear();
    course
}

/// Nothing but another installation brings a host back whose first one failed.
fn install_again(transition: &Transition, to: &Fields) -> Course {
    let mut course = plain(transition);
    if is_interrupted(transition) {
        course.opening.splice(..0, leave(transition));
    }
    course.opening.extend(install(transition, stays_out(to)));
    course.closing.retain(|_| to.is(&STATUS, "maintenance"));
    course
}

fn change(transition: &Transition, from: &Fields, to: &Fields) -> Course {
    let mut course = plain(transition);
    let wants = |status| to.is(&STATUS, status);
    let is_interrupted = is_interrupted(transition);
    if is_interrupted {
        course.opening.splice(..0, leave(transition));
        // What sets it to maintenance for good is there already, or the host comes back.
        course.closing.clear();
    }
    let rests = from.is(&STATUS, "maintenance") && !wants("up");
    let stays = wants("maintenance") || rests;
    if has_to_be_installed(transition) {
        course.opening.extend(install(transition, stays));
        course.closing.clear();
    } else if is_interrupted && !stays {
        course.opening.extend(back(transition));
    } else if !is_interrupted && wants("up") && !from.is(&STATUS, "up") {
        course.closing = back(transition).into();
    }
    if transition.changes.iter().any(|it| *it.attribute == UPGRADABLE && is_now(it)) {
        course.closing.extend(upgrade(transition, stays));
    }
    course
}

/// Whether something changes that reaches a host by an installation only, and may have one.
fn has_to_be_installed(transition: &Transition) -> bool {
    const BY_INSTALLATION: &[&str] =
        &[OUTDATED.name, "os.custom_kernel_cmdline", "power_management.kdump_detection"];
    transition.changes.iter().any(|it| BY_INSTALLATION.contains(&it.attribute.name) && is_now(it))
}

fn is_now(change: &Change) -> bool {
    matches!(change.effect, Effect::Now | Effect::Restart)
}

/// Who gives no password relies on the engine's key, which came with the first installation.
fn install(transition: &Transition, aside: bool) -> [Action; 2] {
    let verb = if aside { &INSTALL_ASIDE } else { &INSTALL };
    let mut with = transition.known();
    if !has_login(&with) {
        with.set(&AUTHENTICATION, Value::Text("publickey".to_owned()));
    }
    [invoke(verb, with), installed(aside)]
}

fn stays_out(to: &Fields) -> bool {
    to.get(&ACTIVATE_AFTERWARDS) == Some(&Value::Flag(false))
}

fn installed(aside: bool) -> Action {
    until("status", if aside { &["maintenance"] } else { &["up"] }, FAILED)
}

/// The engine takes the host out of service and back by itself, and begins with it when it has
/// answered already.
fn upgrade(transition: &Transition, aside: bool) -> [Action; 3] {
    let done = [(&UPGRADABLE, Value::Flag(false))].into_iter().collect();
    let attribute = "status";
    let becomes: &[&str] = if aside { &["maintenance"] } else { &["up"] };
    let begun = if aside { UNDER_WAY } else { LEAVING };
    [
        invoke(&UPGRADE, transition.known()),
        until(attribute, begun, &[]),
        Action::Await { of: Watched::Object, attribute, becomes, fails: FAILED, confirms: done },
    ]
}

const UNDER_WAY: &[&str] = &["installing", "reboot", "initializing", "install_failed"];
const LEAVING: &[&str] = &[
    "preparing_for_maintenance",
    "maintenance",
    "installing",
    "reboot",
    "initializing",
    "install_failed",
];

/// Power is managed once there is an agent to do it, which the host itself comes before.
fn manage_power_last(transition: &Transition, course: &mut Course) {
    let is_on = |change: &Change| *change.attribute == POWER && change.to.is_true();
    let to = transition.to.and_then(|to| to.get(&POWER)).cloned();
    let made = to.filter(|_| transition.from.is_none()).map(|to| Change {
        attribute: &POWER,
        from: None,
        to,
        effect: Effect::Now,
    });
    let changed = transition.changes.iter().find(|change| is_on(change)).cloned();
    let Some(on) = made.filter(is_on).or(changed) else { return };
    for action in &mut course.opening {
        match action {
            Action::Create { fields, .. } => fields.remove(&POWER),
            Action::Update { changes, .. } => changes.retain(|change| !is_on(change)),
            _ => {}
        }
    }
    let is_empty = |it: &Action| matches!(it, Action::Update { changes, .. } if changes.is_empty());
    course.opening.retain(|action| !is_empty(action));
    course.closing.insert(0, transition.put(vec![on], false));
}

/// Whether a change takes it out of service; the engine itself does that for an upgrade.
fn is_interrupted(transition: &Transition) -> bool {
    let by_us = |change: &&Change| *change.attribute != UPGRADABLE;
    transition.changes.iter().filter(by_us).any(|change| change.effect == Effect::Restart)
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
    use super::super::super::HOST;
    use super::super::super::trial::{Trial, text};
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

    fn needs_install(needs: bool) -> (&'static str, Value) {
        ("reinstallation_required", Value::Flag(needs))
    }

    #[test]
    fn a_host_that_is_out_of_date_is_installed_again() {
        let told = |from: &str, to: &[(&str, Value)]| {
            let mut wanted = vec![needs_install(false)];
            wanted.extend(to.iter().cloned());
            Trial::changing(&HOST, &[is(from), needs_install(true)], &wanted).told()
        };
        assert_eq!(told("up", &[]), "", "nobody allowed it to leave");
        assert_eq!(told("maintenance", &[]), "install; until maintenance");
        assert_eq!(told("maintenance", &[is("up")]), "install; until up");
        let trial =
            Trial::changing(&HOST, &[is("up"), needs_install(true)], &[needs_install(false)]);
        let told = "deactivate; until maintenance; install; until up";
        assert_eq!(trial.restarting().told(), told);
    }

    #[test]
    fn kernel_arguments_come_with_an_installation() {
        let to = [("os.custom_kernel_cmdline", text("quiet"))];
        let trial = || Trial::changing(&HOST, &[is("up")], &to);
        assert_eq!(trial().told(), "put os.custom_kernel_cmdline=quiet");
        let told = "deactivate; until maintenance; put os.custom_kernel_cmdline=quiet; \
                    install; until up";
        assert_eq!(trial().restarting().told(), told);
    }

    #[test]
    fn a_host_is_upgraded_where_it_may_leave() {
        let has = |is| ("update_available", Value::Flag(is));
        let trial = |from| Trial::changing(&HOST, &[is(from), has(true)], &[has(false)]);
        assert_eq!(trial("up").told(), "");
        let told = trial("up").restarting().told();
        assert!(told.starts_with("| upgrade; until preparing_for_maintenance/"), "{told}");
        assert!(told.ends_with("; until up with update_available=false"), "{told}");
        let told = trial("maintenance").told();
        assert!(told.ends_with("; until maintenance with update_available=false"), "{told}");
    }

    #[test]
    fn a_host_that_registered_itself_is_approved() {
        let to = [("name", text("a")), ("address", text("a.test"))];
        let from = [is("pending_approval"), ("address", text("a.test")), ("name", text("b"))];
        let told = Trial::changing(&HOST, &from, &to).told();
        assert_eq!(told, "put name=a; approve; until up");
        let told = Trial::changing(&HOST, &from, &[is("maintenance")]).told();
        assert_eq!(told, "approve; until maintenance");
    }

    #[test]
    fn a_host_whose_installation_failed_may_have_another_address() {
        let key = ("ssh.authentication_method", text("publickey"));
        let from = [is("install_failed"), ("address", text("a.test")), key.clone()];
        let told = Trial::changing(&HOST, &from, &[("address", text("b.test")), key]).told();
        assert_eq!(told, "put address=b.test; install; until up");
    }

    #[test]
    fn power_is_managed_when_there_is_an_agent() {
        let power = |on| ("power_management.enabled", Value::Flag(on));
        let made = Trial::making(&HOST, &[("name", text("a")), power(true)]).told();
        assert_eq!(made, "create name=a; until up | put power_management.enabled=true");
        let on = Trial::changing(&HOST, &[is("up"), power(false)], &[power(true)]).told();
        assert_eq!(on, "| put power_management.enabled=true");
        let off = Trial::changing(&HOST, &[is("up"), power(true)], &[power(false)]).told();
        assert_eq!(off, "put power_management.enabled=false", "before its agents go");
    }
}
