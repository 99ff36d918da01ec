//! Manifests: what they mean, and what is said of those that mean nothing.

#![allow(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

#[path = "data/manifest/kinds.rs"]
mod kinds;

use std::fmt::Write;
use std::io;
use std::path::Path;

use virtuform::manifest::{Manifest, Options, Source, load};
use virtuform::resources::{Address, Reference, Secret, Value};
use virtuform::state::{OnRemoval, Problems, Replace, Restart};

fn environment(name: &str) -> Option<String> {
    match name {
        "ROOT_PASSWORD" => Some("from-the-environment".to_owned()),
        "VIRTUFORM_VAR_zone" => Some("north".to_owned()),
        _ => None,
    }
}

fn read_file(path: &Path) -> io::Result<String> {
    match path.to_str() {
        Some("lab/root.password") => Ok("from-a-file\n".to_owned()),
        _ => Err(io::Error::new(io::ErrorKind::NotFound, "no such file")),
    }
}

fn load_with(sources: &[(&str, &str)], variables: &[(&str, &str)]) -> Result<Manifest, Problems> {
    let source = |(name, text): &(&str, &str)| Source { name: name.into(), text: (*text).into() };
    let sources: Vec<_> = sources.iter().map(source).collect();
    let variables: Vec<_> =
        variables.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    let options = Options {
        kinds: kinds::KINDS,
        variables: &variables,
        variable_files: &[],
        environment: &environment,
        read_file: &read_file,
        open_file: &|path| std::fs::File::open(path),
    };
    load(&sources, &options)
}

fn load_text(text: &str) -> Result<Manifest, Problems> {
    load_with(&[("lab/a.yaml", text)], &[])
}

fn good(text: &str) -> Manifest {
    load_text(text).unwrap_or_else(|problems| panic!("{problems}"))
}

fn value<'m>(manifest: &'m Manifest, address: &str, attribute: &str) -> Option<&'m Value> {
    let address = Address::parse(address).expect("the test's address is one");
    let resource = manifest.desired.resources.get(&address);
    resource.unwrap_or_else(|| panic!("no {address}")).fields.named(attribute)
}

fn text_value(text: &str) -> Option<Value> {
    Some(Value::Text(text.to_owned()))
}

fn addresses(manifest: &Manifest) -> Vec<String> {
    manifest.desired.resources.keys().map(ToString::to_string).collect()
}

#[test]
fn a_manifest_becomes_what_is_wanted() {
    let manifest = good(include_str!("data/manifest/lab.yaml"));
    assert_eq!(
        addresses(&manifest),
        [
            "data_centers/east",
            "networks/storage",
            "vms/web-01",
            "vms/web-01/nics/nic1",
            "vms/web-01/tags/prod",
            "vms/web-01/tags/web",
            "vms/web-02",
            "vms/web-02/nics/nic1",
            "vms/web-02/tags/prod",
            "vms/web-02/tags/web",
        ]
    );
    let get = |address, attribute| value(&manifest, address, attribute).cloned();
    assert_eq!(get("networks/storage", "name"), text_value("storage"));
    assert_eq!(get("networks/storage", "vlan.id"), Some(Value::Integer(120)));
    assert_eq!(
        get("networks/storage", "usages"),
        Some(Value::set([Value::Text("migration".into()), Value::Text("vm".into())]))
    );
    assert_eq!(
        get("networks/storage", "data_center"),
        Some(Value::Reference(Reference::Name("east".into())))
    );
    assert_eq!(get("vms/web-02", "name"), text_value("web-02"));
    assert_eq!(get("vms/web-02", "description"), text_value("machine 02"));
    assert_eq!(get("vms/web-02", "memory"), Some(Value::Integer(4 << 30)));
    assert_eq!(get("vms/web-02", "cpu.topology.cores"), Some(Value::Integer(2)));
    assert_eq!(get("vms/web-02", "stateless"), Some(Value::Flag(false)));
    assert_eq!(
        get("vms/web-02/tags/prod", "tag"),
        Some(Value::Reference(Reference::Name("prod".into())))
    );
    assert_eq!(get("vms/web-02/nics/nic1", "name"), text_value("nic1"));
    let nic = &manifest.desired.resources[2 + 5];
    assert_eq!(nic.parent, Address::parse("vms/web-02"));
    let Some(Value::List(hosts)) = get("vms/web-01", "initialization.dns") else { panic!() };
    let Value::Record(record) = &hosts[1] else { panic!() };
    assert_eq!(record.named("address.family"), Some(&Value::Text("v6".into())));
    let Some(Value::Map(properties)) = get("vms/web-01", "custom_properties") else { panic!() };
    assert_eq!(properties["sndbuf"], "10");
    assert!(manifest.warnings.is_empty());

    let rules = &manifest.desired.resources[2].rules;
    assert!(rules.protect);
    assert_eq!(rules.on_removal, OnRemoval::Keep);
    assert_eq!((rules.restart, rules.replace), (Restart::WhenNeeded, Replace::Allow));
    assert_eq!(rules.timeout, Some(5_400));
    let ignored: Vec<_> = rules.ignore.iter().map(|attribute| attribute.name).collect();
    assert_eq!(
        ignored,
        ["memory", "cpu.topology.sockets", "cpu.topology.cores", "cpu.topology.threads"]
    );

    let engine = manifest.engine.expect("there is an engine block");
    assert_eq!(engine.url.map(|url| url.value), Some("https://north.example.com/api".to_owned()));
    assert_eq!(engine.ca_file.map(|file| file.value), Some("lab/ca.pem".into()));
    assert_eq!(engine.password.map(|p| p.value), Some(Secret::new("from-the-environment")));
    assert_eq!(engine.timeout.map(|t| t.value), Some(90));
    assert_eq!(manifest.desired.moved[0].to, Address::new("vms", "web-01"));
    assert!(!manifest.desired.removed[0].destroy);
}

