//! `virtuform get`: looks at anything of the live engine. Nothing is written anywhere.

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::api::SCHEMA;
use crate::engine::{Engine, printable};
use crate::resources::is_like;
use crate::xml::Element;

use super::arguments::{GetArguments, Output};
use super::live::{self, Place, columns, read, tree};
use super::render::{Ink, Screen};
use super::{Exit, Failure, Io, desk, runtime};

/// Looks.
pub fn run(arguments: &GetArguments, io: &mut Io) -> Result<Exit, Failure> {
    if arguments.what.iter().all(String::is_empty) {
        io.data(&(live::sections().join("\n") + "\n"))?;
        return Ok(Exit::Done);
    }
    let connection = desk::connect_as_told(&arguments.manifests, &arguments.engine, io)?;
    let screen = io.out_screen();
    let cut = io.terminals.out;
    let (count, text) = runtime()?.block_on(async {
        let seen = look(&*connection.client, arguments, screen, cut).await;
        connection.client.close().await;
        seen
    })?;
    io.data(&text)?;
    match &arguments.search {
        Some(_) if count == 0 => io.talk(
            "nothing found; so the engine answers a search that it does not understand, too\n",
        ),
        None if count == 0 => io.talk("there is none\n"),
        _ => {}
    }
    Ok(Exit::Done)
}

/// What was found at an address.
struct Seen {
    place: Place,
    objects: Vec<Element>,
}

async fn look<E: Engine>(
    engine: &E,
    arguments: &GetArguments,
    screen: Screen,
    cut: bool,
) -> Result<(usize, String), Failure> {
    let mut seen = Vec::new();
    for what in arguments.what.iter().filter(|what| !what.is_empty()) {
        let (places, pattern) = live::find_all(engine, what).await?;
        for place in places {
            let objects = objects(engine, &place, pattern, arguments).await?;
            seen.push(Seen { place, objects });
        }
    }
    let text = match arguments.output {
        Output::Table => tables(engine, &seen, screen, cut).await?,
        Output::Name => each(&seen).map(|(place, it)| address(place, it) + "\n").collect(),
        Output::Xml => each(&seen).map(|(_, it)| pretty(it)).collect(),
        Output::Yaml => tree::yaml(&data(&seen, arguments)),
        Output::Json => format!("{:#}\n", data(&seen, arguments)),
    };
    Ok((each(&seen).count(), text))
}

fn each(seen: &[Seen]) -> impl Iterator<Item = (&Place, &Element)> {
    seen.iter().flat_map(|seen| seen.objects.iter().map(|object| (&seen.place, object)))
}

/// Reads what stands at a place, as far as it is meant.
async fn objects<E: Engine>(
    engine: &E,
    place: &Place,
    pattern: Option<&str>,
    arguments: &GetArguments,
) -> Result<Vec<Element>, Failure> {
    check(place, arguments)?;
    let whole = matches!(arguments.output, Output::Yaml | Output::Json | Output::Xml);
    // What the engine leaves out may be what the pattern means.
    let max = arguments.max.filter(|_| pattern.is_none());
    let wish = read::Wish { search: arguments.search.as_deref(), max, whole };
    let mut objects = read::read(engine, place, wish).await?;
    if let Some(pattern) = pattern {
        objects.retain(|it| is_like(live::name(it), pattern));
        objects.truncate(arguments.max.unwrap_or(usize::MAX));
    }
    Ok(objects)
}

/// A table for the objects of each type, in the order in which they were asked for.
async fn tables<E: Engine>(
    engine: &E,
    seen: &[Seen],
    screen: Screen,
    cut: bool,
) -> Result<String, Failure> {
    let mut types: Vec<&str> = seen.iter().map(|it| it.place.service.type_name).collect();
    types.sort_by_key(|name| seen.iter().position(|it| it.place.service.type_name == *name));
    types.dedup();
    let mut tables = Vec::new();
    for type_name in types {
        let of_type = |it: &&Seen| it.place.service.type_name == type_name;
        let seen: Vec<&Seen> = seen.iter().filter(of_type).collect();
        let columns = columns::columns(type_name);
        let all: Vec<Element> = seen.iter().flat_map(|it| &it.objects).cloned().collect();
        let names = read::linked(engine, type_name, &columns, &all).await?;
        let holders: BTreeSet<&str> = seen.iter().map(|it| holder(&it.place)).collect();
        let is_in = holders.len() > 1;
        let titles = columns.iter().map(|column| column.title.to_owned());
        let titles = is_in.then(|| "IN".to_owned()).into_iter().chain(titles).collect();
        let row = |seen: &Seen, it: &Element| {
            let holder = is_in.then(|| holder(&seen.place).to_owned());
            let values = columns.iter().map(|column| column.show(it, &names));
            holder.into_iter().chain(values).collect()
        };
        let rows = seen.iter().flat_map(|seen| seen.objects.iter().map(|it| row(seen, it)));
        tables.push(table(std::iter::once(titles).chain(rows).collect(), screen, cut));
    }
    Ok(tables.join("\n"))
}

