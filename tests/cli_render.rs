//! How plans look: 80 columns, no colour.
#![allow(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

#[path = "cli_render/plans.rs"]
mod plans;

use plans::{Make, keep, step};
use virtuform::cli::render::{self, Screen};
use virtuform::plan::{Impact, Note, Plan, Refusal};
use virtuform::resources::{Address, Effect, Reference, Secret, Value};

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

fn vm(key: &str) -> Address {
    Address::new("vms", key)
}

fn shown(plan: &Plan) -> String {
    render::plan(plan, Screen::PLAIN)
}

fn assert_text(shown: &str, expected: &str) {
    assert!(shown == expected, "shown:\n{shown}\nexpected:\n{expected}");
}

#[test]
fn a_plan_says_what_becomes_of_each_resource() {
    let cluster = Value::Reference(Reference::Address(Address::new("clusters", "east-1")));
    let profile = Value::Reference(Reference::Id("p1".to_owned()));
    let nic = vm("web-01").child("nics", "nic1");
    let mut plan = Plan {
        steps: vec![
            step(
                0,
                &vm("web-01"),
                "it does not exist yet",
                Make::create(&[
                    ("name", text("web-01")),
                    ("cluster", cluster),
                    ("memory", Value::Integer(4 << 30)),
                    ("status", text("up")),
                    ("initialization.root_password", Value::Secret(Secret::new("hunter2"))),
                ]),
            ),
            step(1, &vm("web-01"), "it does not exist yet", Make::wait("down")),
            step(2, &nic, "it does not exist yet", Make::create(&[("vnic_profile", profile)])),
            step(3, &vm("web-01"), "it does not exist yet", Make::Start),
            step(4, &vm("web-01"), "it does not exist yet", Make::wait("up")),
            step(
                5,
                &vm("web1"),
                "it differs",
                Make::update(&[
                    ("memory", Value::Integer(4 << 30), Value::Integer(8 << 30), Effect::Now),
                    (
                        "memory_policy.max",
                        Value::Integer(16 << 30),
                        Value::Integer(32 << 30),
                        Effect::NextStart,
                    ),
                ]),
            ),
            step(
                6,
                &Address::new("networks", "old"),
                "the manifests no longer have it",
                Make::Delete,
            ),
            step(7, &vm("db"), "`template` cannot be changed on the same object", Make::Delete),
            step(
                8,
                &vm("db"),
                "`template` cannot be changed on the same object",
                Make::create(&[("memory", Value::Integer(1 << 30))]),
            ),
            step(9, &vm("idle"), "it differs", Make::Start),
            step(10, &vm("idle"), "it differs", Make::wait("up")),
        ],
        records: vec![keep(&Address::new("tags", "blue"), "t1", true)],
        ..Plan::default()
    };
    plan.names.insert("p1".to_owned(), "storage".to_owned());
    assert_text(
        &shown(&plan),
        "\
= tags/blue                       exists already, as t1
+ vms/web-01                      it does not exist yet
    cluster                       east-1
    memory                        4 GiB
    status                        up
    initialization.root_password  (sensitive)
    then start, wait until it is up
+ vms/web-01/nics/nic1            it does not exist yet
    vnic_profile  storage
~ vms/web1
    memory             4 GiB -> 8 GiB    now
    memory_policy.max  16 GiB -> 32 GiB  at the next start
- networks/old                    the manifests no longer have it
-/+ vms/db                        `template` cannot be changed on the same
                                  object
    memory  1 GiB
> vms/idle                        start, wait until it is up

plan: 2 to create, 2 to change, 1 to replace, 1 to remove; 1 adopted; 11 steps
",
    );
}

#[test]
fn texts_of_several_lines_and_long_lists_are_shown_as_differences() {
    let script = |port: &str| text(&format!("a\nb\nc\nd\nport: {port}\ne\nf\ng\nh\n"));
    let hosts = |names: &[&str]| {
        Value::set(names.iter().map(|name| text(&format!("{name}.a-rather-long-domain.example"))))
    };
    let plan = Plan {
        steps: vec![step(
            0,
            &vm("web"),
            "it differs",
            Make::update(&[
                ("script", script("80"), script("443"), Effect::Now),
                ("hosts", hosts(&["one", "two"]), hosts(&["three", "two"]), Effect::Now),
            ]),
        )],
        ..Plan::default()
    };
    assert_text(
        &shown(&plan),
        "\
~ vms/web
    script  now
        c
        d
      - port: 80
      + port: 443
        e
        f
    hosts   now
      - one.a-rather-long-domain.example
      + three.a-rather-long-domain.example
        two.a-rather-long-domain.example

plan: 0 to create, 1 to change, 0 to replace, 0 to remove; 1 step
",
    );
}

#[test]
fn a_plan_tells_what_it_leaves_alone_what_it_costs_and_why_it_is_refused() {
    let note = "3 changes wait for its next start: `memory_policy.max`, `bios.type`, `cpu.mode`";
    let plan = Plan {
        notes: vec![Note { address: Some(vm("db1")), text: note.to_owned() }],
        impacts: vec![
            Impact { address: vm("a"), what: "is restarted".into() },
            Impact { address: vm("b"), what: "is restarted".into() },
        ],
        refusals: vec![Refusal {
            address: None,
            message: "12 of 40 resources would be removed (30 %)".to_owned(),
            hint: "if that is meant, say `--max-deletions 12`".to_owned(),
            consent: None,
        }],
        ..Plan::default()
    };
    assert_text(
        &shown(&plan),
        "\
notes:
  vms/db1: 3 changes wait for its next start: `memory_policy.max`, `bios.type`,
    `cpu.mode`

impact:
  is restarted (2): vms/a, vms/b

nothing to do

refused: 12 of 40 resources would be removed (30 %)
hint: if that is meant, say `--max-deletions 12`
",
    );
}

#[test]
fn what_the_engine_says_cannot_steer_a_terminal() {
    let plan = Plan {
        steps: vec![step(
            0,
            &vm("web"),
            "it differs",
            Make::update(&[("script", text("\u{1b}[2Jold"), text("new"), Effect::Now)]),
        )],
        ..Plan::default()
    };
    assert!(shown(&plan).contains("script  \\u{1b}[2Jold -> new  now\n"), "{}", shown(&plan));
}

#[test]
fn nothing_to_do_is_one_line() {
    assert_eq!(shown(&Plan::default()), "nothing to do\n");
}

#[test]
fn many_refusals_of_a_sort_are_one() {
    let refusal = |number: usize| Refusal {
        address: Some(vm(&format!("web-{number}"))),
        message: format!("vms/web-{number}: would be deleted with its data"),
        hint: format!("allow it with `--allow-destroy vms/web-{number}`"),
        consent: Some("--allow-destroy"),
    };
    let plan = Plan { refusals: (1..=6).map(refusal).collect(), ..Plan::default() };
    assert_text(
        &shown(&plan),
        "\
nothing to do

refused: would be deleted with its data (6): vms/web-1, vms/web-2, vms/web-3,
  vms/web-4 and 2 more
hint: allow it with `--allow-destroy 'vms/web-*'`
",
    );
}
