//! Virtual NUMA nodes of VMs.

use crate::resources::{
    Action, Attribute, Codec, Complaint, Course, Fields, Kind, Transition, Type, Value, int, list,
    one_of, size,
};
use crate::xml::Element;

use super::{VM, complaint, device};

/// Virtual NUMA nodes of a VM, numbered from 0 on: each new one has the next number, and only the
/// last can go. The engine fails to follow a VM's link to them, which has another type; nor does a
/// list show which VMs have some: only a VM read alone has `numa_tune_mode`, and the descriptions
/// that `all_content` brings are written without them (`GetVmByVmIdQuery`, `GetVmOvfByVmIdQuery`).
pub static NUMA_NODE: Kind =
    Kind::new("numa_node", "numa_nodes", "A part of a VM's CPUs and memory that belong together.")
        .below(&VM)
        .segment("numanodes")
        .element("vm_numa_node")
        .by_parent()
        .identity(&["index"])
        .attributes(ATTRIBUTES)
        .only_one("cpu.cores")
        .ranks("vm", rank)
        .effect(device::effect)
        .check(check);

static ATTRIBUTES: &[Attribute] = &[INDEX, MEMORY, CORES, PINS, MODE];

static INDEX: Attribute =
    int("index", "Number, from 0 on; the key gives it.", 0, 1023).required().from_key();

static MEMORY: Attribute = size("memory", "Its share of the VM's memory.")
    .multiple_of(MEBIBYTE)
    .required()
    .codec(&MEBIBYTES);

static CORES: Attribute =
    list("cpu.cores", "Its virtual CPUs, numbered through all nodes.", "core", CORE).required();

static PINS: Attribute =
    list("numa_node_pins", "Nodes of the host to take it from.", "numa_node_pin", PIN);

static MODE: Attribute =
    one_of("numa_tune_mode", "How strictly that is done.", &["interleave", "preferred", "strict"])
        .default("interleave");

const CORE: &Type = &Type::Record(&[int("index", "Number of the CPU.", 0, 10_000).required()]);
const PIN: &Type = &Type::Record(&[int("index", "Number of the host's node.", 0, 1023).required()]);

const MEBIBYTE: i64 = 1 << 20;

/// The engine counts a node's memory in MiB, and that of the VM in bytes.
static MEBIBYTES: Codec = Codec { decode: read_memory, encode: write_memory };

fn read_memory(element: &Element) -> Option<Value> {
    let mebibytes: i64 = element.text_at("memory")?.parse().ok()?;
    Some(Value::Integer(mebibytes.saturating_mul(MEBIBYTE)))
}

fn write_memory(memory: &Value, element: &mut Element) {
    if let Value::Integer(bytes) = memory {
        element.push(Element::leaf("memory", (bytes / MEBIBYTE).to_string()));
    }
}

/// New ones come by their numbers, and old ones go the other way; changes are first.
fn rank(node: &Fields, course: &Course) -> u8 {
    let changes = course.actions().any(|action| matches!(action, Action::Update { .. }));
    let index = node.get(&INDEX).and_then(Value::as_integer).filter(|_| !changes);
    index.map_or(0, |index| u8::try_from(index).unwrap_or(u8::MAX))
}

fn check(transition: &Transition) -> Vec<Complaint> {
    if transition.to.is_none() {
        return Vec::new();
    }
    let undone = device::would_be_undone(transition, &INDEX);
    let too_much = too_much(transition);
    undone.into_iter().chain(too_much).chain(gap(transition)).chain(unpinned(transition)).collect()
}

/// A node cannot have more than all.
fn too_much(transition: &Transition) -> Option<Complaint> {
    let own = transition.after(&MEMORY)?;
    let whole = device::of_vm(transition, "memory")?;
    (own.as_integer()? > whole.as_integer()?).then(|| {
        let (own, whole) = (MEMORY.show(own), MEMORY.show(&whole));
        let message = format!("has {own} of a VM that has {whole}");
        complaint(&MEMORY, message, "share the VM's memory out among its nodes")
    })
}

/// The numbers have no gaps.
fn gap(transition: &Transition) -> Option<Complaint> {
    let index = transition.after(&INDEX)?.as_integer()?;
    let siblings = transition.around.children(transition.within?, &NUMA_NODE);
    let is_before =
        |sibling: &Fields| sibling.get(&INDEX).and_then(Value::as_integer) == Some(index - 1);
    (index > 0 && !siblings.iter().any(is_before)).then(|| {
        let message = format!("has the number {index}, and there is no node {}", index - 1);
        complaint(&INDEX, message, "number the nodes of a VM from 0 on")
    })
}

/// Which nodes a host has is known of hosts that are named.
fn unpinned(transition: &Transition) -> Option<Complaint> {
    let is_pinned = transition.after(&PINS).is_some_and(|pins| !pins.members().is_empty());
    (is_pinned && device::pinned_to(transition).is_empty()).then(|| {
        let message = "is taken from nodes of a host, and the VM is pinned to none";
        complaint(&PINS, message, "say `placement_policy: { affinity: pinned, hosts: [ … ] }` too")
    })
}