#[test]
fn places_are_those_of_the_values() {
    let manifest = good("networks:\n  a:\n    data_center: east\n    vlan: { id: 5 }\n");
    let network = &manifest.desired.resources[0];
    let place = |name| network.place(network.kind.attribute(name).unwrap()).to_string();
    assert_eq!(network.at.to_string(), "lab/a.yaml:2:3");
    assert_eq!(place("data_center"), "lab/a.yaml:3:18");
    assert_eq!(place("vlan.id"), "lab/a.yaml:4:17");
    assert_eq!(place("name"), "lab/a.yaml:2:3");
}

#[test]
fn null_is_the_default() {
    let manifest = good(
        "networks:\n  a: { data_center: east, mtu: null, vlan: ~, usages: , description: null }",
    );
    let get = |attribute| value(&manifest, "networks/a", attribute).cloned();
    assert_eq!(get("mtu"), Some(Value::Integer(0)));
    assert_eq!(get("vlan.id"), Some(Value::Nothing));
    assert_eq!(get("usages"), Some(Value::Set(Vec::new())));
    assert_eq!(get("description"), text_value(""));
    assert_eq!(get("stp"), None);
}

#[test]
fn scalars_take_the_type_of_their_attribute() {
    let manifest = good(
        "data_centers:\n  1: { description: 4.10, version: '4.10', local: TRUE }\n  no: { description: yes }\n  n: { description: 0x10 }\nnetworks:\n  a: { data_center: 1, mtu: 0x10 }",
    );
    assert_eq!(value(&manifest, "data_centers/1", "description").cloned(), text_value("4.10"));
    assert_eq!(value(&manifest, "data_centers/1", "version").cloned(), text_value("4.10"));
    assert_eq!(value(&manifest, "data_centers/1", "local"), Some(&Value::Flag(true)));
    assert_eq!(value(&manifest, "data_centers/no", "description").cloned(), text_value("yes"));
    assert_eq!(value(&manifest, "data_centers/n", "description").cloned(), text_value("0x10"));
    assert_eq!(value(&manifest, "networks/a", "mtu"), Some(&Value::Integer(16)));
}

