//! Hooks: scripts on the hosts of a cluster that run with Gluster's commands.

use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about hooks.
pub const RULES: Rules = Rules::of("gluster_hooks").actions(&[
    ("enable", enable),
    ("disable", disable),
    ("resolve", resolve),
]);

/// The hooks that Gluster brings: name, command, stage.
const HOOKS: &[(&str, &str, &str)] = &[
    ("29CTDBsetup.sh", "start", "post"),
    ("30samba-set.sh", "set", "post"),
    ("30samba-start.sh", "start", "post"),
    ("30samba-stop.sh", "stop", "pre"),
    ("31ganesha-start.sh", "start", "post"),
];

/// Finds the hooks of a cluster that has just begun to serve Gluster.
pub fn discover(site: &mut Site, cluster: Handle) {
    let serves = site.text(cluster, "gluster_service") == "true";
    if !serves || !site.children(cluster, "gluster_hooks").is_empty() {
        return;
    }
    for (name, command, stage) in HOOKS {
        let mut body = Element::new("gluster_hook").with(Element::leaf("name", *name));
        for (path, text) in [
            ("gluster_command", *command),
            ("stage", *stage),
            ("status", "enabled"),
            ("content_type", "text"),
            ("conflict_status", "0"),
            ("content", "#!/bin/sh\n"),
        ] {
            tree::set(&mut body, path, text);
        }
        tree::set(&mut body, "checksum", &blake3::hash(name.as_bytes()).to_hex()[..32]);
        tree::refer(&mut body, "cluster", site.id(cluster));
        site.add_fresh("gluster_hooks", Some(cluster), body);
    }
}

fn enable(site: &mut Site, _call: &Call, hook: Handle) -> Result<Vec<Element>, Fault> {
    site.set(hook, "status", "enabled");
    Ok(Vec::new())
}

fn disable(site: &mut Site, _call: &Call, hook: Handle) -> Result<Vec<Element>, Fault> {
    site.set(hook, "status", "disabled");
    Ok(Vec::new())
}

/// All hosts have the same scripts here, so there is nothing to resolve.
fn resolve(_site: &mut Site, call: &Call, _hook: Handle) -> Result<Vec<Element>, Fault> {
    let wish = call.text("resolution_type").unwrap_or_default().to_uppercase();
    let verb = match wish.as_str() {
        "ADD" => "add",
        "COPY" => "edit",
        _ => {
            return Err(Fault::invalid_value(format!(
                "The string '{wish}' isn't a valid resolution type. Valid values are: ADD, COPY."
            )));
        }
    };
    Err(Fault::conflict(format!(
        "Cannot {verb} Gluster Hook. There are no conflicting servers to add or update hook."
    )))
}
