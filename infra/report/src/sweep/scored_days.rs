//! The candidates of each scan day with the value that a track compares and what they came to, traded or not.

use anyhow::Result;
use run::run_reader::RunReader;
use schemas::events::{Alias, Outcomes, Predictions, Scans, Track};
use schemas::{Body, Day, EventId, Topic};
use shell::event_reader::each_event;
use statistics::ScoredCandidate;
use std::collections::BTreeMap;

/// By scan day, candidates by ticker, as the executor takes those of one value; those that have no outcome, or no score,
/// are left out.
pub(super) fn scored_days(reader: &RunReader, track: Track) -> Result<Vec<Vec<ScoredCandidate>>> {
    let (log, partitions) = (&*reader.log, reader.partitions);
    let mut scores: BTreeMap<EventId, f64> = BTreeMap::new();
    let topic = if track == Track::ButterAI { Topic::Predictions } else { Topic::Scans };
    each_event(log, topic, partitions, &mut |event| {
        match &event.body {
            Body::Predictions(Predictions::CandidateScored(of)) if of.alias == Alias::Champion => {
                scores.insert(of.candidate, of.expected_roi);
            }
            Body::Scans(Scans::CandidateScanned(of)) => {
                scores.insert(event.id, of.score);
            }
            _ => {}
        }
        Ok(())
    })?;
    let mut days: BTreeMap<Day, BTreeMap<String, ScoredCandidate>> = BTreeMap::new();
    each_event(log, Topic::Outcomes, partitions, &mut |event| {
        if let Body::Outcomes(Outcomes::CandidateMatured(of)) = &event.body
            && let Some(score) = scores.get(&of.candidate)
        {
            let candidate = ScoredCandidate { score: *score, roi: of.roi };
            days.entry(of.scan_day).or_default().insert(event.ticker.clone(), candidate);
        }
        Ok(())
    })?;
    Ok(days.into_values().map(|of| of.into_values().collect()).collect())
}
