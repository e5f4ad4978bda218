//! Where a group is to go, in the words of `rpk group seek` and of `kafka-consumer-groups --reset-offsets`.

use anyhow::{Context, Result, bail};
use api::group_change::{Target, TopicChoice};
use chrono::{DateTime, NaiveDate, NaiveDateTime};
use eventlog::TopicPartition;
use schemas::Topic;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where to.
#[derive(clap::Args, Debug)]
#[group(multiple = false)]
pub(crate) struct Destination {
    /// To `start`, `end`, a trading day (2016-01-27: to its beginning), or a time (2016-01-27T21:00:00Z, or seconds or
    /// milliseconds since 1970)
    #[arg(long, value_name = "WHERE")]
    pub to: Option<String>,
    /// To the first record
    #[arg(long)]
    pub to_earliest: bool,
    /// Behind the last record
    #[arg(long)]
    pub to_latest: bool,
    /// To where it is: shows its offsets
    #[arg(long)]
    pub to_current: bool,
    /// To this offset of every partition
    #[arg(long, value_name = "OFFSET")]
    pub to_offset: Option<u64>,
    /// To the first event at or after this time; without a zone it is UTC
    #[arg(long, value_name = "TIME")]
    pub to_datetime: Option<String>,
    /// So far back in event time from the close of the newest published day, such as P5D or PT12H
    #[arg(long, value_name = "PERIOD")]
    pub by_duration: Option<String>,
    /// So many offsets ahead, or back with a minus
    #[arg(long, value_name = "COUNT", allow_hyphen_values = true)]
    pub shift_by: Option<i64>,
    /// To where this group is
    #[arg(long, value_name = "GROUP")]
    pub to_group: Option<String>,
    /// To the offsets of this file, a line each: topic, partition and offset, with spaces or commas between
    #[arg(long, value_name = "FILE", alias = "to-file")]
    pub from_file: Option<PathBuf>,
}

impl Destination {
    /// The one that was given, if one was.
    pub(crate) fn target(&self) -> Result<Option<Target>> {
        Ok(Some(match self {
            Destination { to: Some(to), .. } => to_where(to)?,
            Destination { to_earliest: true, .. } => Target::Start,
            Destination { to_latest: true, .. } => Target::End,
            Destination { to_current: true, .. } => Target::Current,
            Destination { to_offset: Some(offset), .. } => Target::Offset(*offset),
            Destination { to_datetime: Some(time), .. } => Target::Time(datetime(time)?),
            Destination { by_duration: Some(period), .. } => Target::Back(duration(period)?),
            Destination { shift_by: Some(by), .. } => Target::Shift(*by),
            Destination { to_group: Some(group), .. } => Target::Group(group.clone()),
            Destination { from_file: Some(file), .. } => Target::Places(places_in(file)?),
            _ => return Ok(None),
        }))
    }
}

fn to_where(text: &str) -> Result<Target> {
    Ok(match text {
        "start" | "earliest" => Target::Start,
        "end" | "latest" => Target::End,
        "current" => Target::Current,
        digits if digits.bytes().all(|b| b.is_ascii_digit()) => Target::Time(since_1970(digits)?),
        time => Target::Time(datetime(time)?),
    })
}

/// Seconds, milliseconds, microseconds or nanoseconds, by the number of digits.
fn since_1970(digits: &str) -> Result<i64> {
    let number: i64 = digits.parse().with_context(|| format!("{digits} is no time"))?;
    Ok(match digits.len() {
        0..=10 => number.saturating_mul(1_000),
        11..=13 => number,
        14..=16 => number / 1_000,
        _ => number / 1_000_000,
    })
}

fn datetime(text: &str) -> Result<i64> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Ok(time.timestamp_millis());
    }
    let plain = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M"];
    if let Some(time) = plain.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
    {
        return Ok(time.and_utc().timestamp_millis());
    }
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    let midnight = day.and_then(|day| day.and_hms_opt(0, 0, 0));
    match midnight {
        Some(midnight) => Ok(midnight.and_utc().timestamp_millis()),
        None => bail!(
            "{text:?} is no time; give a day (2016-01-27), a time (2016-01-27T21:00:00Z), `start` or `end`"
        ),
    }
}

/// `PnDTnHnMnS`, any part of it.
fn duration(text: &str) -> Result<Duration> {
    let wrong = || format!("{text:?} is no period; give one such as P5D, PT12H or P1DT30M");
    let rest = text.trim().strip_prefix('P').with_context(wrong)?;
    let (days, time) = rest.split_once('T').map_or((rest, None), |(days, time)| (days, Some(time)));
    let mut seconds = 0u64;
    let mut any = false;
    for (part, units) in [
        (days, &[('W', 604_800), ('D', 86_400)][..]),
        (time.unwrap_or(""), &[('H', 3_600), ('M', 60), ('S', 1)][..]),
    ] {
        let mut rest = part;
        for (unit, length) in units {
            if let Some((number, more)) = rest.split_once(*unit) {
                let number: u64 = number.parse().ok().with_context(wrong)?;
                seconds = seconds.saturating_add(number.saturating_mul(*length));
                (rest, any) = (more, true);
            }
        }
        if !rest.is_empty() {
            bail!(wrong());
        }
    }
    if any { Ok(Duration::from_secs(seconds)) } else { bail!(wrong()) }
}

