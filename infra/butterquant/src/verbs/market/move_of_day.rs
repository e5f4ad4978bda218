//! What a run's prices show of a ticker's day, against which a person's word is held: a word that they
//! contradict would put the cliff there that it is to take away.

use crate::confirmed_moves::Moves;
use anyhow::{Result, bail, ensure};
use producers::source::{Finding, check_bars};
use quant::{PriceBar, SuspectedSplit, suspected_splits};
use schemas::events::Bar;
use schemas::{Day, Figure};

/// |ln| by which the move of a split's day may differ from a ratio that explains it, as the price moves too …
const SPLIT_WITHIN: f64 = 0.15;
/// … and where it looks like no split.
const HIDDEN_WITHIN: f64 = 0.25;

/// A ticker's day in the run.
pub(super) struct MoveOfDay<'a> {
    pub(super) ticker: &'a str,
    pub(super) day: Day,
    /// The ticker's bars, ascending.
    pub(super) bars: &'a [PriceBar],
    /// What is confirmed already.
    pub(super) confirmed: &'a Moves,
}

impl MoveOfDay<'_> {
    /// What is confirmed of the day.
    pub(super) fn said(&self) -> Option<Option<f64>> {
        self.of(self.day)
    }

    fn of(&self, day: Day) -> Option<Option<f64>> {
        self.confirmed.get(&(self.ticker.to_owned(), day)).copied()
    }

    /// The ratio of a split on the day: the one `given`, or the one that the prices show.
    ///
    /// # Errors
    /// The prices show none, or contradict the one given.
    pub(super) fn split(&self, given: Option<f64>) -> Result<f64> {
        let suspected = suspected_splits(self.bars).find(|suspected| suspected.day == self.day);
        match (given, suspected) {
            (Some(ratio), _) if self.said() == Some(Some(ratio)) => Ok(ratio),
            (Some(ratio), suspected) => {
                self.agrees(ratio, suspected)?;
                Ok(ratio)
            }
            (None, Some(suspected)) => Ok(suspected.ratio.value()),
            (None, None) => match self.said() {
                Some(Some(ratio)) => Ok(ratio),
                _ if self.moves().any(|one| one.day == Some(self.day)) => bail!(
                    "the move of {} on {} is near no usual ratio of shares; if it was a split, add its --ratio NEW:OLD",
                    self.ticker,
                    self.day
                ),
                _ => Err(self.nothing()),
            },
        }
    }

    /// Nothing, if the price does move on the day so that somebody has to say what it was.
    ///
    /// # Errors
    /// Nothing waits for a word.
    pub(super) fn real_move(&self) -> Result<()> {
        if self.said() == Some(None) || self.moves().any(|one| one.day == Some(self.day)) {
            return Ok(());
        }
        if let Some(Some(ratio)) = self.said() {
            let it = self.in_words(Some(ratio));
            bail!("{it}, and nothing is left of it that could be a move of the price");
        }
        Err(self.nothing())
    }

    /// What is confirmed, as the beginning of a sentence.
    pub(super) fn in_words(&self, split_ratio: Option<f64>) -> String {
        let (ticker, day) = (self.ticker, self.day);
        match split_ratio {
            Some(ratio) => format!(
                "{ticker}, {day}: a split of {} new shares for one is confirmed",
                Figure(ratio)
            ),
            None => format!("{ticker}, {day}: a move of the price is confirmed"),
        }
    }

    /// Whether the day's move is one of `ratio`. A ratio that was confirmed before may have been applied already.
    fn agrees(&self, ratio: f64, suspected: Option<SuspectedSplit>) -> Result<()> {
        let at = self.bars.partition_point(|bar| bar.day < self.day);
        let of_day = self.bars.get(at).filter(|bar| bar.day == self.day);
        let (Some(before), Some(bar)) = (at.checked_sub(1).map(|at| self.bars[at]), of_day) else {
            return Err(self.nothing());
        };
        let within = if suspected.is_some() { SPLIT_WITHIN } else { HIDDEN_WITHIN };
        let applied = self.said().flatten().unwrap_or(1.0);
        let explains = |after: f64| {
            let left = (before.close / after / ratio).ln();
            left.abs().min((left + applied.ln()).abs()) <= within
        };
        let which = match suspected {
            Some(found) => format!("that is a split of {}, so leave --ratio out", found.ratio),
            None => "that is no split that shows".to_owned(),
        };
        ensure!(
            explains(bar.close) || explains(bar.open),
            "the prices of {} contradict {} new shares for one: its close went from {} on {} to {} on {}; {which}",
            self.ticker,
            Figure(ratio),
            Figure(before.close),
            before.day,
            Figure(bar.close),
            self.day
        );
        Ok(())
    }

    /// Everything in the bars that a person's word settles.
    fn moves(&self) -> impl Iterator<Item = Finding> {
        let bar = |bar: &PriceBar| {
            let PriceBar { day: bar_day, open, high, low, close, volume } = *bar;
            Bar { bar_day, open, high, low, close, volume }
        };
        let bars: Vec<Bar> = self.bars.iter().map(bar).collect();
        check_bars(self.ticker, &bars).into_iter().filter(|one| one.kind.is_move())
    }

    /// The error that names what does wait for a word.
    fn nothing(&self) -> anyhow::Error {
        let MoveOfDay { ticker, day, bars, .. } = self;
        let splits: Vec<SuspectedSplit> = suspected_splits(bars).collect();
        let others: Vec<String> = self
            .moves()
            .filter_map(|one| {
                let on = one.day.filter(|day| self.of(*day).is_none())?;
                let split = splits.iter().find(|split| split.day == on);
                let told = split.map_or(one.kind.to_string(), |split| split.ratio.to_string());
                Some(format!("{on} ({told})"))
            })
            .collect();
        let first = bars.first().map_or(String::new(), |bar| format!(" from {} on", bar.day));
        if others.is_empty() {
            return anyhow::anyhow!(
                "no move among the {} bars of {ticker}{first} looks like a split or an error, so nothing waits for a \
                 word; a split that does not show needs its --ratio",
                bars.len()
            );
        }
        anyhow::anyhow!(
            "{ticker} has no move on {day} that looks like a split; it waits for a word on {}",
            others.join(", ")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Closes of consecutive days from day 0.
    fn check(closes: &[f64], day: i32, said: Option<Option<f64>>, given: Option<f64>) -> String {
        let bars: Vec<PriceBar> = (0..)
            .map(Day)
            .zip(closes)
            .map(|(day, &close)| PriceBar {
                day,
                open: close,
                high: close,
                low: close,
                close,
                volume: 1.0,
            })
            .collect();
        let confirmed = said.map(|said| (("A".to_owned(), Day(day)), said)).into_iter().collect();
        let of_day = MoveOfDay { ticker: "A", day: Day(day), bars: &bars, confirmed: &confirmed };
        let split = of_day.split(given).map_or_else(|e| e.to_string(), |ratio| ratio.to_string());
        let moved = of_day.real_move().map_or_else(|e| e.to_string(), |()| "move".to_owned());
        format!("{split} | {moved}")
    }

    #[test]
    fn a_word_is_held_against_the_prices() {
        let split = [100.0, 101.0, 25.1, 25.0];
        assert_eq!(check(&split, 2, None, None), "4 | move");
        assert_eq!(check(&split, 2, None, Some(4.0)), "4 | move");
        for wrong in [0.25, 2.0, 3.0, 10.0] {
            let said = check(&split, 2, None, Some(wrong));
            assert!(said.contains("that is a split of 4:1"), "{said}");
        }
        assert!(check(&split, 1, None, None).contains("it waits for a word on 1970-01-03 (4:1)"));
        assert!(check(&split, 1, None, Some(4.0)).contains("that is no split that shows"));
        // With a fall beside it, it does not look like one.
        assert_eq!(check(&[100.0, 101.0, 40.0, 41.0], 2, None, Some(2.0)), "2 | move");
        assert!(
            check(&[100.0, 101.0, 102.0], 9, None, Some(2.0)).contains("nothing waits for a word")
        );
        // Any level waits for a word, not only a split.
        let said = check(&[100.0, 101.0, 16.0, 16.0], 2, None, None);
        assert!(said.contains("add its --ratio NEW:OLD | move"), "{said}");
        assert_eq!(check(&[100.0, 101.0, 16.0, 16.0], 2, None, Some(6.0)), "6 | move");
    }

    #[test]
    fn what_is_confirmed_already_is_known() {
        let split = [100.0, 101.0, 25.1, 25.0];
        assert_eq!(check(&split, 2, Some(Some(4.0)), None), "4 | move");
        let applied = [25.0, 25.2, 25.1, 25.0];
        let said = check(&applied, 2, Some(Some(4.0)), None);
        assert!(said.starts_with("4 | A, 1970-01-03: a split of 4 new shares"), "{said}");
        // Half of it was applied: the whole ratio is the right one.
        assert_eq!(check(&[50.0, 50.5, 25.1, 25.0], 2, Some(Some(2.0)), Some(4.0)), "4 | move");
    }
}
