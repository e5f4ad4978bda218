//! The daily returns of many configurations on the same days, checked once, so that the statistics that
//! choose among them (`overfitting`, `walk_forward`) rest on the same matrix and on one Sharpe ratio.

use crate::days::sharpe;

/// One row of daily returns a configuration, in the order given; every row has the same days.
#[derive(Clone, PartialEq, Debug)]
pub struct ReturnsMatrix {
    rows: Vec<Vec<f64>>,
    distinct: Vec<usize>,
}

/// Why rows of returns are no matrix.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ReturnsMatrixError {
    /// The same days are needed of all.
    #[error(
        "configuration {configuration} (0 first) has {days} days and the first one has {needed}; give all \
         the same days"
    )]
    DaysDiffer {
        /// Place of the first row that differs.
        configuration: usize,
        /// Its days.
        days: usize,
        /// Days of the first row.
        needed: usize,
    },
    /// A return is not a number.
    #[error(
        "the return of configuration {configuration} on day {day} (both 0 first) is not finite; leave the \
         configuration out or run it again"
    )]
    NotFinite {
        /// Place of the row.
        configuration: usize,
        /// Place of the day.
        day: usize,
    },
}

impl ReturnsMatrix {
    /// The matrix of `rows`: fractions of capital a day, one row a configuration.
    ///
    /// # Errors
    /// [`ReturnsMatrixError`] if rows have different numbers of days or a return is not finite.
    pub fn new(rows: Vec<Vec<f64>>) -> Result<ReturnsMatrix, ReturnsMatrixError> {
        let needed = rows.first().map_or(0, Vec::len);
        for (configuration, row) in rows.iter().enumerate() {
            let days = row.len();
            if days != needed {
                return Err(ReturnsMatrixError::DaysDiffer { configuration, days, needed });
            }
            if let Some(day) = row.iter().position(|value| !value.is_finite()) {
                return Err(ReturnsMatrixError::NotFinite { configuration, day });
            }
        }
        let new = |at: &usize| !rows[..*at].contains(&rows[*at]);
        let distinct = (0..rows.len()).filter(new).collect();
        Ok(ReturnsMatrix { rows, distinct })
    }

    /// Rows given.
    pub fn given(&self) -> usize {
        self.rows.len()
    }

    /// Days of each row.
    pub fn days(&self) -> usize {
        self.rows.first().map_or(0, Vec::len)
    }

    /// Places of the rows that count: of rows that are equal on every day, the first alone. They are one
    /// strategy on these days (two thresholds that nothing lies between, or two configurations that never
    /// traded), and counting it twice would add a trial that was not made and ranks that tie.
    pub fn distinct(&self) -> &[usize] {
        &self.distinct
    }

    /// The returns of one row.
    pub(crate) fn row(&self, at: usize) -> &[f64] {
        &self.rows[at]
    }
}

/// The daily Sharpe ratio; 0 where the days do not differ. Those are days without a trade, and not to
/// trade gains and risks nothing.
pub(crate) fn sharpe_or_flat(returns: &[f64]) -> f64 {
    sharpe(returns).unwrap_or(0.0)
}

/// Place of the highest value; of equal ones the first. 0 of no value.
pub(crate) fn highest(values: &[f64]) -> usize {
    (0..values.len()).fold(0, |best, at| if values[at] > values[best] { at } else { best })
}

/// The middle value, or the mean of the two in the middle; 0 of no value.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |place: usize| sorted.get(place).copied().unwrap_or(0.0);
    (at(sorted.len().saturating_sub(1) / 2) + at(sorted.len() / 2)) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_are_equal_count_once_and_what_is_no_matrix_is_refused() {
        let rows = vec![vec![0.0, 0.0], vec![0.1, 0.2], vec![-0.0, 0.0], vec![0.2, 0.1]];
        let matrix = ReturnsMatrix::new(rows.clone()).unwrap();
        assert_eq!((matrix.given(), matrix.days(), matrix.distinct()), (4, 2, &[0, 1, 3][..]));
        let mut ragged = rows.clone();
        ragged[2].pop();
        let differ = ReturnsMatrixError::DaysDiffer { configuration: 2, days: 1, needed: 2 };
        assert_eq!(ReturnsMatrix::new(ragged), Err(differ));
        let mut broken = rows;
        broken[1][1] = f64::INFINITY;
        let not_finite = ReturnsMatrixError::NotFinite { configuration: 1, day: 1 };
        assert_eq!(ReturnsMatrix::new(broken), Err(not_finite));
    }

    #[test]
    fn the_first_of_equal_values_is_the_highest_and_the_median_is_the_middle() {
        assert_eq!((highest(&[1.0, 3.0, 3.0]), highest(&[0.0, -1.0])), (1, 0));
        assert_eq!((median(&[3.0, 1.0, 2.0]), median(&[4.0, 1.0, 2.0, 3.0])), (2.0, 2.5));
        assert_eq!((sharpe_or_flat(&[0.1; 5]), median(&[])), (0.0, 0.0));
    }
}
