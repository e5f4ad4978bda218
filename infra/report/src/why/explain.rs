//! Explaining a candidate: its parts, the timeline made of them, and what is wrong with the chain.

use super::chains::Chains;
use super::explanation::{Explanation, Step};
use super::find::Asked;
use super::words::{butterflies, butterfly};
use super::{faults, steps, track_steps};
use anyhow::{Result, anyhow};
use schemas::EventId;
use schemas::events::{Action, Track};

impl Chains {
    /// The chain of a candidate, from its bars to its result.
    ///
    /// # Errors
    /// No event of it is on the log.
    pub fn explain(&self, candidate: &EventId) -> Result<Explanation> {
        let mut of = self.parts(candidate).ok_or_else(|| {
            anyhow!(
                "no scan and no order of candidate {candidate} is on the log; `butterquant topics consume scans` shows \
                 the candidates with their ids"
            )
        })?;
        let index = self.index.get(&(of.day, self.partition(&of.ticker)));
        let mut chain = steps::inputs(&of, index);
        for decision in &of.decisions {
            chain.extend(track_steps::decided(decision));
            chain.extend(of.trade(decision.track).into_iter().flat_map(track_steps::traded));
        }
        chain.extend(steps::outcome(&of));
        of.steps = chain;
        of.faults = faults::faults(self, &of);
        Ok(of)
    }

    /// Every candidate that an order was given for, by id.
    pub fn traded(&self) -> impl Iterator<Item = &EventId> {
        self.orders.keys()
    }
}

impl Explanation {
    /// What a track did about it.
    fn trade(&self, track: Track) -> Option<&super::trade::TrackTrade> {
        self.trades.iter().find(|trade| trade.track == track)
    }

    /// The butterfly, from the scan or, where that is gone, from an order.
    fn structure(&self) -> Option<&schemas::events::Structure> {
        let ordered = || Some(&self.trades.first()?.orders.first()?.order.what.structure);
        self.scan.as_ref().map(|scan| &scan.what.structure).or_else(ordered)
    }

    /// Steps of one track and of both, or all.
    pub(super) fn steps_of(&self, track: Option<Track>) -> impl Iterator<Item = &Step> {
        let wanted = move |step: &&Step| match (track, step.track) {
            (Some(track), Some(of)) => track == of,
            _ => true,
        };
        self.steps.iter().filter(wanted)
    }

    /// `AAPL on 2016-03-04: iron butterfly 100 ± 5, opened by ButterAI`.
    pub fn heading(&self) -> String {
        let what = self.structure().map_or("refused by the scanner".to_owned(), butterfly);
        let opened: Vec<&str> = self.trades.iter().map(|trade| trade.track.name()).collect();
        let opened = match opened.as_slice() {
            [] => String::new(),
            names => format!(", opened by {}", names.join(" and ")),
        };
        format!("{} on {}: {what}{opened}", self.ticker, self.day)
    }

    /// What happened and why, in a sentence that answers what was asked.
    pub fn headline(&self, asked: &Asked) -> String {
        let head = match asked {
            Asked::Order { id, .. } => format!("order {id}"),
            Asked::Fill { id, order, .. } => format!("fill {id} of order {order}"),
            Asked::Candidate => format!("candidate {}", self.heading()),
        };
        if let Some(refused) = &self.scan_refused {
            let (code, reason) = (&refused.what.code, &refused.what.reason);
            return format!("{} on {} is no candidate: {code}, {reason}", self.ticker, self.day);
        }
        let wanted = |track: Track| asked.track().is_none_or(|asked| asked == track);
        let told =
            self.decisions.iter().filter(|decision| wanted(decision.track)).map(|decision| {
                let (track, trade) = (decision.track, self.trade(decision.track));
                let opening = trade.and_then(|trade| trade.orders_to(Action::Open).last());
                let held = opening.map_or_else(String::new, |story| {
                    let order = &story.order.what;
                    butterflies(order.quantity, &self.ticker, &order.structure)
                });
                format!("{} {}", track.name(), track_steps::sentence(decision, trade, &held))
            });
        let told: Vec<String> = told.collect();
        format!("{head}: {}", told.join(". "))
    }
}
