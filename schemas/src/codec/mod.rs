//! Between events and bytes: Avro in the Confluent wire format (`0x00`, 4-byte big-endian schema
//! id, datum). Every schema version stays readable; an event of a newer program is read as far as
//! this one knows its kinds.

mod decode;
mod encode;
mod versions;

pub use decode::{DecodeError, decode, decode_with};
pub use encode::{EncodeError, encode};
pub use versions::{LARGEST_PART, SchemaVersion, schema_versions};
