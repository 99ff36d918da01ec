//! What holds for providers of every sort.

use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::common;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// All sorts: their names are unique together.
const SORTS: &[&str] = &[
    "openstack_network_providers",
    "openstack_image_providers",
    "openstack_volume_providers",
    "external_host_providers",
];

/// Checks what a new provider says, or what an update makes of one.
pub fn check(site: &Site, call: &Call, target: Option<Handle>, action: &str) -> Result<(), Fault> {
    let name = match target {
        Some(target) => common::new_name(site, call, target),
        None => call.name(),
    };
    let taken = |name: &str| SORTS.iter().any(|it| common::taken(site, it, name, target, |_| true));
    if name.is_some_and(taken) {
        return Err(Fault::conflict(format!(
            "Cannot {action} provider. The provider name is already in use, please choose a unique name and try again."
        )));
    }
    if let Some(address) = call.text("authentication_url").filter(|it| !is_authentication_url(it)) {
        return Err(Fault::bad(format!(
            "Cannot {action} provider. The Provider has an invalid authentication URL {address}. The authentication URL must have the following format: \"https://hostname:port/v3\" or \"http://hostname:port/v3\"."
        )));
    }
    if call.text("password").is_some_and(|it| it.len() > 200) {
        return Err(Fault::bad(format!(
            "Cannot {action} provider. The password must not exceed 200 characters."
        )));
    }
    Ok(())
}

/// Whether an address looks like `https://host:35357/v3`.
fn is_authentication_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let Some((place, path)) = rest.and_then(|it| it.split_once('/')) else {
        return text.is_empty();
    };
    let port = place.rsplit_once(':').filter(|(host, _)| !host.is_empty());
    let version = path.trim_end_matches('/').strip_prefix('v');
    port.is_some_and(|(_, port)| port.parse::<u16>().is_ok())
        && version.is_some_and(|it| it.parse::<f32>().is_ok())
}

/// What every provider says.
pub fn prepare(body: &mut Element) {
    tree::default(body, "requires_authentication", "false");
    tree::drop_child(body, "password");
}

/// Asks whether a provider answers: it does, unless there is trouble.
pub fn test_connectivity(
    site: &mut Site,
    _call: &Call,
    _target: Handle,
) -> Result<Vec<Element>, Fault> {
    if site.spoils {
        return Err(Fault::bad(
            "Failed to communicate with the external provider, see log for additional details.",
        ));
    }
    Ok(Vec::new())
}

/// Trusts the certificates of a provider from now on.
pub fn import_certificates(
    site: &mut Site,
    call: &Call,
    target: Handle,
) -> Result<Vec<Element>, Fault> {
    let certificates = call.body.child("certificates").map(Element::children).unwrap_or_default();
    for certificate in certificates {
        let mut body = Element::new("certificate");
        if let Some(content) = certificate.text_at("content") {
            tree::set(&mut body, "content", content);
        }
        site.add_fresh("external_provider_certificates", Some(target), body);
    }
    Ok(Vec::new())
}

/// Adds something that a provider has.
pub fn add_child(
    site: &mut Site,
    provider: Handle,
    kind: &'static str,
    element: &'static str,
    says: &[(&'static str, &str)],
) -> Handle {
    let mut body = Element::new(element);
    for (path, text) in says {
        tree::set(&mut body, path, text);
    }
    let of = match site.kind(provider) {
        "openstack_network_providers" => "openstack_network_provider",
        "openstack_image_providers" => "openstack_image_provider",
        "external_host_providers" => "external_host_provider",
        _ => "openstack_network",
    };
    tree::refer(&mut body, of, site.id(provider));
    site.add_fresh(kind, Some(provider), body)
}
