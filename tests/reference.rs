//! The pages of the reference and the schema beside them are what the catalogue says.
//! `BLESS=1 cargo test --test reference` writes them anew.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::collections::BTreeMap;
use std::path::Path;

use similar::TextDiff;
use virtuform::cli::handbook;

const NOT_MANAGED: &str = include_str!("catalogue/not_managed.txt");

#[test]
fn the_reference_says_what_the_catalogue_does() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference");
    let mut wanted: BTreeMap<String, String> = handbook::pages(NOT_MANAGED).into_iter().collect();
    let schema = format!("{:#}\n", handbook::json_schema());
    wanted.insert("manifest.schema.json".to_owned(), schema);
    if std::env::var_os("BLESS").is_some() {
        std::fs::remove_dir_all(&folder).ok();
        std::fs::create_dir_all(&folder).unwrap();
        for (name, text) in &wanted {
            std::fs::write(folder.join(name), text).unwrap();
        }
    }
    let names = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name());
    let names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
    let beyond: Vec<_> = names.iter().filter(|name| !wanted.contains_key(*name)).collect();
    assert!(beyond.is_empty(), "no kind has the pages {beyond:?}");
    for (name, text) in &wanted {
        let written = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        let difference = TextDiff::from_lines(&written, text).unified_diff().to_string();
        assert!(difference.is_empty(), "{name} is stale; BLESS=1 writes it anew:\n{difference}");
    }
}