fn places_in(file: &Path) -> Result<BTreeMap<TopicPartition, u64>> {
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("{} cannot be read", file.display()))?;
    let mut places = BTreeMap::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let wrong = || format!("{}, line {}: {line:?} is no place", file.display(), at + 1);
        let parts = line.split([',', ' ', '\t']).filter(|part| !part.is_empty());
        let parts: Vec<&str> = parts.map(|part| part.trim_matches('"')).collect();
        // Kafka's own tool exports the group's name first where it exports several.
        let [.., topic, partition, offset] = parts[..] else { bail!(wrong()) };
        let place = shell::record_codec::place(
            topic_called(topic).with_context(wrong)?,
            partition.parse().with_context(wrong)?,
        );
        places.insert(place, offset.parse().with_context(wrong)?);
    }
    Ok(places)
}

/// A topic by its short name or by that on the log, of whatever run.
fn topic_called(name: &str) -> Result<Topic> {
    let short = name.find("butterquant.").map_or(name, |at| &name[at..]);
    Ok(short.parse()?)
}

/// Topics such as `bars`, `bars,scans` and `bars:0,1`.
pub(crate) fn topics(given: &[String]) -> Result<Vec<TopicChoice>> {
    let mut choices: Vec<TopicChoice> = Vec::new();
    for part in given.iter().flat_map(|one| one.split(',')) {
        let part = part.trim();
        let number = |text: &str| {
            text.parse::<u32>().with_context(|| format!("{text:?} is no partition's number"))
        };
        match (part.split_once(':'), choices.last_mut()) {
            (Some((topic, partition)), _) => {
                let partitions = Some(BTreeSet::from([number(partition)?]));
                choices.push(TopicChoice { topic: topic_called(topic)?, partitions });
            }
            (None, Some(TopicChoice { partitions: Some(known), .. }))
                if part.bytes().all(|byte| byte.is_ascii_digit()) =>
            {
                known.insert(number(part)?);
            }
            _ => choices.push(TopicChoice { topic: topic_called(part)?, partitions: None }),
        }
    }
    Ok(choices)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_as_either_tool_takes_it() {
        for (text, ms) in [
            ("2016-01-27", 1_453_852_800_000),
            ("2016-01-27T21:00:00Z", 1_453_928_400_000),
            ("2016-01-27T16:00:00-05:00", 1_453_928_400_000),
            ("2016-01-27T21:00:00.000", 1_453_928_400_000),
            ("1453928400", 1_453_928_400_000),
            ("1453928400000", 1_453_928_400_000),
            ("1453928400000000", 1_453_928_400_000),
        ] {
            assert_eq!(to_where(text).unwrap(), Target::Time(ms), "{text}");
        }
        assert!(to_where("yesterday").unwrap_err().to_string().contains("2016-01-27"));
    }

    #[test]
    fn a_period_is_written_as_kafka_takes_it() {
        for (text, seconds) in [
            ("P5D", 432_000),
            ("PT12H", 43_200),
            ("P1DT30M", 88_200),
            ("PT0S", 0),
            ("P1W", 604_800),
        ] {
            assert_eq!(duration(text).unwrap(), Duration::from_secs(seconds), "{text}");
        }
        for wrong in ["5D", "P", "PT", "P5", "P5H", "P1.5D", "PT5S3"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn topics_are_named_with_their_partitions_or_without() {
        let some = |of: &[u32]| Some(of.iter().copied().collect::<BTreeSet<u32>>());
        let given = ["bars:0,1,scans".to_owned(), "butterquant.fills.v1:2".to_owned()];
        let found = topics(&given).unwrap();
        let found = found.into_iter().map(|one| (one.topic, one.partitions));
        let expected =
            [(Topic::Bars, some(&[0, 1])), (Topic::Scans, None), (Topic::Fills, some(&[2]))];
        assert_eq!(found.collect::<Vec<_>>(), expected);
        assert!(topics(&["0".to_owned()]).is_err() && topics(&["bars:x".to_owned()]).is_err());
    }

    #[test]
    fn a_file_of_offsets_is_read_as_either_tool_writes_it() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let text =
            "bars 0 12\n\"butterquant.bars.v1\",1,7\n\"labeler\",\"x.butterquant.scans.v1\",0,3\n";
        std::fs::write(file.path(), text).unwrap();
        let place = |topic, partition| shell::record_codec::place(topic, partition);
        let expected =
            [(place(Topic::Bars, 0), 12), (place(Topic::Bars, 1), 7), (place(Topic::Scans, 0), 3)];
        assert_eq!(places_in(file.path()).unwrap(), BTreeMap::from(expected));
        std::fs::write(file.path(), "bars 0\n").unwrap();
        assert!(places_in(file.path()).unwrap_err().to_string().contains("line 1"));
    }
}
