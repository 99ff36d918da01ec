//! The words of the search language: `name=a* and (…) or status=up sortby name desc page 2`.

use super::Unclear;

/// A search as it was written.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Any of these groups; all conditions of a group.
    pub any: Vec<Vec<Condition>>,
    /// The field to sort by, and whether downwards.
    pub sort: Option<(String, bool)>,
    /// The page, counted from 1.
    pub page: Option<usize>,
}

/// A condition as it was written.
#[derive(Debug, PartialEq, Eq)]
pub struct Condition {
    /// The field, behind what it belongs to: `host.name`; free text has none.
    pub field: Option<String>,
    /// How it compares.
    pub operator: String,
    /// What it is compared with.
    pub value: String,
}

#[derive(Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Quoted(String),
    Operator(String),
}

/// Reads a search.
pub fn read(text: &str) -> Result<Written, Unclear> {
    // The engine fears that these would break out of its SQL.
    if text.contains(['\'', ';']) {
        return Err(Unclear);
    }
    let mut reader = Reader { tokens: tokens(text)?.into_iter().peekable() };
    reader.search()
}

struct Reader<I: Iterator<Item = Token>> {
    tokens: std::iter::Peekable<I>,
}

impl<I: Iterator<Item = Token>> Reader<I> {
    fn search(&mut self) -> Result<Written, Unclear> {
        let mut search = Written::default();
        let mut group = Vec::new();
        // A connective needs a condition on either side; between two, none means `and`.
        let mut wanted = false;
        while let Some(token) = self.tokens.next() {
            match keyword(&token) {
                Some("and" | "or") if wanted || group.is_empty() => return Err(Unclear),
                Some("or") => {
                    search.any.push(std::mem::take(&mut group));
                    wanted = true;
                }
                Some("and") => wanted = true,
                Some("sortby" | "page") if wanted => return Err(Unclear),
                Some("sortby") => {
                    search.sort = Some(self.sort()?);
                    search.page = self.page_at_the_end()?;
                }
                Some("page") => search.page = Some(self.last_page()?),
                _ => {
                    group.push(self.condition(token)?);
                    wanted = false;
                }
            }
        }
        if wanted {
            return Err(Unclear);
        }
        if !group.is_empty() {
            search.any.push(group);
        }
        Ok(search)
    }

    fn condition(&mut self, token: Token) -> Result<Condition, Unclear> {
        let free = |value| Condition { field: None, operator: "=".to_owned(), value };
        match (token, self.tokens.peek()) {
            (Token::Word(field), Some(Token::Operator(_))) => {
                let Some(Token::Operator(operator)) = self.tokens.next() else {
                    return Err(Unclear);
                };
                match self.tokens.next() {
                    Some(Token::Word(value) | Token::Quoted(value)) => {
                        Ok(Condition { field: Some(field.to_lowercase()), operator, value })
                    }
                    _ => Err(Unclear),
                }
            }
            (Token::Word(value) | Token::Quoted(value), _) => Ok(free(value)),
            (Token::Operator(_), _) => Err(Unclear),
        }
    }

    fn sort(&mut self) -> Result<(String, bool), Unclear> {
        let Some(Token::Word(field)) = self.tokens.next() else { return Err(Unclear) };
        let down = match self.tokens.peek().and_then(keyword) {
            Some(word @ ("asc" | "desc")) => {
                self.tokens.next();
                word == "desc"
            }
            _ => false,
        };
        Ok((field.to_lowercase(), down))
    }

    /// Behind `sortby` there is nothing but a page.
    fn page_at_the_end(&mut self) -> Result<Option<usize>, Unclear> {
        match self.tokens.next() {
            None => Ok(None),
            Some(token) if keyword(&token) == Some("page") => self.last_page().map(Some),
            Some(_) => Err(Unclear),
        }
    }

    fn last_page(&mut self) -> Result<usize, Unclear> {
        let Some(Token::Word(page)) = self.tokens.next() else { return Err(Unclear) };
        let page = page.parse().map_err(|_| Unclear)?;
        if page == 0 || self.tokens.peek().is_some() {
            return Err(Unclear);
        }
        Ok(page)
    }
}

/// The keyword that a token is, in any case.
fn keyword(token: &Token) -> Option<&'static str> {
    let Token::Word(word) = token else { return None };
    let all = ["and", "or", "sortby", "page", "asc", "desc"];
    all.into_iter().find(|it| word.eq_ignore_ascii_case(it))
}

fn tokens(text: &str) -> Result<Vec<Token>, Unclear> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => {
                let end = rest[1..].find('"').ok_or(Unclear)?;
                tokens.push(Token::Quoted(rest[1..=end].to_owned()));
                end + 2
            }
            '=' | '!' | '<' | '>' => {
                let length = if rest[1..].starts_with('=') { 2 } else { 1 };
                if &rest[..length] == "!" {
                    return Err(Unclear);
                }
                tokens.push(Token::Operator(rest[..length].to_owned()));
                length
            }
            _ => {
                let end = rest.find(|it: char| it.is_whitespace() || "=!<>\"".contains(it));
                let end = end.unwrap_or(rest.len());
                tokens.push(Token::Word(rest[..end].to_owned()));
                end
            }
        };
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn and_binds_before_or_and_may_be_left_out() {
        let text = "name=a status=Up OR host.name=\"b c\" sortby name desc page 2";
        let search = read(text).unwrap();
        assert_eq!(search.any.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1]);
        assert_eq!(search.any[1][0].field.as_deref(), Some("host.name"));
        assert_eq!(search.any[1][0].value, "b c");
        assert_eq!(search.sort, Some(("name".into(), true)));
        assert_eq!(search.page, Some(2));
    }

    #[test]
    fn what_is_not_the_language_is_unclear() {
        for text in [
            "name=a;b",
            "name='a'",
            "name=",
            "=a",
            "name=a and",
            "or name=a",
            "name=a and or name=b",
            "sortby",
            "sortby name up",
            "page x",
            "page 0",
            "page 2 name=a",
            "name!a",
            "name=\"a",
        ] {
            assert_eq!(read(text), Err(Unclear), "{text}");
        }
    }
}
