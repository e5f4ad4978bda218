//! Analyses that were made before. Most of a scan is arithmetic on prices that an earlier run over them has done
//! already. What is kept is named by a hash of everything that it was made from, so it is the same, bit for bit; a
//! keeper that has nothing, or lost it, costs time alone.

use quant::{
    Analysis, AnalysisKey, AnalysisKeys, PriceWindow, PricingSettings, Refusal, VixWindow, analyze,
};
use schemas::{Day, TradingCalendar};
use std::fmt;
use std::sync::Arc;

/// Keeps the bytes of analyses by day and key. It gives back exactly what was kept, or nothing, and never fails.
pub trait KeptAnalyses: Send + Sync {
    /// What is kept under `key` of a day.
    fn find(&self, day: Day, key: &AnalysisKey) -> Option<Vec<u8>>;

    /// Keeps these of a day, if it can.
    fn keep(&self, day: Day, made: Vec<(AnalysisKey, Vec<u8>)>);
}

/// Where analyses are kept, if anywhere.
#[derive(Clone, Default)]
pub struct Keeper(Option<Arc<dyn KeptAnalyses>>);

impl Keeper {
    /// In `kept`.
    pub fn of(kept: impl KeptAnalyses + 'static) -> Keeper {
        Keeper(Some(Arc::new(kept)))
    }
}

impl fmt::Debug for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "a keeper" } else { "no keeper" })
    }
}

/// Gives the analyses of one day, and keeps those that it had to make when it is dropped.
pub struct Analyst<'a> {
    vix: &'a VixWindow,
    day: Day,
    calendar: TradingCalendar,
    settings: &'a PricingSettings,
    kept: Option<(&'a dyn KeptAnalyses, AnalysisKeys)>,
    made: Vec<(AnalysisKey, Vec<u8>)>,
}

impl<'a> Analyst<'a> {
    /// For the analyses of `day` with these arguments of [`quant::analyze`].
    pub fn new(
        keeper: &'a Keeper,
        vix: &'a VixWindow,
        day: Day,
        calendar: TradingCalendar,
        settings: &'a PricingSettings,
    ) -> Analyst<'a> {
        let keys = || AnalysisKeys::of(vix, day, calendar, settings);
        let kept = keeper.0.as_deref().map(|kept| (kept, keys()));
        Analyst { vix, day, calendar, settings, kept, made: Vec::new() }
    }

    /// As [`quant::analyze`].
    ///
    /// # Errors
    /// The first [`Refusal`] that applies.
    pub fn analyze(&mut self, window: &PriceWindow) -> Result<Analysis, Refusal> {
        let make = || analyze(window, self.vix, self.day, self.calendar, self.settings);
        let Some((kept, keys)) = &self.kept else { return make() };
        let key = keys.key(window);
        let known = kept.find(self.day, &key);
        if let Some(known) = known.and_then(|bytes| postcard::from_bytes(&bytes).ok()) {
            return known;
        }
        let made = make();
        if let Ok(bytes) = postcard::to_stdvec(&made) {
            self.made.push((key, bytes));
        }
        made
    }
}

impl Drop for Analyst<'_> {
    fn drop(&mut self) {
        if let Some((kept, _)) = &self.kept
            && !self.made.is_empty()
        {
            kept.keep(self.day, std::mem::take(&mut self.made));
        }
    }
}
