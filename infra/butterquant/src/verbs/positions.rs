//! `positions`: lists open positions and pending orders, by track.

use crate::exit::Found;
use crate::holding_cells::{dollars, holding_cells};
use crate::printer::{line, show_view};
use anyhow::Result;
use api::answers::{PositionsQuery, PositionsView, ask};
use api::halt::Trading;
use report::tables::{or_dash, table};
use run::config::Config;
use run::data_dir;
use schemas::Day;
use schemas::events::Action;
use serde::Serialize;
use store::views::OrderState;

#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    found: PositionsView,
    #[serde(flatten)]
    trading: Trading,
}

/// Prints open positions and pending orders.
pub(crate) fn run(config: &Config) -> Result<Found> {
    let run = config.this_run()?;
    let found = ask(&run, &PositionsQuery)?;
    let trading = Trading::of(&*data_dir::reach(&run)?.log)?;
    let shown = Shown { found, trading };
    show_view(config.output()?, &shown, |shown| {
        let Shown { found, trading } = shown;
        trading.sentences().iter().for_each(line);
        if found.positions.is_empty() && found.pending.is_empty() {
            return line(format!(
                "no position is open and no order is pending; `{}` shows the candidates",
                config.command_line("rankings", config.run())
            ));
        }
        line(format!(
            "Open positions at the close of {}",
            or_dash(found.through, |day: Day| day.to_string())
        ));
        let rows = found.positions.iter().map(|one| {
            let mut row = holding_cells(one.track, &one.ticker, &one.structure, one.quantity);
            row.extend([
                one.entry_day.to_string(),
                dollars(one.entry_price),
                dollars(one.capital_at_risk),
                one.structure.evaluation_day.to_string(),
            ]);
            row
        });
        line(table(
            &[
                "track",
                "ticker",
                "strategy",
                "strikes",
                "contracts>",
                "since",
                "paid>",
                "at risk $>",
                "held until",
            ],
            rows,
        ));
        if found.pending.is_empty() {
            return;
        }
        line("\nPending orders");
        let rows = found.pending.iter().map(|one| {
            let mut row = holding_cells(one.track, &one.ticker, &one.structure, one.quantity);
            row.extend([
                action(one.action).to_owned(),
                state(one.state).to_owned(),
                one.decided_on.to_string(),
                one.reason.clone(),
            ]);
            row
        });
        line(table(
            &[
                "track",
                "ticker",
                "strategy",
                "strikes",
                "contracts>",
                "action",
                "state",
                "decided on",
                "reason",
            ],
            rows,
        ));
    })?;
    Ok(Found::Nothing)
}

fn action(of: Action) -> &'static str {
    match of {
        Action::Open => "open",
        Action::Close => "close",
    }
}

fn state(of: OrderState) -> &'static str {
    match of {
        OrderState::Intended => "intended",
        OrderState::Acknowledged => "acknowledged",
        OrderState::Unknown => "unknown",
    }
}
