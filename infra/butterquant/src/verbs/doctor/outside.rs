//! What a run reads and talks to beside its log: the market, the external broker, the schema registry. The market is
//! held against the log and against the calendar.

use anyhow::{Context, Result, bail};
use api::doctor::{Examination, closed_by_topic, trading_days};
use run::config::Config;
use run::data_dir::{self, RunDir};
use schemas::events::RunOpened;
use schemas::{Day, Topic};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const MARKET: &str = "market";
/// Trading days after which a market that is kept up to date should have come further.
const STALE: usize = 4;
/// Trading days after which it is a market of the past, which nobody keeps up to date.
const PAST: usize = 60;
/// How long another program may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// Looks at them.
pub(super) fn check(config: &Config, run: &RunDir, of: &mut Examination) {
    market(config, run, of);
    broker(config, of);
    registry(config, of);
}

fn market(config: &Config, run: &RunDir, of: &mut Examination) {
    let opened = opened(run);
    let named = config.source().or_else(|| opened.as_ref().map(|opened| opened.source.clone()));
    let Some(source) = named else {
        return of.fine(
            MARKET,
            "none",
            "none is configured; `butterquant up --source csv:DIR` names one",
        );
    };
    let source = producers::source::absolute(&source);
    let calendar = config.calendar().unwrap_or_default();
    let market = match producers::source::open(&source, None, calendar) {
        Ok(market) => market,
        Err(error) => return of.failed(MARKET, &source, &error.into()),
    };
    let problems = market.problems().len();
    let (days, last) = (market.days().len(), market.days().last().copied());
    let Some(last) = last else {
        return of.found(
            MARKET,
            &source,
            "it has no days",
            "`butterquant market check` says what its files hold",
        );
    };
    let more = match problems {
        0 => String::new(),
        _ => format!("; {problems} remarks about its data, which `butterquant market check` lists"),
    };
    of.fine(MARKET, &source, format!("{days} days, the last {last}{more}"));
    if source.starts_with("sim:") {
        return;
    }
    against_calendar(&source, last, today(), of);
    if opened.is_some_and(|opened| opened.last_day.is_none()) {
        against_log(run, &source, last, of);
    }
}

/// How the run was opened, if it was.
fn opened(run: &RunDir) -> Option<RunOpened> {
    if run.is_here() && !run.log().exists() {
        return None;
    }
    let reached = data_dir::reach(run).ok()?;
    shell::open::opened(&*reached.log).ok()?
}

fn against_calendar(source: &str, last: Day, today: Day, of: &mut Examination) {
    // Today's close may be still to come.
    match trading_days(last, Day(today.0 - 1)) {
        0..STALE => {}
        behind @ STALE..=PAST => of.found(
            MARKET,
            source,
            format!("its last day, {last}, is {behind} trading days ago"),
            "see whether what writes its files still runs, then start again",
        ),
        behind => of.fine(
            MARKET,
            source,
            format!("a market of the past: it ends {behind} trading days ago"),
        ),
    }
}

fn against_log(run: &RunDir, source: &str, last: Day, of: &mut Examination) {
    let closed = data_dir::reach(run).and_then(|reached| closed_by_topic(&*reached.log));
    let Some(published) =
        closed.ok().and_then(|closed| closed.get(&Topic::Bars).copied().flatten())
    else {
        return;
    };
    let behind = trading_days(published, last);
    let said = format!("the run has published {published}, {behind} trading days behind {source}");
    match behind {
        0..=1 => {}
        // Whoever plays the past stops where he likes.
        _ if trading_days(last, today()) > PAST => of.fine("freshness", "bars", said),
        _ => of.found(
            "freshness",
            "bars",
            said,
            "`butterquant up` goes on from there; `butterquant status` says what the source waits for",
        ),
    }
}

fn today() -> Day {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    Day(i32::try_from(seconds / 86_400).unwrap_or(i32::MAX))
}

fn broker(config: &Config, of: &mut Examination) {
    const WHAT: &str = "broker";
    match config.broker() {
        Ok(None) => of.fine(WHAT, "paper", "fills are a function of the log; no other is configured"),
        Ok(Some((address, _))) => match reach(address) {
            Ok(()) => of.fine(WHAT, address, "it accepts connections"),
            Err(error) => of.found(
                WHAT,
                address,
                format!("{error:#}"),
                "start it (`butterquant paper-broker` is one), or correct `broker`; orders wait for it",
            ),
        },
        Err(error) => of.failed(WHAT, "configuration", &error),
    }
}

fn reach(address: &str) -> Result<()> {
    let mut addresses = address.to_socket_addrs().with_context(|| "no such address".to_owned())?;
    let mut failed = None;
    for one in addresses.by_ref() {
        match TcpStream::connect_timeout(&one, PATIENCE) {
            Ok(_) => return Ok(()),
            Err(error) => failed = Some(error),
        }
    }
    match failed {
        Some(error) => bail!("it does not answer: {error}"),
        None => bail!("it is the name of no machine"),
    }
}

fn registry(config: &Config, of: &mut Examination) {
    const WHAT: &str = "schema registry";
    let asked = config
        .registry_client()
        .and_then(|client| client.map(|client| client.get("/subjects")).transpose());
    match asked {
        Ok(None) => {}
        Ok(Some(subjects)) => {
            let subjects = subjects.and_then(|subjects| Some(subjects.as_array()?.len()));
            let said = format!("it answers, with {} subjects", subjects.unwrap_or(0));
            of.fine(WHAT, "schema_registry", said);
        }
        Err(error) => of.found(
            WHAT,
            "schema_registry",
            format!("{error:#}"),
            "start it or correct the address; `butterquant schemas register` registers what it lacks",
        ),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_market_that_has_stopped_is_stale_and_one_of_the_past_is_not() {
        let today = Day(17_711); // a Friday
        let looked = |last: i32| {
            let mut of = Examination::default();
            against_calendar("csv:prices", Day(today.0 - last), today, &mut of);
            (of.findings.len(), of.fine.len())
        };
        for (days_ago, expected) in
            [(0, (0, 0)), (3, (0, 0)), (7, (1, 0)), (80, (1, 0)), (100, (0, 1))]
        {
            assert_eq!(looked(days_ago), expected, "{days_ago}");
        }
    }

    #[test]
    fn a_broker_that_does_not_answer_is_wrong() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        assert!(reach(&address).is_ok());
        drop(listener);
        assert!(reach(&address).unwrap_err().to_string().contains("does not answer"));
    }
}
