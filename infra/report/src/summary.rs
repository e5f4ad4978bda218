//! The summary of a run: its topics, its models, the results of both tracks, where its files are.

use crate::relative_changes::{Deposit, deposits, relative_changes};
use crate::round_trips::{RoundTrip, round_trips};
use crate::two_tracks::compare_tracks;
use crate::volatility_sensitivity::{AtVolatility, at_volatilities};
use anyhow::Result;
use run::context::RunContext;
use run::open_run::RunStart;
use run::run_reader::RunReader;
use run::topic_digest::{self, TopicDigest};
use run::whole_file::write_file;
use schemas::events::{RunOpened, Track};
use schemas::{Day, Money};
use serde::Serialize;
use shell::holes::Hole;
use shell::last_markers::last_closed;
use shell::open::WHAT_IF;
use statistics::{Comparison, Performance, daily_returns, performance};
use std::collections::BTreeMap;
use store::views::{Ranked, Rankings, RankingsFile};

/// The most calendar days from a scan to its evaluation day, counted as trading days: the length
/// of a bootstrap block.
pub(crate) const LONGEST_HOLDING: usize = 31;

/// How the reasons begin for which nothing can be scored.
const NO_MODEL: &str = "no model is in force";

/// The summary of one track.
#[derive(Clone, Debug, Serialize)]
pub struct TrackSummary {
    /// Its name.
    pub track: &'static str,
    /// From its daily marks.
    pub performance: Performance<Day, Money>,
    /// Trades closed.
    pub closed_trades: usize,
    /// Of these, with a gain.
    pub winners: usize,
    /// Positions held now.
    pub open_positions: usize,
    /// Candidates over the threshold, over all days.
    pub over_threshold: i64,
    /// The highest value compared with the threshold.
    pub highest: Option<f64>,
    /// The threshold.
    pub threshold: f64,
    /// Candidates over the threshold that were not traded, by the reason's code.
    pub not_traded: BTreeMap<String, u64>,
    /// Reasons why the track could not trade, each with its number of days.
    pub notes: BTreeMap<String, u64>,
    /// Closed trades repriced at other volatilities.
    pub at_volatility: Vec<AtVolatility>,
}

impl TrackSummary {
    /// Mean daily return ÷ its standard deviation; none where nothing varied.
    pub fn sharpe_daily(&self) -> Option<f64> {
        let sd = self.performance.sd_daily.filter(|sd| *sd > 0.0)?;
        Some(self.performance.mean_daily? / sd)
    }
}

/// The summary of a run; the JSON of `demo`, `backtest`, `up --until` and `summary`.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// The run's id.
    pub run: String,
    /// The event that opened it.
    pub opened: RunOpened,
    /// The last day that the views contain.
    pub through: Option<Day>,
    /// The last day that the run was asked for, if it has not got there.
    pub unfinished_until: Option<Day>,
    /// The newest day that the source has published. Where the views do not contain it, the run's roles have not come
    /// so far.
    pub published: Day,
    /// What the log no longer holds: figures of topics are of what is left.
    pub gone: Vec<Hole>,
    /// Events and digest by topic.
    pub topics: BTreeMap<String, TopicDigest>,
    /// How it was carried out; only the process that did so knows.
    #[serde(flatten)]
    pub execution: Option<RunExecution>,
    /// Model versions, each with its fate.
    pub models: Vec<String>,
    /// Scans refused, by code.
    pub refused_scans: BTreeMap<String, u64>,
    /// Realised classes: Loss, Minor, Good, Excellent.
    pub outcomes: [u64; 4],
    /// Both tracks.
    pub tracks: Vec<TrackSummary>,
    /// What was paid into each of them since the run was opened.
    pub deposits: Vec<Deposit>,
    /// ButterAI − ButterBaseline, per day.
    pub comparison: Option<Comparison>,
    /// Why the tracks are not compared.
    pub comparison_refused: Option<String>,
    /// The last day ranked.
    pub ranked_day: Option<Day>,
    /// The first ten candidates of that day.
    pub top: Vec<Ranked>,
    /// Where the run's files are.
    pub files: BTreeMap<&'static str, String>,
}

