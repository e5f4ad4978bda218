//! Floor 1: the mathematics of one scan, with no clock, no randomness and no I/O, so that a
//! replayed scan is the scan. QUANT.md defines every number; each module names the formula it
//! computes. Transcendental functions come from `libm`, not from the machine's C library, so
//! that their bits do not change with the machine; the one exception is the FFT, which chooses
//! its instructions by processor (last-bit differences in `period_strength`).
//!
//! Options are priced as European, with rate and dividend yield 0 unless set; listed options are
//! American and shares pay dividends. Measured with QuantLib (finite differences, early exercise
//! allowed) on 150 typical butterflies (21 to 49 days, volatility 12 to 60 %, 50 of each type), as
//! shares of the debit, by `python tests/golden/options_reference.py exercise`:
//!
//! | market | early exercise: median, 90 % below | all of it against r = q = 0 |
//! |---|---|---|
//! | no dividend, r = 0 | 0.00 %, 0.00 % | 0.00 %, 0.01 % |
//! | no dividend, r = 3 % | 0.47 %, 1.68 % (calls 0, puts 0.96, irons 0.48) | 0.38 %, 1.78 % |
//! | one dividend of 1.25 % half-way, r = 0 | 3.47 %, 15.9 % (calls 10.6, puts 0, irons 3.5) | 4.63 %, 15.8 % |
//! | the same, r = 3 % | 3.00 %, 12.2 % (calls 9.3, puts 1.0, irons 3.0) | 3.39 %, 11.4 % |
//!
//! Without early exercise that one dividend moves the debit by 1.6 % in the median, 4.2 % in nine
//! of ten (QUANT.md counts 3 % in the median of its own candidates). Do not trust the
//! price of a call butterfly over an ex-dividend day.
//!
//! Reading order is the order of the work: `window` and `vix` hold the data, `volatility`
//! computes the proxy σ, `spectrum`, `arima` and `garch` describe the series, `butterfly` prices
//! the position, `features` and `score` describe it, `outlook` and `analysis` combine all of
//! it and give the reason for a refusal, and `label` says how it ended.

mod analysis;
mod analysis_key;
pub mod arima;
mod black_scholes;
mod butterfly;
mod conversions;
mod features;
pub mod garch;
mod grid_search;
mod implied;
mod innovations;
mod label;
mod likelihood;
mod maximise;
mod outlook;
mod price_history;
mod probability;
mod refusal;
mod score;
mod settings;
pub mod spectrum;
mod splits;
mod term;
mod vix;
mod volatility;
mod window;

pub use analysis::{Analysis, analyze, analyze_listed};
pub use analysis_key::{AnalysisKey, AnalysisKeys, processor};
pub use black_scholes::{OptionRight, Quote, Terms, quote};
pub use butterfly::{Butterfly, ButterflyKind, Mark, PricedLeg, legs, mark, payoff};
pub use features::FEATURE_RANGES;
pub use implied::{IMPLIED_WITHIN, NoInversion, implied_volatility};
pub use label::{Entry, Label, NoLabel, TRADABLE, entry, label, roi};
pub use outlook::TREND_CLOSES;
pub use price_history::{LABEL_BARS, LabelHistory, LastBars, MARK_BARS, MarkHistory, PriceHistory};
pub use probability::{expected_payoff, normal_cdf, normal_pdf, prob_between};
pub use refusal::Refusal;
pub use score::{TechnicalScore, Trend};
pub use settings::{PricingSettings, Strikes, step_for};
pub use splits::{ShareRatio, SuspectedSplit, suspected_splits};
pub use term::Term;
pub use vix::{BadVix, VixWindow};
pub use volatility::{
    HV_DAYS, IV_COUNTED, IV_HISTORY, Proxy, VixGap, current_iv, hv63, skew, smile,
};
pub use window::{BARS_HELD, BadBar, BadSplit, PriceBar, PriceWindow, WINDOW};
