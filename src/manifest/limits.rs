//! How much a manifest may hold, so that no file, however made, exhausts the machine.

/// Largest file, in bytes.
pub(super) const FILE_BYTES: usize = 16 << 20;

/// Deepest nesting of mappings and lists, with aliases taken as what they stand for.
pub(super) const DEPTH: usize = 64;

/// Nodes that all aliases together may stand for.
pub(super) const ALIASED_NODES: usize = 1_000_000;

/// Resources that one key with ranges may stand for.
pub(super) const RESOURCES_PER_KEY: usize = 10_000;

/// Resources of all files together, children included.
pub(super) const RESOURCES: usize = 200_000;

/// Nodes that are read in all, those in the body of a range once per resource.
pub(super) const NODES_READ: usize = 20_000_000;

/// Problems that are shown; whoever has more has one that repeats.
pub(super) const PROBLEMS: usize = 1_000;

/// Text that aliases share weighs as much as one node per this many bytes.
pub(super) const SHARED_BYTES_PER_NODE: usize = 64;

/// Text that is read into values weighs as much as one node per this many bytes.
pub(super) const READ_BYTES_PER_NODE: usize = 8;
