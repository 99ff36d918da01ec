//! What a command or an event is about: objects to refer to, and words for a text.

use crate::simulated::call::Call;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// How an object of a kind is referred to and called: kind, element in events, words in texts.
const WORDS: &[(&str, &str, &[&str])] = &[
    ("vms", "vm", &["VmName"]),
    ("hosts", "host", &["VdsName"]),
    ("templates", "template", &["VmTemplateName"]),
    ("storage_domain_vms", "vm", &["VmName"]),
    ("storage_domain_templates", "template", &["VmTemplateName"]),
    ("storage_domains", "storage_domain", &["StorageDomainName"]),
    ("attached_storage_domains", "storage_domain", &["StorageDomainName"]),
    ("data_centers", "data_center", &["StoragePoolName"]),
    ("clusters", "cluster", &["ClusterName"]),
    ("networks", "", &["NetworkName"]),
    ("cluster_networks", "", &["NetworkName"]),
    ("network_labels", "", &["Label"]),
    ("disks", "", &["DiskAlias"]),
    ("vm_nics", "", &["InterfaceName"]),
    ("template_nics", "", &["InterfaceName"]),
    ("host_nics", "", &["InterfaceName"]),
    ("snapshots", "", &["SnapshotName"]),
    ("vm_pools", "", &["VmPoolName"]),
    ("vnic_profiles", "", &["VnicProfileName"]),
    ("mac_pools", "", &["MacPoolName"]),
    ("qoss", "", &["QoSName"]),
    ("quotas", "", &["QuotaName"]),
    ("cpu_profiles", "", &["ProfileName"]),
    ("disk_profiles", "", &["ProfileName"]),
    ("iscsi_bonds", "", &["IscsiBondName"]),
    ("affinity_groups", "", &["affinityGroupName"]),
    ("affinity_labels", "", &["labelName"]),
    ("scheduling_policies", "", &["ClusterPolicy"]),
    ("tags", "", &["TagName"]),
    ("bookmarks", "", &["BookmarkName"]),
    ("roles", "", &["RoleName"]),
    ("permits", "", &["ActionGroup"]),
    ("users", "", &["NewUserName", "SubjectName"]),
    ("groups", "", &["NewUserName", "SubjectName"]),
    ("openstack_network_providers", "", &["ProviderName"]),
    ("openstack_image_providers", "", &["ProviderName"]),
    ("external_host_providers", "", &["ProviderName"]),
    ("gluster_volumes", "", &["glusterVolumeName"]),
];

/// What an object may belong to, and where that lives.
const BELONGS: &[(&str, &str)] = &[
    ("vm", "vms"),
    ("host", "hosts"),
    ("template", "templates"),
    ("cluster", "clusters"),
    ("data_center", "data_centers"),
    ("storage_domain", "storage_domains"),
    ("network", "networks"),
    ("disk", "disks"),
    ("user", "users"),
    ("group", "groups"),
    ("role", "roles"),
];

/// Words that are nothing unless somebody says them.
const OPTIONAL: &[&str] =
    &["OptionalReason", "DueToError", "DueToMigrationError", "LoginOnBehalfLogInfo", "ExitMessage"];

/// What a command or an event is about.
#[derive(Clone, Debug)]
pub struct Subject(Element);

impl Default for Subject {
    fn default() -> Self {
        Self(Element::new("subject").with(Element::new("references")).with(Element::new("words")))
    }
}

/// A reference as events have it: with the name, which outlives the object.
pub fn reference(site: &Site, element: &'static str, object: Handle) -> Element {
    Element::link(element, site.id(object)).with(Element::leaf("name", name(site.body(object))))
}

/// What an object is called in texts.
fn name(body: &Element) -> &str {
    let text = |path| body.text_at(path).filter(|it: &&str| !it.is_empty());
    let named = text("user_name").or_else(|| text("name")).or_else(|| text("alias"));
    named.or_else(|| text("description")).unwrap_or_default()
}

