//! Clusters.

use crate::resources::{
    Attribute, Brought, Change, Complaint, Effect, Fields, Kind, Reference, Standing, Surroundings,
    Transition, Type, Update, Value, Verb, flag, int, map, one_of, refer, set, text, usual_effect,
    version,
};

use super::workload::{BIOS_TYPE, INHERITABLE, SERIAL_NUMBER};
use super::{
    CLUSTER_FEATURE, CLUSTER_NETWORK, CPU_PROFILE, DATA_CENTER, HOST, MAC_POOL, NETWORK,
    OPENSTACK_NETWORK_PROVIDER, SCHEDULING_POLICY, cluster_network, complaint,
    data_center::MANAGEMENT, name, network, profile,
};

/// Clusters.
pub static CLUSTER: Kind =
    Kind::new("cluster", "clusters", "Hosts of one CPU type that run the same VMs.")
        .attributes(ATTRIBUTES)
        .built_in(&["Default"])
        .set_up(&[("description", "The default server cluster")])
        .effect(effect)
        .check(check)
        .brings(brings);

/// Hosts hear of some changes only when all of their networks are brought in line.
static SYNC_NETWORKS: Verb = Verb::action("syncallnetworks", "clusters/{id}/syncallnetworks");

static ATTRIBUTES: &[Attribute] = &[
    name("Name, unique in the engine."),
    CENTER,
    text("description", "Free text."),
    text("comment", "Free text, shown in lists."),
    version("version", "Compatibility level; not lower than the data center's."),
    CPU_TYPE,
    one_of("cpu.architecture", "CPU architecture.", ARCHITECTURE),
    one_of("bios_type", "Firmware and chipset of VMs that do not say.", BIOS_TYPE),
    flag("virt_service", "Run VMs.").default("true"),
    flag("gluster_service", "Serve Gluster volumes.").default("false"),
    text("gluster_tuned_profile", "Tuned profile of Gluster hosts.").engine_default(),
    refer("mac_pool", "Pool that NICs get addresses from.", &MAC_POOL).default("Default").holds(),
    MANAGEMENT_NETWORK,
    one_of("switch_type", "Kind of virtual switch.", &["legacy", "ovs"])
        .default("legacy")
        .carried_by(&SYNC_NETWORKS, &HOST),
    one_of("firewall_type", "Firewall on the hosts.", &["iptables", "firewalld"])
        .default("firewalld"),
    refer("scheduling_policy", "How VMs are spread over the hosts.", &SCHEDULING_POLICY)
        .default("none")
        .holds(),
    map("custom_scheduling_policy_properties", "Settings of the scheduling policy.", "property"),
    flag("ha_reservation", "Warn when the hosts cannot take over each other's VMs.")
        .default("false"),
    flag("threads_as_cores", "Count the threads of hosts as cores.").default("false"),
    flag("ballooning_enabled", "Take unused memory back from VMs.").default("true"),
    flag("ksm.enabled", "Merge equal memory pages.").default("true"),
    flag("ksm.merge_across_nodes", "Merge them across NUMA nodes too.").default("true"),
    int("memory_policy.over_commit.percent", "Memory that VMs may sum up to.", 1, 1_000)
        .default("100"),
    flag("memory_policy.transparent_huge_pages.enabled", "Use huge pages where possible.")
        .at("memory_policy/transparent_hugepages/enabled"),
    int(
        "log_max_memory_used_threshold",
        "Memory use of a host that is reported.",
        0,
        i32::MAX as i64,
    )
    .default("95"),
    one_of("log_max_memory_used_threshold_type", "Unit of that threshold.", THRESHOLD)
        .default("percentage"),
    one_of("error_handling.on_error", "What happens to VMs of a host with errors.", ON_ERROR)
        .default("migrate"),
    flag("fencing_policy.enabled", "Restart hosts that do not answer.").default("true"),
    flag("fencing_policy.skip_if_sd_active.enabled", "Not if it still uses its storage."),
    flag("fencing_policy.skip_if_connectivity_broken.enabled", "Not if others are gone too."),
    int(
        "fencing_policy.skip_if_connectivity_broken.threshold",
        "Percentage of others gone.",
        0,
        100,
    ),
    flag("fencing_policy.skip_if_gluster_bricks_up", "Not if its Gluster bricks are up."),
    flag("fencing_policy.skip_if_gluster_quorum_not_met", "Not if Gluster would lose quorum."),
    text("migration.policy", "Id of the migration policy.")
        .at("migration/policy/@id")
        .engine_default()
        .clears(),
    one_of("migration.auto_converge", "Slow VMs down that change too fast.", INHERITABLE),
    one_of("migration.compressed", "Compress what is sent.", INHERITABLE),
    one_of("migration.encrypted", "Encrypt what is sent.", INHERITABLE),
    one_of("migration.parallel_migrations_policy", "Use several connections.", PARALLEL),
    int("migration.custom_parallel_migrations", "How many, for `custom`.", 0, 255),
    one_of("migration.bandwidth.assignment_method", "Where the bandwidth comes from.", BANDWIDTH)
        .default("auto"),
    int(
        "migration.bandwidth.custom_value",
        "Megabits per second, for `custom`.",
        0,
        i32::MAX as i64,
    ),
    flag("tunnel_migration", "Send migrations through libvirt.").default("false"),
    one_of("serial_number.policy", "Where VMs get their serial number from.", SERIAL_NUMBER),
    text("serial_number.value", "That number, for `custom`."),
    RNG_SOURCES,
    text("display.proxy", "Proxy for consoles, with port."),
    flag("vnc_encryption", "Encrypt VNC consoles.").default("true"),
    one_of("fips_mode", "Whether hosts run in FIPS mode.", &["undefined", "disabled", "enabled"]),
    set(
        "enabled_features",
        "What it can do beyond its level; all hosts that are up have to support it.",
        "cluster_feature",
        &Type::Reference(&CLUSTER_FEATURE),
    )
    .linked("enabledfeatures"),
    EXTERNAL_PROVIDERS,
    flag("trusted_service", "Run only hosts that an attestation server trusts.").default("false"),
];

