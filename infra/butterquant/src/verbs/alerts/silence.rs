//! `alerts silence`: sends no alert of a condition for a while.

use crate::exit::Found;
use crate::operator::operator_name;
use crate::printer;
use anyhow::{Result, bail, ensure};
use api::conditions::KINDS;
use api::monitor::now_ms;
use run::config::Config;
use run::data_dir;
use server::alerts::{Silence, Silences, folder_of};
use std::time::Duration;

/// The longest silence: a year.
const LONGEST_S: u64 = 366 * 86_400;

/// Arguments of `alerts silence`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// The condition's key, or its part before the slash for all of that kind
    pub key: String,
    /// How long, such as 30m, 2h or 3d
    #[arg(long = "for", value_name = "TIME", value_parser = duration, default_value = "1h")]
    pub length: Duration,
    /// End the silence now
    #[arg(long, conflicts_with = "length")]
    pub end: bool,
    /// Why, for the others
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub why: String,
    /// Whose word it is [default: user@host]
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
}

/// A number with s, m, h or d behind it.
fn duration(text: &str) -> Result<Duration, String> {
    let units = [('s', 1), ('m', 60), ('h', 3_600), ('d', 86_400)];
    let found = units.iter().find_map(|(unit, seconds)| {
        let number: u64 = text.strip_suffix(*unit)?.parse().ok()?;
        number.checked_mul(*seconds).filter(|all| (1..=LONGEST_S).contains(all))
    });
    let wrong =
        || "must be a number with s, m, h or d behind it, a year at most: 30m, 2h, 3d".to_owned();
    found.map(Duration::from_secs).ok_or_else(wrong)
}

/// Silences it, or ends that.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let run = config.this_run()?;
    if !run.path.is_dir() {
        return Err(data_dir::no_run(&run));
    }
    let kind = args.key.split('/').next().unwrap_or_default();
    ensure!(
        KINDS.contains(&kind),
        "no alert is called {}; the kinds are {}, each alone or with what it is about behind a slash, as in group/scorer",
        args.key,
        KINDS.join(", ")
    );
    let (silences, now, key) = (Silences::of(&folder_of(&run)), now_ms(), &args.key);
    if args.end {
        if !silences.end(key, now)? {
            bail!("{key} is not silenced; `butterquant alerts list` lists the silences");
        }
        printer::line(format!("{key} is no longer silenced"));
        return Ok(Found::Nothing);
    }
    let until_ms = now.saturating_add(i64::try_from(args.length.as_millis())?);
    let by = operator_name(args.by.as_ref());
    let silence = Silence { key: key.clone(), until_ms, why: args.why.clone(), by };
    silences.add(silence, now)?;
    let minutes = args.length.as_secs().div_ceil(60);
    printer::line(format!(
        "no alert of {key} is sent for {minutes} min; `butterquant alerts silence {key} --end` ends that"
    ));
    Ok(Found::Nothing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_unit_and_an_end() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("3d"), Ok(Duration::from_secs(3 * 86_400)));
        for wrong in ["", "3", "h", "0h", "-1h", "1w", "1000000000d", "99999999999999999999d"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
