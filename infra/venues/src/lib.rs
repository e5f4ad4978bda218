//! Brokers outside the program that orders can be sent to. The broker inside it fills orders by a
//! pure function of the log.

pub mod paper;
