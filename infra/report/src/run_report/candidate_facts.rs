//! What the run knew and later learnt of each candidate that it traded: the scan day, what the scan assumed, what the
//! champion said, and its outcome. Trades do not carry that.

use super::track_book::TrackBook;
use anyhow::Result;
use eventlog::PartitionReader;
use run::run_reader::RunReader;
use schemas::contract::CLASS_NAMES;
use schemas::events::{Action, Bars, Orders, Outcomes};
use schemas::{Body, Day, EventId, Topic};
use shell::event_reader::{each_event, sound_events};
use shell::record_codec;
use std::collections::{BTreeMap, BTreeSet};

/// What is known of a candidate.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct CandidateFact {
    /// The day it was scanned and ordered, at its close.
    pub(super) scan_day: Option<Day>,
    /// The cost of one way that its scan assumed, dollars a share.
    pub(super) cost: Option<f64>,
    /// Debit and that cost, dollars a share.
    pub(super) risk: Option<f64>,
    /// The champion's likeliest class; none if no champion scored it.
    pub(super) predicted: Option<&'static str>,
    /// The class that it was labelled with on its evaluation day.
    pub(super) realised: Option<&'static str>,
    /// The return that the champion expected.
    pub(super) expected_roi: Option<f64>,
    /// The champion's version.
    pub(super) model: Option<i64>,
}

/// The candidates that were traded.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct CandidateFacts(BTreeMap<EventId, CandidateFact>);

impl CandidateFacts {
    /// Of the closed trades in `books`: from the orders, the rankings of their scan days, and the outcomes.
    pub(super) fn of(reader: &RunReader, books: &[TrackBook]) -> Result<CandidateFacts> {
        let trades = books.iter().flat_map(|book| &book.trades);
        let mut facts: BTreeMap<EventId, CandidateFact> =
            trades.map(|trade| (trade.candidate, CandidateFact::default())).collect();
        let (log, partitions) = (&*reader.log, reader.partitions);
        let mut days = BTreeSet::new();
        each_event(log, Topic::Orders, partitions, &mut |event| {
            if let Body::Orders(Orders::OrderIntended(intent)) = &event.body
                && intent.action == Action::Open
                && let Some(fact) = facts.get_mut(&intent.candidate)
            {
                fact.scan_day = Some(event.day);
                days.insert(event.day);
            }
            Ok(())
        })?;
        for day in days {
            for ranked in reader.views.rankings(day)?.into_iter().flat_map(|of| of.ranked) {
                let Some(fact) = facts.get_mut(&ranked.candidate) else { continue };
                fact.cost = Some(ranked.risk - ranked.debit);
                fact.risk = Some(ranked.risk);
                fact.predicted = ranked.predicted_class.as_deref().and_then(class_called);
                fact.expected_roi = ranked.expected_roi;
                fact.model = ranked.model_version;
            }
        }
        each_event(log, Topic::Outcomes, partitions, &mut |event| {
            if let Body::Outcomes(Outcomes::CandidateMatured(of)) = &event.body
                && let Some(fact) = facts.get_mut(&of.candidate)
            {
                let class = usize::try_from(of.class).ok();
                fact.realised = class.and_then(|class| CLASS_NAMES.get(class)).copied();
            }
            Ok(())
        })?;
        Ok(CandidateFacts(facts))
    }

    /// What is known of `candidate`.
    pub(super) fn get(&self, candidate: EventId) -> Option<&CandidateFact> {
        self.0.get(&candidate)
    }

    /// The candidates, latest scan day first, then by id.
    pub(super) fn candidates(&self) -> Vec<EventId> {
        let mut all: Vec<(&EventId, &CandidateFact)> = self.0.iter().collect();
        all.sort_by_key(|(_, fact)| std::cmp::Reverse(fact.scan_day));
        all.into_iter().map(|(id, _)| *id).collect()
    }

    #[cfg(test)]
    pub(super) fn made_up(facts: impl IntoIterator<Item = (EventId, CandidateFact)>) -> Self {
        CandidateFacts(facts.into_iter().collect())
    }
}

fn class_called(name: &str) -> Option<&'static str> {
    CLASS_NAMES.into_iter().find(|class| *class == name)
}

/// The closes of the volatility index by day, from the day markers of the first partition of `bars`: every partition has
/// the same.
pub(super) fn index_closes(reader: &RunReader) -> Result<BTreeMap<Day, f64>> {
    let log = &*reader.log;
    let mut partition = PartitionReader::new(log)?;
    let records = partition.to_end(log, &record_codec::place(Topic::Bars, 0))?;
    let mut closes = BTreeMap::new();
    for event in sound_events(records, Topic::Bars, 0, reader.partitions) {
        let (_, event) = event?;
        if let Body::Bars(Bars::DayClosed(marker)) = event.body {
            closes.extend(marker.vix.map(|vix| (event.day, vix)));
        }
    }
    Ok(closes)
}
