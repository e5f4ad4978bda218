//! How each trade came about, from the bars to its outcome, and the models behind them.

use crate::why::{Chains, PageModel, PageWhy};
use anyhow::Result;
use run::run_reader::RunReader;
use schemas::EventId;
use std::collections::BTreeMap;

/// The chains of a report take so many bytes at most: about 4,000 trades, a tenth of that in its file. `why` has all.
const MOST_BYTES: usize = 18_000_000;

/// The chains of the candidates that were traded, by candidate, and every model on the log.
pub(super) struct Reasons {
    pub(super) why: BTreeMap<String, PageWhy>,
    pub(super) models: Vec<PageModel>,
}

/// The chain of events behind each of `candidates`, the latest where there is no room for all.
///
/// # Errors
/// The log cannot be read.
pub(super) fn reasons(reader: &RunReader, candidates: &[EventId]) -> Result<Reasons> {
    let chains = Chains::read(&*reader.log, reader.partitions)?;
    let (mut why, mut bytes) = (BTreeMap::new(), 0);
    for candidate in candidates {
        let page = chains.explain(candidate)?.to_page();
        bytes += serde_json::to_string(&page)?.len();
        if bytes > MOST_BYTES {
            break;
        }
        why.insert(candidate.to_string(), page);
    }
    Ok(Reasons { why, models: chains.page_models() })
}
