//! Which format a request is in, and which it asks for.

use std::borrow::Cow;

use http::HeaderMap;

use super::Media;
use crate::simulated::query::Query;
use crate::simulated::show::ROOT;
use crate::xml::Element;

/// How an answer is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Format {
    /// The kind of document.
    pub media: Media,
    /// Whether addresses name the version of the API, as the address that was asked did.
    pub versioned: bool,
}

impl Format {
    /// The format that a request accepts, if it accepts any that there is.
    ///
    /// The parameter `accept` beats the header.
    pub fn asked(headers: &HeaderMap, query: &Query) -> Option<Media> {
        let given: Vec<&str> = match query.get("accept") {
            Some(accept) => vec![accept],
            None => headers.get_all("Accept").iter().filter_map(|it| it.to_str().ok()).collect(),
        };
        let mut best = None;
        for range in given.iter().flat_map(|accept| accept.split(',')).map(Range::parse) {
            let Some(media) = range.media else { continue };
            // Of what is wanted equally, the more exact wins, then the first.
            let rank = (range.quality, range.exact);
            if range.quality > 0 && best.is_none_or(|(known, _)| rank > known) {
                best = Some((rank, media));
            }
        }
        match best {
            Some((_, media)) => Some(media),
            None => given.iter().all(|accept| accept.trim().is_empty()).then_some(Media::Xml),
        }
    }

    /// The type of the content that is written.
    pub fn content_type(self) -> &'static str {
        match self.media {
            Media::Xml => "application/xml;charset=UTF-8",
            Media::Json => "application/json;charset=UTF-8",
        }
    }

    /// The address of an element, as it is written.
    pub fn href(self, element: &Element) -> Option<Cow<'_, str>> {
        let href = element.attribute("href")?;
        let below = href.strip_prefix(ROOT).filter(|_| self.versioned);
        // The engine forgets the version in the address of a disk attachment.
        Some(match below.filter(|_| element.name() != "disk_attachment") {
            Some(below) => Cow::Owned(format!("{ROOT}/v4{below}")),
            None => Cow::Borrowed(href),
        })
    }
}

impl Media {
    /// The kind of document that a request holds, by its `Content-Type`.
    pub fn of_content(content_type: Option<&str>) -> Option<Self> {
        let name = content_type?.split(';').next().unwrap_or_default().trim();
        match name.to_ascii_lowercase().as_str() {
            "application/xml" => Some(Self::Xml),
            "application/json" => Some(Self::Json),
            _ => None,
        }
    }
}

/// One part of an `Accept` header.
struct Range {
    media: Option<Media>,
    /// In thousandths.
    quality: u32,
    exact: u8,
}

impl Range {
    fn parse(text: &str) -> Self {
        let mut parts = text.split(';');
        let (media, exact) = match parts.next().unwrap_or_default().trim() {
            "*/*" | "*" => (Some(Media::Xml), 0),
            "application/*" => (Some(Media::Xml), 1),
            name => (Media::of_content(Some(name)), 2),
        };
        let quality = parts
            .filter_map(|part| part.split_once('='))
            .find(|(name, _)| name.trim() == "q")
            .and_then(|(_, value)| value.trim().parse::<f64>().ok())
            .map_or(1000, |value| (value.clamp(0.0, 1.0) * 1000.0) as u32);
        Self { media, quality, exact }
    }
}

/// What `detail` asks for: a parameter of `Accept`, of the query or of the path, such as
/// `statistics` or `+size-main`. The objects themselves, `main`, are there unless they are taken out.
pub fn details(headers: &HeaderMap, query: &Query) -> Vec<String> {
    let accept = headers.get("Accept").and_then(|it| it.to_str().ok()).unwrap_or_default();
    let of_accept = accept
        .split([';', ','])
        .filter_map(|part| part.split_once('='))
        .filter(|(name, _)| name.trim() == "detail")
        .map(|(_, value)| value.trim());
    let mut details = vec!["main".to_owned()];
    for given in of_accept.chain(query.get("detail")) {
        let mut rest = given;
        while !rest.is_empty() {
            let minus = rest.starts_with('-');
            rest = rest.trim_start_matches(['+', '-', ' ']);
            let end = rest.find(['+', '-', ' ', ',']).unwrap_or(rest.len());
            let (name, tail) = rest.split_at(end);
            rest = tail.trim_start_matches(',');
            if minus {
                details.retain(|it| it != name);
            } else if !name.is_empty() {
                details.push(name.to_owned());
            }
        }
    }
    details
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(accept: &str) -> Option<Media> {
        let mut headers = HeaderMap::new();
        if let Ok(value) = accept.parse() {
            headers.insert("Accept", value);
        }
        Format::asked(&headers, &Query::default())
    }

    #[test]
    fn the_best_of_what_is_accepted_is_chosen() {
        assert_eq!(asked(""), Some(Media::Xml));
        assert_eq!(asked("*/*"), Some(Media::Xml));
        assert_eq!(asked("application/json"), Some(Media::Json));
        assert_eq!(asked("application/json;detail=statistics"), Some(Media::Json));
        assert_eq!(asked("application/json;q=0.5, application/xml"), Some(Media::Xml));
        assert_eq!(asked("text/html, application/json;q=0.2, */*;q=0.1"), Some(Media::Json));
        assert_eq!(asked("*/*, application/json"), Some(Media::Json));
        assert_eq!(asked("text/html"), None);
        assert_eq!(asked("application/xml;q=0"), None);
    }

    #[test]
    fn details_add_up() {
        let wanted = |text: &str| details(&HeaderMap::new(), &Query::parse(text));
        assert_eq!(wanted("detail=statistics"), ["main", "statistics"]);
        assert_eq!(wanted("detail=-main%2Bsize"), ["size"]);
        assert_eq!(wanted("max=1"), ["main"]);
    }
}
