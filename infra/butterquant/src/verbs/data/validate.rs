//! `data validate`: checks whether labelled rows are fit for training; the result is a table of checks, a
//! table of features and a picture.

use crate::arg_ranges::{date, file_to_write};
use crate::exit::Found;
use crate::printer;
use anyhow::{Result, bail};
use report::charts::{self, Distributions, Feature};
use report::data_quality::{Check, DataQuality, FeatureReport, Grade, check_rows};
use report::tables;
use run::config::Config;
use run::data_dir::{self, RunDir};
use run::derived_files::{LakeCheck, check_lake};
use schemas::Day;
use schemas::contract::CLASS_NAMES;
use serde_json::json;
use std::path::{Path, PathBuf};
use store::rows::read_rows;
use success::LabelledRow;

/// Arguments of `data validate`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Parquet file of rows, a folder of such files, or a lake
    #[arg(value_name = "FILE|DIR", conflicts_with = "lake")]
    pub path: Option<PathBuf>,
    /// Check the run's own lake: every file against the lake's manifest, then the rows
    #[arg(long)]
    pub lake: bool,
    /// First day of the test, if the rows before it are to be used as they are: a row evaluated on or
    /// after it then fails the check [default: the test is the last 60 matured scan days, and such
    /// rows are only counted, because trainings here leave them out]
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub test_from: Option<Day>,
    /// Picture of the features by class, .png or .svg [default: beside the file, or in the run's folder]
    #[arg(long, value_name = "FILE", value_parser = file_to_write)]
    pub picture: Option<PathBuf>,
    /// Draw no picture
    #[arg(long)]
    pub no_picture: bool,
}

/// Reads, checks, draws and prints.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    if let Some(file) = &args.picture {
        charts::ending(file)?;
    }
    let run = config.this_run()?;
    if args.lake {
        return of_lake(config, args, &run);
    }
    let path = match &args.path {
        Some(path) => path.clone(),
        None => bail!(
            "no rows are named; add a parquet file or a folder, or --lake for those of run {}",
            run.id
        ),
    };
    of_rows(config, args, &run, &path, None)
}

/// Compares the lake's files with its manifest first: of files that are not as they were written, no row is read.
fn of_lake(config: &Config, args: &Args, run: &RunDir) -> Result<Found> {
    if !run.path.exists() {
        return Err(data_dir::no_run(run));
    }
    let mut check = printer::steps(config)?.during("files of the lake", || check_lake(run))?;
    let remedy = config.command_line("rebuild --all", &run.id);
    check.problem = check.problem.map(|of| of.replace("butterquant rebuild --all", &remedy));
    if check.is_whole() {
        return of_rows(config, args, run, &run.lake(), Some(&check));
    }
    let document = json!({ "path": run.lake(), "lake": check, "found": true });
    printer::show(config.output()?, &document, |_| {
        for fault in &check.files.faults {
            printer::line(format!("FOUND  {fault}"));
        }
        match &check.problem {
            Some(problem) => printer::line(format!("FOUND  {problem}")),
            None => printer::line(format!(
                "the lake is not as it was written; `{remedy}` makes it again from the log"
            )),
        }
    })?;
    Ok(Found::Something)
}

fn of_rows(
    config: &Config,
    args: &Args,
    run: &RunDir,
    path: &Path,
    lake: Option<&LakeCheck>,
) -> Result<Found> {
    let bar = printer::steps(config)?.bar("rows", 3);
    let found = read_rows(path)?;
    bar.at(1, 3);
    let (quality, sound) = check_rows(&found, args.test_from);
    bar.at(2, 3);
    let picture = (!args.no_picture && !sound.is_empty()).then(|| picture_file(args, run, path));
    let picture = match picture {
        // Nobody asked for the picture: a folder that is only to be read goes without.
        Some(file) if args.picture.is_none() && !can_write(&file) => None,
        picture => picture,
    };
    if let Some(file) = &picture {
        charts::draw(file, &distributions(path, &quality, &sound))?;
    }
    bar.done("");
    let mut document = serde_json::to_value(&quality)?;
    document["path"] = json!(path);
    document["lake"] = json!(lake);
    document["picture"] = json!(picture);
    document["found"] = json!(quality.has_findings());
    printer::show(config.output()?, &document, |_| {
        if let Some(lake) = lake {
            printer::line(whole(lake));
        }
        print(path, &quality, picture.as_deref());
    })?;
    Ok(if quality.has_findings() { Found::Something } else { Found::Nothing })
}

