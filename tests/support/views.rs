//! The three views, written as a person would: YAML for what is wanted, XML for what was found.

use std::path::PathBuf;

use virtuform::manifest::{Options, Source, load};
use virtuform::plan::Plan;
use virtuform::resources::kinds::KINDS;
use virtuform::resources::{Action, Address, Kind, Watched, decode, underway};
use virtuform::state::{Desired, Entry, Ledger, Object, Observed};
use virtuform::xml::{Element, parse};

/// What a manifest says.
pub fn desired(manifest: &str) -> Desired {
    let source = Source { name: PathBuf::from("site.yaml"), text: manifest.to_owned() };
    let options = Options {
        kinds: KINDS,
        variables: &[],
        variable_files: &[],
        environment: &|_| None,
        read_file: &|_| Err(std::io::ErrorKind::NotFound.into()),
        open_file: &|path| std::fs::File::open(path),
    };
    match load(&[source], &options) {
        Ok(manifest) => manifest.desired,
        Err(problems) => panic!("{problems}"),
    }
}

/// What an engine has: its objects as the API shows them, children within their parents.
pub fn observed(objects: &str) -> Observed {
    let mut observed = Observed::default();
    KINDS.iter().for_each(|kind| observed.read(kind));
    let all = parse(format!("<all>{objects}</all>").as_bytes()).expect("the objects are XML");
    for element in all.children() {
        let kind = kind_of(element.name(), None);
        add(&mut observed, kind, None, element);
    }
    observed
}

fn kind_of(element: &str, parent: Option<&'static Kind>) -> &'static Kind {
    let is_it = |kind: &&&Kind| kind.element == element && kind.parent == parent;
    KINDS.iter().find(is_it).unwrap_or_else(|| panic!("no kind has the element `{element}`"))
}

fn add(observed: &mut Observed, kind: &'static Kind, parent: Option<&str>, element: &Element) {
    let id = element.id().expect("objects have ids").to_owned();
    for child in KINDS.iter().filter(|child| child.parent == Some(kind)) {
        let wrapper = element.child(child.section);
        for nested in wrapper.into_iter().flat_map(|wrapper| wrapper.all(child.element)) {
            add(observed, child, Some(&id), nested);
        }
    }
    let fields = decode(kind.attributes, element).over(&decode(kind.shows, element));
    let next = element.child("next_run").map(|next| decode(kind.attributes, next));
    let pending = next.map(|next| next.over(&fields));
    let underway = underway(kind, element);
    observed.add(Object { kind, id, parent: parent.map(str::to_owned), fields, pending, underway });
}

/// A ledger that keeps these addresses under these ids.
pub fn ledger(entries: &[(&str, &str)]) -> Ledger {
    let mut ledger = Ledger::new("test".to_owned(), [7; 32]);
    for (address, id) in entries {
        let address = Address::parse(address).expect("it is an address");
        let sections: Vec<&str> = address.as_str().split('/').step_by(2).collect();
        let mut kind = None;
        for section in sections {
            let below = kind;
            let is_it = |k: &&&'static Kind| k.section == section && k.parent == below;
            kind = KINDS.iter().find(is_it).copied();
        }
        let kind = kind.expect("sections are kinds").name.to_owned();
        let entry = Entry { kind, id: (*id).to_owned(), ..Entry::default() };
        ledger.entries.insert(address, entry);
    }
    ledger
}

/// The steps, a line each: what is done to which resource, and after which steps.
pub fn outline(plan: &Plan) -> String {
    let lines = plan.steps.iter().map(|step| {
        let needs = step.needs.iter().map(|id| id.0.to_string());
        // What it only follows, whatever comes of it.
        let follows = step.follows.iter().map(|id| format!("~{}", id.0));
        let needs: Vec<_> = needs.chain(follows).collect();
        let needs =
            if needs.is_empty() { String::new() } else { format!("  <- {}", needs.join(" ")) };
        format!("{} {} {}{needs}", step.id.0, words(&step.action), step.address)
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn words(action: &Action) -> String {
    match action {
        Action::Create { .. } => "create".to_owned(),
        Action::Find { .. } => "find".to_owned(),
        Action::Update { changes, next_start, .. } => {
            let when = if *next_start { " for the next start" } else { "" };
            let changes: Vec<_> = changes
                .iter()
                .map(|c| {
                    let from =
                        c.from.as_ref().map_or("?".to_owned(), |from| c.attribute.show(from));
                    format!("{} {from} -> {}", c.attribute.name, c.attribute.show(&c.to))
                })
                .collect();
            format!("update ({}){when}", changes.join(", "))
        }
        Action::Delete { .. } => "delete".to_owned(),
        Action::Invoke { verb, .. } => verb.name.to_owned(),
        Action::Upload { file, .. } => format!("upload {}", file.name),
        Action::Await { of: Watched::Jobs, .. } => "await jobs".to_owned(),
        Action::Await { of: Watched::Parts(parts), becomes, .. } => {
            let what = if becomes.is_empty() { "gone from" } else { "on" };
            let below = parts.below.iter().map(ToString::to_string).collect::<Vec<_>>();
            format!("await it {what} {}", below.join(", "))
        }
        Action::Await { becomes: [], .. } => "await gone".to_owned(),
        Action::Link { attribute, member, adds: true } => {
            format!("link {}: {member}", attribute.name)
        }
        Action::Link { attribute, member, .. } => format!("unlink {}: {member}", attribute.name),
        Action::Await { becomes, .. } => format!("await {}", becomes.join("|")),
    }
}