#[test]
fn variables_stand_for_values_of_any_type() {
    let manifest = load_with(
        &[
            (
                "v.yaml",
                "variables:\n  zone: { type: text }\n  mtu: { default: 9000 }\n  roles: { type: list, default: [vm] }\n  vlan: { type: mapping, default: { id: 7 } }\n  count: { type: integer, default: 1 }\n  nothing: { default: null }",
            ),
            (
                "n.yaml",
                "networks:\n  net-{1..${var.count}}:\n    data_center: ${var.zone}-${each}\n    mtu: ${var.mtu}\n    usages: ${var.roles}\n    vlan: '${var.vlan}'\n    description: $${var.zone} costs $5\n    stp: ${var.nothing}",
            ),
        ],
        &[("count", "2"), ("roles", "[gluster]"), ("roles", "[display, vm]")],
    )
    .unwrap_or_else(|problems| panic!("{problems}"));
    let get = |attribute| value(&manifest, "networks/net-2", attribute).cloned();
    assert_eq!(addresses(&manifest), ["networks/net-1", "networks/net-2"]);
    assert_eq!(get("data_center"), Some(Value::Reference(Reference::Name("north-2".into()))));
    assert_eq!(get("mtu"), Some(Value::Integer(9000)));
    assert_eq!(get("vlan.id"), Some(Value::Integer(7)));
    assert_eq!(get("description"), text_value("${var.zone} costs $5"));
    assert_eq!(get("stp"), Some(Value::Flag(false)));
    let Some(Value::Set(roles)) = get("usages") else { panic!() };
    assert_eq!(roles.len(), 2);
}

fn load_with_file(
    text: &str,
    file: &str,
    variables: &[(&str, &str)],
) -> Result<Manifest, Problems> {
    let source = |name: &str, text: &str| Source { name: name.into(), text: text.to_owned() };
    let variables: Vec<_> =
        variables.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    let options = Options {
        kinds: kinds::KINDS,
        variables: &variables,
        variable_files: &[source("vars.yaml", file)],
        environment: &environment,
        read_file: &read_file,
        open_file: &|path| std::fs::File::open(path),
    };
    load(&[source("a.yaml", text)], &options)
}

#[test]
fn arguments_win_over_files_over_the_environment_over_defaults() {
    let text =
        "variables: { zone: { default: d } }\ndata_centers: { a: { description: '${var.zone}' } }";
    let zone = |file, variables: &[(&str, &str)]| {
        let manifest = load_with_file(text, file, variables).unwrap();
        value(&manifest, "data_centers/a", "description").cloned()
    };
    assert_eq!(zone("", &[]), text_value("north"));
    assert_eq!(zone("zone: south", &[]), text_value("south"));
    assert_eq!(zone("zone: south", &[("zone", "west")]), text_value("west"));
}

#[test]
fn wrong_values_of_variables_say_where_they_come_from() {
    let text = "variables: { n: { type: integer }, l: { type: list }, zone: { type: boolean } }";
    let said = |file, variables: &[(&str, &str)]| {
        load_with_file(text, file, variables).unwrap_err().to_string()
    };
    assert_eq!(
        said("n: [1]\nm: 2\n", &[("l", "[a"), ("k", "1")]),
        "there is no variable `k`\n  --> --var k:1:1\nhint: possible: `n`, `l`, `zone`\n\n\
         this is not YAML: while parsing a flow sequence, expected ',' or ']'\n  --> --var l:2:1\n\n\
         variables/zone: its value is `north`, not `true` or `false`\n  --> VIRTUFORM_VAR_zone:1:1\n\n\
         variables/n: its value is a list, not a whole number\n  --> vars.yaml:1:4\n\n\
         there is no variable `m`\n  --> vars.yaml:2:1\nhint: possible: `n`, `l`, `zone`"
    );
}

#[test]
fn what_a_variable_holds_is_not_read_again() {
    let text_with = "variables: { x: { type: text } }\ndata_centers: { a: { description: '${var.x}' }, b: { description: 'x ${var.x}' } }";
    let manifest = load_with(&[("a.yaml", text_with)], &[("x", "${each} {1..2}")]).unwrap();
    assert_eq!(
        value(&manifest, "data_centers/a", "description").cloned(),
        text_value("${each} {1..2}")
    );
    assert_eq!(
        value(&manifest, "data_centers/b", "description").cloned(),
        text_value("x ${each} {1..2}")
    );
}

