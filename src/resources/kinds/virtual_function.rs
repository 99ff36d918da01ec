//! What the virtual functions of a host's card may carry.

use crate::resources::{
    Attribute, Complaint, Fields, Kind, Transition, Update, Value, refer, text,
};

use super::{CLUSTER_NETWORK, HOST_NIC, NETWORK, complaint, host_nic::ALL_ALLOWED};

/// Networks that the virtual functions of a card may carry, if not all of them.
pub static VIRTUAL_FUNCTION_ALLOWED_NETWORK: Kind = Kind::new(
    "virtual_function_allowed_network",
    "virtual_function_allowed_networks",
    "A network that the virtual functions of a card may carry.",
)
.segment("virtualfunctionallowednetworks")
.element("network")
.below(&HOST_NIC)
.by_parent()
.asked_of(is_choosy)
.identity(&["network"])
.attributes(&[ALLOWED_NETWORK])
.opens_after(&[(&CLUSTER_NETWORK, "network")])
.check(check);

/// Labels of networks that the virtual functions of a card may carry, if not all of them.
pub static VIRTUAL_FUNCTION_ALLOWED_LABEL: Kind = Kind::new(
    "virtual_function_allowed_label",
    "virtual_function_allowed_labels",
    "A label of networks that the virtual functions of a card may carry.",
)
.segment("virtualfunctionallowedlabels")
.element("network_label")
.below(&HOST_NIC)
.by_parent()
.asked_of(is_choosy)
.identity(&["id"])
.attributes(&[LABEL])
.check(check);

static ALLOWED_NETWORK: Attribute = refer("network", "Which network; the key names it.", &NETWORK)
    .at("@id")
    .own_id()
    .required()
    .from_key()
    .update(Update::Replace);

static LABEL: Attribute = text("id", "Which label; the key names it.")
    .at("@id")
    .required()
    .from_key()
    .engine_default()
    .update(Update::Replace);

/// Whether the functions of a card carry no others than those that are named.
fn is_choosy(card: &Fields) -> bool {
    card.get(&ALL_ALLOWED) == Some(&Value::Flag(false))
}

/// The engine refuses to allow single ones where all are allowed, as they are at first.
fn check(transition: &Transition) -> Vec<Complaint> {
    let card = transition.within.and_then(|card| transition.around.look(&HOST_NIC, card));
    let attribute = transition.kind.attributes.first().zip(transition.to);
    let Some((attribute, _)) = attribute.filter(|_| !card.is_some_and(|it| is_choosy(&it))) else {
        return Vec::new();
    };
    let message = "is allowed along with all others";
    let hint = "say `virtual_functions_configuration: { all_networks_allowed: false }` of the card";
    vec![complaint(attribute, message, hint)]
}

#[cfg(test)]
mod tests {
    use super::super::trial::{Trial, id, text};
    use super::*;

    #[test]
    fn single_ones_are_allowed_where_not_all_are() {
        let said = |card: &[(&str, Value)]| {
            let network = [("network", id("n"))];
            let trial = Trial::making(&VIRTUAL_FUNCTION_ALLOWED_NETWORK, &network).within("e");
            trial.beside(&HOST_NIC, "e", card).complaints().len()
        };
        let all = |is_so| [("name", text("eth3")), (ALL_ALLOWED.name, Value::Flag(is_so))];
        assert_eq!((said(&all(true)), said(&all(false))), (1, 0));
        assert_eq!(said(&[("name", text("eth3"))]), 1, "all are allowed at first");
    }
}
