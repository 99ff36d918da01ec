//! Times as people write them: `80 ms`, `1.5 s`, `2 min`.

use std::time::Duration;

use serde::{Deserialize, Deserializer};

/// Reads a time; says what one looks like if it is none.
pub fn parse(text: &str) -> Result<Duration, String> {
    let unclear = || format!("`{text}` is no time such as `80 ms`, `1.5 s` or `2 min`");
    let text = text.trim();
    let unit_at = text.find(|it: char| it.is_ascii_alphabetic()).ok_or_else(unclear)?;
    let (number, unit) = text.split_at(unit_at);
    let number: f64 = number.trim().parse().map_err(|_| unclear())?;
    let seconds = match unit {
        "ms" => number / 1000.0,
        "s" => number,
        "min" => number * 60.0,
        "h" => number * 3600.0,
        _ => return Err(unclear()),
    };
    Duration::try_from_secs_f64(seconds).map_err(|_| unclear())
}

/// Reads a field that is a time.
pub fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
}

/// Reads a field that may be a time.
pub fn read_some<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    read(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_number_and_a_unit() {
        assert_eq!(parse("80 ms"), Ok(Duration::from_millis(80)));
        assert_eq!(parse("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(parse("2 min"), Ok(Duration::from_secs(120)));
        for wrong in ["", "5", "s", "-1 s", "1 fortnight", "1e999 s"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
