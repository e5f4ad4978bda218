//! Numbers of long arrays with the digits that a reader can see. All digits of a double would make the file three times as
//! large.

/// `number` rounded to `places` decimal places.
pub(super) fn rounded(number: f64, places: i32) -> f64 {
    let tens = 10_f64.powi(places);
    // Adding 0 makes −0 a 0.
    (number * tens).round() / tens + 0.0
}

/// A fraction, to a ten thousandth of a percent.
pub(super) fn fraction(number: f64) -> f64 {
    rounded(number, 6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_no_zero_has_a_sign() {
        assert_eq!(fraction(0.123_456_789), 0.123_457);
        assert_eq!(rounded(-99_999.994, 2), -99_999.99);
        assert_eq!(rounded(-0.000_000_1, 2).to_string(), "0");
    }
}
