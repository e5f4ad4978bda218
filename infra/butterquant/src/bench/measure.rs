//! The measurements: each analysis is the whole of `quant::analyze`, from the window to the score, and its
//! result is kept from being optimised away. Reading the market is not part of it.

use super::machine::{peak_kib, reset_peak};
use quant::{PriceHistory, PriceWindow};
use schemas::{Day, TradingCalendar};
use serde::Serialize;
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// How many scans of all tickers are measured.
const SCANS: usize = 9;

/// The analyses to measure.
pub(crate) struct Work<'a> {
    /// Windows as of the market's last day.
    pub book: &'a PriceHistory,
    /// Tickers analysed.
    pub tickers: &'a [String],
    /// Days analysed, the market's last.
    pub days: &'a [Day],
    /// The market's calendar.
    pub calendar: TradingCalendar,
    /// How options are priced.
    pub settings: quant::PricingSettings,
}

/// Durations in milliseconds.
#[derive(Serialize)]
pub(crate) struct Latency {
    /// How many were timed.
    pub count: usize,
    /// The shortest.
    pub min_ms: f64,
    /// Half took at most this.
    pub median_ms: f64,
    /// 99 of 100 took at most this.
    pub p99_ms: f64,
    /// The longest.
    pub max_ms: f64,
    /// The mean.
    pub mean_ms: f64,
}

impl Latency {
    /// Summarises `times`, in milliseconds; `None` if there are none.
    pub(crate) fn of(mut times: Vec<f64>) -> Option<Latency> {
        times.sort_by(f64::total_cmp);
        Some(Latency {
            count: times.len(),
            min_ms: *times.first()?,
            median_ms: quantile(&times, 0.5)?,
            p99_ms: quantile(&times, 0.99)?,
            max_ms: *times.last()?,
            mean_ms: times.iter().sum::<f64>() / times.len() as f64,
        })
    }
}

/// Wall times of whole scans, milliseconds.
#[derive(Serialize)]
pub(crate) struct Scans {
    /// Threads used.
    pub threads: usize,
    /// Each scan's.
    pub wall_ms: Vec<f64>,
    /// The median.
    pub median_ms: f64,
    /// The longest.
    pub max_ms: f64,
}

/// The peak of resident memory.
#[derive(Serialize)]
pub(crate) struct Memory {
    /// Analyses made, one after another.
    pub analyses: usize,
    /// Windows held in memory meanwhile, regardless of the number of analyses.
    pub windows_held: usize,
    /// VmHWM after them, KiB; `None` if unknown.
    pub peak_kib: Option<u64>,
    /// Whether the peak was reset before them.
    pub reset: bool,
}

impl Work<'_> {
    /// Analyses all tickers once, so that caches, plans and clock speed are as in a long run.
    pub(crate) fn warm_up(&self) -> usize {
        let last = self.days.len() - 1;
        (0..self.tickers.len()).for_each(|ticker| {
            black_box(self.one(ticker, last));
        });
        self.tickers.len()
    }

    /// Times every ticker on every day singly, and counts the refusals. `None` if all were refused.
    pub(crate) fn latency(&self) -> Option<(Latency, usize)> {
        let (mut times, mut refused) = (Vec::new(), 0);
        for day in 0..self.days.len() {
            for ticker in 0..self.tickers.len() {
                let begun = Instant::now();
                let analysed = black_box(self.one(ticker, day));
                let took = milliseconds(begun);
                if analysed { times.push(took) } else { refused += 1 }
            }
        }
        Some((Latency::of(times)?, refused))
    }

    /// Scans all tickers on one day after another; each thread takes the next ticker.
    pub(crate) fn scans(&self, threads: usize) -> Scans {
        let wall_ms: Vec<f64> = (0..SCANS)
            .map(|scan| {
                let (next, day) = (AtomicUsize::new(0), scan % self.days.len());
                let begun = Instant::now();
                std::thread::scope(|scope| {
                    for _ in 0..threads {
                        scope.spawn(|| self.take_turns(&next, day));
                    }
                });
                milliseconds(begun)
            })
            .collect();
        let mut sorted = wall_ms.clone();
        sorted.sort_by(f64::total_cmp);
        let median_ms = quantile(&sorted, 0.5).unwrap_or(f64::NAN);
        let max_ms = sorted.last().copied().unwrap_or(f64::NAN);
        Scans { threads, wall_ms, median_ms, max_ms }
    }

    fn take_turns(&self, next: &AtomicUsize, day: usize) {
        loop {
            let ticker = next.fetch_add(1, Ordering::Relaxed);
            if ticker >= self.tickers.len() {
                return;
            }
            black_box(self.one(ticker, day));
        }
    }

    /// The peak of memory for each number of analyses.
    pub(crate) fn memory(&self, counts: &[usize]) -> Vec<Memory> {
        let (tickers, days) = (self.tickers.len(), self.days.len());
        let measure = |analyses: &usize| {
            let reset = reset_peak();
            for n in 0..*analyses {
                black_box(self.one(n % tickers, n / tickers % days));
            }
            let peak_kib = peak_kib();
            Memory { analyses: *analyses, windows_held: self.book_size(), peak_kib, reset }
        };
        counts.iter().map(measure).collect()
    }

    fn book_size(&self) -> usize {
        self.tickers.iter().filter(|ticker| self.window(ticker).is_some()).count()
    }

    fn window(&self, ticker: &str) -> Option<&PriceWindow> {
        self.book.window(ticker)
    }

    /// Analyses one ticker; `false` if it was refused.
    fn one(&self, ticker: usize, day: usize) -> bool {
        self.window(&self.tickers[ticker]).is_some_and(|window| {
            let (vix, day) = (self.book.vix(), self.days[day]);
            let found = quant::analyze(window, vix, day, self.calendar, &self.settings);
            black_box(found).is_ok()
        })
    }
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1_000.0
}

/// The least value that at least `share` of the values do not exceed.
fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied()
}
