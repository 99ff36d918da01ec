//! From bytes to elements.

use compact_str::CompactString;
use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};

use super::{Element, MAX_DEPTH, Outline};

/// Why a document cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct XmlError {
    /// The offset in bytes at which reading stopped.
    pub at: u64,
    /// What is wrong there.
    pub message: String,
}

impl std::fmt::Display for XmlError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} (at byte {})", self.message, self.at)
    }
}

impl std::error::Error for XmlError {}

/// Reads a document of one element, all of it.
pub fn parse(document: &[u8]) -> Result<Element, XmlError> {
    let mut source = Source::new(document);
    let (root, has_content) = source.root()?;
    let everything = Outline::everything();
    let mut element = Element::new(name_of(&root)?.to_owned());
    source.fill(&mut element, &root, has_content, &everything, 1)?;
    source.end()?;
    Ok(element)
}

/// Reads a document whose root holds many objects and hands each over as soon as it is complete,
/// with nothing in it but what `outline` keeps.
///
/// Memory is bounded by one object, whatever the length of the document.
pub fn each(
    document: &[u8],
    outline: &Outline,
    mut visit: impl FnMut(Element),
) -> Result<(), XmlError> {
    let mut source = Source::new(document);
    let (_, has_content) = source.root()?;
    if has_content {
        loop {
            match source.next()? {
                Event::Start(start) => visit(source.object(&start, true, outline)?),
                Event::Empty(start) => visit(source.object(&start, false, outline)?),
                Event::End(_) => break,
                Event::Eof => return Err(source.error("the document ends too early")),
                _ => {}
            }
        }
    }
    source.end()
}

struct Source<'a> {
    reader: Reader<&'a [u8]>,
}

impl<'a> Source<'a> {
    fn new(document: &'a [u8]) -> Self {
        Self { reader: Reader::from_reader(document) }
    }

    fn error(&self, message: impl Into<String>) -> XmlError {
        XmlError { at: self.reader.buffer_position(), message: message.into() }
    }

    #[inline(always)]
    fn next(&mut self) -> Result<Event<'a>, XmlError> {
        match self.reader.read_event() {
            // No document of the API has one, and entities are a way to exhaust a reader.
            Ok(Event::DocType(_)) => Err(self.error("a document type is not allowed")),
            Ok(event) => Ok(event),
            Err(error) => Err(self.error(error.to_string())),
        }
    }

    fn root(&mut self) -> Result<(BytesStart<'a>, bool), XmlError> {
        loop {
            match self.next()? {
                Event::Start(start) => return Ok((start, true)),
                Event::Empty(start) => return Ok((start, false)),
                Event::Eof => return Err(self.error("the document is empty")),
                Event::Text(text) if !text.trim_ascii().is_empty() => {
                    return Err(self.error("the document starts with text, not with an element"));
                }
                _ => {}
            }
        }
    }

    /// Makes sure that nothing but white space and comments follows the root.
    fn end(&mut self) -> Result<(), XmlError> {
        loop {
            match self.next()? {
                Event::Eof => return Ok(()),
                Event::Comment(_) | Event::PI(_) => {}
                Event::Text(text) if text.trim_ascii().is_empty() => {}
                _ => return Err(self.error("something follows the root element")),
            }
        }
    }

    fn object(
        &mut self,
        start: &BytesStart<'a>,
        has_content: bool,
        outline: &Outline,
    ) -> Result<Element, XmlError> {
        let mut element = Element::new(name_of(start)?.to_owned());
        self.fill(&mut element, start, has_content, outline, 2)?;
        Ok(element)
    }

    /// Reads attributes and, if there is any, content of an element whose start was just read.
    fn fill(
        &mut self,
        element: &mut Element,
        start: &BytesStart<'a>,
        has_content: bool,
        outline: &Outline,
        depth: usize,
    ) -> Result<(), XmlError> {
        if depth > MAX_DEPTH {
            return Err(self.error(format!("elements nest deeper than {MAX_DEPTH}")));
        }
        self.read_attributes(element, start, outline)?;
        if !has_content {
            return Ok(());
        }
        element.children.reserve_exact(outline.width());
        // White space that may be layout or the beginning of a text: what follows tells.
        let mut blank = None;
        loop {
            match self.next()? {
                Event::Start(start) => match outline.child(name_of(&start)?) {
                    Some((mut child, outline)) => {
                        self.fill(&mut child, &start, true, outline, depth + 1)?;
                        element.children.push(child);
                    }
                    None => self.skip()?,
                },
                Event::Empty(start) => {
                    if let Some((mut child, outline)) = outline.child(name_of(&start)?) {
                        self.fill(&mut child, &start, false, outline, depth + 1)?;
                        element.children.push(child);
                    }
                }
                Event::Text(text) if element.text.is_empty() && is_blank(&text) => {
                    blank = Some(text);
                }
                Event::Text(text) => element.text.push_str(&text),
                Event::CData(text) => element.text.push_str(&text),
                Event::GeneralRef(entity) => {
                    if let Some(blank) = blank.take() {
                        element.text.push_str(&blank);
                    }
                    let escaped = format!("&{};", &*entity);
                    let plain = unescape(&escaped).map_err(|e| self.error(e.to_string()))?;
                    element.text.push_str(&plain);
                }
                Event::End(_) => break,
                Event::Eof => return Err(self.error("the document ends too early")),
                _ => {}
            }
        }
        trim(&mut element.text, element.children.is_empty());
        Ok(())
    }

    /// Reads on to the end of the element whose start was just read. (The reader's own
    /// `read_to_end` checks the bytes in between once more.)
    fn skip(&mut self) -> Result<(), XmlError> {
        let mut open = 1_usize;
        while open > 0 {
            match self.next()? {
                Event::Start(_) => open += 1,
                Event::End(_) => open -= 1,
                Event::Eof => return Err(self.error("the document ends too early")),
                _ => {}
            }
        }
        Ok(())
    }

    fn read_attributes(
        &self,
        element: &mut Element,
        start: &BytesStart<'a>,
        outline: &Outline,
    ) -> Result<(), XmlError> {
        if start.attributes_raw().trim_ascii().is_empty() {
            return Ok(());
        }
        for attribute in start.attributes().with_checks(false) {
            let attribute = attribute.map_err(|error| self.error(error.to_string()))?;
            let name = match attribute.key.as_ref() {
                "id" => "id".into(),
                _ if !outline.keeps_attributes() => continue,
                other => other.to_owned().into(),
            };
            let value = unescape(&attribute.value).map_err(|e| self.error(e.to_string()))?;
            element.attributes.push((name, value.into_owned()));
        }
        Ok(())
    }
}

fn name_of<'s>(start: &'s BytesStart<'_>) -> Result<&'s str, XmlError> {
    Ok(start.name().into_inner())
}

/// White space between elements is layout; within a leaf it belongs to the text.
fn trim(text: &mut CompactString, is_leaf: bool) {
    if !is_leaf || is_blank(text) {
        text.clear();
    }
}

fn is_blank(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_whitespace())
}
