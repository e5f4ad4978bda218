//! The events. A topic has one Avro record: `kind`, the common fields, and one nullable field a
//! kind. In the program a topic is an enum with one variant a kind; `records!` makes both from
//! one list, so that they cannot differ.

/// Makes a topic's enum of events, its Avro `kind` and its Avro record.
macro_rules! records {
    ($(#[$doc:meta])* $events:ident, $kind:ident, $record:ident {
        $($variant:ident $field:ident: $payload:ty = $symbol:literal,)+
    }) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
        #[allow(clippy::large_enum_variant)]
        pub enum $events {
            $(
                #[doc = concat!("`", $symbol, "`")]
                $variant($payload),
            )+
            /// A kind this program does not know; skipped and counted.
            Unknown,
        }

        #[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
        enum $kind {
            #[serde(rename = "UNKNOWN")]
            Unknown,
            $(#[serde(rename = $symbol)] $variant,)+
        }

        #[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
        pub(crate) struct $record {
            kind: $kind,
            id: $crate::EventId,
            day: $crate::Day,
            ticker: String,
            revision: i32,
            control_offset: Option<i64>,
            $($field: Option<$payload>,)+
        }

        impl $record {
            pub(crate) fn new(event: &$crate::Event, body: &$events) -> $record {
                let mut record = $record {
                    kind: $kind::Unknown,
                    id: event.id,
                    day: event.day,
                    ticker: event.ticker.clone(),
                    revision: event.revision,
                    control_offset: event.control_offset,
                    $($field: None,)+
                };
                match body {
                    $($events::$variant(payload) => {
                        record.kind = $kind::$variant;
                        record.$field = Some(payload.clone());
                    })+
                    $events::Unknown => {}
                }
                record
            }

            pub(crate) fn event(self) -> Result<$crate::Event, &'static str> {
                let body = match self.kind {
                    $($kind::$variant => $events::$variant(
                        self.$field.ok_or(concat!("kind ", $symbol, " without its field ", stringify!($field)))?
                    ),)+
                    $kind::Unknown => $events::Unknown,
                };
                Ok($crate::Event {
                    id: self.id,
                    day: self.day,
                    ticker: self.ticker,
                    revision: self.revision,
                    control_offset: self.control_offset,
                    causation: None,
                    correlation: None,
                    body: body.into(),
                })
            }
        }

        impl $events {
            /// The kind's symbol in the schema.
            pub fn kind(&self) -> &'static str {
                match self {
                    $($events::$variant(_) => $symbol,)+
                    $events::Unknown => "UNKNOWN",
                }
            }
        }
    };
}

mod analysis;
mod control;
mod dead_letters;
mod learning;
mod market;
mod trading;

pub use analysis::*;
pub use control::*;
pub use dead_letters::*;
pub use learning::*;
pub use market::*;
pub use trading::*;

use crate::Day;
use serde::{Deserialize, Serialize};

/// The day marker: the producer of this topic has nothing more to say for the day in this
/// partition. It is written to every partition, empty ones included.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct DayClosed {
    /// The partition it closes.
    pub partition: i64,
    /// The trading day before this one in the run.
    pub previous_day: Day,
    /// Events of the day before it in the partition: shown, never waited for.
    pub events: i64,
    /// `bars` only: the day's close of the volatility index.
    pub vix: Option<f64>,
    /// `bars` only: this partition's tickers to scan; none on warm-up days.
    pub scan: Vec<String>,
    /// `bars` only: this partition's tickers without a bar.
    pub missing: Vec<String>,
    /// `models` only: the champion from the next day on.
    pub champion: Option<ModelRef>,
    /// `models` only: the challenger watched from the next day on.
    pub challenger: Option<ModelRef>,
}
