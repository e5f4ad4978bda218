// What the words of a report mean.

/** Definitions of what the contract has no definition of. */
const GLOSSARY = {
  interval: '95 % interval of the mean daily difference, by a block bootstrap: blocks of consecutive days, because positions outlast a day.',
  p_value: 'How often samples without any difference would show one at least as large as this. Small values speak for a difference; a large one does not show that there is none.',
  detectable: 'The true mean difference that 80 of 100 such comparisons would find at 5 %. Smaller ones mostly stay unseen on so many days.',
  needed: 'Days of trading beyond those compared until a true difference as large as the one seen would be found in 80 of 100 comparisons.',
  false_alarms: 'How often this test finds a difference at 5 % where there is none, measured by simulation. It would be 5 % if the test were exact.',
  block: 'Consecutive days drawn together, as many as the longest holding lasts.',
  expected_roi: 'Sum over the classes of probability × mean ROI of that class among the training rows in the same third of max_loss.',
  limits: 'The configuration’s limits on the day of the decision. The mark is the limit, the bar the value.',
  percentile: 'Share of the model’s training rows below this value, in percent, interpolated within a tenth; in the outer tenths only that, as the rows’ ends are not kept.',
  deflated: 'Probability that the true Sharpe ratio is above what the best of so many trials would show by luck alone.',
  probabilistic: 'Probability that the true Sharpe ratio is above 0, given length, skew and kurtosis of the daily returns.',
  luck: 'Sharpe ratio that the best of so many trials without any skill is expected to show.',
  equity: 'Capital, realised results and the mark of open positions at each close, dollars. The dotted line is the equity of the first day.',
  period_return: 'Sum of the daily changes of the period ÷ the capital, which is fixed.',
  period_drawdown: 'Deepest fall of the equity below its highest value since the period began, as a share of that value.',
  drawdown: 'Equity below its highest earlier value, as a share of that value.',
  exposure: 'Capital at risk in open positions as a share of capital.',
  index: 'The market’s index on the same days; no track trades it.',
};