fn whole(lake: &LakeCheck) -> String {
    let through = lake.files.through.map_or_else(String::new, |day| format!(", through {day}"));
    format!("{} files of the lake are as they were written{through}", lake.files.files)
}

fn can_write(file: &Path) -> bool {
    let there = file.exists();
    let opened = std::fs::OpenOptions::new().append(true).create(true).open(file).is_ok();
    if opened && !there {
        let _ = std::fs::remove_file(file);
    }
    opened
}

/// The given file, or one beside the file of rows, or one in the run's folder for its lake.
fn picture_file(args: &Args, run: &RunDir, path: &Path) -> PathBuf {
    match (&args.picture, &args.path) {
        (Some(file), _) => file.clone(),
        (None, Some(_)) if path.is_dir() => path.join("distributions.png"),
        (None, Some(_)) => path.with_extension("png"),
        (None, None) => run.path.join("distributions.png"),
    }
}

fn distributions(path: &Path, quality: &DataQuality, sound: &[LabelledRow]) -> Distributions {
    let span = quality.span.map_or_else(String::new, |(first, last)| format!("{first} to {last}"));
    let marks = quality.checks.iter().filter(|check| check.grade == Grade::Found);
    let marks: Vec<&str> = marks.map(|check| check.name).collect();
    let found = match marks.is_empty() {
        true => "nothing found".to_owned(),
        false => format!("found: {}", marks.join(", ")),
    };
    let features = quality.features.iter().enumerate().map(|(at, of)| Feature {
        name: of.name.to_owned(),
        note: format!("alone: {} · {}", auc(of), drift(of)),
        marked: marked(of),
        points: sound
            .iter()
            .map(|row| (usize::from(row.class), row.features[at], row.weight))
            .collect(),
    });
    let share = |class: usize| quality.classes.get(class).map_or(0.0, |one| one.share);
    Distributions {
        heading: [
            format!("{} rows of {} scan days, {span}", quality.sound, quality.scan_days),
            format!(
                "{}: {found}. Each class's own rows, weighted, middle 98 %; alone: the class the feature tells best, area under the curve",
                path.file_name().unwrap_or(path.as_os_str()).to_string_lossy()
            ),
        ],
        features: features.collect(),
        shares: std::array::from_fn(share),
    }
}

fn marked(of: &FeatureReport) -> bool {
    let leaks = of.alone.is_some_and(|alone| alone.is_leak());
    leaks || !of.moves || of.drift.as_ref().is_some_and(|drift| drift.drifted())
}

fn auc(of: &FeatureReport) -> String {
    tables::or_dash(of.alone, |alone| format!("{} {:.2}", CLASS_NAMES[alone.class], alone.auc))
}

fn drift(of: &FeatureReport) -> String {
    let of = of.drift.as_ref();
    tables::or_dash(of, |drift| format!("drift {:.2} of {:.2}", drift.distance, drift.limit))
}

fn print(path: &Path, quality: &DataQuality, picture: Option<&Path>) {
    let span =
        quality.span.map_or_else(String::new, |(first, last)| format!(", {first} to {last}"));
    printer::line(format!(
        "{}: {} rows, {} of them sound, of {} scan days{span}",
        path.display(),
        quality.rows,
        quality.sound,
        quality.scan_days
    ));
    if quality.open > 0 {
        printer::line(format!(
            "{} candidates have no outcome yet and are not counted as rows",
            quality.open
        ));
    }
    if !quality.features.is_empty() {
        let header = [
            "feature",
            "missing>",
            "mean>",
            "deviation>",
            "1 %>",
            "median>",
            "99 %>",
            "alone>",
            "drift>",
        ];
        printer::line(tables::table(&header, quality.features.iter().map(in_table)));
    }
    for Check { name, grade, message, examples } in &quality.checks {
        let grade = match grade {
            Grade::Good => "good",
            Grade::Noted => "note",
            Grade::Found => "FOUND",
        };
        printer::line(format!("{grade:>5}  {name}: {message}"));
        examples.iter().for_each(|one| printer::line(format!("       {one}")));
    }
    if let Some(file) = picture {
        printer::line(format!("Picture: {}", file.display()));
    }
}

fn in_table(of: &FeatureReport) -> Vec<String> {
    let number = |value: f64| format!("{value:.4}");
    let mut cells = vec![of.name.to_owned(), of.missing.to_string()];
    cells.extend([of.mean, of.deviation].map(number));
    cells.extend([of.quantiles[1], of.quantiles[2], of.quantiles[3]].map(number));
    cells.extend([auc(of), drift(of).replace("drift ", "")]);
    cells
}
