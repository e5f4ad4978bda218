//! `groups list`: where the roles' groups stand. Exit code 1 when a group has lost its place.

use crate::exit::Found;
use crate::printer;
use anyhow::Result;
use api::groups::groups;
use report::tables;
use run::config::Config;

/// Lists them.
pub(crate) fn run(config: &Config) -> Result<Found> {
    let found = groups(&config.this_run()?)?;
    printer::show(config.output()?, &found, |found| {
        let rows = found.iter().map(|one| {
            vec![
                one.group.to_owned(),
                one.partitions.to_string(),
                one.uncommitted.to_string(),
                one.behind.to_string(),
                one.lag.to_string(),
                tables::or_dash(one.closed, |day| day.to_string()),
                one.problem.unwrap_or("–").to_owned(),
            ]
        });
        let header =
            ["group", "partitions>", "uncommitted>", "behind>", "lag>", "closed", "problem"];
        printer::line(tables::table(&header, rows));
        for one in found.iter().flat_map(|one| &one.beyond_end) {
            printer::line(format!("beyond the end: {one}"));
        }
        if found.iter().any(|one| one.problem.is_some()) {
            printer::line(format!(
                "`{}` sets the offsets to what the roles have decided",
                config.command_line("groups adopt", config.run())
            ));
        }
    })?;
    let well = found.iter().all(|one| one.problem.is_none());
    Ok(if well { Found::Nothing } else { Found::Something })
}
