//! What happens behind everybody's back.

use crate::plan::Plan;
use crate::simulated::Simulated;
use crate::simulated::server::Server;

use crate::cli::Failure;

/// What becomes of the environment, and what is told of it.
const EDITS: &[(&str, Edit)] = &[
    ("networks/backup: its MTU becomes 1500", |engine| {
        let backup = find(engine, "/networks?search=name%3Dbackup", "network")?;
        call(engine, "PUT", &format!("/networks/{backup}"), "<network><mtu>1500</mtu></network>")
    }),
    ("vms/web-07: its description is changed, and it is no longer highly available", |engine| {
        let vm = vm(engine, "web-07")?;
        let body = "<vm><description>do not touch!</description>\
                    <high_availability><enabled>false</enabled></high_availability></vm>";
        call(engine, "PUT", &format!("/vms/{vm}"), body)
    }),
    ("vms/balancer-b: its second NIC is pulled out and removed", |engine| {
        let vm = vm(engine, "balancer-b")?;
        let nics = format!("/vms/{vm}/nics");
        let nic = find_named(engine, &nics, "nic", "nic2")?;
        let path = format!("{nics}/{nic}");
        call(engine, "PUT", &path, "<nic><plugged>false</plugged></nic>")?;
        call(engine, "DELETE", &path, "")
    }),
    ("vms/worker-03: the power is cut", |engine| {
        let vm = vm(engine, "worker-03")?;
        call(engine, "POST", &format!("/vms/{vm}/stop"), "<action/>")?;
        engine.settle();
        Ok(())
    }),
];

/// The resources that a plan has to find.
const TOUCHED: &[&str] =
    &["networks/backup", "vms/web-07", "vms/balancer-b/nics/nic2", "vms/worker-03"];

type Edit = fn(&mut Simulated) -> Result<(), String>;

/// Edits the engine as another administrator would, and says what was done.
pub(super) fn drift(server: &Server) -> Result<Vec<&'static str>, Failure> {
    let mut engine = super::simulated(server);
    EDITS
        .iter()
        .map(|(said, edit)| {
            let failed = |text| Failure::new(format!("{said}: {text}"));
            edit(&mut engine).map(|()| *said).map_err(failed)
        })
        .collect()
}

/// Whether a plan repairs what was done, and nothing else.
pub(super) fn found(plan: &Plan) -> Result<(), Failure> {
    let mut addresses: Vec<&str> = plan.steps.iter().map(|step| step.address.as_str()).collect();
    addresses.sort_unstable();
    addresses.dedup();
    let mut touched = TOUCHED.to_vec();
    touched.sort_unstable();
    if addresses == touched {
        return Ok(());
    }
    Err(Failure::new(format!("the plan was to be about {}", touched.join(", "))))
}

fn call(engine: &mut Simulated, method: &str, path: &str, body: &str) -> Result<(), String> {
    match engine.direct(method, path, body) {
        (200..300, _) => Ok(()),
        (status, _) => Err(format!("{method} {path} was answered with {status}")),
    }
}

fn vm(engine: &mut Simulated, name: &str) -> Result<String, String> {
    find(engine, &format!("/vms?search=name%3D{name}"), "vm")
}

/// The id of the first object of a list.
fn find(engine: &mut Simulated, path: &str, element: &str) -> Result<String, String> {
    let (_, list) = engine.direct("GET", path, "");
    let found = list.as_ref().and_then(|list| list.all(element).next()?.id());
    found.map(str::to_owned).ok_or_else(|| format!("there is none at {path}"))
}

fn find_named(
    engine: &mut Simulated,
    path: &str,
    element: &str,
    name: &str,
) -> Result<String, String> {
    let (_, list) = engine.direct("GET", path, "");
    let is_it = |object: &&crate::xml::Element| object.text_at("name") == Some(name);
    let found = list.as_ref().and_then(|list| list.all(element).find(is_it)?.id());
    found.map(str::to_owned).ok_or_else(|| format!("there is no {name} at {path}"))
}
