//! Writes what this crate computes from a folder of price files, for the second implementation
//! in `tests/golden/quant_reference.py` to check, and says how long one analysis takes.
//!
//! `quant_dump FOLDER OUT.json EVERY`: every EVERY-th bar of each `TICKER.csv` (Yahoo's columns:
//! Date,Open,High,Low,Close,Adj Close,Volume), with `^VIX.csv` as the volatility index.
#![allow(clippy::print_stdout)]

use quant::{
    Analysis, PriceBar, PriceWindow, PricingSettings, Refusal, VixWindow, analyze, arima, garch,
    label, spectrum,
};
use schemas::{Day, TradingCalendar};
use serde_json::{Value, json};
use std::error::Error;
use std::path::Path;
use std::time::Instant;

type Failure = Box<dyn Error>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, out, every] = arguments.as_slice() else {
        return Err("usage: quant_dump FOLDER OUT.json EVERY".into());
    };
    let (folder, every) = (Path::new(folder), every.parse::<usize>()?);
    let index: Vec<(Day, f64)> =
        rows(&folder.join("^VIX.csv"))?.iter().map(|bar| (bar.day, bar.close)).collect();
    let mut files: Vec<_> = std::fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    files.sort_by_key(std::fs::DirEntry::file_name);
    let (mut cases, mut times) = (Vec::new(), Vec::new());
    for file in files {
        let name = file.file_name().to_string_lossy().into_owned();
        if let Some(ticker) = name.strip_suffix(".csv").filter(|name| *name != "^VIX") {
            let bars = rows(&file.path())?;
            dump(ticker, &bars, &index, every, &mut cases, &mut times)?;
        }
    }
    times.sort_by(f64::total_cmp);
    if let (Some(middle), Some(worst)) = (times.get(times.len() / 2), times.last()) {
        let mean = times.iter().sum::<f64>() / times.len() as f64;
        println!(
            "{} analyses, µs: mean {mean:.0} median {middle:.0} worst {worst:.0}",
            times.len()
        );
    }
    std::fs::write(out, serde_json::to_vec(&cases)?)?;
    Ok(())
}

fn rows(path: &Path) -> Result<Vec<PriceBar>, Failure> {
    let text = std::fs::read_to_string(path)?;
    let mut bars: Vec<PriceBar> = Vec::new();
    for row in text.lines().skip(1) {
        let cells: Vec<&str> = row.split(',').collect();
        let [day, open, high, low, close, _, volume] = cells.as_slice() else { continue };
        let number = |cell: &str| cell.parse::<f64>().unwrap_or(f64::NAN);
        let (open, high, low) = (number(open), number(high), number(low));
        let (close, volume) = (number(close), number(volume));
        bars.push(PriceBar { day: day.parse()?, open, high, low, close, volume });
    }
    Ok(bars)
}

fn dump(
    ticker: &str,
    bars: &[PriceBar],
    index: &[(Day, f64)],
    every: usize,
    cases: &mut Vec<Value>,
    times: &mut Vec<f64>,
) -> Result<(), Failure> {
    let (mut window, mut vix, settings) =
        (PriceWindow::new(), VixWindow::new(), PricingSettings::default());
    let mut coming = index.iter().peekable();
    for (at, bar) in bars.iter().enumerate() {
        window.push(*bar)?;
        while let Some((day, close)) = coming.next_if(|(day, _)| *day <= bar.day) {
            vix.push(*day, *close)?;
        }
        if at % every != 0 {
            continue;
        }
        // The fastest of three: what a busy machine adds is not the analysis.
        let mut fastest = f64::INFINITY;
        for _ in 0..3 {
            let start = Instant::now();
            std::hint::black_box(analyze(&window, &vix, bar.day, TradingCalendar::None, &settings))
                .ok();
            fastest = fastest.min(start.elapsed().as_secs_f64() * 1e6);
        }
        let found = analyze(&window, &vix, bar.day, TradingCalendar::None, &settings);
        if found.is_ok() {
            times.push(fastest);
        }
        cases.push(case(ticker, bar.day, &window, &found, bars, index)?);
    }
    Ok(())
}

fn case(
    ticker: &str,
    day: Day,
    window: &PriceWindow,
    found: &Result<Analysis, Refusal>,
    bars: &[PriceBar],
    index: &[(Day, f64)],
) -> Result<Value, Failure> {
    let name = day.to_string();
    let analysis = match found {
        Err(refusal) => {
            return Ok(json!({"ticker": ticker, "day": name, "refusal": refusal.code()}));
        }
        Ok(analysis) => analysis,
    };
    let mut later = VixWindow::new();
    let last = analysis.butterfly.evaluation_day;
    for (day, close) in index.iter().filter(|(day, _)| *day <= last) {
        later.push(*day, *close)?;
    }
    let settings = &analysis.settings;
    let outcome = label(&analysis.butterfly, day, analysis.current_iv, bars, &later, settings);
    let y: Vec<f64> =
        window.bars()[window.bars().len() - 252..].iter().map(|bar| libm::log(bar.close)).collect();
    let recent = arima::differences(&y[132..]);
    let fits: Vec<arima::Fit> =
        arima::ORDERS.iter().filter_map(|order| arima::fit_order(&recent, *order)).collect();
    let horizon = analysis.butterfly.horizon as usize;
    let forecasts: Vec<_> = fits.iter().map(|fit| arima::forecast(fit, &recent, horizon)).collect();
    let given = [(0.03, 0.95), (0.3, 0.2), (0.0, 0.5)];
    let returns = arima::differences(&y);
    let likelihoods = given.map(|(a, b)| json!([a, b, garch::log_likelihood(&returns, a, b)]));
    Ok(json!({
        "ticker": ticker, "day": name, "analysis": analysis, "fits": fits,
        "forecasts": forecasts, "garch_given": likelihoods,
        "power": spectrum::spectrum(&y).map(|s| s.power),
        "outcome": outcome.as_ref().ok(),
        "no_label": outcome.err().map(|reason| reason.to_string()),
    }))
}
