//! Sizes in bytes, as people write them.

const UNITS: [(&str, u32); 6] =
    [("PiB", 50), ("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10), ("B", 0)];

/// Reads `4 GiB`, `512MiB` or a plain number of bytes.
pub fn parse_size(text: &str) -> Result<i64, String> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: i64 = number.parse().map_err(|_| not_a_size(text))?;
    let unit = unit.trim();
    let shift = match UNITS.iter().find(|(name, _)| *name == unit) {
        Some((_, shift)) => *shift,
        None if unit.is_empty() => 0,
        None => return Err(not_a_size(text)),
    };
    number.checked_mul(1 << shift).ok_or_else(|| format!("`{text}` is too large"))
}

fn not_a_size(text: &str) -> String {
    format!("`{text}` is not a size such as `4 GiB`, `512 MiB` or a number of bytes")
}

/// Writes bytes in the largest unit that loses nothing: `4 GiB`.
pub fn format_size(bytes: i64) -> String {
    let (unit, shift) = UNITS
        .into_iter()
        .find(|(_, shift)| bytes != 0 && bytes % (1 << shift) == 0)
        .unwrap_or(("B", 0));
    format!("{} {unit}", bytes >> shift)
}

/// Writes bytes in the largest unit of which there is one, rounded: `1.4 GiB`.
pub fn round_size(bytes: u64) -> String {
    let unit = UNITS.into_iter().find(|(_, shift)| bytes >> shift > 0);
    match unit {
        Some((unit, shift)) if shift > 0 => {
            let tenths = (u128::from(bytes) * 10) >> shift;
            format!("{}.{} {unit}", tenths / 10, tenths % 10).replace(".0 ", " ")
        }
        _ => format!("{bytes} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_and_write() {
        assert_eq!(parse_size("4 GiB"), Ok(4 << 30));
        assert_eq!(parse_size("512MiB"), Ok(512 << 20));
        assert_eq!(parse_size("1025"), Ok(1025));
        assert_eq!(format_size(4 << 30), "4 GiB");
        assert_eq!(format_size(1025), "1025 B");
        assert_eq!(format_size(0), "0 B");
        assert!(parse_size("4 GB").is_err());
        assert!(parse_size("-1 GiB").is_err());
        assert!(parse_size("9000000 TiB").is_err());
    }
}
