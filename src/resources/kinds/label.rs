//! Labels: each brings networks to the cards of hosts that bear the same.

use crate::resources::{Action, Fields, Parts, Reference, Surroundings, Value};

use super::{
    CLUSTER, CLUSTER_NETWORK, HOST_NIC, NETWORK, NETWORK_ATTACHMENT, host, host_nic, network,
    network_attachment::IN_SYNC,
};

/// The label that a network has or will have.
pub(super) fn of(network: &Reference, around: &dyn Surroundings) -> Option<Value> {
    in_fields(&around.look(&NETWORK, network)?)
}

/// The label that a network had, if it gets another or none.
pub(super) fn lost(network: &Reference, around: &dyn Surroundings) -> Option<Value> {
    let had = in_fields(&around.found(&NETWORK, network)?);
    had.filter(|had| of(network, around).as_ref() != Some(had))
}

fn in_fields(network: &Fields) -> Option<Value> {
    network.get(&network::LABELS)?.members().first().cloned()
}

/// Whether a label that a host's cards bear brought a network there.
pub(super) fn brought(host: &Reference, network: &Reference, around: &dyn Surroundings) -> bool {
    let label = around.found(&NETWORK, network).as_ref().and_then(in_fields);
    let cards = || around.found_children(host, &HOST_NIC);
    has(host, network, around) && label.is_some_and(|label| is_on(&cards(), &label))
}

/// Whether one of these cards bears a label.
pub(super) fn is_on(cards: &[Fields], label: &Value) -> bool {
    let bears = |card: &Fields| {
        card.get(&host_nic::LABELS).is_some_and(|labels| labels.members().contains(label))
    };
    cards.iter().any(bears)
}

/// Waits until the hosts of some clusters have a network to which the engine brings it in the
/// background: those with a card that bears its label by now, and keeps it.
pub(super) fn until_there(
    network: &Reference,
    label: &Value,
    clusters: &[Reference],
    around: &dyn Surroundings,
) -> Option<Action> {
    let parts = Parts::in_those(&NETWORK_ATTACHMENT, network, around, |it, fields| {
        let is_there = clusters.iter().any(|cluster| host::is_of(fields, cluster));
        is_there
            && is_on(&around.found_children(it, &HOST_NIC), label)
            && is_on(&around.children(it, &HOST_NIC), label)
    });
    parts.until(&IN_SYNC)
}

/// Waits until the hosts have lost a network to whose cards the label had brought it.
pub(super) fn until_gone(
    network: &Reference,
    label: &Value,
    around: &dyn Surroundings,
) -> Option<Action> {
    let cards = around.all(&HOST_NIC);
    let bears = |card: &Fields| is_on(std::slice::from_ref(card), label);
    let bearers: Vec<_> = cards.iter().filter(|(_, card)| bears(card)).collect();
    let parts = Parts::in_those(&NETWORK_ATTACHMENT, network, around, |it, _| {
        let attached = around.found_children(it, &NETWORK_ATTACHMENT);
        let here = attached.iter().filter(|it| it.refer_to(network));
        here.into_iter().any(|it| bearers.iter().any(|(card, _)| it.refer_to(card)))
    });
    parts.until_gone(&IN_SYNC)
}

/// The clusters that have a network by now.
pub(super) fn clusters(network: &Reference, around: &dyn Surroundings) -> Vec<Reference> {
    let assigned = |cluster: &Reference| {
        around.found_children(cluster, &CLUSTER_NETWORK).iter().any(|it| it.refer_to(network))
    };
    let all = around.all(&CLUSTER).into_iter().map(|(cluster, _)| cluster);
    all.filter(assigned).collect()
}

/// Waits until the hosts of a cluster have a network that their labels bring in this run.
pub(super) fn until_brought(
    network: &Reference,
    cluster: &Reference,
    around: &dyn Surroundings,
) -> Option<Action> {
    let label = of(network, around)?;
    let moves = lost(network, around).is_some();
    let parts = Parts::in_those(&NETWORK_ATTACHMENT, network, around, |it, fields| {
        host::is_of(fields, cluster)
            && is_on(&around.children(it, &HOST_NIC), &label)
            && (moves || !has(it, network, around))
    });
    parts.until(&IN_SYNC)
}

/// Whether a host has a network by now.
fn has(host: &Reference, network: &Reference, around: &dyn Surroundings) -> bool {
    around.found_children(host, &NETWORK_ATTACHMENT).iter().any(|it| it.refer_to(network))
}
