//! Builds the drawn rows. Each ticker's days are walked once, as the scanner and the labeler walk
//! them, so that a drawn row equals the row of a live run.

use super::days::{MarketHistory, TickerHistory};
use crate::analyses::{Analyst, Keeper};
use crate::scanner::SUSPECTED_SPLIT;
use quant::{Butterfly, NoLabel, PriceWindow, PricingSettings, VixWindow};
use schemas::Day;
use schemas::contract::FEATURES;
use schemas::events::{Pricing, Sample};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

/// A row to build: a ticker on a day, as indices.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct RowJob {
    pub(super) day: usize,
    pub(super) ticker: usize,
}

/// A row without its weight and stratum, which are known after the draw.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct DrawnRow {
    pub(super) ticker: usize,
    pub(super) sample: Sample,
}

/// A row, or the code of its refusal.
type RowResult = Result<DrawnRow, &'static str>;

/// Builds the rows of `jobs`, in their order, on `threads`; `progress` gets the number built so far.
pub(super) fn build(
    days: &MarketHistory,
    jobs: &[RowJob],
    pricing: &Pricing,
    keeper: &Keeper,
    threads: usize,
    progress: &mut dyn FnMut(usize),
) -> Vec<RowResult> {
    let mut by_ticker: Vec<Vec<(usize, usize)>> = vec![Vec::new(); days.tickers.len()];
    for (number, job) in jobs.iter().enumerate() {
        by_ticker[job.ticker].push((job.day, number));
    }
    by_ticker.iter_mut().for_each(|of| of.sort_unstable());
    let settings = PricingSettings::from(pricing);
    let next = AtomicUsize::new(0);
    let mut built: Vec<RowResult> = jobs.iter().map(|_| Err("NOT_MADE")).collect();
    std::thread::scope(|scope| {
        let threads = threads.max(1);
        let (send, receive) = mpsc::sync_channel(threads);
        for _ in 0..threads {
            let (send, next, by_ticker, settings) = (send.clone(), &next, &by_ticker, &settings);
            scope.spawn(move || {
                loop {
                    let ticker = next.fetch_add(1, Ordering::Relaxed);
                    let Some(wanted) = by_ticker.get(ticker) else { break };
                    if !wanted.is_empty() {
                        let rows = TickerWalk::new(days, ticker, settings, keeper).all(wanted);
                        if send.send(rows).is_err() {
                            break;
                        }
                    }
                }
            });
        }
        drop(send);
        let mut done = 0;
        for rows in receive {
            for (number, row) in rows {
                done += usize::from(row.is_ok());
                built[number] = row;
            }
            progress(done);
        }
    });
    built
}

/// A row whose label is not known yet.
struct OpenRow {
    number: usize,
    as_of: Day,
    sigma: f64,
    features: [f64; FEATURES],
    contract_version: i32,
    score: f64,
    butterfly: Butterfly,
}

struct TickerWalk<'a> {
    days: &'a MarketHistory,
    ticker: &'a TickerHistory,
    index: usize,
    settings: &'a PricingSettings,
    keeper: &'a Keeper,
    window: PriceWindow,
    vix: VixWindow,
    open: Vec<OpenRow>,
    rows: Vec<(usize, RowResult)>,
}

impl<'a> TickerWalk<'a> {
    fn new(
        days: &'a MarketHistory,
        index: usize,
        settings: &'a PricingSettings,
        keeper: &'a Keeper,
    ) -> TickerWalk<'a> {
        TickerWalk {
            days,
            ticker: &days.tickers[index],
            index,
            settings,
            keeper,
            window: PriceWindow::new(),
            vix: VixWindow::new(),
            open: Vec::new(),
            rows: Vec::new(),
        }
    }

    /// Walks all days; `wanted` are days and the numbers of their rows, ascending.
    fn all(mut self, wanted: &[(usize, usize)]) -> Vec<(usize, RowResult)> {
        let mut wanted = wanted.iter().peekable();
        let mut bars = self.ticker.bars.iter().peekable();
        let mut splits = self.ticker.splits.iter().peekable();
        for (at, day) in self.days.days.iter().enumerate() {
            self.label_matured(*day);
            while let Some((_, ratio)) = splits.next_if(|(of, _)| *of == at) {
                self.split(*day, *ratio);
            }
            if let Some(close) = self.days.vix[at] {
                // Days ascend and prices come from the source, so this cannot fail.
                let _ = self.vix.push(*day, close);
            }
            if let Some((_, bar)) = bars.next_if(|(of, _)| *of == at) {
                let _ = self.window.push(*bar);
            }
            while let Some((_, number)) = wanted.next_if(|(of, _)| *of == at) {
                self.scan(*number, *day);
            }
            if wanted.peek().is_none() && self.open.is_empty() {
                break;
            }
        }
        self.rows.extend(self.open.iter().map(|open| (open.number, Err("NOT_MATURED"))));
        self.rows
    }

    fn scan(&mut self, number: usize, day: Day) {
        // As in a run, where a person says what such a move was; nobody is asked about history.
        let seen = self.window.analysed(day).unwrap_or_default();
        if quant::suspected_splits(seen).next().is_some() {
            self.rows.push((number, Err(SUSPECTED_SPLIT)));
            return;
        }
        let calendar = self.days.calendar;
        let mut analyst = Analyst::new(self.keeper, &self.vix, day, calendar, self.settings);
        match analyst.analyze(&self.window) {
            Ok(analysis) => self.open.push(OpenRow {
                number,
                as_of: day,
                sigma: analysis.current_iv,
                features: analysis.features,
                contract_version: analysis.contract_version as i32,
                score: analysis.score.total,
                butterfly: analysis.butterfly,
            }),
            Err(refusal) => self.rows.push((number, Err(refusal.code()))),
        }
    }

    /// Converts the window and every open butterfly to new shares.
    fn split(&mut self, day: Day, ratio: f64) {
        if self.window.apply_split_before(day, ratio).is_ok() {
            self.open.iter_mut().for_each(|open| open.butterfly.apply_split(ratio));
        }
    }

    /// Labels the rows whose evaluation day lies before `day`.
    fn label_matured(&mut self, day: Day) {
        let over = |open: &mut OpenRow| open.butterfly.evaluation_day < day;
        for open in self.open.extract_if(.., over) {
            let label = quant::label(
                &open.butterfly,
                open.as_of,
                open.sigma,
                self.window.bars(),
                &self.vix,
                self.settings,
            );
            let row = match label {
                Err(NoLabel::NoBarAfter) => Err("NO_BAR_AFTER"),
                Err(NoLabel::NotTradable { .. }) => Err("NOT_TRADABLE_AT_OPEN"),
                Err(NoLabel::NoVixAtExit) => Err("NO_VIX_AT_EXIT"),
                Ok(outcome) => Ok(DrawnRow {
                    ticker: self.index,
                    sample: Sample {
                        as_of: open.as_of,
                        evaluation_day: outcome.exit_day,
                        contract_version: open.contract_version,
                        values: open.features.to_vec(),
                        roi: outcome.roi,
                        class: outcome.class.index() as i32,
                        score: Some(open.score),
                        ..Sample::default()
                    },
                }),
            };
            self.rows.push((open.number, row));
        }
    }
}