/// The address of what holds the objects of a place.
fn holder(place: &Place) -> &str {
    let collection = match place.service.collection {
        true => place.address.as_str(),
        false => place.address.rsplit_once('/').map_or("", |(collection, _)| collection),
    };
    collection.rsplit_once('/').map_or("", |(holder, _)| holder)
}

/// What can be told to be impossible before anything is read.
fn check(place: &Place, arguments: &GetArguments) -> Result<(), Failure> {
    let address = &place.address;
    if arguments.search.is_some() && !(place.service.collection && place.can_search()) {
        return Err(Failure::new(format!("the engine has no search for `{address}`"))
            .hint("leave `--search` out, and look through what is shown"));
    }
    if place.service.collection && !place.can_list() {
        let failure = Failure::new(format!("the engine does not list `{address}`"));
        return Err(match place.service.member {
            Some(_) => failure.hint(format!("say which: `virtuform get {address}/NAME`")),
            None => failure.hint("it only takes what a manifest says of a VM or template"),
        });
    }
    Ok(())
}

/// Columns, the last as wide as it needs to be; on a terminal it ends where the screen does.
fn table(rows: Vec<Vec<String>>, screen: Screen, cut: bool) -> String {
    let count = rows.first().map_or(0, Vec::len);
    let width = |at: usize| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..count).map(width).collect();
    let mut text = String::new();
    for (number, row) in rows.iter().enumerate() {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            write!(line, "{cell:width$}  ").expect("a string takes all");
        }
        let line = line.trim_end();
        let line = if cut { shortened(line, screen.width) } else { line.to_owned() };
        let line = if number == 0 { screen.ink(Ink::Bold, &line) } else { line };
        text += &(line + "\n");
    }
    text
}

fn shortened(line: &str, width: usize) -> String {
    if line.chars().count() <= width {
        return line.to_owned();
    }
    line.chars().take(width - 1).chain(['…']).collect()
}

/// The address under which an object is found again.
fn address(place: &Place, element: &Element) -> String {
    if !place.service.collection {
        return place.address.clone();
    }
    let name = printable(live::name(element)).into_owned();
    let is_part = !name.is_empty() && !name.contains(['/', ' ']);
    let name = if is_part { &name } else { element.id().unwrap_or_default() };
    format!("{}/{name}", place.address)
}

/// One object that was asked for by its name is not in a list.
fn data(seen: &[Seen], arguments: &GetArguments) -> serde_json::Value {
    let is_one = |what: &String| !what.contains('*');
    let object = |(place, element): (&Place, &Element)| {
        tree::object(element, SCHEMA.type_of(place.service.type_name))
    };
    match seen {
        [one] if !one.place.service.collection && arguments.what.iter().all(is_one) => {
            each(seen).map(object).next().unwrap_or_default()
        }
        _ => each(seen).map(object).collect(),
    }
}

/// An element as the engine sent it, one element a line.
fn pretty(element: &Element) -> String {
    let mut text = String::new();
    write_pretty(&mut text, element, 0);
    text
}

fn write_pretty(text: &mut String, element: &Element, indent: usize) {
    let space = " ".repeat(indent);
    if element.children().is_empty() {
        *text += &format!("{space}{element}\n");
        return;
    }
    let mut head = Element::new(element.name().to_owned());
    for (name, value) in element.attributes() {
        head.set_attribute(name.to_owned(), value);
    }
    let head = head.to_string();
    *text += &format!("{space}{}>\n", head.trim_end_matches("/>"));
    element.children().iter().for_each(|child| write_pretty(text, child, indent + 2));
    *text += &format!("{space}</{}>\n", element.name());
}
