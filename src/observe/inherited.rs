//! Which objects are an object's own, and which it only shows because those above have them.

use std::collections::HashSet;

use crate::state::Object;

/// The objects that are no object's inheritance.
///
/// A list of permissions shows those of the objects above as if they had been given there, so that
/// only the id tells: what the list above shows under the same id comes from there, or from
/// further above.
pub(super) fn own(objects: Vec<Object>) -> Vec<Object> {
    let heirs = objects.iter().flat_map(|object| object.kind.inherits);
    let above: HashSet<&str> = heirs.map(|kind| kind.name).collect();
    let above: HashSet<(&str, String)> = objects
        .iter()
        .filter(|object| above.contains(object.kind.name))
        .map(|object| (object.kind.name, object.id.clone()))
        .collect();
    let is_own = |object: &Object| {
        let kinds = object.kind.inherits.iter();
        !kinds.into_iter().any(|kind| above.contains(&(kind.name, object.id.clone())))
    };
    objects.into_iter().filter(is_own).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::kinds::{CLUSTER_PERMISSION, PERMISSION, VM_PERMISSION};
    use crate::resources::{Fields, Kind};

    fn permission(kind: &'static Kind, parent: Option<&str>, id: &str) -> Object {
        Object {
            kind,
            id: id.to_owned(),
            parent: parent.map(str::to_owned),
            fields: Fields::new(),
            pending: None,
            underway: None,
        }
    }

    #[test]
    fn what_is_given_above_is_no_objects_own() {
        let (vm, cluster) = (Some("vm"), Some("cluster"));
        let found = own(vec![
            permission(&PERMISSION, None, "everywhere"),
            permission(&CLUSTER_PERMISSION, cluster, "everywhere"),
            permission(&CLUSTER_PERMISSION, cluster, "there"),
            permission(&VM_PERMISSION, vm, "everywhere"),
            permission(&VM_PERMISSION, vm, "there"),
            permission(&VM_PERMISSION, vm, "here"),
        ]);
        let told = found.iter().map(|it| (it.kind.name, it.id.as_str()));
        assert_eq!(
            told.collect::<Vec<_>>(),
            [
                ("permission", "everywhere"),
                ("cluster_permission", "there"),
                ("vm_permission", "here")
            ]
        );
    }
}
