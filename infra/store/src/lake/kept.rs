//! Files of days as this writer made them, in columns, until their month is over: to read them again would take as long
//! as to write the month's.

use crate::manifest::FileSum;
use arrow_array::RecordBatch;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// Bytes of them, so that a month of a thousand stocks does not fill the memory. What has no room is read again.
const MOST: usize = 64 << 20;

/// Batches by file, each with the sum of the file that they were written to.
#[derive(Debug, Default)]
pub(super) struct Kept {
    files: BTreeMap<PathBuf, (FileSum, Vec<RecordBatch>)>,
    bytes: usize,
}

impl Kept {
    /// Keeps what was written to a file, in place of what was kept of it.
    pub(super) fn put(&mut self, file: PathBuf, sum: FileSum, batches: Vec<RecordBatch>) {
        self.forget(&file);
        let bytes = size(&batches);
        if self.bytes + bytes <= MOST {
            self.bytes += bytes;
            self.files.insert(file, (sum, batches));
        }
    }

    /// What a file of this sum holds, for the last time.
    pub(super) fn take(&mut self, file: &Path, sum: &FileSum) -> Option<Vec<RecordBatch>> {
        let (written, batches) = self.forget(file)?;
        (written == *sum).then_some(batches)
    }

    /// Forgets the days before `month`.
    pub(super) fn forget_before(&mut self, month: &str) {
        let over = |file: &&PathBuf| file.file_name() < Some(OsStr::new(month));
        let over: Vec<PathBuf> = self.files.keys().filter(over).cloned().collect();
        over.iter().for_each(|file| _ = self.forget(file));
    }

    fn forget(&mut self, file: &Path) -> Option<(FileSum, Vec<RecordBatch>)> {
        let kept = self.files.remove(file)?;
        self.bytes -= size(&kept.1);
        Some(kept)
    }
}

fn size(batches: &[RecordBatch]) -> usize {
    batches.iter().map(RecordBatch::get_array_memory_size).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::Int64Array;
    use std::sync::Arc;

    #[test]
    fn batches_are_given_once_for_the_file_they_were_written_to_while_its_month_is_open() {
        let batch = |rows: usize| {
            let column = Arc::new(Int64Array::from(vec![1; rows]));
            vec![RecordBatch::try_from_iter([("n", column as _)]).unwrap()]
        };
        let sum = |text: &str| FileSum::of("file", text.as_bytes());
        let file = |day: &str| PathBuf::from(format!("topic=scans/{day}.parquet"));
        let (may, june) = (file("2018-05-31"), file("2018-06-01"));
        let mut kept = Kept::default();
        kept.put(june.clone(), sum("1"), batch(2));
        kept.put(june.clone(), sum("2"), batch(3));
        assert_eq!(kept.take(&june, &sum("2")), Some(batch(3)));
        assert_eq!(kept.take(&june, &sum("2")), None);
        kept.put(june.clone(), sum("3"), batch(3));
        assert_eq!(kept.take(&june, &sum("4")), None, "changed since");

        kept.put(may.clone(), sum("1"), batch(1));
        kept.put(june.clone(), sum("1"), batch(1));
        kept.forget_before("2018-06");
        assert_eq!(
            (kept.take(&may, &sum("1")), kept.take(&june, &sum("1"))),
            (None, Some(batch(1)))
        );
        kept.put(may.clone(), sum("1"), batch(MOST / 8 + 1));
        assert_eq!((kept.take(&may, &sum("1")), kept.bytes), (None, 0), "too large");
    }
}
