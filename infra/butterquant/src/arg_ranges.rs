//! Ranges of what is given on the command line: numbers, dates, shares and files to write.

use schemas::Day;
use std::fmt::Display;
use std::path::PathBuf;
use std::str::FromStr;

/// Rows of history, at most: ten times what a run trains on, and what fits into memory.
pub(crate) const MOST_ROWS: usize = 1_000_000;
/// Lines of a table, at most.
pub(crate) const MOST_LINES: usize = 100_000;

/// A whole number from `least` to `most`.
pub(crate) fn count<T>(least: T, most: T) -> impl Fn(&str) -> Result<T, String> + Clone
where
    T: FromStr + PartialOrd + Display + Copy + Send + Sync + 'static,
{
    move |text| {
        let number = text.parse().ok().filter(|number| least <= *number && *number <= most);
        number.ok_or_else(|| format!("must be a whole number from {least} to {most}"))
    }
}

/// A whole number from 1 to `most`.
pub(crate) fn at_least_one(most: usize) -> impl Fn(&str) -> Result<usize, String> + Clone {
    count(1, most)
}

/// A number from `least` to `most`.
pub(crate) fn between(least: f64, most: f64) -> impl Fn(&str) -> Result<f64, String> + Clone {
    move |text| {
        let number = text.parse().ok().filter(|number| least <= *number && *number <= most);
        number.ok_or_else(|| format!("must be a number from {least} to {most}"))
    }
}

/// A date that a market may have; one far off is a slip of the pen.
pub(crate) fn date(text: &str) -> Result<Day, String> {
    let day: Day = text.parse().map_err(|error| format!("{error}"))?;
    let (year, ..) = day.ymd();
    if (1900..2100).contains(&year) {
        return Ok(day);
    }
    Err("must be a date from 1900-01-01 to 2099-12-31".to_owned())
}

/// A file to write, in a folder that may be created for it.
pub(crate) fn file_anywhere(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    if path.is_dir() || path.file_name().is_none() {
        return Err("is a folder; name a file in it".to_owned());
    }
    Ok(path)
}

/// A file to write, in a folder that exists. Checked before the work.
pub(crate) fn file_to_write(text: &str) -> Result<PathBuf, String> {
    let path = file_anywhere(text)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    match folder {
        Some(folder) if !folder.is_dir() => {
            Err(format!("there is no folder {}; create it, or name another", folder.display()))
        }
        _ => Ok(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_meant_is_refused_with_the_range() {
        assert_eq!(at_least_one(5)("5"), Ok(5));
        for text in ["0", "6", "-1", "1e3", "1000000000000", "", "one"] {
            let said = at_least_one(5)(text);
            assert_eq!(said, Err("must be a whole number from 1 to 5".to_owned()), "{text}");
        }
        assert_eq!(between(0.0, 10.0)("0.5"), Ok(0.5));
        for text in ["-0.1", "NaN", "inf", "11", "5 %"] {
            assert!(between(0.0, 10.0)(text).is_err(), "{text}");
        }
        assert!(date("2018-06-29").is_ok() && date("2099-12-31").is_ok());
        for text in ["9999-01-01", "0018-06-29", "1899-12-31", "29/06/2018", "", "+12018-01-01"] {
            assert!(date(text).is_err(), "{text}");
        }
        let here = tempfile::tempdir().unwrap();
        let at = |name: &str| here.path().join(name).display().to_string();
        assert!(file_to_write(&at("rankings.json")).is_ok());
        for wrong in [at(""), at("none/x"), at(".."), String::new(), "/".to_owned()] {
            assert!(file_to_write(&wrong).is_err(), "{wrong}");
        }
    }
}
