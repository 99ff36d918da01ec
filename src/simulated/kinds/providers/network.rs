//! Providers of networks, their networks and subnets.

use super::provider;
use crate::simulated::call::{self, Call};
use crate::simulated::fault::Fault;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::kinds::{self, common, generic};
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about providers of networks.
pub const RULES: Rules =
    Rules::of("openstack_network_providers").add(add).update(update).remove(remove).actions(&[
        ("test_connectivity", provider::test_connectivity),
        ("import_certificates", provider::import_certificates),
    ]);
/// What is special about the networks of a provider.
pub const NETWORK_RULES: Rules = Rules::of("openstack_networks").actions(&[("import", import)]);
/// What is special about the subnets of a network.
pub const SUBNET_RULES: Rules =
    Rules::of("openstack_subnets").add(add_subnet).remove(remove_subnet);

const KIND: &str = "openstack_network_providers";
/// The default providers of a cluster.
const ASSIGNED: &str = "cluster_external_providers";

/// Adds the provider that comes with an engine.
pub fn fill(site: &mut Site) {
    let mut body = Element::new("openstack_network_provider")
        .with(Element::leaf("name", "ovirt-provider-ovn"));
    for (path, text) in [
        ("description", "oVirt network provider for OVN"),
        ("url", "https://localhost:9696"),
        ("authentication_url", "https://localhost:35357/v2.0/"),
        ("requires_authentication", "true"),
        ("username", "admin@internal"),
        ("external_plugin_type", "OVIRT_PROVIDER_OVN"),
        ("type", "external"),
        ("read_only", "false"),
        ("auto_sync", "true"),
        ("unmanaged", "false"),
    ] {
        tree::set(&mut body, path, text);
    }
    site.add_fresh(KIND, None, body);
}

fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    provider::check(site, call, None, "add")?;
    let mut body = generic::draft(site, call);
    check_complete(&body, call.text("password"))?;
    prepare(&mut body);
    let made = generic::put(site, call, None, body);
    if site.text(made, "type") == "neutron" {
        for (name, cidr) in [("private", "192.168.10.0/24"), ("public", "203.0.113.0/24")] {
            let network = add_network(site, made, name);
            let says = [("name", name), ("cidr", cidr), ("ip_version", "v4")];
            provider::add_child(site, network, "openstack_subnets", "openstack_subnet", &says);
        }
    }
    Ok(made)
}

fn prepare(body: &mut Element) {
    provider::prepare(body);
    for (path, text) in [
        ("type", "external"),
        ("read_only", "true"),
        ("auto_sync", "false"),
        ("unmanaged", "false"),
    ] {
        tree::default(body, path, text);
    }
}

/// Adds a network to a provider.
fn add_network(site: &mut Site, of: Handle, name: &str) -> Handle {
    provider::add_child(site, of, "openstack_networks", "openstack_network", &[("name", name)])
}

/// Makes a network of the engine at its provider, which keeps it when the engine's one goes.
pub fn make_there(site: &mut Site, network: Handle) {
    let provider = site.reference(network, "external_provider").and_then(|id| site.top(KIND, id));
    let Some(provider) = provider else { return };
    let name = site.name(network).to_owned();
    let there = add_network(site, provider, &name);
    let id = site.id(there).to_owned();
    site.hide(network, Element::link("external_network", id));
}

/// A provider of `OpenStack` needs to know how to log in there.
fn check_complete(body: &Element, password: Option<&str>) -> Result<(), Fault> {
    let says = |path: &str| body.text_at(path).is_some_and(|it| !it.is_empty());
    let neutron = body.text_at("type") == Some("neutron");
    if neutron && !says("plugin_type") && !says("external_plugin_type") {
        return Err(Fault::bad("Openstack Neutron provider requires a plugin type."));
    }
    if tree::flag(body, "requires_authentication") != Some(true) {
        return Ok(());
    }
    let missing = if !says("username") {
        "user name"
    } else if password.is_none_or(str::is_empty) {
        "password"
    } else if !says("authentication_url") {
        "authentication url"
    } else if neutron && !says("tenant_name") && !says("user_domain_name") {
        return Err(Fault::bad(
            "An Openstack Neutron provider with authentication enabled requires a tenant name or a user domain name.",
        ));
    } else {
        return Ok(());
    };
    let article = if missing.starts_with('a') { "an" } else { "a" };
    Err(Fault::bad(format!(
        "An Openstack Neutron provider with authentication enabled requires {article} {missing}."
    )))
}

fn update(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    provider::check(site, call, Some(target), "edit")?;
    if call.text("type").is_some_and(|it| it != site.text(target, "type")) {
        return Err(Fault::bad("Cannot edit provider. The provider type cannot be changed."));
    }
    generic::update(site, call, target)?;
    site.edit(target, prepare);
    Ok(())
}

fn imported(site: &Site, target: Handle) -> Vec<Handle> {
    site.users("networks", "external_provider", target)
}

