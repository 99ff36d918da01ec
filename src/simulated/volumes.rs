//! The data of images, kept sparsely: what was never written reads as zeros and takes no room.

mod qcow2;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

const CHUNK: usize = 64 << 10;

/// The data of all images, by the ids of their disks.
pub struct Volumes {
    /// How many bytes may be kept in all.
    pub limit: usize,
    images: HashMap<String, Image>,
    kept: usize,
}

/// The chunks of an image that are not zero, by their number.
type Image = BTreeMap<u64, Arc<[u8]>>;

/// There is no room for more data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoSpace;

/// A part of an image that is all data or all zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Where it begins.
    pub start: u64,
    /// How long it is.
    pub length: u64,
    /// Whether it reads as zeros.
    pub zero: bool,
}

impl Default for Volumes {
    fn default() -> Self {
        Self { limit: 1 << 30, images: HashMap::new(), kept: 0 }
    }
}

impl Volumes {
    /// Writes data into an image.
    pub fn write(&mut self, image: &str, offset: u64, data: &[u8]) -> Result<(), NoSpace> {
        let chunks = self.images.entry(image.to_owned()).or_default();
        let mut rest = data;
        let mut at = offset;
        while !rest.is_empty() {
            let (number, inside) = place(at);
            let (now, later) = rest.split_at(rest.len().min(CHUNK - inside));
            let mut bytes = chunks.get(&number).map_or_else(|| vec![0; CHUNK], |it| it.to_vec());
            bytes[inside..inside + now.len()].copy_from_slice(now);
            let before = chunks.len();
            if bytes.iter().all(|it| *it == 0) {
                chunks.remove(&number);
            } else if self.kept + CHUNK > self.limit && !chunks.contains_key(&number) {
                return Err(NoSpace);
            } else {
                chunks.insert(number, Arc::from(bytes));
            }
            self.kept = self.kept + chunks.len() * CHUNK - before * CHUNK;
            at += now.len() as u64;
            rest = later;
        }
        Ok(())
    }

    /// Makes a part of an image zero.
    pub fn zero(&mut self, image: &str, offset: u64, length: u64) {
        let Some(chunks) = self.images.get_mut(image) else { return };
        let end = offset.saturating_add(length);
        let touched: Vec<u64> =
            chunks.range(place(offset).0..=place(end).0).map(|(it, _)| *it).collect();
        for number in touched {
            let base = number * CHUNK as u64;
            let from = within(offset, base);
            let to = within(end, base);
            if from == 0 && to == CHUNK {
                chunks.remove(&number);
                self.kept -= CHUNK;
            } else if let Some(chunk) = chunks.get_mut(&number) {
                let mut bytes = chunk.to_vec();
                bytes[from..to].fill(0);
                *chunk = Arc::from(bytes);
            }
        }
    }

    /// Reads a part of an image.
    pub fn read(&self, image: &str, offset: u64, length: usize) -> Vec<u8> {
        let mut data = vec![0; length];
        let Some(chunks) = self.images.get(image) else { return data };
        let end = offset.saturating_add(length as u64);
        for (number, chunk) in chunks.range(place(offset).0..=place(end).0) {
            let base = number * CHUNK as u64;
            let (from, to) = (within(offset, base), within(end, base));
            if from < to {
                let start = usize::try_from(base + from as u64 - offset).unwrap_or(length);
                data[start..start + to - from].copy_from_slice(&chunk[from..to]);
            }
        }
        data
    }

    /// The parts of an image of a size, in their order.
    pub fn extents(&self, image: &str, size: u64) -> Vec<Extent> {
        let mut extents: Vec<Extent> = Vec::new();
        let mut push = |start: u64, end: u64, zero: bool| {
            let end = end.min(size);
            match extents.last_mut() {
                _ if start >= end => {}
                Some(last) if last.zero == zero => last.length = end - last.start,
                _ => extents.push(Extent { start, length: end - start, zero }),
            }
        };
        let mut at = 0;
        for number in self.images.get(image).into_iter().flat_map(BTreeMap::keys) {
            let base = number * CHUNK as u64;
            push(at, base, true);
            at = base + CHUNK as u64;
            push(base, at, false);
        }
        push(at, size, true);
        extents
    }

