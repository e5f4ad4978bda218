//! Splits and dividends of a file's own columns. Sources differ in whether the prices before a split
//! are in old shares (Tiingo, Alpha Vantage) or in new ones already (Yahoo): the prices tell. What they
//! tell is a guess, which is said; a split that they contradict in both ways is none.

use super::split_cells::{RowAction, in_shares};
use super::text::Fault;
use schemas::events::{Bar, CorporateAction};
use schemas::{Day, Figure};

/// An action and its row: its line and day.
pub(super) type ActionRow = (u64, Day, RowAction);

/// |ln ratio| from which one split's prices tell for themselves.
const CLEAR: f64 = 0.25;
/// A move on the day of a split, beside the split, from which on the prices contradict it: |ln factor| of 1.4.
const CONTRADICTS: f64 = 0.336;

/// A split as it was read.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct SplitReading {
    /// The line that names it.
    pub(super) line: u64,
    /// The first day in new shares.
    pub(super) day: Day,
    /// New shares per old share.
    pub(super) ratio: f64,
    /// Whether the prices before are in old shares.
    pub(super) raw: bool,
    /// The move from the close before to the day's open that is left, as a factor.
    pub(super) left: f64,
}

/// What a table's splits and dividends come to.
#[derive(Default, Debug)]
pub(super) struct Settled {
    /// The actions that the bars do not contain yet, on days of bars, ascending.
    pub(super) actions: Vec<CorporateAction>,
    /// The splits between bars, ascending.
    pub(super) readings: Vec<SplitReading>,
    /// The first split that the prices contradict, and the line, day and fault of it.
    pub(super) contradicted: Option<(u64, Day, Fault)>,
}

/// Reads the actions of `rows` beside the bars, which ascend by day.
pub(super) fn settle(bars: &[Bar], mut rows: Vec<ActionRow>) -> Settled {
    rows.sort_by_key(|(_, day, _)| *day);
    rows.dedup_by_key(|(_, day, action)| (*day, *action));
    let steps: Vec<Option<Step>> = rows.iter().map(|row| Step::of(bars, row)).collect();
    let all: f64 = steps.iter().flatten().map(Step::leaning).sum();
    let mut settled = Settled::default();
    for ((line, _, action), step) in rows.into_iter().zip(steps) {
        let Some(step) = step else { continue };
        if settled.contradicted.is_none()
            && let Some(fault) = step.contradiction()
        {
            settled.contradicted = Some((line, step.day, fault));
        }
        let actions = &mut settled.actions;
        if actions.last().is_none_or(|last| last.effective_day != step.day) {
            let effective_day = step.day;
            actions.push(CorporateAction { effective_day, split_ratio: None, dividend: None });
        }
        let Some(last) = actions.last_mut() else { continue };
        match action {
            RowAction::Split(ratio) => {
                let own = ratio.ln().abs() > CLEAR;
                let raw = if own { step.leaning() } else { all } > 0.0;
                last.split_ratio = if raw { Some(ratio) } else { last.split_ratio };
                let left = (step.at_open + if raw { step.split } else { 0.0 }).exp();
                settled.readings.push(SplitReading { line, day: step.day, ratio, raw, left });
            }
            RowAction::Dividend(dollars) => last.dividend = Some(dollars),
        }
    }
    settled.actions.retain(|action| action.split_ratio.is_some() || action.dividend.is_some());
    settled
}

/// The move of the price to a row's day, in logarithms.
struct Step {
    /// The first day of a bar from the row's on.
    day: Day,
    /// Of the ratio; 0 for dividends.
    split: f64,
    /// From the close before to the open.
    at_open: f64,
    /// From the close before to the close.
    at_close: f64,
    /// Both closes.
    closes: [f64; 2],
}

impl Step {
    /// None where there is no bar before the day, or none from it on.
    fn of(bars: &[Bar], (_, day, action): &ActionRow) -> Option<Step> {
        let at = bars.partition_point(|bar| bar.bar_day < *day);
        let (before, bar) = (bars.get(at.checked_sub(1)?)?.close, bars.get(at)?);
        let split = if let RowAction::Split(ratio) = action { ratio.ln() } else { 0.0 };
        let (at_open, at_close) = ((bar.open / before).ln(), (bar.close / before).ln());
        Some(Step { day: bar.bar_day, split, at_open, at_close, closes: [before, bar.close] })
    }

    /// How much nearer the open is to the close before in old shares than in new ones; 0 for dividends.
    fn leaning(&self) -> f64 {
        self.at_open.abs() - (self.at_open + self.split).abs()
    }

    /// The prices fit neither reading of a split that is large enough to show.
    fn contradiction(&self) -> Option<Fault> {
        let fits = |step: f64| step.abs().min((step + self.split).abs()) <= CONTRADICTS;
        if self.split.abs() <= CLEAR || fits(self.at_open) || fits(self.at_close) {
            return None;
        }
        let [before, after] = self.closes.map(Figure);
        let what = format!(
            "a split of {} is named for {}, but the close went from {before} to {after}, which is neither that nor a price in new shares already",
            in_shares(self.split.exp()),
            self.day
        );
        Some(Fault::new(what, "correct the split, or empty its cell if there was none"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bars(closes: [f64; 4]) -> Vec<Bar> {
        let bar = |(day, close)| Bar {
            bar_day: Day(day),
            open: close,
            high: close,
            low: close,
            close,
            volume: 1.0,
        };
        (0..).zip(closes).map(bar).collect()
    }

    fn split(day: i32, ratio: f64) -> ActionRow {
        (2, Day(day), RowAction::Split(ratio))
    }

    #[test]
    fn the_prices_tell_whether_a_split_is_in_them() {
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
            let settled = settle(&bars(closes), rows);
            let found: Vec<_> =
                settled.actions.iter().map(|a| (a.effective_day.0, a.split_ratio)).collect();
            assert_eq!(found, expected, "{closes:?}");
            assert!(settled.contradicted.is_none(), "{settled:?}");
        }
        let rows = vec![(2, Day(2), RowAction::Dividend(0.5))];
        assert_eq!(settle(&bars([1.0; 4]), rows).actions[0].dividend, Some(0.5));
    }

    #[test]
    fn how_a_split_is_read_is_kept_and_a_contradiction_too() {
        // 2:1 in old shares, and a rise of 60 % beside it, which looks like new shares.
        let settled = settle(&bars([100.0, 100.0, 80.0, 80.0]), vec![split(2, 2.0)]);
        let reading = settled.readings[0];
        assert!(!reading.raw && (reading.left - 0.8).abs() < 1e-9, "{reading:?}");
        assert!(settle(&bars([100.0, 100.0, 49.0, 48.0]), vec![split(2, 2.0)]).readings[0].raw);
        // The cell says 4:1, the prices 2:1.
        let settled = settle(&bars([100.0, 100.0, 50.0, 50.0]), vec![split(2, 4.0)]);
        let (line, day, fault) = settled.contradicted.unwrap();
        assert_eq!((line, day), (2, Day(2)));
        assert!(
            fault.what.starts_with("a split of 4:1 is named for 1970-01-03, but the close went")
        );
    }
}
