//! How long a plan takes in which there is nothing to do.

use std::path::PathBuf;
use std::sync::Arc;

use virtuform::plan::{Limits, plan};
use virtuform::resources::kinds::{CLUSTER, DATA_CENTER, VM};
use virtuform::resources::{Address, Fields, Kind, Reference, Type, Value, read_scalar};
use virtuform::state::{Desired, Entry, Ledger, Location, Object, Observed, Resource, Rules};

use crate::memory;
use crate::report::{effort, line};

pub fn measure() {
    for (count, budget, memory_budget) in
        [(10_000, "0.2 s", "150 MB"), (100_000, "2.5 s", "grows linearly")]
    {
        let before = memory::held();
        let site = Site::of(count);
        let runs = if count > 10_000 { 3 } else { 9 };
        let times = effort(runs, || {
            let plan = plan(&site.desired, &site.observed, &site.ledger, &Limits::default());
            let plan = plan.expect("nothing is wrong with it");
            assert!(plan.is_empty() && plan.records.is_empty() && plan.refusals.is_empty());
        });
        let what = format!("plan core: {count} resources, nothing to do");
        times.line(&what, budget, |seconds| format!("{seconds:.3} s"));
        let held = memory::peak() - before;
        line("  memory, the three views included", format!("{held:.0} MiB"), "", memory_budget);
    }
}

/// A site of machines, as wanted, found and recorded.
struct Site {
    desired: Desired,
    observed: Observed,
    ledger: Ledger,
}

impl Site {
    fn of(count: usize) -> Self {
        let mut site = Self {
            desired: Desired::default(),
            observed: Observed::default(),
            ledger: Ledger::new("bench".to_owned(), [7; 32]),
        };
        site.add(&DATA_CENTER, "east", &[("local", "false")]);
        site.add(&CLUSTER, "east-1", &[("data_center", "east")]);
        for number in 0..count - 2 {
            site.add(
                &VM,
                &format!("web-{number:06}"),
                &[
                    ("cluster", "east-1"),
                    ("memory", "4 GiB"),
                    ("memory_policy.max", "16 GiB"),
                    ("cpu.topology.sockets", "2"),
                    ("cpu.topology.cores", "2"),
                    ("os.type", "rhel_9x64"),
                    ("description", "front end"),
                    ("high_availability.enabled", "true"),
                    ("status", "up"),
                ],
            );
        }
        site
    }

    fn add(&mut self, kind: &'static Kind, name: &str, values: &[(&str, &str)]) {
        let read = |as_found: bool| -> Fields {
            let name = [("name", name)];
            let values = name.iter().chain(values).map(|(attribute, text)| {
                let attribute = kind.attribute(attribute).expect("the kind has it");
                let value = match attribute.takes {
                    Type::Reference(_) if as_found => Value::Reference(Reference::Id(id_of(text))),
                    takes => read_scalar(takes, text).expect("it is valid"),
                };
                (attribute, value)
            });
            values.collect()
        };
        let address = Address::new(kind.section, name);
        let at = Location { file: Arc::new(PathBuf::from("bench.yaml")), line: 1, column: 1 };
        self.desired.resources.insert(
            address.clone(),
            Resource {
                kind,
                address: address.clone(),
                parent: None,
                fields: read(false),
                rules: Rules::default(),
                at,
                places: Vec::new(),
            },
        );
        self.observed.read(kind);
        self.observed.add(Object {
            kind,
            id: id_of(name),
            parent: None,
            fields: read(true),
            pending: None,
            underway: None,
        });
        let entry = Entry { kind: kind.name.to_owned(), id: id_of(name), ..Entry::default() };
        self.ledger.entries.insert(address, entry);
    }
}

fn id_of(name: &str) -> String {
    format!("0f0c6d5e-4b0a-4d7c-8f3e-{name}")
}