    /// Where the last data of an image ends.
    pub fn end(&self, image: &str) -> u64 {
        let last = self.images.get(image).and_then(BTreeMap::last_key_value);
        last.map_or(0, |(number, _)| (number + 1) * CHUNK as u64)
    }

    /// How many bytes an image takes.
    pub fn allocated(&self, image: &str) -> u64 {
        self.images.get(image).map_or(0, |chunks| chunks.len() as u64 * CHUNK as u64)
    }

    /// Gives an image the data of another one; nothing is copied until one of them changes.
    pub fn copy(&mut self, from: &str, to: &str) {
        let Some(chunks) = self.images.get(from).cloned() else { return };
        self.remove(to);
        self.kept += chunks.len() * CHUNK;
        self.images.insert(to.to_owned(), chunks);
    }

    /// Whether any image holds data.
    pub fn hold_data(&self) -> bool {
        self.kept > 0
    }

    /// Forgets the data of an image.
    pub fn remove(&mut self, image: &str) {
        if let Some(chunks) = self.images.remove(image) {
            self.kept -= chunks.len() * CHUNK;
        }
    }
}

/// The number of the chunk with an offset, and the offset within it.
fn place(offset: u64) -> (u64, usize) {
    let chunk = CHUNK as u64;
    (offset / chunk, usize::try_from(offset % chunk).unwrap_or_default())
}

/// An offset in an image as one in the chunk that begins at `base`.
fn within(offset: u64, base: u64) -> usize {
    usize::try_from(offset.saturating_sub(base)).unwrap_or(CHUNK).min(CHUNK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_and_the_rest_is_zero() {
        let mut volumes = Volumes::default();
        let offset = CHUNK as u64 - 2;
        volumes.write("a", offset, b"data").expect("there is room");
        assert_eq!(volumes.read("a", offset - 1, 6), b"\0data\0");
        assert_eq!(volumes.read("b", 5, 2), b"\0\0");
        let extents = volumes.extents("a", 4 * CHUNK as u64);
        assert_eq!(extents.iter().map(|it| it.zero).collect::<Vec<_>>(), [false, true]);
        volumes.zero("a", offset, 4);
        assert_eq!(volumes.read("a", offset, 4), [0; 4]);
    }

    #[test]
    fn zeros_take_no_room_and_the_room_has_an_end() {
        let mut volumes = Volumes { limit: CHUNK, ..Volumes::default() };
        assert_eq!(volumes.write("a", 0, &[0; 3 * CHUNK]), Ok(()));
        assert_eq!(volumes.allocated("a"), 0);
        assert!(!volumes.hold_data());
        assert_eq!(volumes.write("a", 0, &[1; 2 * CHUNK]), Err(NoSpace));
        assert!(volumes.hold_data());
        volumes.remove("a");
        assert_eq!(volumes.write("b", 0, &[1; CHUNK]), Ok(()));
    }

    #[test]
    fn a_file_holds_what_its_image_did() {
        let (mut volumes, size) = (Volumes::default(), 3 << 30);
        let far = size - 2 * CHUNK as u64 + 5;
        volumes.write("image", 7, b"near").expect("there is room");
        volumes.write("image", far, b"far").expect("there is room");
        volumes.pack("image", size, "file").expect("there is room");
        assert_eq!(volumes.size_in_file("file"), Some(size));
        assert_eq!(volumes.size_in_file("image"), None, "no such file");
        // The head, a table and a block of counts, a table, two below it, and the data.
        assert_eq!(volumes.end("file"), 8 * CHUNK as u64);
        volumes.unpack("file", "copy").expect("there is room");
        assert_eq!(volumes.read("copy", 7, 4), b"near");
        assert_eq!(volumes.read("copy", far, 3), b"far");
        assert_eq!(volumes.allocated("copy"), volumes.allocated("image"));
    }
}
