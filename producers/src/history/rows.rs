//! The rows themselves: each ticker's days are walked once, as the scanner and the labeler walk
//! them, so that a drawn row is the row that a live run would have had.

use super::HistoryPlan;
use super::days::{Days, Ticker};
use quant::{Butterfly, NoLabel, PriceWindow, PricingSettings, VixWindow};
use schemas::Day;
use schemas::contract::FEATURES;
use schemas::events::Sample;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

/// A row to make: a ticker on a day, as indices.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Job {
    pub(super) day: usize,
    pub(super) ticker: usize,
}

/// A row made; weight and stratum come later.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Row {
    pub(super) ticker: usize,
    pub(super) sample: Sample,
}

type Made = Result<Row, &'static str>;

/// Makes the rows of `jobs`, in their order; a row that cannot be made is its code. `progress`
/// is told how many are made so far.
pub(super) fn make(
    days: &Days,
    jobs: &[Job],
    plan: &HistoryPlan,
    progress: &mut dyn FnMut(usize),
) -> Vec<Made> {
    let mut by_ticker: Vec<Vec<(usize, usize)>> = vec![Vec::new(); days.tickers.len()];
    for (number, job) in jobs.iter().enumerate() {
        by_ticker[job.ticker].push((job.day, number));
    }
    by_ticker.iter_mut().for_each(|of| of.sort_unstable());
    let settings = PricingSettings::from(&plan.pricing);
    let next = AtomicUsize::new(0);
    let mut made: Vec<Made> = jobs.iter().map(|_| Err("NOT_MADE")).collect();
    std::thread::scope(|scope| {
        let threads = plan.threads.max(1);
        let (send, receive) = mpsc::sync_channel(threads);
        for _ in 0..threads {
            let (send, next, by_ticker, settings) = (send.clone(), &next, &by_ticker, &settings);
            scope.spawn(move || {
                loop {
                    let ticker = next.fetch_add(1, Ordering::Relaxed);
                    let Some(wanted) = by_ticker.get(ticker) else { break };
                    if !wanted.is_empty() {
                        let rows = Walk::new(days, ticker, settings).all(wanted);
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
                made[number] = row;
            }
            progress(done);
        }
    });
    made
}

/// A row whose label is not known yet.
struct Open {
    number: usize,
    as_of: Day,
    sigma: f64,
    features: [f64; FEATURES],
    contract_version: i32,
    score: f64,
    butterfly: Butterfly,
}

struct Walk<'a> {
    days: &'a Days,
    ticker: &'a Ticker,
    index: usize,
    settings: &'a PricingSettings,
    window: PriceWindow,
    vix: VixWindow,
    open: Vec<Open>,
    rows: Vec<(usize, Made)>,
}

impl<'a> Walk<'a> {
    fn new(days: &'a Days, index: usize, settings: &'a PricingSettings) -> Walk<'a> {
        Walk {
            days,
            ticker: &days.tickers[index],
            index,
            settings,
            window: PriceWindow::new(),
            vix: VixWindow::new(),
            open: Vec::new(),
            rows: Vec::new(),
        }
    }

    /// Walks all days; `wanted` are days and the numbers of the rows wanted there, ascending.
    fn all(mut self, wanted: &[(usize, usize)]) -> Vec<(usize, Made)> {
        let mut wanted = wanted.iter().peekable();
        let mut bars = self.ticker.bars.iter().peekable();
        let mut splits = self.ticker.splits.iter().peekable();
        for (at, day) in self.days.days.iter().enumerate() {
            self.settle(*day);
            while let Some((_, ratio)) = splits.next_if(|(of, _)| *of == at) {
                self.split(*ratio);
            }
            if let Some(close) = self.days.vix[at] {
                // Days ascend and the source gives prices only, so there is nothing to refuse.
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
        match quant::analyze(&self.window, &self.vix, day, self.settings) {
            Ok(analysis) => self.open.push(Open {
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

    /// Only what is not traded yet or still held is priced in new shares.
    fn split(&mut self, ratio: f64) {
        if self.window.apply_split(ratio).is_ok() {
            self.open.iter_mut().for_each(|open| open.butterfly.apply_split(ratio));
        }
    }

    /// Labels what `day` shows to be over.
    fn settle(&mut self, day: Day) {
        let over = |open: &mut Open| open.butterfly.evaluation_day < day;
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
                Ok(outcome) => Ok(Row {
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
