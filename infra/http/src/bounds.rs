//! How much the HTTP side may take: connections, and the time that a caller may take over its part.

use rlimit::Resource;
use std::time::Duration;

/// The limits of one server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Bounds {
    /// Connections open at once.
    pub(crate) connections: usize,
    /// Those among them that have not yet sent a whole request that was admitted.
    pub(crate) strangers: usize,
    /// The time for a request's head, from the last answer on: also the longest that an idle connection stays.
    pub(crate) head: Duration,
    /// The time for a request's body.
    pub(crate) body: Duration,
    /// The time that an answer may stay unread.
    pub(crate) unread: Duration,
}

impl Bounds {
    /// A quarter of the files that this process may have open, at most 512: logs, state and lake need the rest.
    pub(crate) fn of_this_process() -> Bounds {
        let files = rlimit::getrlimit(Resource::NOFILE).map_or(256, |(soft, _)| soft);
        Bounds::of_files(files)
    }

    fn of_files(files: u64) -> Bounds {
        let connections = usize::try_from(files / 4).unwrap_or(usize::MAX).clamp(16, 512);
        Bounds {
            connections,
            strangers: connections / 4,
            head: Duration::from_secs(10),
            body: Duration::from_secs(20),
            unread: Duration::from_secs(20),
        }
    }

    /// Requests answered at once: a caller that comes while all of them are taken still finds a connection.
    pub(crate) fn requests(self) -> usize {
        self.connections - self.strangers
    }
}

/// Requests that a server answers at once. Routes whose answers may take long leave some of them to others.
pub fn requests_at_once() -> usize {
    Bounds::of_this_process().requests()
}

/// Raises the limit of open files to what the system allows this process, which often is far more than it is given
/// at first.
///
/// # Errors
/// The system refuses; the program runs with what it has.
pub fn raise_open_files_limit() -> std::io::Result<u64> {
    rlimit::increase_nofile_limit(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_most_files_to_the_run() {
        for (files, connections, strangers) in
            [(0, 16, 4), (256, 64, 16), (1_024, 256, 64), (1 << 20, 512, 128), (u64::MAX, 512, 128)]
        {
            let bounds = Bounds::of_files(files);
            assert_eq!((bounds.connections, bounds.strangers), (connections, strangers), "{files}");
            assert_eq!(bounds.requests() + bounds.strangers, bounds.connections);
        }
    }
}
