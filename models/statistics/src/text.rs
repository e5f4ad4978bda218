//! How figures of tests are written.

/// A p-value as text. Draws resolve none below their number, so 0 is never written.
pub fn p_text(p: f64) -> String {
    if p < 0.001 { "p < 0.001".to_owned() } else { format!("p = {p:.3}") }
}

#[cfg(test)]
mod tests {
    use super::p_text;

    #[test]
    fn a_small_p_value_is_not_written_as_0() {
        let texts = [0.0001, 0.000_999, 0.001, 0.034, 1.0].map(p_text);
        assert_eq!(texts, ["p < 0.001", "p < 0.001", "p = 0.001", "p = 0.034", "p = 1.000"]);
    }
}
