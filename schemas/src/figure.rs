//! A number in a sentence. A price of 1e300 has 300 digits, which nobody reads.

use std::fmt;

/// The number as it is, or with an exponent where it is very large or very small.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Figure(pub f64);

impl Figure {
    /// The number rounded to four significant digits, as a factor is told.
    pub fn rounded(number: f64) -> Figure {
        Figure(format!("{number:.3e}").parse().unwrap_or(number))
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = self.0.abs();
        if size == 0.0 || !size.is_finite() || (1e-6..1e9).contains(&size) {
            write!(f, "{}", self.0)
        } else {
            write!(f, "{:e}", self.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Figure;

    #[test]
    fn a_number_is_short_whatever_its_size() {
        for (number, text) in [
            (0.0, "0"),
            (112.6, "112.6"),
            (-0.0004, "-0.0004"),
            (560_000.25, "560000.25"),
            (1e9, "1e9"),
            (1e300, "1e300"),
            (-1.5e-12, "-1.5e-12"),
            (f64::INFINITY, "inf"),
        ] {
            assert_eq!(Figure(number).to_string(), text);
        }
        for (number, text) in
            [(100.0, "100"), (0.010_101, "0.0101"), (99.996, "100"), (2.5e290, "2.5e290")]
        {
            assert_eq!(Figure::rounded(number).to_string(), text);
        }
    }
}
