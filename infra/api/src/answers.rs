//! What the views answer, as JSON. The shapes here are what `-o json` prints and what `/views/…`
//! serves: days are `2018-06-29`, money is dollars, candidates are event ids.
//!
//! | question | shape |
//! |---|---|
//! | `rankings?day=` | that of `rankings_combined.json`; without rankings `date` is null and `ranked_days` says which days have some |
//! | `positions` | `through`, `positions` (held), `pending` (orders that have not ended) |
//! | `journal?last=` | `through`, `count` (of all), `trades` (closed, latest first) |
//! | `models` | `through`, `champion`, `challenger`, `models` (by version), `changes` (of aliases) |
//! | `tally` | `through` and everything that is only counted |
//! | `quality` | `through`, `champion`, `matured_days`, `open_days`, `recent`, `months`, `regimes`, `drift` (or `no_drift`, why there is none) |
//! | `equity` | `through`, `tracks`: by track one mark a day |

pub mod quality;
mod shapes;

use anyhow::{Context, Result, anyhow, bail};
use run::data_dir::{self, RunDir};
use schemas::Day;
use schemas::events::Track;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use store::Views;
use store::views::rankings_json;
use web::fetch;

/// What can be asked of the views.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Question {
    /// Of that day, or of the last one ranked.
    Rankings(Option<Day>),
    /// Positions and pending orders.
    Positions,
    /// So many closed trades, or all.
    Journal(Option<usize>),
    /// Every version and who is in force.
    Models,
    /// Counts.
    Tally,
    /// Predictions beside what came of them, and drift.
    Quality,
    /// Daily marks.
    Equity,
}

impl Question {
    /// As the last part of a URL names it.
    pub fn asked(view: &str, given: &BTreeMap<String, String>) -> Result<Question> {
        let (question, known) = match view {
            "rankings" => {
                (Question::Rankings(given.get("day").map(|day| day.parse()).transpose()?), "day")
            }
            "positions" => (Question::Positions, ""),
            "journal" => {
                let last = given.get("last").map(|last| last.parse());
                (Question::Journal(last.transpose().context("last is no whole number")?), "last")
            }
            "models" => (Question::Models, ""),
            "tally" => (Question::Tally, ""),
            "quality" => (Question::Quality, ""),
            "equity" => (Question::Equity, ""),
            _ => bail!(
                "no view is called {view}; there are rankings, positions, journal, models, tally, quality and equity"
            ),
        };
        match given.keys().find(|key| key.as_str() != known) {
            Some(other) => Err(anyhow!("{view} takes no {other}")),
            None => Ok(question),
        }
    }

    fn path(self) -> String {
        match self {
            Question::Rankings(None) => "/views/rankings".to_owned(),
            Question::Rankings(Some(day)) => format!("/views/rankings?day={day}"),
            Question::Positions => "/views/positions".to_owned(),
            Question::Journal(None) => "/views/journal".to_owned(),
            Question::Journal(Some(last)) => format!("/views/journal?last={last}"),
            Question::Models => "/views/models".to_owned(),
            Question::Tally => "/views/tally".to_owned(),
            Question::Quality => "/views/quality".to_owned(),
            Question::Equity => "/views/equity".to_owned(),
        }
    }
}

/// The views of a run: here, or those of the process that owns it.
pub enum ViewsAt {
    /// In this process.
    Here(Views),
    /// At an HTTP address, with its token.
    There(String, Option<String>),
}

impl ViewsAt {
    /// Of `run`, wherever they are.
    pub fn of(run: &RunDir) -> Result<ViewsAt> {
        if !run.path.exists() {
            return Err(data_dir::no_run(run));
        }
        if !run.state().exists() {
            bail!(
                "run {} has no views: none of its roles ever ran; start them with `butterquant up --run {}`",
                run.id,
                run.id
            );
        }
        data_dir::of_state(
            run,
            |endpoint| {
                fetch(&endpoint, "/health", None)?;
                Ok(ViewsAt::There(endpoint, run.token.clone()))
            },
            |db| Ok(ViewsAt::Here(Views::open(db)?)),
        )
    }

    /// What they say.
    pub fn ask(&self, question: Question) -> Result<Value> {
        match self {
            ViewsAt::Here(views) => answer(views, &question),
            ViewsAt::There(endpoint, token) => fetch(endpoint, &question.path(), token.as_deref()),
        }
    }
}

/// What `views` say.
pub fn answer(views: &Views, question: &Question) -> Result<Value> {
    let through = views.through()?.map(|day| day.to_string());
    Ok(match question {
        Question::Rankings(day) => rankings(views, *day)?,
        Question::Positions => {
            let book = views.book()?;
            json!({
                "through": through,
                "positions": book.positions().map(shapes::position).collect::<Vec<_>>(),
                "pending": book.pending().map(shapes::pending).collect::<Vec<_>>(),
            })
        }
        Question::Journal(last) => {
            let trades = views.journal()?;
            let shown = trades.iter().rev().take(last.unwrap_or(usize::MAX));
            json!({ "through": through, "count": trades.len(), "trades": shown.map(shapes::trade).collect::<Vec<_>>() })
        }
        Question::Models => models(views, through)?,
        Question::Tally => {
            let mut tally = serde_json::to_value(views.tally()?)?;
            tally["through"] = json!(through);
            tally
        }
        Question::Quality => serde_json::to_value(quality::quality(views, usize::MAX)?)?,
        Question::Equity => {
            let mut tracks = serde_json::Map::new();
            for track in Track::ALL {
                let points: Vec<Value> = views.equity(track)?.iter().map(shapes::mark).collect();
                tracks.insert(track.name().to_owned(), points.into());
            }
            json!({ "through": through, "tracks": tracks })
        }
    })
}

fn rankings(views: &Views, day: Option<Day>) -> Result<Value> {
    let wanted = match day {
        Some(day) => Some(day),
        None => views.last_ranked_day()?,
    };
    let found = wanted.map(|day| views.rankings(day)).transpose()?.flatten();
    Ok(match found {
        Some(rankings) => rankings_json(&rankings),
        None => {
            let days: Vec<String> = views.ranked_days()?.iter().map(Day::to_string).collect();
            json!({ "date": null, "count": 0, "rankings": [], "refused": [], "ranked_days": days })
        }
    })
}

fn models(views: &Views, through: Option<String>) -> Result<Value> {
    let found = views.models()?;
    let champion = found.champion.as_ref().map(|model| model.version);
    let cards: Vec<Value> = found
        .cards
        .values()
        .map(|of| shapes::card(of, champion, found.challenger.as_ref()))
        .collect();
    Ok(json!({
        "through": through,
        "champion": found.champion,
        "challenger": found.challenger,
        "models": cards,
        "changes": found.changes.iter().map(shapes::change).collect::<Vec<_>>(),
    }))
}
