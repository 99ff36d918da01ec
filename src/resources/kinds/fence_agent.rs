//! Fence agents.

use crate::resources::{
    Attribute, Complaint, Kind, Transition, Value, flag, int, map, secret, text,
};

use super::{HOST, complaint};

/// Ways to switch a host off and on again.
///
/// They are asked by their order, those of one order together. A host's power is managed once it
/// has one, and until its last one goes (infrastructure handbook, section 11): the host's own
/// course sees to that.
///
/// The host's link to them is called otherwise than what it leads to, so that it cannot be followed.
pub static FENCE_AGENT: Kind =
    Kind::new("fence_agent", "agents", "A device that switches a host off and on.")
        .segment("fenceagents")
        .element("agent")
        .below(&HOST)
        .by_parent()
        .identity(&["address"])
        .attributes(&[
            text("address", "Where it is reached; the key unless said.")
                .required()
                .from_key()
                .engine_default(),
            TYPE,
            int("order", "When it is asked: 1 is first.", 1, i32::MAX as i64).required(),
            text("username", "User to log in to it as.").required().engine_default(),
            secret("password", "Password of that user.").required(),
            int("port", "Port that it listens at.", 1, 65_535),
            flag("encrypt_options", "Hide the options from lists and logs.").default("false"),
            map("options", "Options of its program, such as `slot`.", "option"),
        ])
        .check(check);

static TYPE: Attribute =
    text("type", "Kind of device, such as `ipmilan`, `redfish`, `ilo4` or `apc`.")
        .required()
        .engine_default();

/// The types that the engine knows at every level; its owners may have added some.
const TYPES: &[&str] = &[
    "amt_ws",
    "apc",
    "apc_snmp",
    "bladecenter",
    "cisco_ucs",
    "drac5",
    "drac7",
    "eps",
    "hpblade",
    "ilo",
    "ilo2",
    "ilo3",
    "ilo4",
    "ilo_ssh",
    "ipmilan",
    "redfish",
    "rsa",
    "rsb",
    "wti",
];

/// The programs behind the agents are called `fence_ipmilan` and the like, their types are not.
fn check(transition: &Transition) -> Vec<Complaint> {
    let given = transition.to.and_then(|to| to.get(&TYPE)).and_then(Value::as_text);
    let Some(given) = given.filter(|it| !TYPES.contains(it)) else { return Vec::new() };
    let plain = given.to_lowercase().replace('-', "_");
    let meant = plain.strip_prefix("fence_").unwrap_or(&plain);
    let known = TYPES.iter().filter(|known| **known == meant);
    let complain = |known: &&str| {
        let message = format!("has the type `{given}`, which the engine does not know");
        complaint(&TYPE, message, format!("say `type: {known}`"))
    };
    known.map(complain).collect()
}

#[cfg(test)]
mod tests {
    use super::super::trial::{Trial, text};
    use super::*;

    #[test]
    fn a_program_is_no_type() {
        let said = |name: &str| {
            let complaints = Trial::making(&FENCE_AGENT, &[("type", text(name))]).complaints();
            complaints.into_iter().map(|it| it.hint.into_owned()).collect::<Vec<_>>()
        };
        assert_eq!(said("fence_ipmilan"), ["say `type: ipmilan`"]);
        assert_eq!(said("APC-SNMP"), ["say `type: apc_snmp`"]);
        assert_eq!(said("ipmilan"), [""; 0]);
        assert_eq!(said("xvm"), [""; 0], "somebody may have added it");
    }
}
