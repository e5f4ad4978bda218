//! Whether a training would have rows enough, and others than the last one: the same rows would give
//! the same model, at the price of another judgement.

use super::scan_days::{ScanDays, embargo_of, held_out, matured, trainable};
use super::state::RetrainerState;
use quant::Term;
use schemas::evaluation::HELD_OUT_DAYS;
use schemas::events::Settings;
use schemas::{Day, TradingCalendar};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use success::{TrainSettings, can_be_fitted};

/// Scan days ahead of which no day is told: the rate at which rows come says nothing that far.
const FARTHEST: usize = 2_000;

/// Why no training can begin yet.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct RowsAwaited {
    /// In a sentence.
    pub reason: String,
    /// The day by whose close the rows will be there, if every scan day brings as many as before.
    pub until: Option<Day>,
}

/// What a training at the end of `day` would wait for. Of `samples` only their number is known before
/// they are read: `drawn` is an upper bound of it. All are older than the run, so that none is held out
/// once the run's own days suffice; until then some are, and none of the run's own rows is trained on.
pub(super) fn awaited(
    state: &RetrainerState,
    settings: &Settings,
    drawn: i64,
    day: Day,
) -> Option<RowsAwaited> {
    let waiting = Waiting::of(state, day, settings.calendar);
    let least = settings.min_training_rows;
    let have = drawn + trainable(&waiting.days, &waiting.open) as i64;
    if have < least {
        let until = waiting.enough_rows(least - drawn);
        let reason = format!(
            "{have} rows are from days that ended before the last {HELD_OUT_DAYS} matured scan days \
             begin, which are held out; {least} are needed"
        );
        return Some(RowsAwaited { reason, until });
    }
    if drawn == 0 && least > 0 && !waiting.can_be_fitted(state) {
        // Another scan day may or may not bring rows known early enough.
        return Some(RowsAwaited {
            reason: format!(
                "of the {have} rows from days that ended before the held-out days too few were known before the \
                 last of these days, which choose the model"
            ),
            until: waiting.enough_rows(have + 1),
        });
    }
    // More history is more rows.
    let last = &state.last_training;
    let after = last.new_rows_after.filter(|_| drawn <= state.triggers.drawn)?;
    let left = usize::try_from(last.matured + after - waiting.matured as i64).ok()?;
    (left > 0).then(|| RowsAwaited {
        reason: format!(
            "its rows would be those of the training of v{}, and so its model: new ones come when {left} \
             more scan days have matured",
            state.last_version
        ),
        until: waiting.matures(left),
    })
}

/// The scan days that have not matured at the end of a day.
struct Waiting {
    day: Day,
    calendar: TradingCalendar,
    days: ScanDays,
    open: BTreeSet<i32>,
    matured: usize,
    /// Candidates without an outcome, by scan day.
    candidates: BTreeMap<i32, usize>,
}

impl Waiting {
    fn of(state: &RetrainerState, day: Day, calendar: TradingCalendar) -> Waiting {
        let (days, open) = (state.rows.scan_days(), state.open_days());
        let mut candidates = BTreeMap::<i32, usize>::new();
        for (scanned, ..) in state.waiting.values() {
            *candidates.entry(scanned.0).or_default() += 1;
        }
        let matured = matured(&days, &open).count();
        Waiting { day, calendar, days, open, matured, candidates }
    }

    /// Scan days that have not matured: the open ones, then the trading days to come.
    fn to_mature(&self) -> impl Iterator<Item = Day> {
        let coming = std::iter::successors(Some(self.calendar.next_expected(self.day)), |day| {
            Some(self.calendar.next_expected(*day))
        });
        self.open.iter().map(|day| Day(*day)).chain(coming).take(FARTHEST)
    }

    /// The day by whose close the `count`-th of these has matured: the longest butterfly of it is over, and
    /// a day after that has closed.
    fn matures(&self, count: usize) -> Option<Day> {
        let scanned = self.to_mature().nth(count.checked_sub(1)?)?;
        let over = self.calendar.next_expected(Term::longest(scanned, self.calendar));
        Some(over.max(self.calendar.next_expected(self.day)))
    }

    /// Whether rows are left to fit besides the validation part.
    fn can_be_fitted(&self, state: &RetrainerState) -> bool {
        held_out(&self.days, &self.open).is_ok_and(|held_out| {
            let rows = state.rows.scanned_before(embargo_of(&self.days, held_out.first));
            can_be_fitted(&rows, &TrainSettings::default())
        })
    }

    /// The day by whose close `least` of the run's own rows are from before the embargo; none where no row is known yet.
    fn enough_rows(&self, least: i64) -> Option<Day> {
        let mut known = self.candidates.clone();
        for (day, of) in &self.days {
            *known.entry(*day).or_default() += of.rows;
        }
        let total: usize = known.values().sum();
        let a_day = total.checked_div(known.len()).filter(|rows| *rows > 0)?;
        let coming = self.to_mature().filter(|day| !known.contains_key(&day.0));
        let all = known
            .iter()
            .map(|(day, rows)| (Day(*day), *rows))
            .chain(coming.map(|day| (day, a_day)));
        let mut left = least;
        // The last scan day whose rows are needed.
        let needed = all.into_iter().find(|(_, rows)| {
            left -= *rows as i64;
            left <= 0
        })?;
        let over = Term::longest(needed.0, self.calendar);
        let before = self.to_mature().take_while(|day| *day <= over).count();
        let behind = matured(&self.days, &self.open).filter(|day| *day > over.0).count();
        self.matures(before + HELD_OUT_DAYS.saturating_sub(behind))
    }
}
