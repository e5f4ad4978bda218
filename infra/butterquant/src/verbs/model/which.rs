//! `model which`: finds which model scored an order, a candidate, or a ticker on a day. The answer comes
//! from the prediction itself, with a check that the log has the bytes of that version.

use crate::arg_ranges::date;
use crate::exit::Found;
use crate::models_on_log::ModelsOnLog;
use crate::printer;
use anyhow::{Context, Result, bail};
use report::tables;
use run::config::Config;
use run::projections::read_all;
use schemas::events::{Alias, Orders, Predictions, Track};
use schemas::{Body, Day, Event, EventId, Topic};
use serde::Serialize;
use std::collections::BTreeMap;

/// Arguments of `model which`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Broker order id, or event id of a candidate
    pub what: Option<String>,
    /// Ticker, with --day
    #[arg(long)]
    pub ticker: Option<String>,
    /// Day: with --ticker, its candidate; alone, every model that scored on that day
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub day: Option<Day>,
}

/// One prediction, or why there is none.
#[derive(Serialize)]
struct Scored {
    day: Day,
    ticker: String,
    candidate: EventId,
    /// `champion` may trade, `shadow` is being watched.
    #[serde(rename = "standing")]
    alias: &'static str,
    model_version: Option<i64>,
    model_sha256: Option<String>,
    provider: Option<String>,
    probabilities: Vec<f64>,
    expected_roi: Option<f64>,
    /// Offset of `controls` up to which commands were applied.
    control_offset: Option<i64>,
    /// Whether the log has the version's bytes under this hash.
    bytes_on_log: bool,
    refused: Option<String>,
}

/// The order that was looked up.
#[derive(Serialize)]
struct Ordered {
    broker_order_id: i64,
    track: Track,
    day: Day,
    reason: String,
}

#[derive(Serialize)]
struct Answer {
    order: Option<Ordered>,
    scored: Vec<Scored>,
}

/// Finds the predictions; exit 1 when there are none.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let models = ModelsOnLog::read(config)?;
    let (order, wanted) = wanted(config, &models, args)?;
    let steps = printer::steps(config)?;
    let events = steps.during("predictions", || {
        read_all(&*models.opened.log, Topic::Predictions, models.partitions)
    })?;
    let scored = events.iter().filter_map(|event| scored(&models, event).filter(&*wanted));
    let mut scored: Vec<Scored> = scored.collect();
    scored.sort_by(|a, b| (a.day, &a.ticker, a.alias).cmp(&(b.day, &b.ticker, b.alias)));
    let answer = Answer { order, scored };
    let one = args.what.is_some() || args.ticker.is_some();
    printer::show(config.output()?, &answer, |answer| {
        if one { print(config, answer) } else { print_day(config, answer) }
    })?;
    Ok(if answer.scored.is_empty() { Found::Something } else { Found::Nothing })
}

fn nothing(config: &Config) -> String {
    let command = |verb: &str| config.command_line(verb, config.run());
    format!(
        "nothing was scored; `{}` shows the days with candidates, `{}` how far the scorer has read",
        command("rankings"),
        command("lag")
    )
}

type Wanted = Box<dyn Fn(&Scored) -> bool>;

fn wanted(config: &Config, models: &ModelsOnLog, args: &Args) -> Result<(Option<Ordered>, Wanted)> {
    match (&args.what, &args.ticker, args.day) {
        (Some(what), None, None) => match what.parse::<i64>() {
            Ok(id) => {
                let (order, candidate) = order(config, models, id)?;
                Ok((Some(order), Box::new(move |scored| scored.candidate == candidate)))
            }
            Err(_) => {
                let what = what.clone();
                Ok((None, Box::new(move |scored| scored.candidate.to_string() == what)))
            }
        },
        (None, Some(ticker), Some(day)) => {
            let ticker = ticker.clone();
            Ok((None, Box::new(move |scored| scored.day == day && scored.ticker == ticker)))
        }
        (None, None, Some(day)) => Ok((None, Box::new(move |scored| scored.day == day))),
        _ => bail!(
            "name an order id or a candidate, or --ticker and --day, or --day alone; `butterquant \
             model which --help` has examples"
        ),
    }
}

