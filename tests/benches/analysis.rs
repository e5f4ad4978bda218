//! How long one full analysis takes, and its parts. `cargo bench -p quant`.
//!
//! The series is a seeded walk with calm and wild months, so that every machine times the same
//! numbers; `tests/python/compare_speed.py` times real windows.
#![allow(missing_docs, clippy::unwrap_used)]

use criterion::{Criterion, criterion_group, criterion_main};
use quant::{
    Butterfly, ButterflyKind, OptionRight, PriceBar, PriceWindow, PricingSettings, Term, Terms,
    VixWindow, analyze, arima, garch, implied_volatility, mark, quote, spectrum,
};
use schemas::{Day, TradingCalendar};
use std::hint::black_box;

const BARS: usize = 260;

/// A number in −1 … 1 that depends on its place alone.
fn noise(place: u64) -> f64 {
    let mut x = place.wrapping_mul(0xD1B5_4A32_D192_ED03) ^ 0x9E37_79B9_7F4A_7C15;
    for _ in 0..3 {
        x = (x ^ (x >> 31)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    }
    (x >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
}

fn market() -> (PriceWindow, VixWindow, Day) {
    let (mut window, mut vix, mut day) = (PriceWindow::new(), VixWindow::new(), Day(17_000));
    let mut close = 84.0;
    for i in 0..BARS as u64 {
        day = day.next_weekday();
        let wild = if (i / 30) % 3 == 0 { 0.03 } else { 0.012 };
        close *= 1.0 + wild * noise(2 * i);
        let volume = 1e6 * (1.5 + noise(2 * i + 1));
        window.push(PriceBar { day, open: close, high: close, low: close, close, volume }).unwrap();
        vix.push(day, 18.0 + 5.0 * noise(1_000 + i)).unwrap();
    }
    (window, vix, day)
}

fn whole(c: &mut Criterion) {
    let (window, vix, day) = market();
    let settings = PricingSettings::default();
    analyze(&window, &vix, day, TradingCalendar::None, &settings).unwrap();
    c.bench_function("analyze one ticker", |b| {
        b.iter(|| analyze(black_box(&window), &vix, day, TradingCalendar::None, &settings));
    });
}

fn parts(c: &mut Criterion) {
    let (window, _, _) = market();
    let y: Vec<f64> = window.bars()[BARS - 252..].iter().map(|bar| libm::log(bar.close)).collect();
    let recent = arima::differences(&y[y.len() - arima::CLOSES..]);
    let returns = arima::differences(&y);
    for order in arima::ORDERS {
        let name = format!("arima ({},1,{})", order.p, order.q);
        c.bench_function(&name, |b| b.iter(|| arima::fit_order(black_box(&recent), order)));
    }
    c.bench_function("garch", |b| b.iter(|| garch::fit(black_box(&returns))));
    c.bench_function("spectrum", |b| b.iter(|| spectrum::spectrum(black_box(&y))));
}

fn prices(c: &mut Criterion) {
    let terms =
        Terms { spot: 101.0, strike: 95.0, sigma: 0.3, years: 0.1, rate: 0.0, dividend: 0.0 };
    let price = quote(OptionRight::Put, &terms).price;
    c.bench_function("one option", |b| b.iter(|| quote(OptionRight::Put, black_box(&terms))));
    c.bench_function("implied volatility", |b| {
        b.iter(|| implied_volatility(OptionRight::Put, black_box(price), &terms));
    });
    let Term { expiry, evaluation_day, dte, horizon } =
        Term::of(Day(17_001), 15.0, TradingCalendar::None);
    let kind = ButterflyKind::Iron;
    let fly = Butterfly { kind, centre: 100.0, wing: 5.0, expiry, evaluation_day, dte, horizon };
    let settings = PricingSettings::default();
    c.bench_function("mark of a butterfly", |b| {
        b.iter(|| mark(black_box(&fly), 101.0, 0.3, Day(17_002), &settings));
    });
}

criterion_group!(benches, whole, parts, prices);
criterion_main!(benches);
