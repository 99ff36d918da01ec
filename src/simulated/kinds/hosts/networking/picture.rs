//! A host's networks as a whole.

use std::collections::BTreeSet;

use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

use super::{nic, sync};

/// A host's NICs, bonds, labels and attachments. VLAN devices are not in it: they follow from the
/// attachments.
#[derive(Clone, Debug)]
pub struct Picture {
    /// NICs and bonds.
    pub nics: Vec<Nic>,
    /// Networks on them.
    pub attachments: Vec<Attachment>,
}

/// A NIC or a bond.
#[derive(Clone, Debug)]
pub struct Nic {
    /// The object, unless it is still to be made.
    pub handle: Option<Handle>,
    /// Its name.
    pub name: String,
    /// What makes it a bond.
    pub bond: Option<Bond>,
    /// The labels of networks that belong on it.
    pub labels: BTreeSet<String>,
}

/// Several NICs as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bond {
    /// Names and values of its options.
    pub options: Vec<(String, String)>,
    /// The names of its NICs.
    pub slaves: Vec<String>,
}

/// A network on a NIC.
#[derive(Clone, Debug)]
pub struct Attachment {
    /// The object, unless it is still to be made.
    pub handle: Option<Handle>,
    /// The network.
    pub network: Handle,
    /// The name of the NIC.
    pub nic: String,
    /// Addresses, properties, QoS and name servers.
    pub body: Element,
    /// Whether the host is to be told.
    pub applied: bool,
}

impl Picture {
    /// The networks of a host as they are.
    pub fn of(site: &Site, host: Handle) -> Self {
        let all = site.children(host, "host_nics");
        let nics = all.into_iter().filter(|it| !nic::is_vlan(site, *it));
        let nics = nics.map(|it| Nic::of(site, it)).collect();
        let attachments = site.children(host, "network_attachments");
        let attachments = attachments.into_iter().filter_map(|it| Attachment::of(site, it));
        Self { nics, attachments: attachments.collect() }
    }

    /// The NIC or bond of a name.
    pub fn nic(&self, name: &str) -> Option<&Nic> {
        self.nics.iter().find(|it| it.name == name)
    }

    /// The bond that a NIC is part of.
    pub fn bond_over(&self, slave: &str) -> Option<&Nic> {
        let has = |bond: &Bond| bond.slaves.iter().any(|it| it == slave);
        self.nics.iter().find(|it| it.bond.as_ref().is_some_and(has))
    }

    /// The attachments on a NIC.
    pub fn on<'a>(&'a self, nic: &'a str) -> impl Iterator<Item = &'a Attachment> {
        self.attachments.iter().filter(move |it| it.nic == nic)
    }

    /// Adds an attachment that the host is told of.
    pub fn attach(&mut self, network: Handle, nic: &str, body: Element) {
        let nic = nic.to_owned();
        self.attachments.push(Attachment { handle: None, network, nic, body, applied: true });
    }

    /// Makes the networks of a host like this.
    pub fn write(&self, site: &mut Site, host: Handle) {
        self.remove_others(site, host);
        for nic in &self.nics {
            nic.write(site, host, self);
        }
        for attachment in &self.attachments {
            attachment.write(site, host);
        }
        nic::draw(site, host);
    }

    fn remove_others(&self, site: &mut Site, host: Handle) {
        for object in site.children(host, "network_attachments") {
            if !self.attachments.iter().any(|it| it.handle == Some(object)) {
                site.store.remove(object);
            }
        }
        for object in site.children(host, "host_nics") {
            if !nic::is_vlan(site, object) && !self.nics.iter().any(|it| it.handle == Some(object))
            {
                site.store.remove(object);
            }
        }
    }
}

impl Nic {
    fn of(site: &Site, nic: Handle) -> Self {
        let labels = site.children(nic, "network_labels");
        let labels = labels.into_iter().map(|it| site.id(it).to_owned()).collect();
        let bond = site.body(nic).child("bonding").map(|bonding| Bond::of(site, nic, bonding));
        Self { handle: Some(nic), name: site.name(nic).to_owned(), bond, labels }
    }

    fn write(&self, site: &mut Site, host: Handle, picture: &Picture) {
        let handle = self.handle.unwrap_or_else(|| self.make(site, host, picture));
        if let Some(bond) = &self.bond {
            let slaves = bond.slaves.iter().filter_map(|it| nic::named(site, host, it));
            let slaves: Vec<String> = slaves.map(|it| site.id(it).to_owned()).collect();
            let bonding = bond.element(slaves);
            if site.body(handle).child("bonding") != Some(&bonding) {
                site.edit(handle, |body| tree::put(body, bonding));
            }
        }
        for label in site.children(handle, "network_labels") {
            if !self.labels.contains(site.id(label)) {
                site.store.remove(label);
            }
        }
        for label in &self.labels {
            if site.store.find("network_labels", Some(handle), label).is_none() {
                let nic = Element::link("host_nic", site.id(handle));
                let body = Element::new("network_label").with(nic);
                site.add("network_labels", Some(handle), label.clone(), body);
            }
        }
    }

