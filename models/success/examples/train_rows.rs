//! Trains on the rows of a CSV (scan day, evaluation day, class, ROI, weight, 23 features) and
//! says how long it took; with a number after the file it first makes that many rows with a
//! planted rule and writes them there. For `tests/python/compare_training.py`.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "made rows are shared with tests, output with the script"
)]

#[path = "../tests/testkit/mod.rs"]
mod testkit;

use schemas::contract::{CONTRACT, FEATURES};
use std::error::Error;
use std::fmt::Write;
use success::{LabelledRow, TrainSettings, train};
use testkit::rows;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("which file of rows?")?;
    if let Some(count) = arguments.next() {
        std::fs::write(&path, csv(&rows(count.parse()?, true, 1))?)?;
    }
    let rows: Vec<LabelledRow> =
        std::fs::read_to_string(&path)?.lines().map(row).collect::<Result<_, _>>()?;
    let start = std::time::Instant::now();
    let trained = train(&rows, &CONTRACT, &TrainSettings::default(), &mut |_, _| {})?;
    let seconds = start.elapsed().as_secs_f64();
    let m = &trained.manifest;
    println!(
        "{{\"rows\": {}, \"seconds\": {seconds}, \"epochs_run\": {}, \"best_epoch\": {}, \
         \"network_log_loss\": {}, \"logistic_log_loss\": {}}}",
        m.rows, m.epochs_run, m.best_epoch, m.network_log_loss, m.logistic_log_loss
    );
    Ok(())
}

fn csv(rows: &[LabelledRow]) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    for row in rows {
        let LabelledRow { scan_day, evaluation_day, class, roi, weight, features, .. } = row;
        write!(text, "{scan_day},{evaluation_day},{class},{roi},{weight}")?;
        for value in features {
            write!(text, ",{value}")?;
        }
        text.push('\n');
    }
    Ok(text)
}

fn row(line: &str) -> Result<LabelledRow, Box<dyn Error>> {
    let values: Vec<f64> = line.split(',').map(str::parse).collect::<Result<_, _>>()?;
    let Some((&[scan_day, evaluation_day, class, roi, weight], features)) =
        values.split_first_chunk()
    else {
        return Err(format!("not a row: {line}").into());
    };
    let features: [f64; FEATURES] = features.try_into()?;
    let (scan_day, evaluation_day) = (scan_day as i32, evaluation_day as i32);
    Ok(LabelledRow {
        features,
        class: class as u8,
        roi,
        scan_day,
        evaluation_day,
        weight,
        score: None,
    })
}
