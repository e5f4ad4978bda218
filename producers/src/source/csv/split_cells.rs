//! Splits and dividends as files write them: a cell of a column, or a row among the prices.

use super::text::Fault;
use schemas::Figure;

/// What a row says of its day.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum RowAction {
    /// New shares per old share.
    Split(f64),
    /// Dollars per share.
    Dividend(f64),
}

/// Ratios beyond this, or its inverse, are no splits.
const MOST: f64 = 1_000.0;

/// `4:1`, new to old.
pub(super) fn in_shares(ratio: f64) -> String {
    let whole = |old: u32| {
        let new = (ratio * f64::from(old)).round();
        ((ratio * f64::from(old) / new - 1.0).abs() < 1e-6)
            .then(|| format!("{}:{old}", Figure(new)))
    };
    (1..=1_000).find_map(whole).unwrap_or_else(|| format!("{}:1", Figure::rounded(ratio)))
}

/// The ratio in a cell of a split column, none where it says that there is no split.
///
/// # Errors
/// The text is neither.
pub(super) fn cell(field: &[u8]) -> Result<Option<f64>, Fault> {
    let text = String::from_utf8_lossy(field);
    let text = text.trim();
    let none = ["", "-", "null", "none", "nan", "na", "n/a"];
    if none.iter().any(|none| text.eq_ignore_ascii_case(none)) {
        return Ok(None);
    }
    match quotient(text) {
        Some(ratio) if ratio == 0.0 || ratio == 1.0 => Ok(None),
        Some(ratio) if (1.0 / MOST..=MOST).contains(&ratio) => Ok(Some(ratio)),
        _ => {
            let shown: String = text.chars().take(40).collect();
            let what =
                format!("the split is {shown:?}, which is no ratio of shares; it is not used");
            Err(Fault::new(
                what,
                "write new shares per old share, such as 4 or 4:1, and 0 without a split",
            ))
        }
    }
}

/// The number in `4:1 Stock Splits`, `4/1` or `4.0`; 0:0 is 0.
fn quotient(text: &str) -> Option<f64> {
    let text = text.trim().trim_end_matches(|c: char| c.is_alphabetic() || c == ' ');
    let (new, old) = text.split_once([':', '/']).unwrap_or((text, "1"));
    let (new, old): (f64, f64) = (new.trim().parse().ok()?, old.trim().parse().ok()?);
    if new == 0.0 { Some(0.0) } else { Some(new / old) }
}

/// The ratio of a split in words.
fn ratio(text: &str) -> Option<f64> {
    cell(text.as_bytes()).ok().flatten()
}

/// The action in a row that Yahoo's site writes among the prices: `0.82 Dividend`, `4:1 Stock Splits`.
pub(super) fn in_words(fields: &[&[u8]]) -> Option<RowAction> {
    fields.iter().find_map(|field| {
        let text = std::str::from_utf8(field).ok()?.trim().to_ascii_lowercase();
        if text.ends_with("dividend") {
            let dollars = text.trim_end_matches("dividend").trim().trim_start_matches('$');
            let dollars: f64 = dollars.parse().ok()?;
            return (dollars > 0.0 && dollars.is_finite()).then_some(RowAction::Dividend(dollars));
        }
        let split = text.ends_with("stock splits") || text.ends_with("stock split");
        split.then(|| ratio(&text).map(RowAction::Split))?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_a_ratio_or_none_or_a_fault() {
        for (text, expected) in [
            ("4", Some(4.0)),
            ("4.0", Some(4.0)),
            ("3:2", Some(1.5)),
            ("1/10", Some(0.1)),
            ("0", None),
            ("0.0", None),
            ("1.0", None),
            ("0:0", None),
            ("", None),
            ("NaN", None),
            ("null", None),
        ] {
            assert_eq!(cell(text.as_bytes()).unwrap(), expected, "{text}");
        }
        for text in ["four", "-4", "1e9", "1e-9", "4:0", "inf", "\u{fffd}"] {
            assert!(
                cell(text.as_bytes()).unwrap_err().what.contains("no ratio of shares"),
                "{text}"
            );
        }
        for (ratio, text) in [(4.0, "4:1"), (1.5, "3:2"), (0.1, "1:10"), (1.05, "21:20")] {
            assert_eq!(in_shares(ratio), text);
        }
    }

    #[test]
    fn actions_in_words() {
        for (text, expected) in [
            ("0.82 Dividend", Some(RowAction::Dividend(0.82))),
            ("4:1 Stock Splits", Some(RowAction::Split(4.0))),
            ("1/10 Stock Split", Some(RowAction::Split(0.1))),
            ("Dividend", None),
            ("112.6", None),
        ] {
            assert_eq!(in_words(&[b"x", text.as_bytes()]), expected, "{text}");
        }
    }
}