#[test]
fn ranges_stand_for_many_resources_at_all_levels() {
    let manifest = good(
        "vms:\n  '{db,web}-{01..02}':\n    cluster: c-${each.2}\n    nics:\n      nic-{1..2}-${each.1}: { description: '${each}' }\n      last: { description: '${each}' }",
    );
    assert_eq!(manifest.desired.resources.len(), 4 + 4 * 3);
    let get = |address, attribute| value(&manifest, address, attribute).cloned();
    assert_eq!(
        get("vms/web-02", "cluster"),
        Some(Value::Reference(Reference::Name("c-02".into())))
    );
    assert_eq!(get("vms/db-01/nics/nic-2-db", "description"), text_value("2"));
    assert_eq!(get("vms/web-02/nics/last", "description"), text_value("web-02"));
}

#[test]
fn anchors_merge_keys_and_documents_work() {
    let manifest = good(
        "vms:\n  a: &base\n    cluster: east\n    memory: 1 GiB\n    cpu: { topology: { sockets: 2 } }\n---\nvms:\n  b: &other { cluster: west, stateless: true }\n  c: { <<: [*other, { memory: 2 GiB, cluster: no }], description: x }\n",
    );
    assert_eq!(addresses(&manifest), ["vms/a", "vms/b", "vms/c"]);
    assert_eq!(
        value(&manifest, "vms/c", "cluster"),
        Some(&Value::Reference(Reference::Name("west".into())))
    );
    assert_eq!(value(&manifest, "vms/c", "memory"), Some(&Value::Integer(2 << 30)));
    assert_eq!(value(&manifest, "vms/c", "stateless"), Some(&Value::Flag(true)));
}

#[test]
fn names_that_are_not_given_come_from_the_keys() {
    let manifest = good(
        "vms:\n  w:\n    cluster: c\n    name: web\n    disk_attachments: { root: { disk: { provisioned_size: 1 GiB } }, data: { disk: { alias: d } } }\n  v: { cluster: c, name: null, disk_attachments: { a: { disk: null }, b: { disk: { alias: null } } } }",
    );
    let get = |address, attribute| value(&manifest, address, attribute).cloned();
    assert_eq!(get("vms/v", "name"), text_value("v"));
    assert_eq!(get("vms/v/disk_attachments/a", "disk.alias"), text_value("v_a"));
    assert_eq!(get("vms/v/disk_attachments/b", "disk.alias"), text_value("v_b"));
    assert_eq!(get("vms/w", "name"), text_value("web"));
    assert_eq!(get("vms/w/disk_attachments/root", "disk.alias"), text_value("w_root"));
    assert_eq!(get("vms/w/disk_attachments/data", "disk.alias"), text_value("d"));
}

#[test]
fn json_is_yaml() {
    let manifest =
        good("{\"networks\":{\"a\":{\"data_center\":\"east\",\"mtu\":1500,\"stp\":true}}}");
    assert_eq!(value(&manifest, "networks/a", "mtu"), Some(&Value::Integer(1500)));
}

#[test]
fn secrets_are_fetched_and_never_shown() {
    let manifest = good(
        "vms:\n  a: { cluster: c, initialization: { root_password: { env: ROOT_PASSWORD } } }\n  b: { cluster: c, initialization: { root_password: { file: root.password } } }\n  c: { cluster: c, initialization: { root_password: hunter2 } }\nengine: { password: { file: root.password } }",
    );
    let secret = |address| value(&manifest, address, "initialization.root_password").cloned();
    assert_eq!(secret("vms/a"), Some(Value::Secret(Secret::new("from-the-environment"))));
    assert_eq!(secret("vms/b"), Some(Value::Secret(Secret::new("from-a-file"))));
    assert_eq!(secret("vms/c"), Some(Value::Secret(Secret::new("hunter2"))));
    let debug = format!("{manifest:?}");
    for leaked in ["from-the-environment", "from-a-file", "hunter2"] {
        assert!(!debug.contains(leaked));
    }
    let warnings: Vec<_> = manifest.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            "vms/c: `initialization.root_password` is written in the manifest\n  --> lab/a.yaml:4:53\nhint: write `{ env: NAME }` or `{ file: path }`, or use a variable of `type: secret`"
        ]
    );
}

