//! The room of a storage domain, and what the engine reckons a disk to take of it before it makes
//! the disk (`StorageDomainValidator`).

use crate::resources::{
    Attribute, Fields, ImageFile, ImageForm, Reference, Room, Surroundings, Value, size,
};

use super::super::STORAGE_DOMAIN;
use super::is_managed;

pub(super) const SHOWN: &[Attribute] = &[size("available", "What is left of it.").fluctuating()];

const MEBIBYTE: i64 = 1 << 20;
const GIBIBYTE: i64 = 1 << 30;

/// What the engine keeps free where nothing is said.
const BLOCKER: i64 = 5;

/// What is left, unless a driver sees to it.
pub(super) fn left(domain: &Fields) -> Option<Room> {
    let number = |name: &str| domain.named(name).and_then(Value::as_integer);
    let blocker = number("critical_space_action_blocker").unwrap_or(BLOCKER);
    let kept = blocker.saturating_mul(GIBIBYTE);
    number("available").filter(|_| !is_managed(domain)).map(|left| Room { left, kept })
}

/// What a disk takes of each of its storage domains, or grows by. `prefix` is where its attributes
/// stand: an attachment has them behind `disk.`.
pub(in super::super) fn takes(
    from: Option<&Fields>,
    to: &Fields,
    around: &dyn Surroundings,
    prefix: &str,
) -> Vec<(Reference, i64)> {
    let (disk, old) = (Image { of: to, prefix }, from.map(|of| Image { of, prefix }));
    let bytes = |domain: &Reference| match old.filter(|old| old.is_on(domain)) {
        Some(old) if disk.is_sparse() == old.is_sparse() => disk.growth(old),
        // Nobody knows what is in it.
        _ if disk.is_sparse() && from.is_some() => 0,
        _ if !disk.is_sparse() => disk.size(),
        _ if disk.is_cow() && is_on_blocks(around, domain) => GIBIBYTE.max(disk.filling()),
        _ => MEBIBYTE.max(disk.filling()),
    };
    disk.domains().map(|domain| (domain.clone(), bytes(domain))).collect()
}

/// A disk's image, as its attributes say.
#[derive(Clone, Copy)]
struct Image<'a> {
    of: &'a Fields,
    prefix: &'a str,
}

impl<'a> Image<'a> {
    fn named(self, name: &str) -> Option<&'a Value> {
        self.of.named(&format!("{}{name}", self.prefix))
    }

    /// The file that it is filled with.
    fn file(self) -> Option<&'a ImageFile> {
        self.named("image_file").and_then(Value::as_file).map(|file| &**file)
    }

    fn size(self) -> i64 {
        let said = self.named("provisioned_size").and_then(Value::as_integer);
        said.or_else(|| Some(bytes(self.file()?.capacity))).unwrap_or_default()
    }

    /// What the file brings for sure: one that is raw may be full of holes.
    fn filling(self) -> i64 {
        let whole = self.file().filter(|file| file.form != ImageForm::Raw);
        whole.map_or(0, |file| bytes(file.length))
    }

    /// A sparse image grows as it is filled.
    fn growth(self, old: Self) -> i64 {
        if self.is_sparse() { 0 } else { self.size() - old.size() }
    }

    fn is_sparse(self) -> bool {
        self.named("sparse").is_none_or(Value::is_true)
    }

    fn is_cow(self) -> bool {
        let said = self.named("format").and_then(Value::as_text);
        said.or_else(|| Some(self.file()?.form.format())) == Some("cow")
    }

    fn is_on(self, domain: &Reference) -> bool {
        self.domains().any(|it| it == domain)
    }

    /// A LUN has no size of its own in manifests, and takes none.
    fn domains(self) -> impl Iterator<Item = &'a Reference> {
        let domains = self.named("storage_domains").filter(|_| self.size() > 0);
        domains.map(Value::members).unwrap_or_default().iter().filter_map(Value::as_reference)
    }
}

fn bytes(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

fn is_on_blocks(around: &dyn Surroundings, domain: &Reference) -> bool {
    let domain = around.look(&STORAGE_DOMAIN, domain);
    let storage = domain.as_ref().and_then(|domain| domain.named("storage.type"));
    storage.and_then(Value::as_text).is_some_and(|storage| ["iscsi", "fcp"].contains(&storage))
}

#[cfg(test)]
mod tests {
    use super::super::super::trial::{Around, fields, id, text};
    use super::super::super::{DISK, STORAGE_DOMAIN};
    use super::*;

    /// What a disk of so many GiB takes of the storage domain `sd`, by what it is like.
    fn taken(from: Option<(i64, bool)>, to: (i64, bool), format: &str, storage: &str) -> i64 {
        let disk = |(gibibytes, sparse)| {
            let values = [
                ("provisioned_size", Value::Integer(gibibytes * GIBIBYTE)),
                ("sparse", Value::Flag(sparse)),
                ("format", text(format)),
                ("storage_domains", Value::set([id("sd")])),
            ];
            fields(&DISK, &values)
        };
        let domain = fields(&STORAGE_DOMAIN, &[("storage.type", text(storage))]);
        let around = Around(vec![(&STORAGE_DOMAIN, Reference::Id("sd".to_owned()), domain)]);
        let taken = takes(from.map(disk).as_ref(), &disk(to), &around, "");
        assert_eq!(taken.len(), 1);
        taken[0].1
    }

    #[test]
    fn a_new_disk_takes_what_the_engine_reckons() {
        assert_eq!(taken(None, (7, false), "raw", "nfs"), 7 * GIBIBYTE);
        assert_eq!(taken(None, (7, false), "cow", "iscsi"), 7 * GIBIBYTE);
        assert_eq!(taken(None, (7, true), "cow", "iscsi"), GIBIBYTE);
        assert_eq!(taken(None, (7, true), "cow", "nfs"), MEBIBYTE);
        assert_eq!(taken(None, (7, true), "raw", "nfs"), MEBIBYTE);
    }

    #[test]
    fn a_disk_that_is_there_takes_what_it_grows_by() {
        assert_eq!(taken(Some((7, false)), (9, false), "raw", "nfs"), 2 * GIBIBYTE);
        assert_eq!(taken(Some((7, true)), (9, true), "raw", "nfs"), 0);
        assert_eq!(taken(Some((7, true)), (7, false), "raw", "nfs"), 7 * GIBIBYTE);
    }
}
