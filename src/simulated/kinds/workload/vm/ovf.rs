//! The description of a machine that another engine wrote.

use crate::simulated::fault::Fault;
use crate::xml::{self, Element};

/// What the engine reads of an OVF.
pub struct Ovf {
    /// The id it is to have again.
    pub id: Option<String>,
    /// Its name.
    pub name: String,
    /// Its memory in MiB.
    pub memory: Option<u64>,
    /// The ids of its disks.
    pub disks: Vec<String>,
}

impl Ovf {
    /// Reads a document.
    pub fn read(data: &str) -> Result<Self, Fault> {
        let broken = || Fault::bad("Cannot import VM. The OVF configuration could not be parsed.");
        let data = data.trim();
        let document = xml::parse(data.as_bytes()).map_err(|_| broken())?;
        let mut ovf = Self { id: None, name: String::new(), memory: None, disks: Vec::new() };
        ovf.visit(&document);
        if ovf.name.is_empty() { Err(broken()) } else { Ok(ovf) }
    }

    fn visit(&mut self, element: &Element) {
        let local = element.name().rsplit(':').next().unwrap_or_default();
        match local {
            "VirtualSystem" | "Content" => {
                let id = element.attributes().find(|(name, _)| name.ends_with("id"));
                let id = id.map(|(_, value)| value).filter(|it| uuid::Uuid::try_parse(it).is_ok());
                self.id = self.id.take().or(id.map(str::to_owned));
            }
            "Name" if self.name.is_empty() => element.text().trim().clone_into(&mut self.name),
            "Disk" => self.disks.extend(disk_id(element)),
            "Item" => self.item(element),
            _ => {}
        }
        for child in element.children() {
            self.visit(child);
        }
    }

    /// Memory is the hardware item of type 4.
    fn item(&mut self, item: &Element) {
        let of = |name: &str| {
            let found = item.children().iter().find(|it| it.name().ends_with(name));
            found.map(|it| it.text().trim())
        };
        if of("ResourceType") == Some("4") {
            self.memory = of("VirtualQuantity").and_then(|it| it.parse().ok());
        }
    }
}

/// The id of a disk is written before that of its image.
fn disk_id(element: &Element) -> Option<String> {
    let mut attributes = element.attributes();
    let reference = attributes.find(|(name, _)| name.ends_with("fileRef"))?.1;
    Some(reference.split('/').next().unwrap_or_default().to_owned())
}
