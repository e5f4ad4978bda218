//! The market named by one line of text, as operators and recorded runs write it.

use super::csv::CsvMarket;
use super::market::{Market, SourceError};
use super::simulated::{SimulatedMarket, SimulationPlan};
use std::path::Path;

/// Opens the market that `spec` names: `csv:FOLDER` (or just a folder's path),
/// `sim:SEED` or `sim:SEED,stocks=100,days=1000,structure=on|off`. With `tickers`, only those.
///
/// # Errors
/// The text does not name a market, or it has nothing to read or not all `tickers`.
pub fn open(spec: &str, tickers: Option<&[String]>) -> Result<Box<dyn Market>, SourceError> {
    let bad = |what: String| SourceError::Spec { spec: spec.to_owned(), what };
    match spec.trim().split_once(':') {
        Some(("csv", folder)) if !folder.is_empty() => {
            Ok(Box::new(CsvMarket::open(Path::new(folder), tickers)?))
        }
        Some(("csv", _)) => Err(bad("a folder must follow csv:".into())),
        Some(("sim", plan)) => {
            Ok(Box::new(SimulatedMarket::open(simulation(plan).map_err(bad)?, tickers)?))
        }
        _ if Path::new(spec).is_dir() => Ok(Box::new(CsvMarket::open(Path::new(spec), tickers)?)),
        _ => Err(bad("it begins with neither csv: nor sim: and is not a folder".into())),
    }
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
        assert_eq!(open("sim:1,stocks=3", None).unwrap().universe().len(), 3);
    }

    #[test]
    fn what_names_no_market_says_why() {
        for (spec, expected) in [
            ("", "neither csv: nor sim:"),
            ("csv:", "a folder must follow"),
            ("yahoo:AAPL", "neither"),
            ("sim:", "the seed \"\""),
            ("sim:x", "the seed \"x\""),
            ("sim:-1", "the seed"),
            ("sim:1,stocks=0", "stocks must be a whole number from 1 to"),
            ("sim:1,days=many", "days must be"),
            ("sim:1,structure=maybe", "structure must be on or off"),
            ("sim:1,speed=9", "no setting \"speed\""),
            ("csv:/no/such/folder", "/no/such/folder: the folder cannot be read"),
        ] {
            let error = open(spec, None).err().unwrap().to_string();
            assert!(error.contains(expected), "{spec}: {error}");
        }
        let wanted = ["SIM001".to_owned(), "NOPE".to_owned()];
        let error = open("sim:1,stocks=2", Some(&wanted)).err().unwrap().to_string();
        assert_eq!(error, "the market does not have NOPE; it has SIM001, SIM002");
    }
}
