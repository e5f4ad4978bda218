//! A small disk in memory that a test can fill.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A mounted tmpfs; unmounted when dropped.
pub(crate) struct Disk {
    path: PathBuf,
}

impl Disk {
    /// Mounts one of `mib` MiB at `path`; none where mounting is not permitted.
    pub(crate) fn mount(path: &Path, mib: u64) -> Option<Disk> {
        fs::create_dir_all(path).ok()?;
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={mib}m"), "tmpfs"])
            .arg(path)
            .output();
        mounted.is_ok_and(|done| done.status.success()).then(|| Disk { path: path.to_path_buf() })
    }

    fn ballast(&self) -> PathBuf {
        self.path.join("ballast")
    }

    /// Fills the remaining space.
    pub(crate) fn fill(&self) -> std::io::Result<()> {
        let mut file = fs::File::create(self.ballast())?;
        let mut block = vec![0; 1 << 20];
        while !block.is_empty() {
            if file.write_all(&block).is_err() {
                block.truncate(block.len() / 2);
            }
        }
        Ok(())
    }

    /// Frees it again.
    pub(crate) fn free(&self) -> std::io::Result<()> {
        fs::remove_file(self.ballast())
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: a process that is ending may still use it.
        let _ = Command::new("umount").arg("-l").arg(&self.path).status();
    }
}
