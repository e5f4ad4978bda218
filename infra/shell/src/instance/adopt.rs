//! Taking over the places of a group whose committed offsets are gone or wrong.

use super::Instance;
use crate::error::ShellError;
use eventlog::Batch;

impl Instance {
    /// Takes over the places of a group whose committed offsets are gone or wrong, from what its units have
    /// written and saved, and commits them; true once this member holds every partition. Decides nothing.
    ///
    /// # Errors
    /// Those of the log, and of own outputs that the log does not bear out.
    pub fn adopt(&mut self) -> Result<bool, ShellError> {
        self.adopting = true;
        let assignment = self.member.poll()?;
        let wanted = if self.role.by_partition() { self.env.partitions } else { 1 };
        if (0..wanted).any(|partition| !assignment.partitions.contains(&partition)) {
            std::thread::sleep(self.env.policy.wait);
            return Ok(false);
        }
        self.forget();
        self.controls.refresh(&*self.env.log)?;
        self.load(assignment.partitions.iter().copied())?;
        let mut consumed = Vec::new();
        for unit in &self.units {
            consumed.extend(unit.beyond_end(&*self.env.log)?);
        }
        if !consumed.is_empty() {
            let batch = Batch { consumed, ..Batch::default() };
            let mut producer = self.env.log.producer(&self.transactional_id)?;
            producer.publish(batch, Some(&*self.member))?;
        }
        Ok(true)
    }
}