/// Hosts have to be installed again for it to reach them.
static EXTERNAL_PROVIDERS: Attribute = set(
    "external_network_providers",
    "Provider of networks that hosts connect to from the start; one at most.",
    "external_provider",
    &Type::Reference(&OPENSTACK_NETWORK_PROVIDER),
)
.followed()
.sent()
.holds();

static RNG_SOURCES: Attribute = set(
    "required_rng_sources",
    "Sources of randomness that all hosts have: `urandom`, and `hwrng` if it is to be.",
    "required_rng_source",
    &Type::OneOf(RNG_SOURCE),
)
.engine_default();

static CENTER: Attribute = refer("data_center", "Data center it belongs to.", &DATA_CENTER)
    .required()
    .update(Update::Replace);

static CPU_TYPE: Attribute =
    text("cpu.type", "CPU type that all hosts have; the first host gives it if nothing else does.")
        .engine_default();

/// Whether the first host that comes up decides on the CPU type.
pub(super) fn takes_the_cpu_type_of_a_host(cluster: &Fields) -> bool {
    let cpu_type = cluster.get(&CPU_TYPE).and_then(Value::as_text);
    cpu_type.unwrap_or_default().is_empty()
}

static MANAGEMENT_NETWORK: Attribute =
    refer("management_network", "Network to manage its hosts over, from the start.", &NETWORK)
        .only_at_creation();

const ARCHITECTURE: &[&str] = &["undefined", "x86_64", "ppc64", "s390x", "aarch64", "loongarch64"];
const THRESHOLD: &[&str] = &["percentage", "absolute_value_in_mb"];
const ON_ERROR: &[&str] = &["migrate", "do_not_migrate", "migrate_highly_available"];
const BANDWIDTH: &[&str] = &["auto", "custom", "hypervisor_default"];
const RNG_SOURCE: &[&str] = &["urandom", "hwrng"];
pub(super) const PARALLEL: &[&str] = &["inherit", "auto", "auto_parallel", "disabled", "custom"];

fn check(transition: &Transition) -> Vec<Complaint> {
    [without_urandom(transition), several_providers(transition)].concat()
}

/// Of several providers the engine takes the first.
fn several_providers(transition: &Transition) -> Vec<Complaint> {
    let providers = transition.to.and_then(|to| to.get(&EXTERNAL_PROVIDERS));
    if providers.is_none_or(|providers| providers.members().len() < 2) {
        return Vec::new();
    }
    let message = "has several providers of networks, and the engine takes one";
    vec![complaint(&EXTERNAL_PROVIDERS, message, "leave one of them")]
}

