//! Reads what is asked of a host's networks: looks names up and refuses what names nothing.

use crate::simulated::fault::Fault;
use crate::simulated::kinds::network;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::xml::Element;

use super::picture::{Bond, Picture};
use super::{DOING, nic};

/// What is asked of the networks of a host, with all names looked up.
pub struct Request<'a> {
    /// The site.
    pub site: &'a Site,
    /// The host.
    pub host: Handle,
    /// Its cluster.
    pub cluster: Handle,
    /// Its networks as they are.
    pub now: Picture,
    /// Attachments to be made or changed.
    pub attachments: Vec<Wish>,
    /// Attachments to be removed.
    pub removed_attachments: Vec<Handle>,
    /// Attachments to be brought in line with their networks.
    pub synchronized: Vec<Handle>,
    /// Bonds to be made or changed.
    pub bonds: Vec<(String, Bond)>,
    /// The names of bonds to be removed.
    pub removed_bonds: Vec<String>,
    /// Labels to be set, with the names of their NICs.
    pub labels: Vec<(String, String)>,
    /// Labels to be removed.
    pub removed_labels: Vec<String>,
}

/// An attachment as it is wanted.
pub struct Wish {
    /// The attachment that there is.
    pub known: Option<Handle>,
    /// The network.
    pub network: Handle,
    /// The name of the NIC.
    pub nic: String,
    /// What it says.
    pub body: Element,
}

impl<'a> Request<'a> {
    /// Reads the document of an action.
    pub fn read(site: &'a Site, host: Handle, body: &Element) -> Result<Self, Fault> {
        let cluster = site.refers(host, "cluster", "clusters").ok_or_else(Fault::nowhere)?;
        let mut request = Self {
            site,
            host,
            cluster,
            now: Picture::of(site, host),
            attachments: Vec::new(),
            removed_attachments: Vec::new(),
            synchronized: Vec::new(),
            bonds: Vec::new(),
            removed_bonds: Vec::new(),
            labels: Vec::new(),
            removed_labels: Vec::new(),
        };
        request.read_labels(body)?;
        request.read_attachments(body)?;
        request.removed_attachments =
            request.known_attachments(body, "removed_network_attachments")?;
        request.synchronized =
            request.known_attachments(body, "synchronized_network_attachments")?;
        request.read_bonds(body)?;
        request.read_removed_bonds(body)?;
        Ok(request)
    }

    /// Whether a NIC that has a label loses it: the label goes, or goes to another NIC.
    pub fn loses_label(&self, nic: &str, label: &str) -> bool {
        self.removed_labels.iter().any(|it| it == label)
            || self.removed_bonds.iter().any(|it| it == nic)
            || self.labels.iter().any(|(it, wanted)| it == label && wanted != nic)
    }

    fn read_labels(&mut self, body: &Element) -> Result<(), Fault> {
        for item in items(body, "removed_labels") {
            self.removed_labels.push(item.id().unwrap_or_default().to_owned());
        }
        for item in items(body, "modified_labels") {
            let label = item.id().filter(|it| !it.is_empty());
            let label = label.ok_or_else(|| Fault::bad("Nic Label cannot have null label."))?;
            let nic = item.child("host_nic").and_then(|it| self.nic_name(it));
            let nic =
                nic.ok_or_else(|| Fault::bad("Nic Label must provide either nic id or nic name."))?;
            self.labels.push((label.to_owned(), nic));
        }
        Ok(())
    }

    fn read_attachments(&mut self, body: &Element) -> Result<(), Fault> {
        for item in items(body, "modified_network_attachments") {
            let wish = self.read_attachment(item)?;
            self.attachments.push(wish);
        }
        Ok(())
    }

    fn read_attachment(&self, item: &Element) -> Result<Wish, Fault> {
        let known = match item.id().filter(|it| !it.is_empty()) {
            Some(id) => Some(self.attachment(id).ok_or_else(|| {
                Fault::bad(format!(
                    "{DOING} Updated Network Attachment (id '{id}') does not exist."
                ))
            })?),
            None => None,
        };
        let old =
            known.and_then(|it| self.now.attachments.iter().find(|old| old.handle == Some(it)));
        let network = match (item.child("network"), old) {
            (Some(network), _) => self.network(network)?,
            (None, Some(old)) => old.network,
            (None, None) => return Err(no_network()),
        };
        let nic = match (item.child("host_nic"), old) {
            (Some(nic), _) => self.nic_name(nic).unwrap_or_default(),
            (None, Some(old)) => old.nic.clone(),
            (None, None) => String::new(),
        };
        if nic.is_empty() {
            return Err(Fault::bad(format!(
                "{DOING} The host network interface does not have name set."
            )));
        }
        let mut body = old.map_or_else(|| Element::new("network_attachment"), |it| it.body.clone());
        for name in super::picture::CONFIGURED {
            if let Some(child) = item.child(name) {
                crate::simulated::tree::put(&mut body, child.clone());
                if child.children().is_empty() {
                    crate::simulated::tree::drop_child(&mut body, name);
                }
            }
        }
        Ok(Wish { known, network, nic, body })
    }