/// The order and its candidate.
fn order(config: &Config, models: &ModelsOnLog, id: i64) -> Result<(Ordered, EventId)> {
    let events = read_all(&*models.opened.log, Topic::Orders, models.partitions)?;
    let found = events.iter().find_map(|event| match &event.body {
        Body::Orders(Orders::OrderIntended(intent)) if intent.broker_order_id == id => {
            let order = Ordered {
                broker_order_id: id,
                track: intent.track,
                day: event.day,
                reason: intent.reason.clone(),
            };
            Some((order, intent.candidate))
        }
        _ => None,
    });
    found.with_context(|| {
        format!(
            "run {} has no order {id} on its log; `{}` and `{}` show its orders",
            models.run.id,
            config.command_line("positions", &models.run.id),
            config.command_line("topics consume orders", &models.run.id)
        )
    })
}

fn scored(models: &ModelsOnLog, event: &Event) -> Option<Scored> {
    let name = |alias| if alias == Alias::Champion { "champion" } else { "shadow" };
    let of = |candidate, alias| Scored {
        day: event.day,
        ticker: event.ticker.clone(),
        candidate,
        alias: name(alias),
        model_version: None,
        model_sha256: None,
        provider: None,
        probabilities: Vec::new(),
        expected_roi: None,
        control_offset: event.control_offset,
        bytes_on_log: false,
        refused: None,
    };
    match &event.body {
        Body::Predictions(Predictions::CandidateScored(score)) => {
            let has = |(_, model): &(Day, schemas::events::ModelTrained)| {
                model.version == score.model_version && model.sha256 == score.model_sha256
            };
            Some(Scored {
                model_version: Some(score.model_version),
                model_sha256: Some(score.model_sha256.clone()),
                provider: Some(score.provider.clone()),
                probabilities: score.probabilities.clone(),
                expected_roi: Some(score.expected_roi),
                bytes_on_log: models.versions.iter().any(has),
                ..of(score.candidate, score.alias)
            })
        }
        Body::Predictions(Predictions::ScoringRefused(refused)) => Some(Scored {
            refused: Some(refused.reason.clone()),
            ..of(refused.candidate, refused.alias)
        }),
        _ => None,
    }
}

fn print(config: &Config, answer: &Answer) {
    if let Some(order) = &answer.order {
        printer::line(format!(
            "order {} of {} on {}: {}",
            order.broker_order_id,
            order.track.name(),
            order.day,
            order.reason
        ));
        if order.track == Track::ButterBaseline {
            printer::line(
                "this track trades on the technical score; the model's prediction is for comparison",
            );
        }
    }
    for of in &answer.scored {
        let head = format!("{} on {}, {}", of.ticker, of.day, of.alias);
        let offset = of.control_offset.map_or("–".into(), |offset| offset.to_string());
        match (&of.refused, of.model_version, &of.model_sha256) {
            (Some(reason), ..) => printer::line(format!("{head}: not scored, {reason}")),
            (None, Some(version), Some(sha256)) => {
                printer::line(format!(
                    "{head}: model {version}, sha256 {sha256}, scored with {}, controls up to offset \
                     {offset}",
                    of.provider.as_deref().unwrap_or_default()
                ));
                let shown: Vec<String> =
                    of.probabilities.iter().map(|p| format!("{p:.4}")).collect();
                printer::line(format!(
                    "  Loss, Minor, Good, Excellent: {}; expected ROI {}",
                    shown.join(", "),
                    tables::percent(of.expected_roi.unwrap_or_default())
                ));
                if !of.bytes_on_log {
                    printer::line("  the log has no model of that version and hash");
                }
            }
            _ => {}
        }
    }
    if answer.scored.is_empty() {
        printer::line(nothing(config));
    }
}

/// Prints how many candidates each model scored.
fn print_day(config: &Config, answer: &Answer) {
    if answer.scored.is_empty() {
        return printer::line(nothing(config));
    }
    let mut groups: BTreeMap<Vec<String>, usize> = BTreeMap::new();
    for of in &answer.scored {
        let text = |text: Option<&str>| text.unwrap_or("–").to_owned();
        let version = of.model_version.map_or("refused".into(), |version| version.to_string());
        let offset = of.control_offset.map_or("–".into(), |offset| offset.to_string());
        let key = vec![
            of.alias.to_owned(),
            version,
            text(of.model_sha256.as_deref()),
            text(of.provider.as_deref()),
            offset,
        ];
        *groups.entry(key).or_default() += 1;
    }
    let rows = groups.into_iter().map(|(mut row, count)| {
        row.push(count.to_string());
        row
    });
    let header = ["alias", "model>", "sha256", "provider", "controls offset>", "candidates>"];
    printer::line(tables::table(&header, rows));
}
