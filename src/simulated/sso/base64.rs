//! Base64, in the alphabet for addresses.

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Writes bytes without padding.
pub fn url_safe(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte));
        let word = word << (8 * (3 - chunk.len()));
        for at in 0..=chunk.len() {
            text.push(char::from(LETTERS[(word >> (18 - 6 * at)) as usize & 63]));
        }
    }
    text
}

/// Reads text in either alphabet.
pub fn plain(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let (mut word, mut bits) = (0_u32, 0);
    for letter in text.bytes().filter(|it| *it != b'=') {
        let letter = match letter {
            b'+' => b'-',
            b'/' => b'_',
            other => other,
        };
        let value = LETTERS.iter().position(|it| *it == letter)?;
        word = word << 6 | u32::try_from(value).ok()?;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((word >> bits & 0xff) as u8);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_both_ways() {
        assert_eq!(plain("YWRtaW5AaW50ZXJuYWw6c2VjcmV0").as_deref(), Some("admin@internal:secret"));
        assert_eq!(plain(&url_safe(b"a:b")).as_deref(), Some("a:b"));
        assert_eq!(plain(&url_safe(b"a:bc?")).as_deref(), Some("a:bc?"));
        assert_eq!(plain("*"), None);
    }
}
