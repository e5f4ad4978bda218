//! The market named by one line of text, as operators and recorded runs write it.

use super::altered::AlteredMarket;
use super::csv::CsvMarket;
use super::market::{Market, SourceError};
use super::poison::{Poison, PoisonedBars};
use super::simulated::{SimulatedMarket, SimulationPlan};
use schemas::TradingCalendar;
use std::path::Path;

/// Opens the market that `spec` names: `csv:FOLDER` (or just a folder's path), `csv:FILE` for one file of all
/// tickers, the same with `parquet:`, `sim:SEED` or `sim:SEED,stocks=100,days=1000,structure=on|off`. With `tickers`, only those. Files are
/// checked against `calendar`; a simulation has its own.
///
/// # Errors
/// The text does not name a market, or it has nothing to read or not all `tickers`.
pub fn open(
    spec: &str,
    tickers: Option<&[String]>,
    calendar: TradingCalendar,
) -> Result<Box<dyn Market>, SourceError> {
    open_with(spec, tickers, calendar, None)
}

/// The same market with a made-up future after a day. In files each row is replaced as soon as its numbers are read,
/// before anything is checked.
///
/// # Errors
/// As [`open`].
pub fn open_poisoned(
    spec: &str,
    tickers: Option<&[String]>,
    calendar: TradingCalendar,
    poison: Poison,
) -> Result<Box<dyn Market>, SourceError> {
    open_with(spec, tickers, calendar, Some(poison))
}

fn open_with(
    spec: &str,
    tickers: Option<&[String]>,
    calendar: TradingCalendar,
    poison: Option<Poison>,
) -> Result<Box<dyn Market>, SourceError> {
    let files = |path: &str, parquet: bool| -> Result<Box<dyn Market>, SourceError> {
        let path = Path::new(path);
        Ok(Box::new(match poison {
            Some(poison) => CsvMarket::open_poisoned(path, tickers, calendar, parquet, poison),
            None if parquet => CsvMarket::open_parquet(path, tickers, calendar),
            None => CsvMarket::open(path, tickers, calendar),
        }?))
    };
    let bad = |what: String| SourceError::Spec { spec: spec.to_owned(), what };
    match spec.trim().split_once(':') {
        Some(("csv", folder)) if !folder.is_empty() => files(folder, false),
        Some(("csv", _)) => Err(bad("a folder must follow csv:".into())),
        Some(("parquet", "")) => Err(bad("a folder must follow parquet:".into())),
        Some(("parquet", folder)) => files(folder, true),
        Some(("sim", plan)) => {
            let market = SimulatedMarket::open(simulation(plan).map_err(bad)?, tickers)?;
            Ok(match poison {
                Some(poison) => {
                    let bars = Box::new(PoisonedBars::new(poison));
                    Box::new(AlteredMarket::new(Box::new(market), bars))
                }
                None => Box::new(market),
            })
        }
        _ if Path::new(spec).is_dir() => files(spec, false),
        _ => Err(bad("it begins with none of csv:, parquet: and sim: and is not a folder".into())),
    }
}

/// Checks that `spec` is written as a market is, without opening it.
///
/// # Errors
/// What is wrong with it.
pub fn check_spec(spec: &str) -> Result<(), String> {
    match spec.trim().split_once(':') {
        Some(("csv" | "parquet", "")) => Err("a folder must follow the colon".to_owned()),
        Some(("csv" | "parquet", _)) => Ok(()),
        Some(("sim", plan)) => simulation(plan).map(|_| ()),
        _ if Path::new(spec).is_dir() => Ok(()),
        _ => Err("it begins with none of csv:, parquet: and sim: and is not a folder".to_owned()),
    }
}