/// Gives a cluster the default providers that a document names.
pub fn assign(site: &mut Site, call: &Call, cluster: Handle) {
    let Some(wanted) = call.body.child("external_network_providers") else { return };
    for old in site.children(cluster, ASSIGNED) {
        site.store.remove(old);
    }
    for reference in wanted.children() {
        let found = match (reference.id(), reference.text_at("name")) {
            (Some(id), _) if !id.is_empty() => site.top(KIND, id),
            (_, Some(name)) => site.store.named(KIND, name).next(),
            _ => None,
        };
        if let Some(found) = found {
            let body =
                Element::new("external_provider").with(Element::leaf("name", site.name(found)));
            let id = site.id(found).to_owned();
            site.add(ASSIGNED, Some(cluster), id, body);
        }
    }
}

/// Removes a provider that nothing needs, with the networks that came from it.
fn remove(site: &mut Site, _call: &Call, target: Handle) -> Result<(), Fault> {
    let networks = imported(site, target);
    let used: Vec<Handle> = networks
        .iter()
        .copied()
        .filter(|it| !kinds::network::vms_on(site, *it).is_empty())
        .collect();
    if !used.is_empty() {
        let names = common::names(site, &used);
        let what = match used.len() {
            1 => format!("External network is used by virtual machines and/or templates:\n{names}"),
            many => format!(
                "Several external networks ({many}) are being used by virtual machines and/or templates:\n{names}"
            ),
        };
        return Err(Fault::conflict(format!(
            "Cannot remove provider. {what}\n - Please resolve the external networks usage first and try again."
        )));
    }
    let own = site.id(target);
    let assigned = site.store.all(ASSIGNED).filter(|it| site.id(*it) == own);
    let clusters: Vec<Handle> = assigned.filter_map(|it| site.parent(it)).collect();
    if !clusters.is_empty() {
        return Err(Fault::conflict(format!(
            "Cannot remove provider. External network provider is used as default network provider in the following cluster/s:\n{}\n - Please change default network provider first and try again.",
            common::names(site, &clusters)
        )));
    }
    for network in networks {
        kinds::network::forget(site, network);
    }
    site.store.remove(target);
    Ok(())
}

/// Imports a network into a data center, once.
fn import(site: &mut Site, call: &Call, target: Handle) -> Result<Vec<Element>, Fault> {
    let mut wanted = call.body.child("data_center").cloned().unwrap_or_default();
    call::resolve_one(site, &mut wanted, "data_centers", "DataCenter")?;
    let id = wanted.id().filter(|it| !it.is_empty());
    let id = id.ok_or_else(|| Fault::incomplete("Action", "dataCenter.id|name", "doImport"))?;
    let center = site.top("data_centers", id);
    let center =
        center.ok_or_else(|| Fault::bad("Cannot import Network. Storage Pool doesn't exist."))?;
    let name = site.name(target).to_owned();
    let own = site.id(target).to_owned();
    let provider = site.parent(target).ok_or_else(Fault::nowhere)?;
    let inside = site.users("networks", "data_center", center);
    let of = |it: &Handle| site.hidden(*it, "external_network").and_then(Element::id);
    if let Some(known) = inside.iter().find(|it| of(it) == Some(own.as_str())) {
        return Err(Fault::conflict(format!(
            "Cannot import Network. The external network already exists as '{}' in the data center.",
            site.name(*known)
        )));
    }
    if inside.iter().any(|it| site.name(*it) == name) {
        return Err(Fault::conflict(format!(
            "Cannot import Network. The name of the logical network '{name}' is already used by an existing logical network in the same data-center.\n-Please choose a different name."
        )));
    }
    let mut body = Element::new("network").with(Element::leaf("name", name));
    tree::refer(&mut body, "data_center", site.id(center));
    tree::refer(&mut body, "external_provider", site.id(provider));
    let id = site.fresh_id();
    kinds::network::prepare(&id, &mut body);
    let network = site.add("networks", None, id, body);
    site.hide(network, Element::link("external_network", own));
    kinds::network::add_profile(site, network, None, false);
    Ok(Vec::new())
}

fn check_writable(site: &Site, network: Handle) -> Result<(), Fault> {
    let provider = site.parent(network).ok_or_else(Fault::nowhere)?;
    if site.text(provider, "read_only") == "true" {
        return Err(Fault::bad(format!(
            "External network provider {} is read only.",
            site.name(provider)
        )));
    }
    Ok(())
}

fn add_subnet(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let network = call.owner()?;
    let mut missing = Vec::new();
    for path in ["name", "cidr"] {
        if call.text(path).is_none_or(str::is_empty) {
            missing.push(path);
        }
    }
    if !missing.is_empty() {
        return Err(Fault::incomplete("OpenStackSubnet", &missing.join(", "), "add"));
    }
    check_writable(site, network)?;
    let mut body = generic::draft(site, call);
    tree::default(&mut body, "ip_version", "v4");
    tree::refer(&mut body, "openstack_network", site.id(network));
    Ok(generic::put(site, call, None, body))
}

fn remove_subnet(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    check_writable(site, call.owner()?)?;
    site.store.remove(target);
    Ok(())
}
