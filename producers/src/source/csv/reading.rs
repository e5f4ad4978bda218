//! Reads many files at once.

use super::listing::Candidate;
use super::price_file::PriceFile;
use super::price_table::{FileKind, Sessions};
use super::stocks::ReadFile;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Reads the files, as many at a time as there are processors.
pub(super) fn read_all(candidates: Vec<Candidate>, sessions: &Sessions) -> Vec<ReadFile> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut read = Vec::new();
        while let Some((at, one)) = Some(next.fetch_add(1, Ordering::Relaxed))
            .and_then(|at| Some((at, candidates.get(at)?)))
        {
            let (file, content) = PriceFile::open(one.path.clone(), FileKind::Stock, sessions);
            read.push((at, ReadFile { file, ticker: one.ticker.clone(), content }));
        }
        read
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut read: Vec<(usize, ReadFile)> = std::thread::scope(|scope| {
        let others: Vec<_> =
            (1..threads.min(candidates.len())).map(|_| scope.spawn(work)).collect();
        let mut read = work();
        for other in others {
            match other.join() {
                Ok(more) => read.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        read
    });
    read.sort_by_key(|(at, _)| *at);
    read.into_iter().map(|(_, file)| file).collect()
}
