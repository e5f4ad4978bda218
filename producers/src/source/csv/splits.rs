//! Splits and dividends of a file's own columns. Sources differ in whether the prices before a split
//! are in old shares (Tiingo, Alpha Vantage) or in new ones already (Yahoo): the prices tell.

use schemas::Day;
use schemas::events::{Bar, CorporateAction};

/// What a row says of its day.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum RowAction {
    /// New shares per old share.
    Split(f64),
    /// Dollars per share.
    Dividend(f64),
}

/// |ln ratio| from which one split's prices tell for themselves.
const CLEAR: f64 = 0.25;

/// The actions that the bars do not contain yet, on days of bars, ascending.
pub(super) fn settle(bars: &[Bar], mut rows: Vec<(Day, RowAction)>) -> Vec<CorporateAction> {
    rows.sort_by_key(|(day, _)| *day);
    rows.dedup();
    let leanings: Vec<f64> =
        rows.iter().map(|(day, action)| leaning(bars, *day, *action)).collect();
    let all: f64 = leanings.iter().sum();
    let mut actions: Vec<CorporateAction> = Vec::new();
    for ((day, action), leaning) in rows.into_iter().zip(leanings) {
        let at = bars.partition_point(|bar| bar.bar_day < day);
        let (Some(bar), true) = (bars.get(at), at > 0) else { continue };
        let effective_day = bar.bar_day;
        if actions.last().is_none_or(|last| last.effective_day != effective_day) {
            actions.push(CorporateAction { effective_day, split_ratio: None, dividend: None });
        }
        let Some(last) = actions.last_mut() else { continue };
        match action {
            RowAction::Split(ratio) => {
                let own = ratio.ln().abs() > CLEAR;
                let raw = if own { leaning } else { all } > 0.0;
                last.split_ratio = if raw { Some(ratio) } else { last.split_ratio };
            }
            RowAction::Dividend(dollars) => last.dividend = Some(dollars),
        }
    }
    actions.retain(|action| action.split_ratio.is_some() || action.dividend.is_some());
    actions
}

/// How much nearer the day's open is to the close before in old shares than in new ones; 0 for dividends.
fn leaning(bars: &[Bar], day: Day, action: RowAction) -> f64 {
    let at = bars.partition_point(|bar| bar.bar_day < day);
    let (RowAction::Split(ratio), Some(bar), true) = (action, bars.get(at), at > 0) else {
        return 0.0;
    };
    let step = (bar.open / bars[at - 1].close).ln();
    step.abs() - (step + ratio.ln()).abs()
}

/// The ratio in `4:1 Stock Splits`, `4/1` or `4.0`.
pub(super) fn ratio(text: &str) -> Option<f64> {
    let text = text.trim().trim_end_matches(|c: char| c.is_alphabetic() || c == ' ');
    let (new, old) = text.split_once([':', '/']).unwrap_or((text, "1"));
    let (new, old): (f64, f64) = (new.trim().parse().ok()?, old.trim().parse().ok()?);
    Some(new / old).filter(|ratio| ratio.is_finite() && *ratio > 0.0 && *ratio != 1.0)
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
    fn the_prices_tell_whether_a_split_is_in_them() {
        let bars = |closes: [f64; 4]| -> Vec<Bar> {
            let bar = |(day, close)| Bar {
                bar_day: Day(day),
                open: close,
                high: close,
                low: close,
                close,
                volume: 1.0,
            };
            (0..).zip(closes).map(bar).collect()
        };
        let split = |day: i32, ratio| (Day(day), RowAction::Split(ratio));
        for (closes, rows, expected) in [
            ([100.0, 101.0, 25.1, 25.0], vec![split(2, 4.0)], vec![(2, Some(4.0))]),
            ([100.0, 101.0, 100.5, 101.0], vec![split(2, 4.0)], vec![]),
            (
                [10.0, 101.0, 100.5, 10.0],
                vec![split(1, 0.1), split(3, 10.0)],
                vec![(1, Some(0.1)), (3, Some(10.0))],
            ),
            // The clear split says how the small one is meant.
            (
                [100.0, 96.0, 24.0, 24.0],
                vec![split(1, 1.05), split(2, 4.0)],
                vec![(1, Some(1.05)), (2, Some(4.0))],
            ),
            ([100.0, 96.0, 97.0, 96.0], vec![split(1, 1.05), split(2, 4.0)], vec![]),
            ([1.0, 1.0, 1.0, 1.0], vec![split(0, 2.0), split(9, 2.0)], vec![]),
        ] {
            let actions = settle(&bars(closes), rows);
            let found: Vec<_> =
                actions.iter().map(|a| (a.effective_day.0, a.split_ratio)).collect();
            assert_eq!(found, expected, "{closes:?}");
        }
        let rows = vec![(Day(2), RowAction::Dividend(0.5))];
        assert_eq!(settle(&bars([1.0; 4]), rows)[0].dividend, Some(0.5));
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
        assert_eq!(
            [ratio("2.0"), ratio("1"), ratio("0"), ratio("x")],
            [Some(2.0), None, None, None]
        );
    }
}
