//! What the simulated engine shows without being told.

use crate::asking::Asking;

#[test]
fn operating_systems_have_numbers_names_and_icons() {
    let mut it = Asking::fresh();
    let all = it.get("/operatingsystems");
    assert!(all.children().len() > 55);
    let windows = it.get("/operatingsystems/36");
    assert_eq!(windows.text_at("name"), Some("windows_11"));
    assert_eq!(windows.text_at("tpm_support"), Some("required"));
    let icon = windows.child("small_icon").unwrap().id().unwrap().to_owned();
    assert_eq!(it.text(&format!("/icons/{icon}"), "media_type"), "image/png");
}

#[test]
fn levels_have_cpu_types_of_their_own() {
    let mut it = Asking::fresh();
    let names = |it: &mut Asking, level: &str| -> Vec<String> {
        let level = it.get(&format!("/clusterlevels/{level}"));
        let types = level.child("cpu_types").unwrap().children();
        types.iter().map(|it| it.text_at("name").unwrap().to_owned()).collect()
    };
    let (old, new) = (names(&mut it, "4.2"), names(&mut it, "4.8"));
    let milan = "AMD EPYC-Milan".to_owned();
    assert!(new.contains(&milan) || new.iter().any(|it| it.contains("Milan")), "{new:?}");
    assert!(!old.iter().any(|it| it.contains("Milan")));
    assert_eq!(it.get("/clusterlevels/4.8/clusterfeatures").children().len(), 3);
}

#[test]
fn options_have_values_for_versions() {
    let mut it = Asking::fresh();
    let option = it.get("/options/ClusterEmulatedMachines");
    assert!(option.child("values").unwrap().children().len() > 3);
    let option = it.get("/options/ClusterEmulatedMachines?version=4.8");
    assert_eq!(option.child("values").unwrap().children().len(), 1);
    assert_eq!(it.ask("GET", "/options/Colour", "").0, 404);
    assert_eq!(it.ask("GET", "/options/ClusterEmulatedMachines?version=9.9", "").0, 404);
}

#[test]
fn statistics_move_with_time_and_are_the_same_at_the_same_time() {
    let mut it = Asking::lab();
    let vm = it.running_vm("web");
    let path = format!("{vm}/statistics");
    let (first, again) = (it.get(&path).to_string(), it.get(&path).to_string());
    assert_eq!(first, again);
    it.pass(45);
    assert_ne!(first, it.get(&path).to_string());
    let one = it.get(&path).children()[0].id().unwrap().to_owned();
    assert_eq!(it.text(&format!("{path}/{one}"), "name"), "memory.installed");
    let host = it.id("hosts", "host-1");
    let total = it.get(&format!("/hosts/{host}/statistics"));
    let part = |name: &str| -> f64 {
        let found = total.children().iter().find(|it| it.text_at("name") == Some(name)).unwrap();
        found.text_at("values/value/datum").unwrap().parse().unwrap()
    };
    assert_eq!(part("memory.used") + part("memory.free"), part("memory.total"));
    assert!(part("memory.used") > 0.0);
}

#[test]
fn the_agent_of_a_running_machine_reports() {
    let mut it = Asking::lab();
    let vm = it.running_vm("web");
    assert_eq!(it.text(&vm, "guest_operating_system/family"), "Linux");
    let device = it.get(&format!("{vm}/reporteddevices"));
    assert!(device.text_at("reported_device/ips/ip/address").unwrap().starts_with("10."));
    let nic = it.get(&format!("{vm}/nics")).children()[0].id().unwrap().to_owned();
    let of_nic = it.get(&format!("{vm}/nics/{nic}/reporteddevices"));
    assert_eq!(of_nic.text_at("reported_device/name"), Some("eth0"));
    assert!(!it.get(&format!("{vm}/applications")).children().is_empty());
    it.act(&format!("{vm}/stop"));
    it.pass(5);
    assert_eq!(it.get(&format!("{vm}/reporteddevices")).children().len(), 0);
}

#[test]
fn hosts_are_made_of_something() {
    let mut it = Asking::lab();
    let host = it.host("host-1");
    for collection in ["devices", "numanodes", "hooks", "cpuunits", "statistics"] {
        assert!(!it.get(&format!("{host}/{collection}")).children().is_empty(), "{collection}");
    }
    let node = it.get(&format!("{host}/numanodes")).children()[0].id().unwrap().to_owned();
    assert_eq!(it.get(&format!("{host}/numanodes/{node}/statistics")).children().len(), 6);
}

#[test]
fn the_entry_point_shows_all_in_its_order() {
    let mut it = Asking::lab();
    it.login();
    let response = it.send(it.request("GET", "", ""));
    let link = response.headers()["Link"].to_str().unwrap();
    assert!(link.starts_with("<https://"), "{link}");
    let root = it.get("");
    let names: Vec<&str> = root.children().iter().map(|it| it.name()).collect();
    let rest = names.iter().position(|it| *it != "link").unwrap();
    assert_eq!(
        names[rest..],
        [
            "engine_backup",
            "product_info",
            "special_objects",
            "summary",
            "time",
            "authenticated_user",
            "effective_user"
        ][..names.len() - rest]
    );
    assert_eq!(it.get("").text_at("summary/hosts/active"), Some("2"));
}
