//! The run as a whole: what it is, whether it opens positions, and the day that the exchange has reached.

use super::samples::{Samples, labels};
use api::halt::Trading;
use schemas::Day;
use schemas::events::{RunOpened, Track};
use telemetry::metrics::Declared;

const INFO: Declared = Declared::gauge(
    "butterquant_run_info",
    &["run", "kind", "market", "version"],
    "The run that this process works on: its id, kind, the kind of its market, and the version of this program; always 1.",
);
const HALTED: Declared = Declared::gauge(
    "butterquant_halted",
    &["track"],
    "Whether the track opens no positions; `butterquant status` says who halted it, when and why.",
);
const HALT_OFFSET: Declared = Declared::gauge(
    "butterquant_halt_offset",
    &["track"],
    "The offset on controls of the command that halted the track.",
);
const EXPECTED: Declared = Declared::gauge(
    "butterquant_expected_day",
    &[],
    "The last trading day of the run's exchange before today (UTC), by its calendar, in days since 1970-01-01: the day that a live run should have closed.",
);

const VIX: Declared = Declared::gauge(
    "butterquant_vix",
    &[],
    "Close of the volatility index on the last day that has one.",
);
const VIX_DAY: Declared =
    Declared::gauge("butterquant_vix_day", &[], "The day of butterquant_vix, since 1970-01-01.");

/// Every metric of this file.
pub(super) const ALL: &[&Declared] = &[&INFO, &HALTED, &HALT_OFFSET, &EXPECTED, &VIX, &VIX_DAY];

/// The last close of the volatility index.
pub(super) fn of_index(last: Option<(Day, f64)>) -> Samples {
    let one = |value: Option<f64>| value.map(|value| (Vec::new(), value)).into_iter().collect();
    vec![
        (&VIX, one(last.map(|(_, close)| close))),
        (&VIX_DAY, one(last.map(|(day, _)| f64::from(day.0)))),
    ]
}

/// Whether each track is halted.
pub(super) fn of_trading(trading: &Trading) -> Samples {
    let halt = |track| trading.halted.iter().find(|halt| halt.track == track);
    let is_halted = |track| f64::from(u8::from(halt(track).is_some()));
    let halted = Track::ALL.map(|track| (labels([track.name()]), is_halted(track)));
    let offsets = Track::ALL
        .into_iter()
        .filter_map(|track| Some((labels([track.name()]), halt(track)?.offset as f64)));
    vec![(&HALTED, halted.to_vec()), (&HALT_OFFSET, offsets.collect())]
}

/// The run `id` as it was opened; `today` is the date in UTC.
pub(super) fn of_opening(id: &str, opened: &RunOpened, today: Day) -> Samples {
    // A folder's path is no label; the word before it is.
    let market = opened.source.split_once(':').map_or(&*opened.source, |(kind, _)| kind);
    let info = labels([id, &opened.kind, market, env!("CARGO_PKG_VERSION")]);
    let expected = opened.settings.calendar.expected_on_or_before(today + -1);
    vec![(&INFO, vec![(info, 1.0)]), (&EXPECTED, vec![(Vec::new(), f64::from(expected.0))])]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_expected_day_is_the_last_session_before_today() {
        let opened = RunOpened { source: "csv:/prices of us".to_owned(), ..RunOpened::default() };
        let day = |year, month, day| Day::from_ymd(year, month, day).unwrap();
        for (today, expected) in [
            (day(2026, 12, 1), day(2026, 11, 30)),
            (day(2026, 11, 30), day(2026, 11, 27)), // a Monday: Friday's
            (day(2026, 11, 27), day(2026, 11, 25)), // the day after Thanksgiving
        ] {
            let samples = of_opening("live", &opened, today);
            assert_eq!(samples[1].1, [(Vec::new(), f64::from(expected.0))], "{today}");
            assert_eq!(samples[0].1[0].0[2], "csv");
        }
    }
}
