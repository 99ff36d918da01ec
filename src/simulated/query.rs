//! Parameters of a request: in the query, or behind the last path segment.

/// Parameters, in their order.
#[derive(Clone, Debug, Default)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Reads `a=1&b=2`, percent-encoded.
    pub fn parse(text: &str) -> Self {
        let pairs = text.split('&').filter(|part| !part.is_empty());
        Self(pairs.map(|part| pair(part, true)).collect())
    }

    /// Reads the matrix parameters of a path segment, without the segment: `a=1;b=2`.
    pub fn add_matrix(&mut self, text: &str) {
        let pairs = text.split(';').filter(|part| !part.is_empty());
        self.0.extend(pairs.map(|part| pair(part, false)));
    }

    /// The first value of a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The value of a yes-or-no parameter; what is unclear counts as absent, what is empty as yes.
    pub fn flag(&self, name: &str) -> Option<bool> {
        match self.get(name)?.to_lowercase().as_str() {
            "" | "t" | "true" | "y" | "yes" | "1" => Some(true),
            "f" | "false" | "n" | "no" | "0" => Some(false),
            _ => None,
        }
    }
}

fn pair(part: &str, form: bool) -> (String, String) {
    let (name, value) = part.split_once('=').unwrap_or((part, ""));
    (decode(name, form), decode(value, form))
}

/// Resolves percent signs, and plus signs where a form would have them.
pub fn decode(text: &str, form: bool) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        let hex = (*first == b'%').then(|| tail.get(..2)).flatten();
        let code = hex
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match code {
            Some(code) => {
                bytes.push(code);
                rest = &tail[2..];
            }
            None if *first == b'+' && form => bytes.push(b' '),
            None => bytes.push(*first),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_decoded() {
        let query = Query::parse("search=name%3Da+b&max=3&all_content");
        assert_eq!(query.get("search"), Some("name=a b"));
        assert_eq!(query.flag("all_content"), Some(true));
        assert_eq!(query.flag("max"), None);
    }
}