/// How this process carried a run out; the log does not hold it.
#[derive(Clone, Debug, Serialize)]
pub struct RunExecution {
    /// What computed the scores.
    pub provider: String,
    /// Why that provider.
    pub provider_reason: String,
    /// Rows drawn before the first day.
    pub history: Option<String>,
    /// The verdicts on the first model.
    pub first_model: Vec<String>,
    /// Seconds the run took.
    #[serde(skip)]
    pub seconds: f64,
}

/// The summary of a run that this process carried out in `seconds`; writes
/// `rankings_combined.json` with it.
pub fn summary_of_execution(
    context: &RunContext,
    start: &RunStart,
    seconds: f64,
) -> Result<Summary> {
    let reader = RunReader::of_context(context, &start.opened);
    if let Some(rankings) = last_rankings(&reader)? {
        let file = RankingsFile::from(&rankings).to_json()?;
        write_file(&reader.run.rankings(), file.as_bytes())?;
    }
    let execution = RunExecution {
        provider: context.engine.provider().to_owned(),
        provider_reason: context.engine.explain().to_owned(),
        history: start.history.as_ref().map(|history| {
            history.strata.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
        }),
        first_model: start.first_model.clone(),
        seconds,
    };
    Ok(Summary { execution: Some(execution), ..summary(&reader)? })
}

fn last_rankings(reader: &RunReader) -> Result<Option<Rankings>> {
    Ok(match reader.views.last_ranked_day()? {
        Some(day) => reader.views.rankings(day)?,
        None => None,
    })
}

/// The last day that a run was asked for, if it has not got there.
pub(crate) fn unfinished_until(reader: &RunReader) -> Result<Option<Day>> {
    let through = reader.views.through()?;
    Ok(reader.opened.last_day.filter(|last| through < Some(*last)))
}

/// The summary of a run, from what its log and views hold.
pub fn summary(reader: &RunReader) -> Result<Summary> {
    let (views, run, opened) = (&reader.views, &reader.run, &reader.opened);
    let (rankings, through) = (last_rankings(reader)?, views.through()?);
    let (settings, tally) = (&opened.settings, views.tally()?);
    let mut tracks = Vec::new();
    let mut returns: Vec<Vec<f64>> = Vec::new();
    let trips = round_trips(reader)?;
    for track in Track::ALL {
        let (track_summary, daily) = track_summary(reader, track, &trips)?;
        tracks.push(track_summary);
        returns.push(daily);
    }
    let compared = compare_tracks(settings, [&returns[0], &returns[1]], LONGEST_HOLDING);
    let (topics, gone) = topic_digest::all(&*reader.log, reader.partitions, opened.previous_day);
    let files = [
        ("log", run.log()),
        ("lake", run.lake()),
        ("models", run.models()),
        ("rankings", run.rankings()),
    ];
    let files = files.into_iter().filter(|(_, path)| path.exists());
    let files = files.map(|(what, path)| (what, path.display().to_string())).collect();
    Ok(Summary {
        run: run.id.clone(),
        opened: opened.clone(),
        through,
        unfinished_until: unfinished_until(reader)?,
        published: last_closed(&*reader.log, reader.partitions, opened.previous_day)?,
        topics,
        gone,
        execution: None,
        models: models(reader)?,
        refused_scans: tally.refusals.get("scans").cloned().unwrap_or_default(),
        outcomes: tally.outcomes,
        tracks,
        deposits: deposits(&views.equity(Track::ButterBaseline)?, settings.capital),
        comparison_refused: compared.as_ref().err().cloned(),
        comparison: compared.ok(),
        ranked_day: rankings.as_ref().map(|rankings| rankings.day),
        top: rankings
            .map(|rankings| rankings.ranked.into_iter().take(10).collect())
            .unwrap_or_default(),
        files,
    })
}

