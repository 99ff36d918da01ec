//! From a word to a value of a type.

use super::{Reference, Secret, Type, Value, format_size, parse_size};

/// Reads plain text as a value of that type; the message says what is wrong with it.
///
/// Sets, lists, maps and records are not plain text and are refused.
pub fn read_scalar(takes: Type, text: &str) -> Result<Value, String> {
    Ok(match takes {
        Type::Text => Value::Text(text.to_owned()),
        Type::Secret => Value::Secret(Secret::new(text)),
        Type::Flag => Value::Flag(read_flag(text)?),
        Type::Size => Value::Integer(parse_size(text)?),
        Type::SizeIn(unit) => Value::Integer(read_multiple(text, unit)?),
        Type::Integer(min, max) => Value::Integer(read_integer(text, min, max)?),
        Type::Decimal => Value::Text(read_decimal(text)?),
        Type::OneOf(words) => Value::Text(read_word(text, words)?),
        Type::Version => Value::Text(read_version(text)?),
        Type::Mac => Value::Text(read_mac(text)?),
        Type::Reference(_) => Value::Reference(Reference::Name(text.to_owned())),
        Type::Set(_) | Type::List(_) => return Err(format!("`{text}` is not a list")),
        Type::Map | Type::Secrets | Type::Record(_) => {
            return Err(format!("`{text}` is not a mapping"));
        }
        Type::File => return Err(format!("`{text}` has not been looked at")),
    })
}

fn read_flag(text: &str) -> Result<bool, String> {
    text.parse().map_err(|_| format!("`{text}` is neither `true` nor `false`"))
}

fn read_multiple(text: &str, unit: i64) -> Result<i64, String> {
    let bytes = parse_size(text)?;
    if bytes % unit != 0 {
        let unit = format_size(unit);
        return Err(format!("`{text}` is not a multiple of {unit}, which the engine counts in"));
    }
    Ok(bytes)
}

fn read_integer(text: &str, min: i64, max: i64) -> Result<i64, String> {
    let number: i64 = text.parse().map_err(|_| format!("`{text}` is not a whole number"))?;
    if number < min {
        return Err(format!("{number} is less than {min}"));
    }
    if number > max {
        return Err(format!("{number} is more than {max}"));
    }
    Ok(number)
}

/// The shortest way to write a decimal, however it was written.
fn read_decimal(text: &str) -> Result<String, String> {
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0);
    let number = number.ok_or_else(|| format!("`{text}` is not a number such as `1.5`"))?;
    Ok(number.to_string())
}

fn read_word(text: &str, words: &[&str]) -> Result<String, String> {
    if words.contains(&text) {
        return Ok(text.to_owned());
    }
    Err(format!("`{text}` is not one of `{}`", words.join("`, `")))
}

fn read_version(text: &str) -> Result<String, String> {
    let parts: Vec<_> = text.split('.').collect();
    let is_version = parts.len() == 2 && parts.iter().all(|part| part.parse::<u16>().is_ok());
    is_version
        .then(|| text.to_owned())
        .ok_or_else(|| format!("`{text}` is not a version such as `4.8`"))
}

fn read_mac(text: &str) -> Result<String, String> {
    let is_pair = |pair: &str| pair.len() == 2 && pair.bytes().all(|b| b.is_ascii_hexdigit());
    let pairs: Vec<_> = text.split(':').collect();
    (pairs.len() == 6 && pairs.into_iter().all(is_pair))
        .then(|| text.to_ascii_lowercase())
        .ok_or_else(|| format!("`{text}` is not a MAC address such as `00:1a:4a:16:01:51`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mac_address_is_the_same_in_either_case() {
        let read = |text| read_scalar(Type::Mac, text);
        assert_eq!(read("02:AA:00:0b:00:01"), Ok(Value::Text("02:aa:00:0b:00:01".to_owned())));
        assert!(read("02:AA:00:0b:00").is_err());
        assert!(read("02-aa-00-0b-00-01").is_err());
    }

    #[test]
    fn a_decimal_is_the_same_however_it_is_written() {
        let read = |text| read_scalar(Type::Decimal, text);
        assert_eq!(read("1.0"), read("1"));
        assert_eq!(read("1.50"), Ok(Value::Text("1.5".to_owned())));
        assert!(read("-1").is_err() && read("inf").is_err() && read("one").is_err());
    }

    #[test]
    fn a_size_may_have_to_be_a_multiple() {
        let mebibytes = Type::SizeIn(1 << 20);
        assert_eq!(read_scalar(mebibytes, "3 MiB"), Ok(Value::Integer(3 << 20)));
        let refused = read_scalar(mebibytes, "1025").expect_err("not a multiple");
        assert_eq!(refused, "`1025` is not a multiple of 1 MiB, which the engine counts in");
    }
}
