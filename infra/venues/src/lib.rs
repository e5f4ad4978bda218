//! Brokers that orders can be sent to, beside the one inside the program whose fills are a pure
//! function of the log.

pub mod paper;
