//! The run as a whole: what it is, whether it opens positions, and the day that the exchange has reached.

use super::samples::{Samples, labels};
use api::halt::{Halt, Trading};
use schemas::Day;
use schemas::events::{RunOpened, Track};
use telemetry::metrics::Declared;

const INFO: Declared = Declared::gauge(
    "butterquant_run_info",
    &["run", "kind", "market", "version"],
    "The run that this process works on: its id, kind, the kind of its market, and the version of this program; always 1.",
);
const HALTED: Declared =
    Declared::gauge("butterquant_halted", &["track"], "Whether the track opens no positions.");
const HALT_OFFSET: Declared = Declared::gauge(
    "butterquant_halt_offset",
    &["track", "by", "day", "wall_time", "why"],
    "The offset on controls of the command that halts the track, with who gave it, when and why, each cut to 80 characters; none while the track trades.",
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

/// Characters of what a person has written that a label has, at most.
const LONGEST: usize = 80;

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
    let offsets = trading.halted.iter().map(|halt| (said_of(halt), halt.offset as f64));
    vec![(&HALTED, halted.to_vec()), (&HALT_OFFSET, offsets.collect())]
}

/// The labels of a halt, of which there is one a track at any time.
fn said_of(halt: &Halt) -> Vec<String> {
    let cut = |text: &str| text.chars().take(LONGEST).collect::<String>();
    let by = cut(halt.by.as_deref().unwrap_or_default());
    let wall_time = cut(halt.wall_time.as_deref().unwrap_or_default());
    labels([halt.track.name(), &by, &halt.day.to_string(), &wall_time, &cut(&halt.why)])
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
    fn a_halt_is_told_with_no_more_than_a_label_may_hold() {
        let halt = Halt { why: "x".repeat(5_000), offset: 7, ..Halt::default() };
        let samples = of_trading(&Trading { what_if: false, halted: vec![halt] });
        let (labels, offset) = &samples[1].1[0];
        assert_eq!((labels[4].len(), *offset, samples[1].1.len()), (LONGEST, 7.0, 1));
    }

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
