//! Data centers.

use crate::resources::{
    Attribute, Brought, Course, Fields, Kind, Reference, Surroundings, Transition, Value, flag,
    one_of, plain, text, version,
};

use super::{CLUSTER, NETWORK, keepers, name, network};

/// Data centers.
pub static DATA_CENTER: Kind =
    Kind::new("data_center", "data_centers", "Clusters with the networks and storage they share.")
        .segment("datacenters")
        .attributes(&[
            name("Name, unique in the engine, at most 40 characters."),
            text("description", "Free text."),
            text("comment", "Free text, shown in lists."),
            flag("local", "Its storage is on one host instead of shared.")
                .default("false")
                .assumed(),
            VERSION,
            one_of("quota_mode", "What exceeding a quota leads to.", QUOTA_MODE)
                .default("disabled"),
        ])
        .built_in(&["Default"])
        .set_up(&[("description", "The default Data Center")])
        .closes_after(&[(&CLUSTER, "data_center")])
        .kept_by(keepers::OF_DATA_CENTERS)
        .lifecycle(lifecycle)
        .brings(brings);

static VERSION: Attribute =
    version("version", "Compatibility level; its clusters' may not be lower.");

/// A higher level comes last: all of its clusters have to have it before.
fn lifecycle(transition: &Transition) -> Course {
    let mut course = plain(transition);
    let rises = transition.changes.iter().find(|change| {
        let level = |value: &Value| {
            let (major, minor) = value.as_text()?.split_once('.')?;
            Some((major.parse::<u16>().ok()?, minor.parse::<u16>().ok()?))
        };
        *change.attribute == VERSION && level(&change.to) > change.from.as_ref().and_then(level)
    });
    if let Some(rises) = rises {
        let mut others = transition.body_changes();
        others.retain(|change| *change.attribute != VERSION);
        let put = (!others.is_empty()).then(|| transition.put(others, false));
        course.opening = put.into_iter().collect();
        course.closing.push(transition.put(vec![rises.clone()], false));
    }
    course
}

const QUOTA_MODE: &[&str] = &["enabled", "disabled", "audit"];

/// The network that the engine makes in every data center.
pub(super) const MANAGEMENT: &str = "ovirtmgmt";

/// The management network, which brings its vNIC profile.
fn brings(center: &Reference, _: &Fields, _: &dyn Surroundings) -> Vec<Brought> {
    let fields = [
        (&network::NAME, Value::Text(MANAGEMENT.to_owned())),
        (&network::DATA_CENTER, Value::Reference(center.clone())),
        (&network::DESCRIPTION, Value::Text("Management Network".to_owned())),
    ];
    vec![Brought { kind: &NETWORK, fields: fields.into_iter().collect() }]
}

#[cfg(test)]
mod tests {
    use super::super::trial::Around;
    use super::*;

    #[test]
    fn a_data_center_brings_its_management_network() {
        let center = Reference::Id("dc".to_owned());
        let brought = brings(&center, &Fields::new(), &Around::default());
        assert_eq!(brought[0].fields.get(&network::NAME), Some(&Value::Text("ovirtmgmt".into())));
        assert_eq!(brought[0].fields.get(&network::DATA_CENTER), Some(&Value::Reference(center)));
    }
}