/// The same market by a name that means the same in every folder: a folder or file by its absolute path.
pub fn absolute(spec: &str) -> String {
    let spec = spec.trim();
    let (kind, path) = match spec.split_once(':') {
        Some(("sim", _)) => return spec.to_owned(),
        Some((kind, path)) if !path.is_empty() && kind.chars().all(char::is_alphanumeric) => {
            (kind, path)
        }
        _ if Path::new(spec).exists() => ("csv", spec),
        _ => return spec.to_owned(),
    };
    let path = std::path::absolute(path).unwrap_or_else(|_| path.into());
    // `.` and a slash at the end go; `..` stays, as it may lead through a link.
    let plain: std::path::PathBuf = path.components().collect();
    format!("{kind}:{}", plain.display())
}

fn simulation(text: &str) -> Result<SimulationPlan, String> {
    let mut parts = text.split(',').map(str::trim);
    let seed = parts.next().unwrap_or_default();
    let seed = seed.parse().map_err(|_| format!("the seed {seed:?} is not a whole number"))?;
    let mut plan = SimulationPlan { seed, ..SimulationPlan::default() };
    for part in parts {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        let count = |most: usize| {
            value
                .parse()
                .ok()
                .filter(|n| (1..=most).contains(n))
                .ok_or_else(|| format!("{key} must be a whole number from 1 to {most}"))
        };
        match (key, value) {
            ("stocks", _) => plan.stocks = count(SimulationPlan::MAX_STOCKS)?,
            ("days", _) => plan.days = count(SimulationPlan::MAX_DAYS)?,
            ("structure", "on") => plan.structure = true,
            ("structure", "off") => plan.structure = false,
            ("structure", _) => return Err("structure must be on or off".into()),
            _ => return Err(format!("there is no setting {key:?}")),
        }
    }
    Ok(plan)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_text_names_a_market() {
        let plan = simulation("7, stocks=5,days=30,structure=off").unwrap();
        assert_eq!(plan, SimulationPlan { seed: 7, stocks: 5, days: 30, structure: false });
        assert_eq!(
            simulation("7").unwrap(),
            SimulationPlan { seed: 7, ..SimulationPlan::default() }
        );
        assert_eq!(
            open("sim:1,stocks=3", None, TradingCalendar::Nyse).unwrap().universe().len(),
            3
        );
    }

    #[test]
    fn a_folder_has_one_name_wherever_it_is_named() {
        let here = std::env::current_dir().unwrap();
        let named = format!("csv:{}/prices", here.display());
        for spec in ["csv:prices", "csv:./prices", "csv:prices/", &named] {
            assert_eq!(absolute(spec), named, "{spec}");
        }
        assert_eq!(absolute("sim:7,days=5"), "sim:7,days=5");
        assert_eq!(absolute("src"), format!("csv:{}/src", here.display()));
    }

    #[test]
    fn what_names_no_market_says_why() {
        for (spec, expected) in [
            ("", "none of csv:, parquet: and sim:"),
            ("csv:", "a folder must follow"),
            ("parquet:", "a folder must follow"),
            ("yahoo:AAPL", "none of"),
            ("sim:", "the seed \"\""),
            ("sim:x", "the seed \"x\""),
            ("sim:-1", "the seed"),
            ("sim:1,stocks=0", "stocks must be a whole number from 1 to"),
            ("sim:1,days=many", "days must be"),
            ("sim:1,structure=maybe", "structure must be on or off"),
            ("sim:1,speed=9", "no setting \"speed\""),
            ("csv:/no/such/folder", "/no/such/folder: the folder cannot be read"),
        ] {
            let error = open(spec, None, TradingCalendar::Nyse).err().unwrap().to_string();
            assert!(error.contains(expected), "{spec}: {error}");
        }
        let wanted = ["SIM001".to_owned(), "NOPE".to_owned()];
        let error =
            open("sim:1,stocks=2", Some(&wanted), TradingCalendar::Nyse).err().unwrap().to_string();
        assert_eq!(error, "the market does not have NOPE; it has SIM001, SIM002");
    }
}
