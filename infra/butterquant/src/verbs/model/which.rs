//! `model which`: which model scored an order, a candidate, or a ticker on a day. The answer is the
//! prediction's own word, beside the bytes that the log has under that version.

use crate::exit::Found;
use crate::models_on_log::OnLog;
use crate::printer;
use anyhow::{Context, Result, bail};
use report::tables;
use run::config::Config;
use run::projections::read_all;
use schemas::events::{Alias, Orders, Predictions, Track};
use schemas::{Body, Day, Event, EventId, Topic};
use serde::Serialize;
use std::collections::BTreeMap;

/// What to look for.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// The broker's order id, or a candidate's event id
    pub what: Option<String>,
    /// A ticker, with --day
    #[arg(long)]
    pub ticker: Option<String>,
    /// A day: with --ticker its candidate, alone every model that scored on it
    #[arg(long, value_name = "DATE")]
    pub day: Option<Day>,
}

/// One prediction, or why there is none.
#[derive(Serialize)]
struct Scored {
    day: Day,
    ticker: String,
    candidate: EventId,
    /// `champion` may trade, `shadow` is watched.
    standing: &'static str,
    model_version: Option<i64>,
    model_sha256: Option<String>,
    provider: Option<String>,
    probabilities: Vec<f64>,
    expected_roi: Option<f64>,
    /// Up to which offset of `controls` it was decided.
    control_offset: Option<i64>,
    /// Whether the log has the version's bytes under this hash.
    bytes_on_log: bool,
    refused: Option<String>,
}

/// The order it was asked for by.
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

/// Finds it; exit 1 where nothing was scored.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let models = OnLog::read(config)?;
    let (order, wanted) = wanted(&models, args)?;
    let events = read_all(&*models.opened.log, Topic::Predictions, models.partitions)?;
    let scored = events.iter().filter_map(|event| scored(&models, event).filter(&*wanted));
    let mut scored: Vec<Scored> = scored.collect();
    scored.sort_by(|a, b| (a.day, &a.ticker, a.standing).cmp(&(b.day, &b.ticker, b.standing)));
    let answer = Answer { order, scored };
    let one = args.what.is_some() || args.ticker.is_some();
    printer::show(
        config.output()?,
        &answer,
        |answer| if one { print(answer) } else { print_day(answer) },
    )?;
    Ok(if answer.scored.is_empty() { Found::Something } else { Found::Nothing })
}

const NOTHING: &str = "nothing was scored there; `butterquant rankings` names the days that have \
                       candidates, `butterquant lag` how far the scorer is";

type Wanted = Box<dyn Fn(&Scored) -> bool>;

fn wanted(models: &OnLog, args: &Args) -> Result<(Option<Ordered>, Wanted)> {
    match (&args.what, &args.ticker, args.day) {
        (Some(what), None, None) => match what.parse::<i64>() {
            Ok(id) => {
                let (order, candidate) = order(models, id)?;
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
            "name an order id or a candidate, or --ticker and --day, or --day alone: `butterquant \
             model which --help` has examples"
        ),
    }
}

/// The order and its candidate.
fn order(models: &OnLog, id: i64) -> Result<(Ordered, EventId)> {
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
            "run {} has no order {id} on its log; `butterquant positions` and `butterquant topics \
             consume orders` show them",
            models.run.id
        )
    })
}

fn scored(models: &OnLog, event: &Event) -> Option<Scored> {
    let standing = |alias| if alias == Alias::Champion { "champion" } else { "shadow" };
    let of = |candidate, alias| Scored {
        day: event.day,
        ticker: event.ticker.clone(),
        candidate,
        standing: standing(alias),
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

fn print(answer: &Answer) {
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
                "that track trades the technical score; the model's word stands beside it",
            );
        }
    }
    for of in &answer.scored {
        let head = format!("{} on {}, {}", of.ticker, of.day, of.standing);
        let offset = of.control_offset.map_or("–".into(), |offset| offset.to_string());
        match (&of.refused, of.model_version, &of.model_sha256) {
            (Some(reason), ..) => printer::line(format!("{head}: not scored, {reason}")),
            (None, Some(version), Some(sha256)) => {
                printer::line(format!(
                    "{head}: model {version}, sha256 {sha256}, by {}, under controls up to offset \
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
        printer::line(NOTHING);
    }
}

/// How many each model scored.
fn print_day(answer: &Answer) {
    if answer.scored.is_empty() {
        return printer::line(NOTHING);
    }
    let mut groups: BTreeMap<Vec<String>, usize> = BTreeMap::new();
    for of in &answer.scored {
        let text = |text: Option<&str>| text.unwrap_or("–").to_owned();
        let version = of.model_version.map_or("refused".into(), |version| version.to_string());
        let offset = of.control_offset.map_or("–".into(), |offset| offset.to_string());
        let key = vec![
            of.standing.to_owned(),
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
    let header = ["standing", "model>", "sha256", "provider", "controls offset>", "candidates>"];
    printer::line(tables::table(&header, rows));
}
