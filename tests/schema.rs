//! The schema for editors against a validator of others: what the reader takes is valid, and what
//! the schema is to underline is not.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::path::{Path, PathBuf};

use jsonschema::Validator;
use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value as Json};
use virtuform::cli::handbook;

fn validator() -> Validator {
    let schema = handbook::json_schema();
    jsonschema::draft202012::meta::validate(&schema).unwrap();
    jsonschema::draft202012::new(&schema).unwrap()
}

/// What the validator complains about in a text of one or several documents.
fn complaints(validator: &Validator, text: &str) -> Vec<String> {
    let documents = Yaml::load_from_str(text).unwrap();
    let all = documents.iter().map(json);
    all.flat_map(|json| {
        let errors =
            validator.iter_errors(&json).map(|error| format!("{}: {error}", error.instance_path()));
        errors.collect::<Vec<_>>()
    })
    .collect()
}

fn json(yaml: &Yaml) -> Json {
    match yaml {
        Yaml::Value(Scalar::Boolean(flag)) => (*flag).into(),
        Yaml::Value(Scalar::Integer(number)) => (*number).into(),
        Yaml::Value(Scalar::FloatingPoint(number)) => number.into_inner().into(),
        Yaml::Value(Scalar::String(text)) => text.to_string().into(),
        Yaml::Sequence(items) => items.iter().map(json).collect(),
        Yaml::Mapping(entries) => {
            let entry = |(key, value): (&Yaml, &Yaml)| (key_of(key), json(value));
            Json::Object(entries.iter().map(entry).collect::<Map<_, _>>())
        }
        Yaml::Tagged(_, inner) => json(inner),
        _ => Json::Null,
    }
}

/// Keys are texts, as the reader takes them.
fn key_of(key: &Yaml) -> String {
    match json(key) {
        Json::String(text) => text,
        other => other.to_string(),
    }
}

fn files(folder: &str, end: &str) -> Vec<PathBuf> {
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    let mut files = Vec::new();
    while let Some(path) = open.pop() {
        for entry in std::fs::read_dir(path).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => open.push(path),
                false if path.extension().is_some_and(|it| it == end) => files.push(path),
                false => {}
            }
        }
    }
    files.sort();
    assert!(!files.is_empty(), "{folder} has no {end}");
    files
}

#[test]
fn the_examples_are_valid() {
    let validator = validator();
    for path in files("examples", "yaml") {
        let found = complaints(&validator, &std::fs::read_to_string(&path).unwrap());
        assert!(found.is_empty(), "{}: {found:#?}", path.display());
    }
}

#[test]
fn the_manifests_of_stories_are_valid() {
    let validator = validator();
    for path in files("tests/scenarios", "txt") {
        let story = std::fs::read_to_string(&path).unwrap();
        let start = story.find("-- site.yaml --\n").map(|at| at + "-- site.yaml --\n".len());
        let Some(text) = start.map(|start| &story[start..]) else { continue };
        let end = ["\n-- ", "\n$ "].iter().filter_map(|end| text.find(end)).min();
        let found = complaints(&validator, &text[..end.unwrap_or(text.len())]);
        assert!(found.is_empty(), "{}: {found:#?}", path.display());
    }
}

#[test]
fn the_least_of_each_kind_is_valid() {
    let validator = validator();
    for kind in virtuform::resources::kinds::KINDS.iter().filter(|kind| kind.managed) {
        let text = handbook::example(kind);
        let found = complaints(&validator, &text);
        assert!(found.is_empty(), "{text}{found:#?}");
    }
}

#[test]
fn what_the_reader_takes_in_several_forms_is_valid_in_all() {
    let validator = validator();
    for text in [
        "tags: [blue, red]\n",
        "tags:\n",
        "vms: { 'web-{01..03}': { cluster: c, memory: '${var.memory}', name: 'web-${each}' } }\n",
        "vms: { a: { cluster: c, memory: 4294967296, description: 5, comment: null } }\n",
        "vms: { a: { cluster: c, nics: [nic1], lifecycle: { protect: true, ignore: [memory] } } }\n",
        "variables: { password: { type: secret }, size: { default: 4 GiB }, plain: }\n",
        "engine: { url: https://e, username: a@b, password: { file: secret.txt } }\n",
        "moved: [{ from: vms/a, to: vms/b }]\nremoved: [{ from: vms/c, destroy: false }]\n",
        "hosts: { h: { cluster: c, address: a, root_password: '${var.password}' } }\n",
    ] {
        let found = complaints(&validator, text);
        assert!(found.is_empty(), "{text}{found:#?}");
    }
}

#[test]
fn what_is_wrong_is_not_valid() {
    let validator = validator();
    for text in [
        "vmz: {}\n",
        "vms: { a: {} }\n",
        "vms: { a: { cluster: c, memroy: 4 GiB } }\n",
        "vms: { a: { cluster: c, memory: 4 GB } }\n",
        "vms: { a: { cluster: c, status: running } }\n",
        "vms: { a: { cluster: c, cpu: { topology: { sockets: many } } } }\n",
        "vms: { a: { cluster: null } }\n",
        "vms: { a: { cluster: c, nics: { nic1: { mac: { address: '12:34' } } } } }\n",
        "vms: { a/b: { cluster: c } }\n",
        "vms: { a: { cluster: c, lifecycle: { protcet: true } } }\n",
        "networks: { a: { data_center: d, vlan: { id: 5000 } } }\n",
        "networks: { a: { data_center: d, stp: maybe } }\n",
        "hosts: { h: { cluster: c, address: a, root_password: { vault: x } } }\n",
        "mac_pools: { p: { ranges: [{ from: '00:1a:4a:16:01:51' }] } }\n",
        "variables: { a: { type: number } }\n",
        "engine: { uri: https://e }\n",
        "moved: [{ from: vms/a }]\n",
    ] {
        assert!(!complaints(&validator, text).is_empty(), "this should be wrong: {text}");
    }
}
