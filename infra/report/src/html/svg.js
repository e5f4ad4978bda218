// Small pictures that do not move: bars, histograms, reliability diagrams, intervals, decile strips. Positions are
// percentages of the picture's width, so that a narrow screen shrinks the plot and not its letters.

const percentOf = (value, low, high) => 100 * (Math.min(Math.max(value, low), high) - low) / (high - low || 1);
const at = position => position.toFixed(2) + '%';
const line = (x1, y1, x2, y2, name) => svg('line', { x1, y1, x2, y2, class: name });
const label = (x, y, text, anchor = 'middle', name = 'axis') => svg('text', { x, y, 'text-anchor': anchor, class: name }, text);
const picture = (name, height, what, ...children) => svg('svg', { class: 'picture ' + name, height, width: '100%', role: 'img', 'aria-label': what }, ...children);

/** A bar from 0 to a value, on an axis that all bars of one picture share. */
function bar(value, low, high, what) {
  const zero = percentOf(0, low, high);
  const end = percentOf(value, low, high);
  return picture('bar', 12, what,
    svg('rect', { x: at(Math.min(zero, end)), y: 2, width: at(Math.max(0.6, Math.abs(end - zero))), height: 8, class: 'fill' }),
    line(at(zero), 0, at(zero), 12, 'zero'));
}

/** The counts of values from low to high in bins of equal width, of which one begins at 0. */
function histogram(values, low, high, what) {
  const bins = (high - low) * ((high - low) > 5 ? 4 : 8);
  const counts = Array(bins).fill(0);
  for (const value of values) counts[Math.min(bins - 1, Math.max(0, Math.floor(bins * (value - low) / (high - low))))] += 1;
  const most = Math.max(1, ...counts);
  const [top, floor] = [16, 136];
  const bars = counts.map((count, index) => {
    const height = (floor - top) * count / most;
    const above = low + (high - low) * (index + 0.5) / bins >= 0;
    return svg('rect', { x: at(100 * index / bins + 0.2), y: floor - height, width: at(100 / bins - 0.4), height, class: above ? 'fill' : 'fill faint' },
      svg('title', {}, `${counted(count, 'trade')} from ${signed(100 * (low + (high - low) * index / bins), 0)} %`));
  });
  const marks = [low, 0, high / 2, high].map((value, index) =>
    label(at(percentOf(value, low, high)), floor + 16, signed(100 * value, 0) + ' %', ['start', 'middle', 'middle', 'end'][index]));
  return picture('histogram', 158, what, bars, line('0%', floor, '100%', floor, 'rule'), line(at(percentOf(0, low, high)), top, at(percentOf(0, low, high)), floor + 4, 'zero'), marks,
    label('0%', 11, `most: ${counted(most, 'trade')}`, 'start'));
}

/** Observed frequency over predicted probability of one class; on the diagonal the model is right. */
function reliability(bins, name) {
  const top = Math.min(1, Math.ceil(10 * Math.max(0.1, ...bins.flatMap(bin => [bin.mean, bin.high]))) / 10);
  const size = 210;
  const y = value => 10 + size * (1 - Math.min(value, top) / top);
  const x = value => at(12 + 84 * Math.min(value, top) / top);
  const most = Math.max(...bins.map(bin => bin.count));
  const marks = [0, top / 2, top].flatMap(value => [
    line(x(0), y(value), x(top), y(value), 'grid'),
    label(at(10), y(value) + 4, fixed(100 * value, 0), 'end'), label(x(value), size + 26, fixed(100 * value, 0))]);
  const points = bins.map(bin => svg('g', { class: 'fill' },
    svg('title', {}, `predicted ${format(bin.mean, 'percent')}, came ${format(bin.frequency, 'percent')} (${format(bin.low, 'percent')} to ${format(bin.high, 'percent')}), ${counted(bin.count, 'candidate')}`),
    line(x(bin.mean), y(bin.low), x(bin.mean), y(bin.high), 'interval'),
    svg('circle', { cx: x(bin.mean), cy: y(bin.frequency), r: 2.5 + 3 * Math.sqrt(bin.count / most) })));
  return picture('reliability', size + 34, `Reliability of ${name}: ${counted(bins.length, 'bin')}`, marks, line(x(0), y(0), x(top), y(top), 'diagonal'), points);
}

/** A mean with its interval, 0, and the band within which a difference would not have been seen. */
function intervalPicture({ mean_daily_difference: mean, interval: [low, high], detectable_difference: seen }) {
  const reach = 1.5 * Math.max(Math.abs(low), Math.abs(high), Math.abs(seen || 0));
  const x = value => at(percentOf(value, -reach, reach));
  // A number beside the 0 stands below it.
  const row = value => Math.abs(value) < 0.35 * reach ? 96 : 80;
  const marks = [low, high].map((value, index) => label(x(value), row(value), basisPoints(value), index ? 'start' : 'end'));
  return picture('forest', 108, `Mean difference ${basisPoints(mean)} a day, interval ${basisPoints(low)} to ${basisPoints(high)}`,
    known(seen) && [svg('rect', { x: x(-seen), y: 22, width: at(percentOf(seen, -reach, reach) - percentOf(-seen, -reach, reach)), height: 42, class: 'unseen' }),
      label(x(0), 14, `too small to be seen: within ±${fixed(1e4 * seen, 2)} bp`)],
    line(x(0), 22, x(0), 64, 'zero'), label(x(0), 80, '0'),
    line(x(low), 43, x(high), 43, 'interval'), line(x(low), 37, x(low), 49, 'interval'), line(x(high), 37, x(high), 49, 'interval'),
    svg('circle', { cx: x(mean), cy: 43, r: 6, class: 'dot' }), marks);
}

/** Where a value lies among training rows, 0 to 100, by their nine deciles; in the outer tenths their middle, as the rows' ends are not known. */
function percentile(value, deciles) {
  if (value < deciles[0]) return 5;
  if (value > deciles[8]) return 95;
  // Of deciles that are one number the middle is taken.
  const first = deciles.findIndex(bound => bound >= value);
  const last = 8 - [...deciles].reverse().findIndex(bound => bound <= value);
  if (first <= last) return 10 + 5 * (first + last);
  return 10 * (last + 1 + (value - deciles[last]) / (deciles[first] - deciles[last]));
}

/** Ten tenths of the training rows and a dot at a candidate's value. */
function decileStrip(value, deciles, what) {
  return picture('strip', 18, what,
    Array.from({ length: 10 }, (_, tenth) => svg('rect', { x: at(10 * tenth + 0.15), y: 5, width: '9.7%', height: 8, class: tenth === 4 || tenth === 5 ? 'tenth middle' : 'tenth' })),
    svg('circle', { cx: at(1.5 + 0.97 * percentile(value, deciles)), cy: 9, r: 5, class: 'dot' }));
}

/** A value against its limit, both from 0 to the greater with some room. */
function bullet(value, limit, what) {
  const low = Math.min(0, value, limit);
  const high = 1.15 * Math.max(value, limit, 0) || 1;
  return picture('bullet', 16, what,
    svg('rect', { x: at(percentOf(Math.min(0, value), low, high)), y: 4, width: at(Math.abs(percentOf(value, low, high) - percentOf(0, low, high))), height: 8, class: 'fill' }),
    line(at(percentOf(limit, low, high)), 0, at(percentOf(limit, low, high)), 16, 'limit'));
}
