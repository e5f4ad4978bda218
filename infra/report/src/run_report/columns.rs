//! The same figures side by side: of the backtest, of a run that traded live or on paper, and of the decisions made again.
//! A column without figures says why, and holds no number.

use super::figures::{Values, values};
use super::head::market;
use super::track_book::{TrackBook, track_books};
use crate::summary::Summary;
use anyhow::Result;
use run::question::Conventions;
use run::run_reader::RunReader;
use schemas::Day;
use serde::Serialize;
use shell::verification::Verified;
use std::collections::BTreeSet;

/// The kind of the run that goes on with its market.
const LIVE_KIND: &str = "live";

/// Differences that a column names.
const NAMED: usize = 3;

/// A column of figures.
#[derive(Clone, Debug, Serialize)]
pub struct Column {
    /// Backtest, Live or paper, Replay.
    pub name: &'static str,
    /// The run whose figures these are.
    pub run: Option<String>,
    /// What they are of, or why there are none.
    pub note: String,
    /// Whether decisions made again were equal; none where none were made.
    pub equal: Option<bool>,
    /// Both tracks; empty without figures.
    pub tracks: Vec<TrackValues>,
}

/// A track's figures.
#[derive(Clone, Debug, Serialize)]
pub struct TrackValues {
    /// The track; in the column of another run also the backtest's.
    pub track: String,
    /// By the figures' keys.
    pub values: Values,
}

/// The run that traded live or on paper, as far as there is one.
pub enum Live {
    /// There is none, and why.
    Absent(String),
    /// Another run.
    Run(Box<RunReader>),
}

/// What deciding everything again found.
pub enum Replayed {
    /// It was not done; the command that does it.
    NotMade(String),
    /// It was.
    Made(Verified),
}

/// The three columns.
pub(super) fn columns(
    summary: &Summary,
    books: &[TrackBook],
    live: &Live,
    replayed: &Replayed,
) -> Result<Vec<Column>> {
    let own = || -> Result<Vec<TrackValues>> { figures(books, None) };
    let is_live = summary.opened.kind == LIVE_KIND;
    let backtest = if is_live {
        absent("Backtest", "none: this run goes on with its market; `butterquant report BACKTEST --live RUN` puts it beside a backtest".to_owned())
    } else {
        let note = format!("the {} itself, on all its days", summary.opened.kind);
        Column {
            name: "Backtest",
            run: Some(summary.run.clone()),
            note,
            equal: None,
            tracks: own()?,
        }
    };
    let traded = match live {
        _ if is_live => Column {
            name: "Live or paper",
            run: Some(summary.run.clone()),
            note: "the run itself, on all its days".to_owned(),
            equal: None,
            tracks: own()?,
        },
        Live::Absent(why) => absent("Live or paper", why.clone()),
        Live::Run(reader) => {
            let mut found = beside(&reader.run.id, books, &track_books(reader)?)?;
            let (own, other) = (market(&summary.opened.source), market(&reader.opened.source));
            if own != other {
                found.note.push_str(&format!("; it trades {other}, and this run {own}"));
            }
            if reader.opened.kind != LIVE_KIND {
                found
                    .note
                    .push_str(&format!("; it is a {}, which nobody traded", reader.opened.kind));
            }
            let differing =
                Conventions::of(&summary.opened).differing(&Conventions::of(&reader.opened));
            if !differing.is_empty() {
                found.note.push_str(&format!("; the two differ in {}", differing.join(", ")));
            }
            found
        }
    };
    let again = match replayed {
        Replayed::NotMade(command) => {
            absent("Replay", format!("not made; `{command}` makes every decision again"))
        }
        Replayed::Made(found) if found.differences.is_empty() => Column {
            name: "Replay",
            run: Some(summary.run.clone()),
            note: format!("{} decisions made again, all equal", grouped(found.decisions)),
            equal: Some(true),
            tracks: own()?,
        },
        Replayed::Made(found) => {
            Column { equal: Some(false), ..absent("Replay", differing(&summary.run, found)) }
        }
    };
    Ok(vec![backtest, traded, again])
}

