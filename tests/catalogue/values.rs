//! Random values of each type, for tests that hold for every attribute.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use virtuform::resources::{Attribute, Fields, Reference, Secret, Type, Value};

const GUID: &str = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}";

/// Values that the engine could show: references are ids, what cannot be read stays out.
pub fn value(takes: Type) -> BoxedStrategy<Value> {
    match takes {
        Type::Text => text().prop_map(Value::Text).boxed(),
        Type::Integer(min, max) => (min..=max).prop_map(Value::Integer).boxed(),
        Type::Decimal => (0..1_000_000_u32)
            .prop_map(|thousandths| Value::Text((f64::from(thousandths) / 1000.0).to_string()))
            .boxed(),
        Type::Flag => any::<bool>().prop_map(Value::Flag).boxed(),
        Type::Size => (0..i64::MAX).prop_map(Value::Integer).boxed(),
        Type::SizeIn(unit) => {
            (0..i64::MAX / unit).prop_map(move |n| Value::Integer(n * unit)).boxed()
        }
        Type::OneOf(words) => {
            proptest::sample::select(words).prop_map(|w| Value::Text(w.to_owned())).boxed()
        }
        Type::Version => {
            ("[0-9]{1,2}", "[0-9]{1,2}").prop_map(|(a, b)| Value::Text(format!("{a}.{b}"))).boxed()
        }
        Type::Mac => "[0-9a-f]{2}(:[0-9a-f]{2}){5}".prop_map(Value::Text).boxed(),
        // The id of a file is its name, and no other id looks like one.
        Type::Reference(kind) => {
            let id = if kind.name == "file" { "[a-z]{1,8}[.]iso" } else { GUID };
            id.prop_map(|id| Value::Reference(Reference::Id(id))).boxed()
        }
        Type::Set(of) => vec(value(*of), 0..4).prop_map(Value::set).boxed(),
        Type::List(of) => vec(value(*of), 0..4).prop_map(Value::List).boxed(),
        Type::Record(attributes) => record(attributes).prop_map(Value::Record).boxed(),
        Type::Map => btree_map("[a-z_]{1,8}", text(), 0..4).prop_map(Value::Map).boxed(),
        Type::File => Just(Value::Nothing).boxed(),
        Type::Secret => secret().prop_map(Value::Secret).boxed(),
        Type::Secrets => btree_map("[a-z_]{1,8}", secret(), 0..4).prop_map(Value::Secrets).boxed(),
    }
}

fn secret() -> impl Strategy<Value = Secret> {
    "[ -~]{1,12}".prop_map(Secret::new)
}

/// Text as XML carries it: without outer white space.
fn text() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9äß<>&\"'/ .:-]{0,16}".prop_map(|text| text.trim().to_owned())
}

/// Some of the attributes that a read shows.
fn record(attributes: &'static [Attribute]) -> impl Strategy<Value = Fields> {
    let comparable: Vec<_> = attributes.iter().filter(|a| a.is_comparable()).collect();
    let values: Vec<_> = comparable.iter().map(|a| proptest::option::of(value(a.takes))).collect();
    values.prop_map(move |values| {
        let values = comparable.iter().zip(values);
        values.filter_map(|(attribute, value)| Some((*attribute, value?))).collect()
    })
}
