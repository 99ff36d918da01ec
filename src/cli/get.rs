//! `virtuform get`: looks at anything of the live engine. Nothing is written anywhere.

use std::fmt::Write;

use crate::api::SCHEMA;
use crate::engine::{Engine, printable};
use crate::xml::Element;

use super::arguments::{GetArguments, Output};
use super::live::{self, Place, columns, read, tree};
use super::render::{Ink, Screen};
use super::{Exit, Failure, Io, desk, runtime};

/// Looks.
pub fn run(arguments: &GetArguments, io: &mut Io) -> Result<Exit, Failure> {
    let Some(what) = &arguments.what else {
        io.data(&(live::sections().join("\n") + "\n"))?;
        return Ok(Exit::Done);
    };
    let connection = desk::connect_as_told(&arguments.manifests, &arguments.engine, io)?;
    let screen = io.out_screen();
    let cut = io.terminals.out;
    let (count, text) = runtime()?.block_on(async {
        let seen = look(&*connection.client, what, arguments, screen, cut).await;
        connection.client.close().await;
        seen
    })?;
    io.data(&text)?;
    if count == 0 && arguments.search.is_some() {
        io.talk("nothing found; so the engine answers a search that it does not understand, too\n");
    }
    Ok(Exit::Done)
}

async fn look<E: Engine>(
    engine: &E,
    what: &str,
    arguments: &GetArguments,
    screen: Screen,
    cut: bool,
) -> Result<(usize, String), Failure> {
    let place = live::find(engine, what).await?;
    check(&place, arguments)?;
    let whole = matches!(arguments.output, Output::Yaml | Output::Json | Output::Xml);
    let wish = read::Wish { search: arguments.search.as_deref(), max: arguments.max, whole };
    let objects = read::read(engine, &place, wish).await?;
    let text = match arguments.output {
        Output::Table => {
            let type_name = place.service.type_name;
            let columns = columns::columns(type_name);
            let names = read::linked(engine, type_name, &columns, &objects).await?;
            let titles = columns.iter().map(|column| column.title.to_owned()).collect();
            let row = |it: &Element| columns.iter().map(|column| column.show(it, &names)).collect();
            let rows = std::iter::once(titles).chain(objects.iter().map(row)).collect();
            table(rows, screen, cut)
        }
        Output::Name => objects.iter().map(|it| format!("{}\n", address(&place, it))).collect(),
        Output::Xml => objects.iter().map(pretty).collect(),
        Output::Yaml => tree::yaml(&data(&place, &objects)),
        Output::Json => format!("{:#}\n", data(&place, &objects)),
    };
    Ok((objects.len(), text))
}

/// What can be told to be impossible before anything is read.
fn check(place: &Place, arguments: &GetArguments) -> Result<(), Failure> {
    let address = &place.address;
    if arguments.search.is_some() && !(place.service.collection && place.can_search()) {
        return Err(Failure::new(format!("the engine has no search for `{address}`"))
            .hint("leave `--search` out, and look through what is shown"));
    }
    if place.service.collection && !place.can_list() {
        return Err(Failure::new(format!("the engine does not list `{address}`"))
            .hint(format!("say which: `virtuform get {address}/NAME`")));
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

fn data(place: &Place, objects: &[Element]) -> serde_json::Value {
    let of = SCHEMA.type_of(place.service.type_name);
    let mut all = objects.iter().map(|element| tree::object(element, of));
    if place.service.collection { all.collect() } else { all.next().unwrap_or_default() }
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
