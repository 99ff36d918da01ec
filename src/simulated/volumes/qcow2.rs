//! Files in QCOW2 format, as clients send and get them, and the images that they hold.

use std::collections::{BTreeSet, HashSet};

use flate2::{Decompress, FlushDecompress};

use super::{CHUNK, NoSpace, Volumes};

const MAGIC: &[u8] = b"QFI\xfb";
/// What files that are made here are divided into: what an image keeps as one.
const CLUSTER: u64 = CHUNK as u64;
const BITS: u32 = CLUSTER.ilog2();
/// How many clusters a table of the second level has, and how many a block counts the users of.
const PER_TABLE: u64 = CLUSTER / 8;
const PER_BLOCK: u64 = CLUSTER / 2;
/// The largest table of the first level that is read, as elsewhere.
const LARGEST: u64 = 32 << 20;
const OFFSET: u64 = 0x00ff_ffff_ffff_fe00;
const USED_ONCE: u64 = 1 << 63;
const COMPRESSED: u64 = 1 << 62;
const ZERO: u64 = 1;

/// What the head of a file says.
struct Head {
    bits: u32,
    size: u64,
    tables: u64,
    table: u64,
}

impl Head {
    fn read(volumes: &Volumes, file: &str) -> Option<Self> {
        let head = volumes.read(file, 0, 48);
        let number =
            |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let long = |at: usize| u64::from(number(at)) << 32 | u64::from(number(at + 4));
        let read = Self {
            bits: number(20),
            size: long(24),
            tables: u64::from(number(36)),
            table: long(40),
        };
        let is_fit =
            head.starts_with(MAGIC) && (9..=21).contains(&read.bits) && read.tables * 8 <= LARGEST;
        is_fit.then_some(read)
    }
}

impl Volumes {
    /// How large the image in a file is, if that is one in QCOW2 format.
    pub fn size_in_file(&self, file: &str) -> Option<u64> {
        Head::read(self, file).map(|it| it.size)
    }

    /// Gives an image what a file holds.
    pub fn unpack(&mut self, file: &str, image: &str) -> Result<(), NoSpace> {
        self.remove(image);
        let Some(head) = Head::read(self, file) else { return Ok(()) };
        let cluster = 1_u64 << head.bits;
        let mut seen = HashSet::new();
        for (number, table) in (0..).zip(self.numbers(file, head.table, head.tables * 8)) {
            let table = table & OFFSET;
            if table == 0 || !seen.insert(table) {
                continue;
            }
            let first = number * (cluster / 8);
            for (at, entry) in (first..).zip(self.numbers(file, table, cluster)) {
                let start = at.saturating_mul(cluster);
                let left = usize::try_from(head.size.saturating_sub(start)).unwrap_or(usize::MAX);
                if let Some(mut data) = self.cluster(file, entry, head.bits) {
                    data.truncate(left);
                    self.write(image, start, &data)?;
                }
            }
        }
        Ok(())
    }

    fn numbers(&self, file: &str, start: u64, length: u64) -> Vec<u64> {
        let bytes = self.read(file, start, usize::try_from(length).unwrap_or_default());
        bytes.as_chunks().0.iter().map(|it| u64::from_be_bytes(*it)).collect()
    }

    /// The data of one cluster, unless that is zero.
    fn cluster(&self, file: &str, entry: u64, bits: u32) -> Option<Vec<u8>> {
        let length = 1_usize << bits;
        if entry & COMPRESSED == 0 {
            let start = entry & OFFSET;
            let is_data = start != 0 && entry & ZERO == 0;
            return is_data.then(|| self.read(file, start, length));
        }
        let width = 62 - (bits - 8);
        let start = entry & ((1 << width) - 1);
        let sectors = ((entry & (COMPRESSED - 1)) >> width) + 1;
        let packed = self.read(file, start, usize::try_from(sectors * 512 - start % 512).ok()?);
        let mut data = Vec::with_capacity(length);
        Decompress::new(false).decompress_vec(&packed, &mut data, FlushDecompress::Finish).ok()?;
        data.resize(length, 0);
        Some(data)
    }

    /// Makes a file of what an image of a size holds.
    pub fn pack(&mut self, image: &str, size: u64, file: &str) -> Result<(), NoSpace> {
        self.remove(file);
        let extents = self.extents(image, size).into_iter().filter(|it| !it.zero);
        let used: Vec<u64> = extents
            .flat_map(|it| it.start / CLUSTER..(it.start + it.length).div_ceil(CLUSTER))
            .collect();
        let tables: BTreeSet<u64> = used.iter().map(|it| it / PER_TABLE).collect();
        let plan = Plan::new(size, tables.len() as u64, used.len() as u64);
        self.write(file, 0, &plan.head())?;
        for (start, bytes) in plan.counts() {
            self.write(file, start, &bytes)?;
        }
        for (place, number) in (plan.second..).zip(&tables) {
            self.point(file, plan.first, *number, place)?;
        }
        let mut place = plan.data;
        for (table, number) in (plan.second..).zip(&tables) {
            for cluster in used.iter().filter(|it| *it / PER_TABLE == *number) {
                self.point(file, table, cluster % PER_TABLE, place)?;
                let data = self.read(image, cluster * CLUSTER, CHUNK);
                self.write(file, place * CLUSTER, &data)?;
                place += 1;
            }
        }
        Ok(())
    }