#[test]
fn secret_variables_stay_secret() {
    let text = "variables:\n  pw: { type: secret }\n  zone: { type: secret, default: { env: ROOT_PASSWORD } }\nvms:\n  a: { cluster: c, initialization: { root_password: '${var.zone}' } }\nengine: { password: '${var.pw}' }";
    let manifest = load_with(&[("a.yaml", text)], &[("pw", "s3same")]).unwrap();
    assert_eq!(
        value(&manifest, "vms/a", "initialization.root_password"),
        Some(&Value::Secret(Secret::new("north")))
    );
    assert_eq!(manifest.warnings.len(), 1);
    assert!(!format!("{manifest:?}").contains("s3same"));
}

#[test]
fn the_order_of_files_changes_only_the_order() {
    let a = ("a.yaml", "vms:\n  a: { cluster: c, tags: [x] }\n  b: { cluster: c }");
    let b = ("b.yaml", "networks:\n  n: { usages: [vm, display], data_center: d }");
    let c = ("c.yaml", "networks:\n  n: { data_center: d, usages: [display, vm] }");
    let one = load_with(&[a, b], &[]).unwrap().desired.resources;
    let other = load_with(&[c, a], &[]).unwrap().desired.resources;
    assert_eq!(one.len(), other.len());
    for (address, resource) in &one {
        assert_eq!(resource.fields, other[address].fields);
        assert_eq!(resource.parent, other[address].parent);
    }
    let keys: Vec<_> = other.keys().map(ToString::to_string).collect();
    assert_eq!(keys, ["networks/n", "vms/a", "vms/a/tags/x", "vms/b"]);
}

/// Reads the stories of `problems.txt`: what stands before the first, then title, files and what
/// is said.
fn stories(text: &str) -> (&str, Vec<(&str, &str, &str)>) {
    let mut parts = text.split("\n# ");
    let preface = parts.next().unwrap_or_default();
    let story = |part| {
        let (title, rest) = str::split_once(part, '\n').expect("a story has a title");
        let (files, said) = rest.split_once("=>\n").expect("a story has a `=>`");
        (title, files, said.trim())
    };
    (preface, parts.map(story).collect())
}

fn files(text: &str) -> Vec<(String, String)> {
    let mut files = vec![("a.yaml".to_owned(), String::new())];
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("-- ").and_then(|rest| rest.strip_suffix(" --")) {
            files.push((name.to_owned(), String::new()));
        } else if let Some((_, text)) = files.last_mut() {
            text.push_str(line);
            text.push('\n');
        }
    }
    files
}

fn said_of(text: &str) -> String {
    let files = files(text);
    let files: Vec<_> = files.iter().map(|(name, text)| (&**name, &**text)).collect();
    match load_with(&files, &[]) {
        Err(problems) => problems.to_string(),
        Ok(manifest) if manifest.warnings.is_empty() => "nothing".to_owned(),
        Ok(manifest) => format!("only warnings\n\n{}", Problems(manifest.warnings)),
    }
}

#[test]
fn problems_are_said_well() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/manifest/problems.txt");
    let text = std::fs::read_to_string(&file).unwrap();
    let (preface, stories) = stories(&text);
    let mut new = preface.to_owned();
    for (title, files, _) in &stories {
        let said = said_of(files);
        write!(new, "\n# {title}\n{files}=>\n{said}\n").unwrap();
    }
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&file, &new).unwrap();
    }
    for (title, files, said) in stories {
        assert!(
            std::env::var_os("BLESS").is_some() || said_of(files) == said,
            "{title}:\n{}",
            said_of(files)
        );
    }
}

/// The catalogue's own kinds, in the manifest that the documentation begins with.
#[test]
fn the_catalogue_reads_the_first_example() {
    let options = Options {
        kinds: virtuform::resources::kinds::KINDS,
        variables: &[],
        variable_files: &[],
        environment: &environment,
        read_file: &read_file,
        open_file: &|path| std::fs::File::open(path),
    };
    let text = include_str!("data/manifest/first.yaml").to_owned();
    let sources = [Source { name: "first.yaml".into(), text }];
    let manifest = load(&sources, &options).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(manifest.desired.resources.len(), 5 + 3 * 3);
    let disk = value(&manifest, "vms/web-03/disk_attachments/root", "disk.alias").cloned();
    assert_eq!(disk, text_value("web-03_root"));
}
