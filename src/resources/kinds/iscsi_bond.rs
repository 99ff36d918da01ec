//! iSCSI bonds.

use crate::resources::{Attribute, Complaint, Fields, Kind, Transition, Type, Value, set, text};

use super::{
    CLUSTER_NETWORK, DATA_CENTER, NETWORK, STORAGE_CONNECTION, STORAGE_DOMAIN, cluster_network,
    complaint, name, storage_connection,
};

/// iSCSI bonds: hosts reach the targets over several networks at once.
///
/// A bond is made when the domains have their storage and the networks are not required
/// (infrastructure handbook, section 15).
pub static ISCSI_BOND: Kind = Kind::new(
    "iscsi_bond",
    "iscsi_bonds",
    "Networks over which hosts reach the same iSCSI targets.",
)
.segment("iscsibonds")
.below(&DATA_CENTER)
.attributes(&[
    name("Name, unique in the data center, at most 50 characters."),
    text("description", "Free text."),
    NETWORKS,
    CONNECTIONS,
])
// The engine removes no network that a bond has.
.leaves_first()
// Its connections are those of domains that are in use.
.opens_after(&[(&STORAGE_DOMAIN, "data_center")])
.looks_at(&[&CLUSTER_NETWORK, &STORAGE_DOMAIN])
.check(check);

static NETWORKS: Attribute = set(
    "networks",
    "Networks to reach them over; no cluster may require them.",
    "network",
    &Type::Reference(&NETWORK),
);

static CONNECTIONS: Attribute = set(
    "storage_connections",
    "Connections to the targets; of type `iscsi`, and of domains of the data center.",
    "storage_connection",
    &Type::Reference(&STORAGE_CONNECTION),
);

fn check(transition: &Transition) -> Vec<Complaint> {
    let mut complaints: Vec<Complaint> = required(transition).into_iter().collect();
    complaints.extend(of_another_type(transition));
    complaints
}

/// A host that lost a required network would go out of service, and its paths with it.
fn required(transition: &Transition) -> Option<Complaint> {
    let networks = transition.to?.get(&NETWORKS)?;
    let assigned = transition.around.all(&CLUSTER_NETWORK).into_iter();
    let is_required = |(_, assigned): &(_, Fields)| {
        let network = assigned.get(&cluster_network::NETWORK);
        network.is_some_and(|network| networks.members().contains(network))
            && assigned.get(&cluster_network::REQUIRED).is_none_or(Value::is_true)
    };
    let (_, assigned) = assigned.into_iter().find(is_required)?;
    let network = assigned.get(&cluster_network::NETWORK)?.as_reference()?;
    let name = transition.around.look(&NETWORK, network)?.named("name")?.to_string();
    let message = format!("has the network `{name}`, which a cluster requires");
    Some(complaint(&NETWORKS, message, "say `required: false` in `networks` of the cluster"))
}

fn of_another_type(transition: &Transition) -> Option<Complaint> {
    let connections = transition.to?.get(&CONNECTIONS)?.members().iter();
    let connections = connections.filter_map(Value::as_reference);
    let mut known = connections.filter_map(|it| transition.around.look(&STORAGE_CONNECTION, it));
    let other = known.find(|connection| !connection.is(&storage_connection::TYPE, "iscsi"))?;
    let storage = other.get(&storage_connection::TYPE)?;
    let message = format!("has a connection of type `{storage}`, and takes those of type `iscsi`");
    Some(complaint(&CONNECTIONS, message, "take it out"))
}

#[cfg(test)]
mod tests {
    use super::super::trial::{Trial, id, text};
    use super::*;

    #[test]
    fn its_networks_are_not_required() {
        let said = |required| {
            let to = [("networks", Value::set([id("n")]))];
            let assigned = [("network", id("n")), ("required", Value::Flag(required))];
            let trial = Trial::making(&ISCSI_BOND, &to).beside(&CLUSTER_NETWORK, "n", &assigned);
            let trial = trial.beside(&NETWORK, "n", &[("name", text("san"))]);
            trial.complaints().into_iter().map(|it| it.message).collect::<Vec<_>>()
        };
        assert_eq!(said(true), ["has the network `san`, which a cluster requires"]);
        assert!(said(false).is_empty());
    }

    #[test]
    fn its_connections_are_of_iscsi() {
        let said = |storage| {
            let to = [("storage_connections", Value::set([id("c")]))];
            let trial = Trial::making(&ISCSI_BOND, &to);
            trial.beside(&STORAGE_CONNECTION, "c", &[("type", text(storage))]).complaints().len()
        };
        assert_eq!((said("nfs"), said("iscsi")), (1, 0));
    }
}
