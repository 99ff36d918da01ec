//! Planning as a pure function: what is wanted, found and recorded goes in, steps come out.

mod changes;
mod found;
mod host_networks;
mod names;
mod networks;
mod order;
mod removal;
#[path = "../support/mod.rs"]
mod support;
mod turns;

use support::views::{desired, ledger, observed, outline};
use virtuform::plan::{Limits, Plan, plan};
use virtuform::state::Problems;

const SITE: &str = r#"
    <data_center id="d1"><name>east</name><local>false</local><status>up</status></data_center>
    <network id="n1"><name>front</name><data_center id="d1"/><mtu>1500</mtu></network>
    <vnic_profile id="p1"><name>front</name><network id="n1"/></vnic_profile>
    <cluster id="c1"><name>east-1</name><data_center id="d1"/>
      <networks><network id="n1"><name>front</name><required>false</required></network></networks>
    </cluster>
    <template id="t0"><name>Blank</name></template>
    <template id="t1"><name>rhel-9</name><cluster id="c1"/>
      <nics><nic id="tn1"><name>nic1</name><vnic_profile id="p1"/></nic></nics>
    </template>"#;

fn run(manifest: &str, objects: &str, entries: &[(&str, &str)]) -> Result<Plan, Problems> {
    run_within(manifest, objects, entries, &Limits::default())
}

fn run_within(
    manifest: &str,
    objects: &str,
    entries: &[(&str, &str)],
    limits: &Limits,
) -> Result<Plan, Problems> {
    plan(&desired(manifest), &observed(objects), &ledger(entries), limits)
}

fn steps(manifest: &str, objects: &str, entries: &[(&str, &str)]) -> String {
    match run(manifest, objects, entries) {
        Ok(plan) => outline(&plan),
        Err(problems) => panic!("{problems}"),
    }
}

fn problems(manifest: &str, objects: &str) -> String {
    run(manifest, objects, &[]).expect_err("there is something wrong").to_string()
}

fn vm(rest: &str) -> String {
    format!(
        r#"{SITE}<vm id="v1"><name>web</name><cluster id="c1"/><template id="t1"/>
           <memory>1073741824</memory><status>down</status>{rest}</vm>"#
    )
}
