//! What a host keeps of its networks over a restart.

use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::xml::Element;

use super::picture::{Attachment, Bond, Nic, Picture};

/// Remembers the networks of a host, before the first change that is not saved.
pub fn remember(site: &mut Site, host: Handle) {
    if site.hidden(host, "saved").is_some() {
        return;
    }
    let picture = Picture::of(site, host);
    let mut saved = Element::new("saved");
    for nic in picture.nics {
        let mut item = Element::new("nic").with_attribute("name", nic.name);
        for label in nic.labels {
            item.push(Element::leaf("label", label));
        }
        if let Some(bond) = nic.bond {
            for (name, value) in bond.options {
                item.push(Element::leaf("option", value).with_attribute("name", name));
            }
            for slave in bond.slaves {
                item.push(Element::leaf("slave", slave));
            }
        }
        saved.push(item);
    }
    for attachment in picture.attachments {
        let id = site.id(attachment.network).to_owned();
        let item = Element::link("attachment", id).with_attribute("nic", attachment.nic);
        saved.push(item.with(attachment.body));
    }
    site.hide(host, saved);
}

/// Brings the networks of a host back to what was saved last: it restarted.
pub fn restore(site: &mut Site, host: Handle) {
    let Some(saved) = site.unhide(host, "saved") else { return };
    let mut picture = Picture::of(site, host);
    let known = |name: &str| saved.all("nic").find(|it| it.attribute("name") == Some(name));
    picture.nics.retain(|it| it.bond.is_none() || known(&it.name).is_some());
    for item in saved.all("nic") {
        let name = item.attribute("name").unwrap_or_default();
        let slaves: Vec<String> = item.all("slave").map(|it| it.text().to_owned()).collect();
        let option = |it: &Element| {
            (it.attribute("name").unwrap_or_default().to_owned(), it.text().to_owned())
        };
        let options = item.all("option").map(option).collect();
        let bond = (!slaves.is_empty()).then_some(Bond { options, slaves });
        let labels = item.all("label").map(|it| it.text().to_owned()).collect();
        match picture.nics.iter_mut().find(|it| it.name == name) {
            Some(nic) => (nic.bond, nic.labels) = (bond, labels),
            None => picture.nics.push(Nic { handle: None, name: name.to_owned(), bond, labels }),
        }
    }
    let old = std::mem::take(&mut picture.attachments);
    for item in saved.all("attachment") {
        let network = item.id().and_then(|id| site.top("networks", id));
        let (Some(network), Some(body)) = (network, item.children().first()) else { continue };
        let handle = old.iter().find(|it| it.network == network).and_then(|it| it.handle);
        let nic = item.attribute("nic").unwrap_or_default().to_owned();
        let body = body.clone();
        picture.attachments.push(Attachment { handle, network, nic, body, applied: true });
    }
    picture.write(site, host);
}