    fn attachment(&self, id: &str) -> Option<Handle> {
        self.site.store.find("network_attachments", Some(self.host), id)
    }

    fn network(&self, reference: &Element) -> Result<Handle, Fault> {
        if let Some(id) = reference.id().filter(|id| !id.is_empty()) {
            return self
                .site
                .top("networks", id)
                .ok_or_else(|| Fault::bad(format!("Logical Network (id '{id}') doesn't exist.")));
        }
        let name = reference.text_at("name").filter(|it| !it.is_empty()).ok_or_else(no_network)?;
        network::named_near(self.site, self.cluster, name)
            .ok_or_else(|| Fault::bad(format!("Logical Network (name '{name}') doesn't exist.")))
    }

    /// The name that a reference to a NIC gives, or that its id stands for.
    fn nic_name(&self, reference: &Element) -> Option<String> {
        let by_id = reference.id().and_then(|id| {
            let nic = self.site.store.find("host_nics", Some(self.host), id)?;
            Some(self.site.name(nic).to_owned())
        });
        let given = || {
            let name = reference.text_at("name").filter(|it| !it.is_empty());
            name.or(reference.id().filter(|id| !id.is_empty())).map(str::to_owned)
        };
        by_id.or_else(given)
    }

    fn known_attachments(&self, body: &Element, list: &str) -> Result<Vec<Handle>, Fault> {
        let mut found = Vec::new();
        for item in items(body, list) {
            let id = item.id().unwrap_or_default();
            found.push(self.attachment(id).ok_or_else(|| {
                Fault::bad(format!(
                    "{DOING} Cannot remove following Network Attachments, because they do not exist: {id}."
                ))
            })?);
        }
        Ok(found)
    }

    fn read_bonds(&mut self, body: &Element) -> Result<(), Fault> {
        for item in items(body, "modified_bonds") {
            let Some(name) = self.nic_name(item) else {
                return Err(Fault::bad(format!(
                    "{DOING} Among the given bonds, there is a bond with neither nicName nor nicId. If you wish to add a new bond, the nicName is mandatory. If you wish to update an existing bond you should pass nicName or nicId or both of them."
                )));
            };
            let old = self.now.nic(&name).and_then(|it| it.bond.clone());
            let mut bond = old.unwrap_or(Bond { options: Vec::new(), slaves: Vec::new() });
            if let Some(options) = item.at("bonding/options") {
                let text = |it: &Element, name| it.text_at(name).unwrap_or_default().to_owned();
                let read = |it: &Element| (text(it, "name"), text(it, "value"));
                bond.options = options.children().iter().map(read).collect();
            }
            if let Some(slaves) = item.at("bonding/slaves") {
                let names = slaves.children().iter().filter_map(|it| self.nic_name(it));
                bond.slaves = names.collect();
            }
            if bond.options.is_empty() {
                bond.options = [("mode", "4"), ("miimon", "100"), ("xmit_hash_policy", "2")]
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .to_vec();
            }
            self.bonds.push((name, bond));
        }
        Ok(())
    }

    fn read_removed_bonds(&mut self, body: &Element) -> Result<(), Fault> {
        for item in items(body, "removed_bonds") {
            let name = self.nic_name(item).unwrap_or_default();
            let Some(nic) = nic::named(self.site, self.host, &name) else {
                return Err(Fault::bad(format!("Following bonds do not exist: {name}.")));
            };
            if self.site.body(nic).child("bonding").is_none() {
                return Err(not_a_bond(&name));
            }
            self.removed_bonds.push(name);
        }
        Ok(())
    }
}

/// The refusal of what is to be a bond and is not.
pub fn not_a_bond(name: &str) -> Fault {
    Fault::conflict(format!("{DOING} The given network interface '{name}' is not a bond."))
}

fn no_network() -> Fault {
    Fault::bad(format!(
        "{DOING} There's unset networkId or networkName among given network attachments. At least one of them should be set."
    ))
}

fn items<'a>(body: &'a Element, list: &str) -> &'a [Element] {
    body.child(list).map(Element::children).unwrap_or_default()
}
