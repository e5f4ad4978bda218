//! Bytes for people: the place, sixteen bytes in hexadecimal, and beside them the same as ASCII.

use std::fmt::Write;

/// Bytes on a line.
pub(super) const ACROSS: usize = 16;

/// The lines of `bytes`. What is no printable ASCII is a dot.
pub(super) fn lines(bytes: &[u8]) -> impl Iterator<Item = String> {
    bytes.chunks(ACROSS).enumerate().map(|(number, line)| {
        let (mut digits, mut text) = (String::new(), String::new());
        for (at, byte) in line.iter().enumerate() {
            let gap = if at == ACROSS / 2 { "  " } else { " " };
            let _ = write!(digits, "{gap}{byte:02x}");
            text.push(if matches!(byte, b' '..=b'~') { *byte as char } else { '.' });
        }
        format!("{:06x} {digits:<width$}  |{text}|", number * ACROSS, width = 3 * ACROSS + 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ascii_stands_beside_the_bytes_in_one_column() {
        let shown: Vec<String> = lines(b"\0\0\0\x01,AAPL\xff~ \x1b[0mmore").collect();
        assert_eq!(
            shown,
            [
                "000000  00 00 00 01 2c 41 41 50  4c ff 7e 20 1b 5b 30 6d  |....,AAPL.~ .[0m|",
                "000010  6d 6f 72 65                                       |more|",
            ]
        );
        assert_eq!(lines(b"").count(), 0);
    }
}
