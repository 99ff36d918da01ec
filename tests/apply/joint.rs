//! What one call does for several steps: the networks of a host.

use std::time::Duration;

use tokio::time::{sleep, timeout};
use virtuform::apply::Ending;
use virtuform::simulated::{Effect, Trouble};

use crate::simulated::*;

const BOND: &str = "
networks:
  storage: { data_center: lab, vlan: { id: 7 } }
clusters:
  lab: { data_center: lab, networks: { storage: { required: false } } }
hosts:
  host-1:
    cluster: lab
    address: host-1.lab.example.com
    nics:
      bond0: { bonding: { slaves: [eth1, eth2] }, network_labels: [blue] }
      eth3: { network_labels: [green] }
    network_attachments: { storage: { host_nic: bond0 } }
";

const NO_BOND: &str = "
networks:
  storage: { data_center: lab, vlan: { id: 7 } }
clusters:
  lab: { data_center: lab, networks: { storage: { required: false } } }
hosts:
  host-1: { cluster: lab, address: host-1.lab.example.com }
";

fn calls(engine: &InProcess) -> usize {
    engine.arrived("/setupnetworks")
}

/// The names of the cards and bonds of the host.
fn nics(engine: &InProcess) -> Vec<String> {
    engine.names(&format!("/hosts/{}/nics", engine.id("/hosts", "host-1")))
}

#[tokio::test(start_paused = true)]
async fn a_hosts_networks_take_one_call_to_come_and_one_to_go() {
    let engine = InProcess::new();
    let client = engine.client();
    let folder = tempfile::tempdir().unwrap();
    let (bond, no_bond) = (load(BOND), load(NO_BOND));
    assert_success(&go(&bond, &client, folder.path(), 1).await, "making");
    assert_eq!(calls(&engine), 1);
    assert_nothing_to_do(&bond, &client, folder.path(), "made").await;
    assert_success(&go(&no_bond, &client, folder.path(), 2).await, "removing");
    assert_eq!(calls(&engine), 2);
    assert_nothing_to_do(&no_bond, &client, folder.path(), "removed").await;
    assert!(!nics(&engine).contains(&"bond0".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_answer_is_lost_is_looked_for_before_it_is_sent_again() {
    for (effect, sent) in [(Effect::DropAfter, 1), (Effect::DropBefore, 2)] {
        let engine = InProcess::new();
        let client = engine.client();
        let folder = tempfile::tempdir().unwrap();
        let when = format!("{effect:?}");
        let (bond, no_bond) = (load(BOND), load(NO_BOND));
        engine.trouble(Trouble::on("POST", "/hosts/*/setupnetworks", effect.clone()).nth(1));
        assert_success(&go(&bond, &client, folder.path(), 1).await, &when);
        assert_eq!(calls(&engine), sent, "{when}");
        assert_nothing_to_do(&bond, &client, folder.path(), &when).await;
        engine.trouble(Trouble::on("POST", "/hosts/*/setupnetworks", effect).nth(1));
        assert_success(&go(&no_bond, &client, folder.path(), 2).await, &when);
        assert_eq!(calls(&engine), 2 * sent, "{when}");
        assert_nothing_to_do(&no_bond, &client, folder.path(), &when).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_refused_fails_all_its_steps() {
    let engine = InProcess::new();
    let client = engine.client();
    let folder = tempfile::tempdir().unwrap();
    // Which properties there are is up to the engine's owner.
    let unknown = "{ host_nic: bond0, properties: { colour: red } }";
    let unknown = load(&BOND.replace("{ host_nic: bond0 }", unknown));
    let told = go(&unknown, &client, folder.path(), 1).await;
    let of_host = |address: &str| address.starts_with("hosts/host-1/");
    let ended = told.report.steps.iter().filter(|(step, _)| of_host(step.address.as_str()));
    let ended: Vec<_> = ended.collect();
    assert_eq!(ended.len(), 3);
    for (step, ending) in ended {
        let Ending::Failed(failure) = ending else { panic!("{}: {ending:?}", step.address) };
        assert!(
            format!("{:?}", failure.setback).contains("custom properties"),
            "{:?}",
            failure.setback
        );
    }
    assert_eq!(calls(&engine), 1, "a refusal is not asked again");
    assert!(!nics(&engine).contains(&"bond0".to_owned()));
    let bond = load(BOND);
    assert_success(&go(&bond, &client, folder.path(), 2).await, "without properties");
    assert_nothing_to_do(&bond, &client, folder.path(), "without properties").await;
}

#[tokio::test(start_paused = true)]
async fn networks_of_a_host_whose_run_is_killed_are_finished() {
    let bond = load(BOND);
    let mut kills = 0;
    for tick in 1..100_u32 {
        let engine = InProcess::new();
        let client = engine.client();
        let folder = tempfile::tempdir().unwrap();
        let after = LATENCY / 2 * tick;
        let is_killed = timeout(after, go(&bond, &client, folder.path(), 1)).await.is_err();
        let when = format!("killed after {after:?}");
        if tick % 2 == 0 {
            sleep(Duration::from_secs(60)).await;
        }
        assert_success(&go(&bond, &client, folder.path(), 2).await, &when);
        assert_nothing_to_do(&bond, &client, folder.path(), &when).await;
        let bonds = nics(&engine).into_iter().filter(|name| name == "bond0").count();
        assert_eq!(bonds, 1, "{when}");
        if !is_killed {
            break;
        }
        kills += 1;
    }
    assert!(kills > 8, "{kills} kills");
}