    /// Writes into a table where a cluster is.
    fn point(&mut self, file: &str, table: u64, at: u64, place: u64) -> Result<(), NoSpace> {
        let entry = ((place * CLUSTER) | USED_ONCE).to_be_bytes();
        self.write(file, table * CLUSTER + at * 8, &entry)
    }
}

/// Where the parts of a file begin, in clusters: after its head come the counts of users, the
/// tables, and the data.
struct Plan {
    size: u64,
    blocks: u64,
    first: u64,
    tables: u64,
    second: u64,
    data: u64,
    end: u64,
}

impl Plan {
    fn new(size: u64, second: u64, data: u64) -> Self {
        let tables = size.div_ceil(CLUSTER * PER_TABLE);
        let first = (tables * 8).div_ceil(CLUSTER).max(1);
        let rest = 2 + first + second + data;
        let blocks = (1..).find(|it| it * PER_BLOCK >= rest + it).unwrap_or(1);
        let at = 2 + blocks;
        let (second, data) = (at + first, at + first + second);
        Self { size, blocks, first: at, tables, second, data, end: rest + blocks }
    }

    fn head(&self) -> Vec<u8> {
        let mut head = MAGIC.to_vec();
        let mut put = |numbers: &[u64], wide: &[bool]| {
            for (number, wide) in numbers.iter().zip(wide) {
                let bytes = number.to_be_bytes();
                head.extend_from_slice(if *wide { &bytes } else { &bytes[4..] });
            }
        };
        // Version, no backing file, size, no encryption, the tables, the counts, no snapshots.
        put(
            &[3, 0, 0, u64::from(BITS), self.size, 0, self.tables, self.first * CLUSTER],
            &[false, true, false, false, true, false, false, true],
        );
        put(&[CLUSTER, 1, 0, 0], &[true, false, false, true]);
        // No features, counts of 16 bits, and the length of this head.
        put(&[0, 0, 0, 4, 104], &[true, true, true, false, false]);
        head
    }

    /// The counts of users: a table of one cluster, and blocks that say that each is used once.
    fn counts(&self) -> Vec<(u64, Vec<u8>)> {
        let places = 2..2 + self.blocks;
        let table = places.clone().flat_map(|it| (it * CLUSTER).to_be_bytes()).collect();
        let block = |place: u64| {
            let left = self.end.saturating_sub((place - 2) * PER_BLOCK).min(PER_BLOCK);
            (place * CLUSTER, (0..left).flat_map(|_| 1_u16.to_be_bytes()).collect())
        };
        std::iter::once((CLUSTER, table)).chain(places.map(block)).collect()
    }
}

#[cfg(test)]
mod tests {
    use flate2::{Compress, Compression, FlushCompress};

    use super::*;

    #[test]
    fn compressed_clusters_are_read() {
        let mut volumes = Volumes::default();
        volumes.write("image", 0, b"to be replaced").expect("there is room");
        volumes.pack("image", CLUSTER, "file").expect("there is room");
        let mut packed = Vec::with_capacity(CHUNK);
        let mut data = b"compressed".to_vec();
        data.resize(CHUNK, 0);
        Compress::new(Compression::default(), false)
            .compress_vec(&data, &mut packed, FlushCompress::Finish)
            .expect("it can be compressed");
        let (second, start) = (4 * CLUSTER, 5 * CLUSTER);
        volumes.zero("file", start, CLUSTER);
        volumes.write("file", start, &packed).expect("there is room");
        let entry = (COMPRESSED | start).to_be_bytes();
        volumes.write("file", second, &entry).expect("there is room");
        volumes.unpack("file", "copy").expect("there is room");
        assert_eq!(volumes.read("copy", 0, 12), b"compressed\0\0");
    }

    #[test]
    fn what_is_no_such_file_does_no_harm() {
        let mut volumes = Volumes::default();
        volumes.write("text", 0, b"QFI\xfb and then something else").expect("there is room");
        assert_eq!(volumes.size_in_file("text"), None);
        assert_eq!(volumes.size_in_file("nothing"), None);
        volumes.unpack("text", "copy").expect("there is room");
        assert_eq!(volumes.end("copy"), 0);
    }
}
