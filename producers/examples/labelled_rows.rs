//! Every labelled row of a simulated market as CSV, with the answer (whether the price was drawn
//! on the day) in a column of its own: for looking at the planted structure from outside.
//! `cargo run --release -p producers --example labelled_rows -- SEED on|off OUT.csv [STEP]`

use producers::source::Market;
use producers::source::simulated::{SimulatedMarket, SimulationPlan};
use quant::{PriceBar, PriceWindow, PricingSettings, VixWindow};
use schemas::contract::FEATURE_NAMES;
use schemas::{Day, TradingCalendar};
use std::error::Error;
use std::fmt::Write as _;
use std::sync::Mutex;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut argument = || arguments.next();
    let seed = argument().ok_or("which seed?")?.parse()?;
    let structure = argument().as_deref() == Some("on");
    let out = argument().ok_or("which file to write?")?;
    let every: usize = argument().map_or(Ok(1), |text| text.parse())?;
    let mut market = SimulatedMarket::open(
        SimulationPlan { seed, structure, ..SimulationPlan::default() },
        None,
    )?;
    let mut days = Vec::new();
    let mut after = None;
    while let Some(day) = market.next_day(after)? {
        after = Some(day.day);
        days.push(day);
    }
    let tickers = market.universe().to_vec();
    let lines = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for part in 0..2 {
            let (tickers, days, lines, market) = (&tickers, &days, &lines, &market);
            scope.spawn(move || {
                for (at, ticker) in tickers.iter().enumerate().filter(|(at, _)| at % 2 == part) {
                    let bars: Vec<PriceBar> =
                        days.iter().map(|day| PriceBar::from(&day.bars[at].1)).collect();
                    let drawn = |day| market.was_drawn(ticker, day).unwrap_or_default();
                    let mut rows = rows(ticker, &bars, days, every, &drawn);
                    if let Ok(mut lines) = lines.lock() {
                        lines.append(&mut rows);
                    }
                }
            });
        }
    });
    let mut lines = lines.into_inner()?;
    lines.sort();
    let header = format!("day,ticker,evaluation_day,drawn,roi,class,{}", FEATURE_NAMES.join(","));
    std::fs::write(out, format!("{header}\n{}\n", lines.join("\n")))?;
    Ok(())
}

fn rows(
    ticker: &str,
    bars: &[PriceBar],
    days: &[producers::source::MarketDay],
    every: usize,
    drawn: &dyn Fn(Day) -> bool,
) -> Vec<String> {
    let settings = PricingSettings::default();
    let mut window = PriceWindow::new();
    let mut vix = VixWindow::new();
    let mut open = Vec::new();
    let mut lines = Vec::new();
    for (at, (bar, day)) in bars.iter().zip(days).enumerate() {
        open.retain(|row: &quant::Analysis| {
            if row.butterfly.evaluation_day >= bar.day {
                return true;
            }
            let sigma = row.current_iv;
            let label =
                quant::label(&row.butterfly, row.day, sigma, window.bars(), &vix, &settings);
            if let Ok(label) = label {
                let mut line = format!(
                    "{},{ticker},{},{},{},{}",
                    row.day,
                    label.exit_day,
                    u8::from(drawn(row.day)),
                    label.roi,
                    label.class.index()
                );
                for value in row.features {
                    let _ = write!(line, ",{value}");
                }
                lines.push(line);
            }
            false
        });
        if let Some(close) = day.vix {
            let _ = vix.push(bar.day, close);
        }
        let _ = window.push(*bar);
        if at % every == 0
            && let Ok(row) =
                quant::analyze(&window, &vix, bar.day, TradingCalendar::None, &settings)
        {
            open.push(row);
        }
    }
    lines
}
