//! How fast pages of VMs become values, beside the bare event loop on the same bytes.

use quick_xml::Reader;
use quick_xml::events::Event;
use virtuform::resources::kinds::VM;
use virtuform::resources::{decode, outline};
use virtuform::xml::{Outline, each};

use crate::report::{effort, line};

/// Enough that the kernel's count of time, in steps of some milliseconds, does not show.
const MACHINES: usize = 10_000;

pub fn measure() {
    let page = page();
    let megabytes = page.len() as f64 / 1e6;
    let speed = |seconds: f64| format!("{:.0} MB/s", megabytes / seconds);
    let bare = effort(9, || bare_loop(&page));
    let ours = effort(9, || decoded(&page));
    bare.line(&format!("XML: bare event loop, {megabytes:.0} MB of VMs"), "-", speed);
    ours.line("XML: decoded to values", "100 MB/s", speed);
    let ratio = bare.median() / ours.median();
    line("XML: decoded, as part of the bare loop's speed", format!("{ratio:.2}"), "", "0.50");
}

fn bare_loop(page: &str) -> usize {
    let mut reader = Reader::from_str(page);
    let mut events = 0;
    while !matches!(reader.read_event().expect("the page is XML"), Event::Eof) {
        events += 1;
    }
    events
}

fn decoded(page: &str) -> usize {
    let mut kept = Outline::new();
    outline(VM.attributes, &mut kept);
    let mut values = 0;
    each(page.as_bytes(), &kept, |element| values += decode(VM.attributes, &element).len())
        .expect("the page is XML");
    values
}

/// A page as an engine of version 4.5 writes it: indented, with links, actions and what nobody
/// manages.
fn page() -> String {
    let machine = include_str!("vm.xml");
    let mut page =
        String::from("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<vms>\n");
    for number in 0..MACHINES {
        page.push_str(&machine.replace("NUMBER", &format!("{number:06}")));
    }
    page.push_str("</vms>\n");
    page
}