fn track_summary(
    reader: &RunReader,
    track: Track,
    trips: &[RoundTrip],
) -> Result<(TrackSummary, Vec<f64>)> {
    let (views, settings) = (&reader.views, &reader.opened.settings);
    let capital = settings.capital;
    let mut points = views.equity(track)?;
    let changes = relative_changes(&points, reader.opened.scan_from, capital);
    points.retain(|point| point.day >= reader.opened.scan_from);
    let profit = points.iter().fold(Money::ZERO, |sum, point| sum + point.mark.change);
    let journal: Vec<_> =
        views.journal()?.into_iter().filter(|trade| trade.track == track).collect();
    let mut notes = grouped(points.iter().filter_map(|point| point.mark.note.as_deref()));
    if reader.opened.kind == WHAT_IF {
        // The recorded reason is that of a run which goes on.
        notes.retain(|note, _| !note.starts_with(NO_MODEL));
    }
    let refused = format!("orders/{}", track.name());
    let highest = points.iter().filter_map(|point| point.mark.highest).max_by(f64::total_cmp);
    let summary = TrackSummary {
        track: track.name(),
        performance: Performance { profit, ..performance(&changes, capital)? },
        closed_trades: journal.len(),
        winners: journal.iter().filter(|trade| trade.pnl > Money::ZERO).count(),
        open_positions: views
            .book()?
            .positions()
            .filter(|position| position.track == track)
            .count(),
        over_threshold: points.iter().map(|point| point.mark.over_threshold).sum(),
        highest,
        threshold: if track == Track::ButterAI {
            settings.expected_roi_over
        } else {
            settings.score_over
        },
        not_traded: views.tally()?.refusals.remove(&refused).unwrap_or_default(),
        notes,
        at_volatility: at_volatilities(trips, track),
    };
    Ok((summary, daily_returns(&changes, capital)?))
}

/// Notes with their number of days. Each training without a model changes the sentence that says why
/// there is none: such days count together, with the last.
fn grouped<'a>(notes: impl Iterator<Item = &'a str>) -> BTreeMap<String, u64> {
    let mut grouped: BTreeMap<String, u64> = BTreeMap::new();
    let (mut modelless, mut last) = (0, None);
    for note in notes {
        if note.starts_with(NO_MODEL) {
            (modelless, last) = (modelless + 1, Some(note));
        } else {
            *grouped.entry(note.to_owned()).or_default() += 1;
        }
    }
    grouped.extend(last.map(|last| (last.to_owned(), modelless)));
    grouped
}

fn models(reader: &RunReader) -> Result<Vec<String>> {
    let models = reader.views.models()?;
    let champion = models.champion.as_ref().map(|model| model.version);
    Ok(models
        .cards
        .values()
        .map(|card| {
            let when = card.triggered_on.map_or_else(String::new, |day| format!(" on {day}"));
            let rule = card.rule.clone().unwrap_or_else(|| "history".to_owned());
            let fate = match (champion == Some(card.version), card.refusals.last()) {
                (true, _) => "champion".to_owned(),
                (false, Some(refusal)) => format!("refused: {}", refusal.reasons.join("; ")),
                (false, None) => "challenger or past champion".to_owned(),
            };
            format!("v{} ({rule}{when}): {fate}", card.version)
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn days_without_a_model_count_together_under_the_last_reason() {
        let notes = [
            "no model is in force; one is trained once there are rows",
            "no model is in force: the gate refused 1 model",
            "no model is in force: the gate refused 2 models",
            "model v3 is not on the log",
        ];
        let found: Vec<_> = grouped(notes.into_iter()).into_iter().collect();
        assert_eq!(found, [(notes[3].to_owned(), 1), (notes[2].to_owned(), 3)]);
    }
}
