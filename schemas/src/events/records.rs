//! The macro that defines a topic's events.

/// Defines a topic's enum of events, its Avro `kind` and its Avro record.
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
            /// A kind unknown to this program; skipped and counted.
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