impl Subject {
    /// An object and what it belongs to.
    pub fn of(site: &Site, object: Handle) -> Self {
        let mut subject = Self::default();
        subject.add(site, object);
        subject
    }

    /// What a document is about that would become an object.
    pub fn of_call(site: &Site, call: &Call) -> Self {
        let mut subject = Self::default();
        let kind = call.kind();
        if let Some((_, _, words)) = WORDS.iter().find(|(it, ..)| *it == kind) {
            subject.name(words, name(&call.body));
        }
        subject.belongings(site, &call.body);
        if let Some(parent) = call.parent {
            subject.add(site, parent);
        }
        subject
    }

    /// What [`Subject::note`] wrote down.
    pub fn noted(note: &Element) -> Self {
        Self(note.clone())
    }

    /// The subject in a form that can be kept.
    pub fn note(&self) -> Element {
        self.0.clone()
    }

    /// Adds an object and what it belongs to; what is there already stays.
    pub fn add(&mut self, site: &Site, object: Handle) {
        let kind = site.kind(object);
        if let Some((_, element, words)) = WORDS.iter().find(|(it, ..)| *it == kind) {
            if self.0.at("words").is_some_and(|it| it.child(words[0]).is_some()) {
                return;
            }
            self.name(words, name(site.body(object)));
            if !element.is_empty() {
                let reference = reference(site, element, object);
                self.0.child_or_new("references").push(reference);
            }
        }
        self.belongings(site, site.body(object));
        if let Some(parent) = site.parent(object) {
            self.add(site, parent);
        }
    }

    fn belongings(&mut self, site: &Site, body: &Element) {
        for (element, kind) in BELONGS {
            let target = tree::id_at(body, element).and_then(|id| site.top(kind, id));
            if let Some(target) = target {
                self.add(site, target);
            }
        }
    }

    fn name(&mut self, words: &[&'static str], text: &str) {
        for word in words {
            if self.0.at("words").is_none_or(|it| it.child(word).is_none()) {
                self.set(word, text);
            }
        }
    }

    /// Sets a word.
    pub fn set(&mut self, word: &'static str, text: impl AsRef<str>) {
        tree::put(self.0.child_or_new("words"), Element::leaf(word, text));
    }

    /// Adds of another subject what this one does not say.
    pub fn complete(&mut self, other: &Self) {
        for part in ["references", "words"] {
            let mine = self.0.child_or_new(part);
            for child in other.0.at(part).map_or(&[][..], Element::children) {
                if mine.child(child.name()).is_none() {
                    mine.push(child.clone());
                }
            }
        }
    }

    /// The references, at most one an element.
    pub fn references(&self) -> &[Element] {
        self.0.at("references").map_or(&[], Element::children)
    }

    /// Fills the words of a text in; what nobody said is unknown, as the engine writes it.
    pub fn fill(&self, site: &Site, text: &str) -> String {
        let mut filled = String::with_capacity(text.len() + 32);
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (word, after) = after.split_once('}').unwrap_or((after, ""));
            filled.push_str(before);
            filled.push_str(&self.word(site, word));
            rest = after;
        }
        filled.push_str(rest);
        filled
    }

    fn word(&self, site: &Site, word: &str) -> String {
        let said = self.0.at("words").and_then(|it| it.text_at(word));
        match (word, said) {
            (_, Some(said)) => said.to_owned(),
            ("UserName", None) => {
                super::actor(site).map_or_else(String::new, |it| name(site.body(it)).to_owned())
            }
            (word, None) if OPTIONAL.contains(&word) => String::new(),
            _ => "<UNKNOWN>".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_filled_in_and_what_nobody_said_is_unknown() {
        let site = Site::new(0, true);
        let mut subject = Subject::default();
        subject.set("VmName", "web");
        let text = subject.fill(&site, "VM ${VmName} on ${VdsName}${OptionalReason}.");
        assert_eq!(text, "VM web on <UNKNOWN>.");
    }
}