    /// Makes the object of a bond: it has the address of its first NIC.
    fn make(&self, site: &mut Site, host: Handle, picture: &Picture) -> Handle {
        let first = self.bond.as_ref().and_then(|it| it.slaves.first());
        let first = first.and_then(|name| picture.nic(name)).and_then(|it| it.handle);
        let mac = first.map_or_else(String::new, |it| site.text(it, "mac/address").to_owned());
        let body = super::nic::draft(site, host, &self.name, &mac);
        site.add_fresh("host_nics", Some(host), body)
    }
}

impl Bond {
    fn of(site: &Site, nic: Handle, bonding: &Element) -> Self {
        let options = bonding.child("options").map(Element::children).unwrap_or_default();
        let text = |it: &Element, name| it.text_at(name).unwrap_or_default().to_owned();
        let slaves = bonding.child("slaves").map(Element::children).unwrap_or_default();
        let host = site.parent(nic);
        let name_of = |id: &str| {
            let slave = site.store.find("host_nics", host, id)?;
            Some(site.name(slave).to_owned())
        };
        Self {
            options: options.iter().map(|it| (text(it, "name"), text(it, "value"))).collect(),
            slaves: slaves.iter().filter_map(|it| name_of(it.id()?)).collect(),
        }
    }

    fn element(&self, slaves: Vec<String>) -> Element {
        let mut bonding = Element::new("bonding");
        let mut options = Element::new("options");
        for (name, value) in &self.options {
            let mut option = Element::new("option");
            option.push(Element::leaf("name", name));
            if let Some(text) = mode_text(value).filter(|_| name == "mode") {
                option.push(Element::leaf("type", text));
            }
            option.push(Element::leaf("value", value));
            options.push(option);
        }
        bonding.push(options);
        let mut list = Element::new("slaves");
        for id in slaves {
            list.push(Element::link("host_nic", id));
        }
        bonding.push(list);
        bonding
    }

    /// The number of its mode; mode 4 unless another is given.
    pub fn mode(&self) -> &str {
        let given = self.options.iter().find(|(name, _)| name == "mode");
        let given = given.map_or("4", |(_, value)| value.as_str());
        let known = MODES.iter().position(|(name, _)| *name == given);
        known.and_then(|at| NUMBERS.get(at).copied()).unwrap_or(given)
    }
}

const NUMBERS: &[&str] = &["0", "1", "2", "3", "4", "5", "6"];
/// The modes by their names, with the text that the API has for some of them.
const MODES: &[(&str, Option<&str>)] = &[
    ("balance-rr", None),
    ("active-backup", Some("Active-Backup")),
    ("balance-xor", Some("Load balance (balance-xor)")),
    ("broadcast", None),
    ("802.3ad", Some("Dynamic link aggregation (802.3ad)")),
    ("balance-tlb", Some("Adaptive transmit load balancing (balance-tlb)")),
    ("balance-alb", None),
];

fn mode_text(value: &str) -> Option<&'static str> {
    let at = NUMBERS.iter().position(|it| *it == value);
    let at = at.or_else(|| MODES.iter().position(|(name, _)| *name == value));
    at.and_then(|at| MODES.get(at)).and_then(|(_, text)| *text)
}

impl Attachment {
    fn of(site: &Site, object: Handle) -> Option<Self> {
        let host = site.parent(object);
        let network = site.refers(object, "network", "networks")?;
        let nic = site.store.find("host_nics", host, site.reference(object, "host_nic")?)?;
        let mut body = Element::new("network_attachment");
        for name in CONFIGURED {
            body.children_mut().extend(site.body(object).child(name).cloned());
        }
        let nic = site.name(nic).to_owned();
        Some(Self { handle: Some(object), network, nic, body, applied: false })
    }

    fn write(&self, site: &mut Site, host: Handle) {
        let Some(nic) = nic::named(site, host, &self.nic) else { return };
        let mut body = self.body.clone();
        tree::refer(&mut body, "network", site.id(self.network));
        tree::refer(&mut body, "host", site.id(host));
        tree::refer(&mut body, "host_nic", site.id(nic));
        let object = match self.handle {
            Some(object) => {
                if self.applied {
                    site.edit(object, |old| *old = body);
                }
                object
            }
            None => site.add_fresh("network_attachments", Some(host), body),
        };
        if self.applied {
            sync::apply(site, object);
        }
    }
}

/// What an attachment says of its own.
pub const CONFIGURED: &[&str] =
    &["dns_resolver_configuration", "ip_address_assignments", "properties", "qos"];
