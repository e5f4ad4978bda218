//! Later days change nothing that was answered, and a model is in force when it may be.

use super::*;

const DAYS: i32 = 260;

/// Ten rows a day, held for three to five days; one feature tells the class in most of them.
fn rows() -> Vec<LabelledRow> {
    let row = |number: i32| {
        let noise = |of: i32| f64::from((number * 7_919 + of * 104_729) % 1_009) / 1_009.0;
        let class = (noise(99) * 4.0) as u8;
        let mut features: [f64; 23] = std::array::from_fn(|of| noise(of as i32));
        features[0] += f64::from(class);
        let scan_day = number / 10;
        LabelledRow {
            features,
            class,
            roi: f64::from(class) - 1.0,
            scan_day,
            evaluation_day: scan_day + 3 + number % 3,
            weight: 1.0,
            score: Some(100.0 * noise(55)),
        }
    };
    (0..DAYS * 10).map(row).collect()
}

fn walked(rows: &[LabelledRow]) -> Walked {
    let settings = Settings { training_epochs: 3, ..Settings::default() };
    let period = Period { from: Day(0), to: Day(DAYS) };
    walk(rows, &settings, period, &mut |_, _| {}).expect("walked")
}

#[test]
fn days_to_come_change_nothing_that_was_answered_before() {
    let rows = rows();
    let all = walked(&rows);
    assert!(all.trainings.len() > 2 && !all.in_force.is_empty(), "{}", all.trainings.len());
    let first = DAYS - all.answers.len() as i32;
    let changed = |row: &LabelledRow| match row.scan_day {
        ..200 => row.clone(),
        _ => {
            LabelledRow { class: 3 - row.class, features: row.features.map(|v| -v), ..row.clone() }
        }
    };
    let other = walked(&rows.iter().map(changed).collect::<Vec<_>>());
    let same = (200 - first) as usize;
    let losses = |of: &Walked| of.answers.iter().map(|day| day.losses).collect::<Vec<_>>();
    let (all, other) = (losses(&all), losses(&other));
    assert_eq!(all[..same], other[..same]);
    assert!(all[same..].iter().zip(&other[same..]).all(|(one, other)| one.ridge < other.ridge));
    assert!(all[..same].iter().all(|day| day.ridge < day.class_prior), "the feature is found");
}

#[test]
fn a_model_that_passed_is_in_force_after_its_shadow_days() {
    let all = walked(&rows());
    let first = DAYS - all.answers.len() as i32;
    let begins = all.answers.iter().position(|day| day.champion.is_some()).expect("a champion");
    let promoted = &all.in_force[0];
    assert_eq!((promoted.day.0 + 1 - first) as usize, begins, "from the next scan day");
    assert_eq!(promoted.from, begins);
    // The first training passed at the close before the first answer, and five days were watched.
    assert!(all.trainings[0].refused.is_empty(), "{:?}", all.trainings[0].refused);
    assert_eq!(begins, 5);
    assert_eq!(all.in_force.last().map(|last| last.to), Some(all.answers.len()));
}