/// Every cluster requires `urandom`, also where only another source is asked for.
fn without_urandom(transition: &Transition) -> Vec<Complaint> {
    let Some(Value::Set(sources)) = transition.to.and_then(|to| to.get(&RNG_SOURCES)) else {
        return Vec::new();
    };
    if sources.iter().any(|source| source.as_text() == Some("urandom")) {
        return Vec::new();
    }
    let message = "lacks `urandom` in `required_rng_sources`, which every cluster has";
    vec![complaint(&RNG_SOURCES, message, "add `urandom`")]
}

/// A cluster that lost its data center can be given a new one; no other can.
fn effect(change: &Change, standing: &Standing) -> Effect {
    if *change.attribute == CENTER && standing.from.get(&CENTER).is_none() {
        return Effect::Now;
    }
    usual_effect(change, standing)
}

/// A CPU profile comes along, and the management network of the data center is assigned with all
/// its roles.
fn brings(cluster: &Reference, wanted: &Fields, around: &dyn Surroundings) -> Vec<Brought> {
    let profile = profile::first(&CPU_PROFILE, cluster, wanted);
    profile.into_iter().chain(assignment(wanted, around)).collect()
}

fn assignment(wanted: &Fields, around: &dyn Surroundings) -> Option<Brought> {
    let network = management_network(wanted, around)?;
    let roles = ["display", "migration", "management", "default_route"];
    let usages = Value::set(roles.map(|role| Value::Text(role.to_owned())));
    let fields = [
        (&cluster_network::NETWORK, Value::Reference(network)),
        (&cluster_network::REQUIRED, Value::Flag(true)),
        (&cluster_network::USAGES, usages),
    ];
    Some(Brought { kind: &CLUSTER_NETWORK, fields: fields.into_iter().collect() })
}

fn management_network(wanted: &Fields, around: &dyn Surroundings) -> Option<Reference> {
    if let Some(Value::Reference(network)) = wanted.get(&MANAGEMENT_NETWORK) {
        return Some(network.clone());
    }
    let center = wanted.get(&CENTER)?;
    let is_it = |other: &Fields| {
        other.is(&network::NAME, MANAGEMENT) && other.get(&network::DATA_CENTER) == Some(center)
    };
    around.find(&NETWORK, &is_it)
}

#[cfg(test)]
mod tests {
    use super::super::trial::{Around, Trial, fields, id, text};
    use super::*;

    fn networks(wanted: &[(&str, Value)]) -> Vec<Value> {
        let management = [("name", text(MANAGEMENT)), ("data_center", id("dc"))];
        let other = [("name", text(MANAGEMENT)), ("data_center", id("other"))];
        let network = |at: &str, values| (&NETWORK, Reference::Id(at.to_owned()), values);
        let around = Around(vec![
            network("n1", fields(&NETWORK, &other)),
            network("n2", fields(&NETWORK, &management)),
        ]);
        let cluster = Reference::Id("c".to_owned());
        let brought = brings(&cluster, &fields(&CLUSTER, wanted), &around);
        let network = |brought: Brought| brought.fields.named("network").cloned();
        brought.into_iter().filter_map(network).collect()
    }

    #[test]
    fn a_cluster_brings_the_assignment_of_its_management_network() {
        assert_eq!(networks(&[("data_center", id("dc"))]), [id("n2")]);
        assert_eq!(networks(&[("data_center", id("third"))]), []);
        let chosen = [("data_center", id("dc")), ("management_network", id("n3"))];
        assert_eq!(networks(&chosen), [id("n3")]);
    }

    #[test]
    fn every_cluster_requires_urandom() {
        let said = |sources: &[&str]| {
            let sources = Value::set(sources.iter().map(|source| text(source)));
            let trial = Trial::making(&CLUSTER, &[("required_rng_sources", sources)]);
            trial.complaints().len()
        };
        assert_eq!(said(&["hwrng"]), 1);
        assert_eq!(said(&["hwrng", "urandom"]), 0);
    }

    #[test]
    fn only_a_cluster_without_data_center_can_get_one() {
        let change = Change { attribute: &CENTER, from: None, to: id("dc"), effect: Effect::Now };
        let nothing = Fields::new();
        assert_eq!(
            effect(&change, &Standing { from: &nothing, to: &nothing, parent: None }),
            Effect::Now
        );
        let from = fields(&CLUSTER, &[("data_center", id("old"))]);
        assert_eq!(
            effect(&change, &Standing { from: &from, to: &nothing, parent: None }),
            Effect::Replace
        );
    }
}
