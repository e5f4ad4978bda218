//! Finding the chain that a person names: by an order, a fill, an event's id or its beginning, or a ticker and a day.

use super::chains::Chains;
use anyhow::{Result, anyhow, bail};
use schemas::events::{Fills, Predictions, Track};
use schemas::{Day, EventId};
use serde::Serialize;

/// Digits of an id that are enough to name an event.
const LEAST_DIGITS: usize = 8;
/// Digits of an id.
const ALL_DIGITS: usize = 32;

/// What was asked for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "asked", rename_all = "snake_case")]
pub enum Asked {
    /// An order.
    Order {
        /// Its id at the broker.
        id: i64,
        /// Its track.
        track: Track,
    },
    /// A fill.
    Fill {
        /// The execution's id, or the event's.
        id: String,
        /// The order's id at the broker.
        order: i64,
        /// Its track.
        track: Track,
    },
    /// A candidate.
    Candidate,
}

impl Asked {
    /// The track that it belongs to; none for a candidate, which both have.
    pub fn track(&self) -> Option<Track> {
        match self {
            Asked::Order { track, .. } | Asked::Fill { track, .. } => Some(*track),
            Asked::Candidate => None,
        }
    }
}

/// A chain that was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// The candidate that it is of.
    pub candidate: EventId,
    /// What led to it.
    pub asked: Asked,
}

/// An event that an id may name.
struct Named {
    id: EventId,
    what: &'static str,
    found: Found,
}

impl Chains {
    /// The chain of an order id, an execution id, or an event id or its beginning.
    ///
    /// # Errors
    /// Nothing has that name, or several events begin with it.
    pub fn find(&self, text: &str) -> Result<Found> {
        let number = text.parse::<i64>().ok().filter(|number| number.to_string() == text);
        if let Some(found) = number.and_then(|number| self.order(number)) {
            return Ok(found);
        }
        if let Some(found) = self.execution(text) {
            return Ok(found);
        }
        let digits = text.chars().all(|digit| digit.is_ascii_hexdigit());
        if digits && (LEAST_DIGITS..=ALL_DIGITS).contains(&text.len()) {
            return self.beginning(&text.to_ascii_lowercase());
        }
        if let Some(number) = number {
            bail!(
                "there is no order {number}: {}; `butterquant positions` and `butterquant topics consume orders` show them",
                self.known_orders()
            );
        }
        if self.prices.contains_key(&text.to_uppercase()) {
            bail!(
                "{text} is a ticker: name a day too, as in `butterquant why {text} --day 2018-06-29`"
            );
        }
        if digits && text.len() > ALL_DIGITS {
            bail!("{text:?} is too long for an id, which has {ALL_DIGITS} digits");
        }
        if digits {
            bail!(
                "{text:?} is too short for the beginning of an id, which needs {LEAST_DIGITS} digits at least"
            );
        }
        bail!(
            "{text:?} is no order id, execution id, event id or ticker of this run; `butterquant why --help` has \
             examples, `butterquant topics consume orders` shows orders with their candidates"
        )
    }

    /// The chain of a ticker's scan of a day.
    ///
    /// # Errors
    /// It was not scanned on that day.
    pub fn find_scan(&self, ticker: &str, day: Day) -> Result<Found> {
        let found = self.by_day.get(&day).and_then(|of_day| of_day.get(ticker));
        let found = found.map(|candidate| Found { candidate: *candidate, asked: Asked::Candidate });
        found.ok_or_else(|| {
            let days = self.by_day.iter().filter(|(_, of_day)| of_day.contains_key(ticker));
            let mut days = days.map(|(day, _)| *day);
            let first = days.next();
            match (first, days.next_back().or(first)) {
                (Some(first), Some(last)) => anyhow!(
                    "{ticker} was not scanned on {day}; its scans on the log are of {first} to {last}, on trading days \
                     with a bar"
                ),
                _ => anyhow!(
                    "{ticker} was never scanned in this run; `butterquant rankings` shows the tickers of a day"
                ),
            }
        })
    }

    fn order(&self, id: i64) -> Option<Found> {
        let intents = self.orders.values().flatten().map(|order| &order.what.intent);
        let intent = intents.clone().find(|intent| intent.broker_order_id == id)?;
        let asked = Asked::Order { id, track: intent.track };
        Some(Found { candidate: intent.candidate, asked })
    }

    fn known_orders(&self) -> String {
        let intents = self.orders.values().flatten().map(|order| &order.what.intent);
        let ids = intents.map(|intent| intent.broker_order_id);
        match (ids.clone().min(), ids.max()) {
            (Some(first), Some(last)) => format!("the run's orders are {first} to {last}"),
            _ => "the run has given no order yet".to_owned(),
        }
    }

    fn execution(&self, text: &str) -> Option<Found> {
        self.fills.iter().find_map(|((track, order), answers)| {
            let done = answers.iter().find_map(|at| match &at.what.fill {
                Fills::OrderExecuted(done) if done.execution_id == text => Some(done),
                _ => None,
            })?;
            let asked = Asked::Fill { id: text.to_owned(), order: *order, track: *track };
            Some(Found { candidate: done.candidate, asked })
        })
    }

    /// The only event whose id begins with `digits`.
    fn beginning(&self, digits: &str) -> Result<Found> {
        let mut all: Vec<Named> = self.named();
        all.retain(|named| named.id.to_string().starts_with(digits));
        match all.as_slice() {
            [] => bail!(
                "no scan, features, prediction, order, fill or outcome of this run has an id that begins with {digits}; \
                 `butterquant topics consume scans` shows the candidates with their ids"
            ),
            [one] => Ok(one.found.clone()),
            several => {
                let shown: Vec<String> =
                    several.iter().take(5).map(|of| format!("{} {}", of.what, of.id)).collect();
                bail!(
                    "{} events have ids that begin with {digits}: {}; give more digits",
                    several.len(),
                    shown.join(", ")
                )
            }
        }
    }

    /// Every event of a chain that has an id to name it by.
    fn named(&self) -> Vec<Named> {
        let of = |id: EventId, what: &'static str, candidate: EventId| {
            let found = Found { candidate, asked: Asked::Candidate };
            Named { id, what, found }
        };
        let mut all: Vec<Named> = self.scans.keys().map(|id| of(*id, "scan", *id)).collect();
        all.extend(
            self.features.iter().map(|(candidate, at)| of(at.event, "features", *candidate)),
        );
        for (candidate, predictions) in &self.predictions {
            let what = |at: &Predictions| match at {
                Predictions::ScoringRefused(_) => "refused prediction",
                _ => "prediction",
            };
            all.extend(predictions.iter().map(|at| of(at.event, what(&at.what), *candidate)));
        }
        all.extend(self.outcomes.iter().map(|(candidate, at)| of(at.event, "outcome", *candidate)));
        all.extend(
            self.refusals.iter().map(|((_, candidate), at)| of(at.event, "refusal", *candidate)),
        );
        for (candidate, orders) in &self.orders {
            all.extend(orders.iter().map(|at| {
                let intent = &at.what.intent;
                let asked = Asked::Order { id: intent.broker_order_id, track: intent.track };
                Named { id: at.event, what: "order", found: Found { candidate: *candidate, asked } }
            }));
        }
        for ((track, order), answers) in &self.fills {
            let Some(candidate) = self.order(*order).map(|found| found.candidate) else { continue };
            all.extend(answers.iter().map(|at| {
                let id = at.event.to_string();
                let asked = Asked::Fill { id, order: *order, track: *track };
                Named { id: at.event, what: "fill", found: Found { candidate, asked } }
            }));
        }
        all
    }
}
