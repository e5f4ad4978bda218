//! Letters of files that are not plain: other encodings, accents, and characters that command a terminal.

use std::borrow::Cow;

/// The field as characters: UTF-8, or the Western single bytes of older programs.
pub(super) fn words(field: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(field) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(field.iter().map(|byte| char::from(*byte)).collect()),
    }
}

/// A small letter without its accent: `Eröffn.` and `Eroffn.` are one name.
pub(super) fn without_accent(letter: char) -> char {
    match letter {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ą' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'è' | 'é' | 'ê' | 'ë' | 'ę' | 'ě' => 'e',
        'ì' | 'í' | 'î' | 'ï' => 'i',
        'ł' => 'l',
        'ñ' | 'ń' | 'ň' => 'n',
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ő' => 'o',
        'ś' | 'š' => 's',
        'ù' | 'ú' | 'û' | 'ü' | 'ů' | 'ű' => 'u',
        'ź' | 'ż' | 'ž' => 'z',
        other => other,
    }
}

/// The text without characters that move the cursor, colour a terminal or turn the direction of reading: a file's name or
/// cell may hold any.
pub(super) fn printable(text: &str) -> Cow<'_, str> {
    let commands = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    if !text.contains(commands) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match commands(c) {
            true => shown.extend(c.escape_default()),
            false => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_shown_without_commands_to_the_terminal() {
        assert_eq!(printable("AAPL Größe.csv"), "AAPL Größe.csv");
        assert_eq!(printable("A\n\u{1b}[31mB\u{9b}C\u{202e}D"), r"A\n\u{1b}[31mB\u{9b}C\u{202e}D");
        assert_eq!([words(b"M\xe4rz"), words("März".as_bytes())], ["März", "März"]);
    }
}
