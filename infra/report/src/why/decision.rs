//! What a track decided on a candidate, and on the others that it compared it with on that day.

use super::chains::{Chains, Scanned};
use super::place::At;
use schemas::events::{Action, Alias, Predictions, Settings, Track};
use schemas::{Day, EventId, Topic};
use serde::Serialize;

/// Candidates shown above and below the one that is explained.
const NEIGHBOURS: usize = 5;

/// The value that a track compares, and its threshold.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Threshold {
    /// What is compared.
    pub name: &'static str,
    /// It is traded above this.
    pub limit: f64,
    /// The candidate's value; none if it has none.
    pub value: Option<f64>,
}

/// What became of a candidate on a track.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Verdict {
    /// An order to open it was given.
    Opened {
        /// Its id.
        order: i64,
    },
    /// It is over the threshold and was not traded.
    Refused {
        /// Short and stable.
        code: String,
        /// A sentence.
        reason: String,
    },
    /// It is not over the threshold.
    Below,
    /// The track opened nothing, because `settings.tracks` left it out.
    LeftOut,
    /// It has no value to compare.
    NotScored {
        /// The champion's reason.
        reason: String,
    },
    /// The executor has not decided that day yet.
    NotDecided,
    /// The day is decided, and the log has no decision on it.
    Missing,
}

impl Verdict {
    /// The same where the track trades, or not: of a track that was left out no decision is written.
    fn of_track(self, trades: bool) -> Verdict {
        if self == Verdict::Missing && !trades { Verdict::LeftOut } else { self }
    }
}

/// Another candidate of the day.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Other {
    /// 1 for the highest value.
    pub rank: usize,
    /// The stock.
    pub ticker: String,
    /// Its scan event.
    pub candidate: EventId,
    /// The value compared.
    pub value: f64,
    /// What became of it.
    pub verdict: Verdict,
}

/// A track's decision on a candidate.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct TrackDecision {
    /// The track.
    pub track: Track,
    /// The event of the track's mark of that day, written with its decisions.
    pub mark: Option<At<()>>,
    /// The event of the refusal, if it was refused.
    pub refusal: Option<At<()>>,
    /// Threshold and value.
    pub threshold: Threshold,
    /// Its rank among the candidates compared, 1 for the highest value.
    pub rank: Option<usize>,
    /// Candidates compared on that day.
    pub compared: usize,
    /// Of these, those over the threshold.
    pub over: usize,
    /// What became of it.
    pub verdict: Verdict,
    /// The candidates next to it, itself left out, highest value first.
    pub others: Vec<Other>,
}

impl Chains {
    /// The value that a track compares of a candidate.
    fn value(&self, track: Track, candidate: &EventId, scanned: &Scanned) -> Option<f64> {
        let scan = scanned.found.as_ref().ok()?;
        match track {
            Track::ButterBaseline => Some(scan.score),
            Track::ButterAI => match &self.prediction(candidate, Alias::Champion)?.what {
                Predictions::CandidateScored(score) => Some(score.expected_roi),
                _ => None,
            },
        }
    }

    /// What the model in `alias` said of a candidate.
    pub(super) fn prediction(&self, of: &EventId, alias: Alias) -> Option<&At<Predictions>> {
        self.predictions.get(of)?.iter().find(|at| match &at.what {
            Predictions::CandidateScored(score) => score.alias == alias,
            Predictions::ScoringRefused(refused) => refused.alias == alias,
            Predictions::DayClosed(_) | Predictions::Unknown => false,
        })
    }

    fn verdict(&self, track: Track, of: &EventId, ticker: &str, day: Day, over: bool) -> Verdict {
        let orders = self.orders.get(of).into_iter().flatten();
        let opened = orders.map(|order| &order.what.intent);
        let mut opened =
            opened.filter(|intent| intent.track == track && intent.action == Action::Open);
        if let Some(intent) = opened.next_back() {
            return Verdict::Opened { order: intent.broker_order_id };
        }
        if let Some(refused) = self.refusals.get(&(track, *of)) {
            let (code, reason) = (refused.what.code.clone(), refused.what.reason.clone());
            return Verdict::Refused { code, reason };
        }
        match self.marks.contains_key(&(track, day)) {
            true if over => Verdict::Missing,
            true => Verdict::Below,
            false if self.has_closed(Topic::Orders, ticker, day) => Verdict::Missing,
            false => Verdict::NotDecided,
        }
    }

    /// The decision of `track` on a candidate of `day`, under `settings`.
    pub(super) fn decision(
        &self,
        track: Track,
        candidate: &EventId,
        day: Day,
        settings: &Settings,
    ) -> TrackDecision {
        let (name, limit) = match track {
            Track::ButterAI => ("expected ROI over", settings.expected_roi_over),
            Track::ButterBaseline => ("score over", settings.score_over),
        };
        let trades = settings.trades(track);
        let of_day = self.by_day.get(&day).into_iter().flatten();
        let mut compared: Vec<(f64, &str, EventId)> = of_day
            .filter_map(|(ticker, id)| {
                let scanned = &self.scans.get(id)?.what;
                Some((self.value(track, id, scanned)?, ticker.as_str(), *id))
            })
            .collect();
        // The executor's order.
        compared.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
        let at = compared.iter().position(|(_, _, id)| id == candidate);
        let verdict = |(value, ticker, id): &(f64, &str, EventId)| {
            self.verdict(track, id, ticker, day, *value > limit).of_track(trades)
        };
        let own = match at {
            Some(at) => verdict(&compared[at]),
            None => self.without_value(track, candidate, day).of_track(trades),
        };
        let (middle, end) = (at.unwrap_or(0), compared.len());
        let near = middle.saturating_sub(NEIGHBOURS)..end.min(middle + NEIGHBOURS + 1);
        let others = near.filter(|near| Some(*near) != at).map(|near| {
            let (value, ticker, candidate) = compared[near];
            let verdict = verdict(&compared[near]);
            Other { rank: near + 1, ticker: ticker.to_owned(), candidate, value, verdict }
        });
        TrackDecision {
            track,
            mark: self.marks.get(&(track, day)).map(|mark| mark.with(())),
            refusal: self.refusals.get(&(track, *candidate)).map(|refused| refused.with(())),
            threshold: Threshold { name, limit, value: at.map(|at| compared[at].0) },
            rank: at.map(|at| at + 1),
            compared: compared.len(),
            over: compared.iter().filter(|of| of.0 > limit).count(),
            verdict: own,
            others: others.collect(),
        }
    }

    /// The verdict on a candidate that has no value: its scan is gone, or nothing scored it.
    fn without_value(&self, track: Track, candidate: &EventId, day: Day) -> Verdict {
        let ticker = self.scans.get(candidate).map_or("", |scan| &scan.what.ticker);
        let prediction = self.prediction(candidate, Alias::Champion).map(|at| &at.what);
        match (track, prediction) {
            (Track::ButterAI, Some(Predictions::ScoringRefused(refused))) => {
                Verdict::NotScored { reason: refused.reason.clone() }
            }
            _ => self.verdict(track, candidate, ticker, day, true),
        }
    }
}
