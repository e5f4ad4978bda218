//! The checks of single rows: shape, numbers, ranges, labels and duplicates.

use super::check::{Check, Grade};
use quant::{FEATURE_RANGES, Term};
use schemas::TradingCalendar;
use schemas::contract::{CLASSES, CONTRACT_VERSION, Class, FEATURE_NAMES, FEATURES};
use std::collections::BTreeMap;
use store::rows::FoundRow;
use success::LabelledRow;

/// Checks each row; returns the checks and the rows fit for training.
pub(super) fn check_each(rows: &[FoundRow]) -> (Vec<Check>, Vec<LabelledRow>) {
    if rows.is_empty() {
        let message = "there are no rows; `butterquant history generate` draws some";
        return (vec![Check::new("rows", Grade::Found, message)], Vec::new());
    }
    let row_checks = [
        (
            "shape",
            shape as RowCheck,
            format!("have {FEATURES} features of contract {CONTRACT_VERSION}"),
        ),
        ("numbers", numbers, "have a finite number in every field".to_owned()),
        ("ranges", ranges, "have every feature within its range".to_owned()),
        ("labels", label, "have the class of their ROI, and days in order".to_owned()),
    ];
    let mut results = Vec::new();
    let mut bad = vec![false; rows.len()];
    for (name, fault, rule) in row_checks {
        let mut wrong = Vec::new();
        for (row, bad) in rows.iter().zip(&mut bad) {
            // A row is reported once: after a failed check the next ones skip it.
            if let Some(why) = fault(row).filter(|_| !*bad) {
                *bad = true;
                wrong.push(format!("{}: {why}", place(row)));
            }
        }
        results.push(if wrong.is_empty() {
            Check::new(name, Grade::Good, format!("all rows checked {rule}"))
        } else {
            let message =
                format!("{} of {} rows do not; they are left out below", wrong.len(), rows.len());
            Check::new(name, Grade::Found, format!("rows must {rule}: {message}")).with(wrong)
        });
    }
    results.push(duplicates(rows));
    let sound = rows.iter().zip(&bad).filter(|(_, bad)| !**bad);
    (results, sound.filter_map(|(row, _)| as_row(row)).collect())
}

type RowCheck = fn(&FoundRow) -> Option<String>;

pub(super) fn place(row: &FoundRow) -> String {
    let (file, number) = &row.place;
    let day = row.as_of.map_or_else(|| "no day".to_owned(), |day| day.to_string());
    format!("{file} row {number} ({} {day})", row.ticker)
}

fn shape(row: &FoundRow) -> Option<String> {
    if row.values.len() != FEATURES {
        return Some(format!("{} features, not {FEATURES}", row.values.len()));
    }
    match row.contract_version {
        Some(version) if version == CONTRACT_VERSION as i32 => None,
        Some(version) => Some(format!(
            "features of contract {version}, not {CONTRACT_VERSION}: draw it again with this program"
        )),
        None => Some("no contract version".to_owned()),
    }
}

fn numbers(row: &FoundRow) -> Option<String> {
    let features = FEATURE_NAMES.iter().copied().zip(row.values.iter().copied());
    let others = [("roi", row.roi), ("weight", row.weight)];
    let wrong = features.chain(others).find_map(|(name, value)| match value {
        None => Some(format!("{name} is missing")),
        // The model sees it as f32.
        Some(value) if !(value as f32).is_finite() => Some(format!("{name} is {value}")),
        Some(_) => None,
    });
    wrong.or_else(|| {
        let there = [
            ("ticker", !row.ticker.is_empty()),
            ("class", row.class.is_some()),
            ("as_of", row.as_of.is_some()),
            ("evaluation_day", row.evaluation_day.is_some()),
        ];
        there.iter().find(|(_, there)| !there).map(|(name, _)| format!("{name} is missing"))
    })
}

fn ranges(row: &FoundRow) -> Option<String> {
    let values = row.values.iter().flatten().zip(&FEATURE_RANGES).zip(FEATURE_NAMES);
    let mut outside = values.filter(|((value, range), _)| !range.contains(value));
    outside.next().map(|((value, range), name)| {
        format!("{name} is {value}, outside {} to {}", range.start(), range.end())
    })
}

/// A label contradicts itself if its class is not the class of its ROI, and knows too much if it
/// is evaluated after the longest possible butterfly of its day has ended.
fn label(row: &FoundRow) -> Option<String> {
    let (roi, class, weight) = (row.roi?, row.class?, row.weight?);
    let (as_of, evaluated) = (row.as_of?, row.evaluation_day?);
    // Rows do not name their calendar; a holiday only brings an evaluation forward.
    let longest = Term::longest(as_of, TradingCalendar::None);
    if !usize::try_from(class).is_ok_and(|class| class < CLASSES) {
        Some(format!("class {class} is not one of 0 to 3"))
    } else if roi < -1.0 {
        Some(format!("an ROI of {roi} is a loss of more than the capital at risk"))
    } else if Class::of_roi(roi).index() as i32 != class {
        let right = Class::of_roi(roi).index();
        Some(format!("class {class} with an ROI of {roi}, which is class {right}"))
    } else if weight <= 0.0 {
        Some(format!("weight {weight} is not above 0"))
    } else if evaluated <= as_of {
        Some(format!("evaluated on {evaluated}, not after its scan day"))
    } else if evaluated > longest {
        Some(format!("evaluated on {evaluated}, but its butterfly had ended by {longest}"))
    } else {
        None
    }
}

/// A candidate that occurs twice counts twice in training; the same numbers under another ticker
/// or day are a copy.
fn duplicates(rows: &[FoundRow]) -> Check {
    let mut by_key: BTreeMap<(&str, i32), &FoundRow> = BTreeMap::new();
    let mut by_values: BTreeMap<Vec<u64>, &FoundRow> = BTreeMap::new();
    let mut found = Vec::new();
    for row in rows {
        let Some(day) = row.as_of else { continue };
        let values: Vec<u64> = row.values.iter().flatten().map(|value| value.to_bits()).collect();
        let same = by_key.insert((&row.ticker, day.0), row);
        let copied = by_values.insert(values, row).filter(|_| row.values.len() == FEATURES);
        if let Some(first) = same {
            found.push(format!("{} is also {}", place(row), place(first)));
        } else if let Some(first) = copied {
            found.push(format!("{} has the numbers of {}", place(row), place(first)));
        }
    }
    match found.len() {
        0 => Check::new("duplicates", Grade::Good, "no candidate occurs twice"),
        n => {
            let message = format!(
                "{n} rows are duplicates, by ticker and day or by all their numbers; keep one of each"
            );
            Check::new("duplicates", Grade::Found, message).with(found)
        }
    }
}

fn as_row(row: &FoundRow) -> Option<LabelledRow> {
    let values: Option<Vec<f64>> = row.values.iter().copied().collect();
    Some(LabelledRow {
        features: values?.try_into().ok()?,
        class: u8::try_from(row.class?).ok()?,
        roi: row.roi?,
        scan_day: row.as_of?.0,
        evaluation_day: row.evaluation_day?.0,
        weight: row.weight?,
        score: None,
    })
}