fn absent(name: &'static str, note: String) -> Column {
    Column { name, run: None, note, equal: None, tracks: Vec::new() }
}

fn figures(books: &[TrackBook], days: Option<&BTreeSet<Day>>) -> Result<Vec<TrackValues>> {
    let of = |book: &TrackBook| {
        Ok(TrackValues { track: book.track.name().to_owned(), values: values(book, days)? })
    };
    books.iter().map(of).collect()
}

/// The column of run `id`, on the days that both runs have.
fn beside(id: &str, books: &[TrackBook], live: &[TrackBook]) -> Result<Column> {
    let days = |books: &[TrackBook]| -> BTreeSet<Day> {
        books.iter().flat_map(|book| book.changes.iter().map(|(day, _)| *day)).collect()
    };
    let (own, others) = (days(books), days(live));
    let common: BTreeSet<Day> = own.intersection(&others).copied().collect();
    let (Some(first), Some(last)) = (common.first(), common.last()) else {
        let why = match (others.first(), others.last()) {
            (Some(first), Some(last)) => format!("its days are {first} to {last}"),
            _ => "it has no day yet".to_owned(),
        };
        return Ok(absent("Live or paper", format!("run {id} covers none of these days: {why}")));
    };
    let note = format!(
        "run {id} on the {} days that both cover, {first} to {last}, with the backtest on the same days beside it",
        common.len()
    );
    let mut tracks = figures(live, Some(&common))?;
    tracks.extend(
        figures(books, Some(&common))?
            .into_iter()
            .map(|of| TrackValues { track: format!("{} of the backtest", of.track), ..of }),
    );
    // A track beside itself, in the order of the tracks.
    tracks.sort_by(|a, b| a.track.split(' ').next().cmp(&b.track.split(' ').next()));
    Ok(Column { name: "Live or paper", run: Some(id.to_owned()), note, equal: None, tracks })
}

fn differing(id: &str, found: &Verified) -> String {
    let mut note = format!(
        "{} decisions made again, {} differ from the recorded ones, so no figures are shown: ",
        grouped(found.decisions),
        grouped(found.differences.len() as u64)
    );
    let first = found.differences.iter().take(NAMED);
    let first = first.map(|one| format!("{} on {}: {}", one.unit, one.day, one.what));
    note.push_str(&first.collect::<Vec<_>>().join("; "));
    if found.differences.len() > NAMED {
        note.push_str(&format!("; `butterquant replay --verify --run {id}` names more"));
    }
    note
}

/// A count with a comma before every three digits.
pub(super) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::testkit::book;
    use super::*;
    use schemas::Day;

    #[test]
    fn another_run_is_compared_on_the_days_that_both_have() {
        // Days 10 to 13 here, days 12 to 14 there.
        let own = [book(&[10, -20, 0, 30], Vec::new())];
        let mut live = [book(&[5, -5, 7], Vec::new())];
        live[0].changes.iter_mut().for_each(|(day, _)| *day = *day + 2);
        let found = beside("live", &own, &live).unwrap();
        let told =
            |at: usize| (found.tracks[at].track.as_str(), &found.tracks[at].values["total_return"]);
        assert_eq!(told(0), ("ButterAI", &serde_json::json!(0.0)));
        assert_eq!(told(1), ("ButterAI of the backtest", &serde_json::json!(0.03)));
        assert!(found.note.contains("2 days that both cover, 1970-01-13 to 1970-01-14"));
        live[0].changes.iter_mut().for_each(|(day, _)| *day = *day + 100);
        let none = beside("live", &own, &live).unwrap();
        assert!(none.tracks.is_empty() && none.run.is_none(), "{none:?}");
        let days = [Day(112), Day(114)].map(|day| day.to_string());
        assert!(none.note.contains(&days.join(" to ")), "{}", none.note);
    }

    #[test]
    fn counts_have_commas() {
        let all = [0, 999, 1_000, 87_894, 1_234_567].map(grouped);
        assert_eq!(all, ["0", "999", "1,000", "87,894", "1,234,567"]);
    }
}
