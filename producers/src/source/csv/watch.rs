//! Which files of a folder were renamed into their place: a writer that does so writes elsewhere first, and the file is
//! whole from the moment it is there. Only the system knows; where it does not tell, every change counts as a write.

use std::collections::BTreeSet;
use std::path::Path;

/// A folder whose renames are noticed.
pub(super) struct FolderWatch {
    #[cfg(target_os = "linux")]
    inotify: Option<inotify::Inotify>,
}

#[cfg(target_os = "linux")]
impl FolderWatch {
    /// Of `folder`, from now on.
    pub(super) fn of(folder: &Path) -> FolderWatch {
        use inotify::WatchMask;
        let watched = inotify::Inotify::init().and_then(|inotify| {
            inotify.watches().add(folder, WatchMask::MOVED_TO | WatchMask::MODIFY)?;
            Ok(inotify)
        });
        FolderWatch { inotify: watched.ok() }
    }

    /// The names that were renamed into place since the last call and not written to after that.
    pub(super) fn renamed(&mut self) -> BTreeSet<String> {
        use inotify::EventMask;
        let mut renamed = BTreeSet::new();
        let Some(inotify) = &mut self.inotify else { return renamed };
        let mut buffer = [0; 4096];
        // The end is an error: nothing more without waiting.
        while let Ok(events) = inotify.read_events(&mut buffer) {
            for event in events {
                let Some(name) = event.name.map(|name| name.to_string_lossy().into_owned()) else {
                    continue;
                };
                if event.mask.contains(EventMask::MOVED_TO) {
                    renamed.insert(name);
                } else {
                    renamed.remove(&name);
                }
            }
        }
        renamed
    }
}

#[cfg(not(target_os = "linux"))]
impl FolderWatch {
    /// Notices nothing.
    pub(super) fn of(_: &Path) -> FolderWatch {
        FolderWatch {}
    }

    /// None.
    pub(super) fn renamed(&mut self) -> BTreeSet<String> {
        BTreeSet::new()
    }
}
