//! The checks of single rows: shape, numbers, ranges, labels, and whether a row is there twice.

use super::{Check, Grade};
use quant::{FEATURE_RANGES, Term};
use schemas::contract::{CLASSES, CONTRACT_VERSION, Class, FEATURE_NAMES, FEATURES};
use std::collections::BTreeMap;
use store::rows::FoundRow;
use success::LabelledRow;

/// Looks at each row; gives the checks and the rows that a training can take.
pub(super) fn look(rows: &[FoundRow]) -> (Vec<Check>, Vec<LabelledRow>) {
    if rows.is_empty() {
        let said = "there is no row; `butterquant history generate` draws some";
        return (vec![Check::new("rows", Grade::Found, said)], Vec::new());
    }
    let checks = [
        ("shape", of_shape as Judge, "have 23 features of contract 1"),
        ("numbers", numbers, "hold a finite number wherever one belongs"),
        ("ranges", ranges, "hold features within what their definitions allow"),
        ("labels", label, "have a class that is that of their ROI, and days in order"),
    ];
    let mut told = Vec::new();
    let mut bad = vec![false; rows.len()];
    for (name, judge, is_well) in checks {
        let mut wrong = Vec::new();
        for (row, bad) in rows.iter().zip(&mut bad) {
            // A row is told once: what fails a check is not asked the next one.
            if let Some(why) = judge(row).filter(|_| !*bad) {
                *bad = true;
                wrong.push(format!("{}: {why}", place(row)));
            }
        }
        told.push(if wrong.is_empty() {
            Check::new(name, Grade::Good, format!("all rows looked at {is_well}"))
        } else {
            let said =
                format!("{} of {} rows do not; they are left out below", wrong.len(), rows.len());
            Check::new(name, Grade::Found, format!("rows must {is_well}: {said}")).with(wrong)
        });
    }
    told.push(duplicates(rows));
    let sound = rows.iter().zip(&bad).filter(|(_, bad)| !**bad);
    (told, sound.filter_map(|(row, _)| as_row(row)).collect())
}

type Judge = fn(&FoundRow) -> Option<String>;

pub(super) fn place(row: &FoundRow) -> String {
    let (file, number) = &row.place;
    let day = row.as_of.map_or_else(|| "no day".to_owned(), |day| day.to_string());
    format!("{file} row {number} ({} {day})", row.ticker)
}

fn of_shape(row: &FoundRow) -> Option<String> {
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

/// A label contradicts itself where its class is not that of its ROI, and tells of a future that
/// no butterfly of its day can have where it is evaluated later than the longest possible one.
fn label(row: &FoundRow) -> Option<String> {
    let (roi, class, weight) = (row.roi?, row.class?, row.weight?);
    let (as_of, evaluated) = (row.as_of?, row.evaluation_day?);
    let longest = Term::of(as_of, f64::INFINITY).evaluation_day;
    if !usize::try_from(class).is_ok_and(|class| class < CLASSES) {
        Some(format!("class {class} is not one of 0 to 3"))
    } else if roi < -1.0 {
        Some(format!("an ROI of {roi} loses more than all"))
    } else if Class::of_roi(roi).index() as i32 != class {
        let right = Class::of_roi(roi).index();
        Some(format!("class {class} with an ROI of {roi}, which is class {right}"))
    } else if weight <= 0.0 {
        Some(format!("weight {weight} is not above 0"))
    } else if evaluated <= as_of {
        Some(format!("evaluated on {evaluated}, which is not after its scan"))
    } else if evaluated > longest {
        Some(format!("evaluated on {evaluated}, when its butterfly was over by {longest}"))
    } else {
        None
    }
}

/// The same candidate twice counts twice in a training; the same numbers under another name or
/// day are a copy.
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
        0 => Check::new("duplicates", Grade::Good, "no candidate is there twice"),
        n => {
            let said = format!(
                "{n} rows are there already, by ticker and day or by all their numbers; keep one of each"
            );
            Check::new("duplicates", Grade::Found, said).with(found)
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
