//! Values of the search language, and how they compare.

use std::cmp::Ordering;

use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::Unclear;
use crate::simulated::site::Site;

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// Any text, compared with `*` standing for anything.
    Text,
    /// A word of the engine's own, written without underscores.
    Word,
    /// A number.
    Number,
    /// `true` or `false`.
    Flag,
    /// A time.
    Date,
    /// How bad an event is.
    Severity,
}

impl Type {
    /// The type of that name.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "text" => Self::Text,
            "word" => Self::Word,
            "number" => Self::Number,
            "flag" => Self::Flag,
            "date" => Self::Date,
            "severity" => Self::Severity,
            _ => return None,
        })
    }
}

/// What a condition asks of a value.
#[derive(Debug)]
pub enum Test {
    /// A text that fits a pattern, or does not; case may count.
    Like(String, bool, bool),
    /// A number in some order.
    Number(Order, f64),
    /// Severity in some order.
    Severity(Order, usize),
    /// A time between two.
    Between(Timestamp, Timestamp),
}

/// `=`, `!=`, `<` and so on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    less: bool,
    equal: bool,
    greater: bool,
}

impl Order {
    fn of(operator: &str) -> Result<Self, Unclear> {
        let (less, equal, greater) = match operator {
            "=" => (false, true, false),
            "!=" => (true, false, true),
            "<" => (true, false, false),
            ">" => (false, false, true),
            "<=" => (true, true, false),
            ">=" => (false, true, true),
            _ => return Err(Unclear),
        };
        Ok(Self { less, equal, greater })
    }

    fn holds(self, ordering: Ordering) -> bool {
        match ordering {
            Ordering::Less => self.less,
            Ordering::Equal => self.equal,
            Ordering::Greater => self.greater,
        }
    }
}

const SEVERITIES: &[&str] = &["normal", "warning", "error", "alert"];

impl Test {
    /// The test of a condition; values and comparisons that a type does not have are unclear.
    pub fn of(
        site: &Site,
        kind: Type,
        operator: &str,
        value: &str,
        exact: bool,
    ) -> Result<Self, Unclear> {
        let order = Order::of(operator)?;
        let either = || match operator {
            "=" => Ok(true),
            "!=" => Ok(false),
            _ => Err(Unclear),
        };
        Ok(match kind {
            Type::Text => Self::Like(value.to_owned(), either()?, exact),
            Type::Word => Self::Like(value.replace('_', ""), either()?, false),
            Type::Flag => match value.to_lowercase().as_str() {
                value @ ("true" | "false") => Self::Like(value.to_owned(), either()?, false),
                _ => return Err(Unclear),
            },
            Type::Number => Self::Number(order, value.parse().map_err(|_| Unclear)?),
            Type::Severity => {
                let place = SEVERITIES.iter().position(|it| it.eq_ignore_ascii_case(value));
                Self::Severity(order, place.ok_or(Unclear)?)
            }
            Type::Date => between(site, operator, value).ok_or(Unclear)?,
        })
    }

    /// Whether one of the values of an object fits.
    pub fn fits(&self, values: &[String]) -> bool {
        match self {
            Self::Like(pattern, wanted, exact) => {
                values.iter().any(|it| like(pattern, it, *exact)) == *wanted
            }
            Self::Number(order, wanted) => values
                .iter()
                .filter_map(|it| it.parse::<f64>().ok())
                .any(|it| order.holds(it.total_cmp(wanted))),
            Self::Severity(order, wanted) => values
                .iter()
                .filter_map(|it| SEVERITIES.iter().position(|name| name == it))
                .any(|it| order.holds(it.cmp(wanted))),
            Self::Between(start, end) => values
                .iter()
                .filter_map(|it| it.parse::<Timestamp>().ok())
                .any(|it| *start <= it && it < *end),
        }
    }
}

/// The time that a date and a comparison mean.
fn between(site: &Site, operator: &str, value: &str) -> Option<Test> {
    let start = moment(site, value)?;
    let day = start.checked_add(24.hours()).ok()?;
    let second = start.checked_add(1.second()).ok()?;
    Some(match operator {
        "=" => Test::Between(start, day),
        ">" => Test::Between(second, Timestamp::MAX),
        ">=" => Test::Between(start, Timestamp::MAX),
        "<" => Test::Between(Timestamp::MIN, start),
        "<=" => Test::Between(Timestamp::MIN, second),
        _ => return None,
    })
}

const DAYS: &[(&str, Weekday)] = &[
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

/// The beginning of `today`, of `yesterday`, of the last day of a name, or a date as written.
fn moment(site: &Site, value: &str) -> Option<Timestamp> {
    let today = site.date().parse::<Timestamp>().ok()?.to_zoned(TimeZone::UTC).date();
    let word = value.to_lowercase();
    let day = match word.as_str() {
        "today" => Some(today),
        "yesterday" => today.yesterday().ok(),
        _ => {
            let named = DAYS.iter().find(|(name, _)| *name == word);
            named.and_then(|(_, day)| today.nth_weekday(-1, *day).ok())
        }
    };
    let time = match day {
        Some(day) => day.to_datetime(jiff::civil::Time::midnight()),
        None => written(value)?,
    };
    time.to_zoned(TimeZone::UTC).ok().map(|it| it.timestamp())
}

fn written(value: &str) -> Option<DateTime> {
    let dates = ["%Y-%m-%d", "%m/%d/%Y", "%m/%d/%y", "%b %d,%Y"];
    let times = [" %H:%M:%S", " %H:%M", "T%H:%M:%S"];
    let whole = dates.iter().find_map(|format| Date::strptime(format, value).ok());
    whole.map(|it| it.to_datetime(jiff::civil::Time::midnight())).or_else(|| {
        let mut formats = dates.iter().flat_map(|date| times.map(|time| format!("{date}{time}")));
        formats.find_map(|format| DateTime::strptime(format, value).ok())
    })
}

/// Matches, `*` standing for anything; in any case unless that is to be exact.
pub fn like(pattern: &str, text: &str, exact: bool) -> bool {
    let case = |text: &str| if exact { text.to_owned() } else { text.to_lowercase() };
    let (pattern, text) = (case(pattern), case(text));
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// The order of two values when a list is sorted by them.
pub fn compare(one: &str, other: &str) -> Ordering {
    match (one.parse::<f64>(), other.parse::<f64>()) {
        (Ok(one), Ok(other)) => one.total_cmp(&other),
        _ => one.to_lowercase().cmp(&other.to_lowercase()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything_in_any_case() {
        assert!(like("WEB*1", "web-01", false));
        assert!(!like("WEB*1", "web-01", true));
        assert!(like("*", "", false));
        assert!(!like("web", "web-01", false));
        assert!(like("*eb*", "web-01", false));
        assert!(!like("w%", "web", false));
    }

    #[test]
    fn days_have_names() {
        // A site begins on Thursday, the first of January 2026.
        let site = Site::new(0, true);
        let day = |name| moment(&site, name).map(|it| it.to_string());
        assert_eq!(day("today").as_deref(), Some("2026-01-01T00:00:00Z"));
        assert_eq!(day("Yesterday").as_deref(), Some("2025-12-31T00:00:00Z"));
        assert_eq!(day("thursday").as_deref(), Some("2025-12-25T00:00:00Z"));
        assert_eq!(day("12/24/2025").as_deref(), Some("2025-12-24T00:00:00Z"));
        assert_eq!(day("2025-12-24 10:30").as_deref(), Some("2025-12-24T10:30:00Z"));
        assert_eq!(day("someday"), None);
    }
}
