//! Rust text as words and signs: comments, texts, characters, lifetimes and blanks left out.
//!
//! Not a parser: the laws ask where a word stands and where a brace closes, and a dependency that knows all of the grammar
//! would have to keep up with it.

/// A word (identifier, keyword, number) or a sign of one character.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token {
    /// The word or sign.
    pub(crate) text: String,
    /// The line it stands in, from 1.
    pub(crate) line: usize,
}

impl Token {
    /// Whether this is the word or sign `text`.
    pub(crate) fn is(&self, text: &str) -> bool {
        self.text == text
    }

    /// Whether this is a word.
    pub(crate) fn is_word(&self) -> bool {
        self.text.starts_with(is_word_char)
    }
}

/// The tokens of `text`.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let mut lexer = Lexer { rest: text, line: 1, tokens: Vec::new() };
    while !lexer.rest.is_empty() {
        lexer.step();
    }
    lexer.tokens
}

/// The place of the sign that closes what `tokens[open]` opens; the last place if nothing does.
pub(crate) fn closing(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.text.as_str() {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    tokens.len().saturating_sub(1)
}

fn is_word_char(character: char) -> bool {
    character == '_' || character.is_alphanumeric()
}

struct Lexer<'a> {
    rest: &'a str,
    line: usize,
    tokens: Vec<Token>,
}

impl Lexer<'_> {
    fn step(&mut self) {
        let rest = self.rest;
        if rest.starts_with("//") {
            self.skip(rest.find('\n').unwrap_or(rest.len()));
        } else if rest.starts_with("/*") {
            self.skip(block_comment(rest));
        } else if rest.starts_with('"') {
            self.skip(quoted(rest));
        } else if rest.starts_with('\'') {
            self.skip(character_or_lifetime(rest));
        } else if rest.starts_with(is_word_char) {
            self.word();
        } else {
            let length = rest.chars().next().map_or(0, char::len_utf8);
            if !rest.starts_with(char::is_whitespace) {
                self.push(length);
            }
            self.skip(length);
        }
    }

    fn word(&mut self) {
        let rest = self.rest;
        let length = rest.find(|character| !is_word_char(character)).unwrap_or(rest.len());
        match (&rest[..length], raw_quoted(&rest[length..])) {
            ("r" | "br" | "cr", Some(raw)) => self.skip(length + raw),
            // A raw identifier: its name follows.
            ("r", None) if rest[length..].starts_with('#') => self.skip(length + 1),
            _ => {
                self.push(length);
                self.skip(length);
            }
        }
    }

    fn push(&mut self, length: usize) {
        self.tokens.push(Token { text: self.rest[..length].to_owned(), line: self.line });
    }

    fn skip(&mut self, length: usize) {
        self.line += self.rest[..length].matches('\n').count();
        self.rest = &self.rest[length..];
    }
}

/// The length of the comment that `text` starts with; comments nest.
fn block_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < text.len() {
        match &text.as_bytes()[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

/// The length of the text in quotes that `text` starts with.
fn quoted(text: &str) -> usize {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of `#"..."#` without its `r`, if `text` starts with one.
fn raw_quoted(text: &str) -> Option<usize> {
    let hashes = text.len() - text.trim_start_matches('#').len();
    let inside = text[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let length = inside.find(&end).map_or(inside.len(), |at| at + end.len());
    Some(hashes + 1 + length)
}

/// The length of `'x'`, `'\n'` or of the quote of `'a`.
fn character_or_lifetime(text: &str) -> usize {
    let mut inside = text[1..].char_indices();
    match (inside.next(), inside.next()) {
        (Some((_, '\\')), Some((at, escaped))) => {
            let from = 1 + at + escaped.len_utf8();
            text[from..].find('\'').map_or(text.len(), |end| from + end + 1)
        }
        (Some(_), Some((at, '\''))) => 1 + at + 1,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> String {
        let texts: Vec<String> = tokens(text).into_iter().map(|token| token.text).collect();
        texts.join(" ")
    }

    #[test]
    fn only_words_and_signs_stay() {
        for (text, expected) in [
            ("a // b\nc", "a c"),
            ("a /* b /* c */ d */ e", "a e"),
            ("a /**/ b /* /*/ c */ d */ e", "a b e"),
            (r#"f("std::fs \" {", 1)"#, "f ( , 1 )"),
            (r##"r#"a " b"# c"##, "c"),
            (r#"b"x" br"y" r"\" z"#, "b z"),
            ("'{' '\\'' '\\u{1F600}' 'é' x", "x"),
            ("&'a str, 'b: loop", "& a str , b : loop"),
            ("r#type::x", "type : : x"),
            ("b'{' 1_000.5e3", "b 1_000 . 5e3"),
        ] {
            assert_eq!(words(text), expected, "{text}");
        }
    }

    #[test]
    fn lines_are_counted_through_everything() {
        let text = "a\n/* \n\n */ b \"\n\" c r\"\n\n\" d";
        let lines: Vec<usize> = tokens(text).iter().map(|token| token.line).collect();
        assert_eq!(lines, [1, 4, 5, 7]);
    }

    #[test]
    fn braces_close() {
        let tokens = tokens("{ a ( { } ) [ ] } b");
        assert_eq!(closing(&tokens, 0), 8);
        assert_eq!(closing(&tokens, 2), 5);
    }
}
