// The charts that answer to the pointer, drawn by uPlot: equity, drawdown and what lies below them share one cursor and
// one zoom. A canvas knows no style sheet, so charts are drawn anew when the theme or the paper changes.

const charts = [];
let paper = false; // drawn for print: fixed width, twice the dots

/** A colour of the style sheet as a canvas takes it. */
function colour(name) {
  const probe = document.body.appendChild(el('i', { style: `color: var(--${name})` }));
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

/** Registers a chart; `make` gives uPlot's options for a scale of drawing, called again whenever it is drawn. */
function chart(box, data, make) {
  const one = { box, data, make, plot: null };
  charts.push(one);
  return one;
}

function draw(one) {
  if (one.plot) one.plot.destroy();
  one.plot = null;
  if (!one.box.clientWidth) return;
  const scale = paper ? 2 : 1;
  one.plot = new uPlot({ ...one.make(scale), width: paper ? 1340 : one.box.clientWidth }, one.data, one.box);
}

const drawCharts = () => charts.forEach(draw);

function axis(scale, more) {
  const shared = { stroke: colour('muted'), font: `${11 * scale}px system-ui, sans-serif`, gap: 6 * scale, grid: { stroke: colour('line'), width: scale }, ticks: { show: false } };
  return { ...shared, ...more };
}

const years = (plot, splits, index, space, step) => splits.map(second => {
  const iso = isoDay(second / DAY_S);
  return step >= 360 * DAY_S ? iso.slice(0, 4) : step >= 27 * DAY_S ? iso.slice(0, 7) : iso.slice(5);
});

/** A legend's text of a value: at the cursor, and without one at the last day. */
const legendText = text => (plot, value, series, index) => text(index === null ? plot.data[series][plot.data[series].length - 1] : value);

/** Options that all charts over days have in common. */
function overDays(scale, height, kind, series) {
  return {
    height: height * scale,
    padding: [12 * scale, 12 * scale, 0, 0],
    tzDate: second => uPlot.tzDate(new Date(second * 1000), 'Etc/UTC'),
    scales: { x: { time: true } },
    axes: [axis(scale, { values: years, size: 32 * scale, space: 64 * scale }),
      axis(scale, { values: (plot, splits) => splits.map(value => kind === 'percent' ? fixed(100 * value, splits[1] - splits[0] < 0.01 ? 1 : 0) + ' %' : format(value, kind)), size: 76 * scale })],
    series: [{ label: 'Day', value: legendText(second => known(second) ? isoDay(second / DAY_S) : DASH) }, ...series],
    legend: { markers: { show: false } },
  };
}

const trackLine = (name, index, scale, kind, more) => ({
  label: name, stroke: colour(index ? 'b' : 'a'), width: 1.75 * scale, dash: index ? [6 * scale, 3 * scale] : [],
  points: { show: false }, value: legendText(value => format(value, kind)), class: `track-${index}`, ...more,
});

/** Shades the crisis periods behind a chart; `named` writes their names at the top. */
const shadePeriods = (periods, named, scale) => plot => {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.font = `${10 * scale * devicePixelRatio}px system-ui, sans-serif`;
  ctx.textBaseline = 'top';
  let free = bbox.left; // names that would overlap are left out
  for (const period of periods) {
    const place = day => Math.min(bbox.left + bbox.width, Math.max(bbox.left, plot.valToPos(dayNumber(day) * DAY_S, 'x', true)));
    const [from, to] = [place(period.from), place(period.to)];
    if (to <= from) continue;
    ctx.fillStyle = colour('shade');
    ctx.fillRect(from, bbox.top, to - from, bbox.height);
    if (!named || from < free || from + ctx.measureText(period.name).width > bbox.left + bbox.width) continue;
    ctx.fillStyle = colour('muted');
    ctx.fillText(period.name, from + 3, bbox.top + 3);
    free = from + ctx.measureText(period.name).width + 8;
  }
  ctx.restore();
};

/** A level that a chart is read against, such as the capital. */
const levelLine = (value, scale) => plot => {
  const { ctx, bbox } = plot;
  const y = plot.valToPos(value, 'y', true);
  if (!(y > bbox.top && y < bbox.top + bbox.height)) return;
  ctx.save();
  ctx.strokeStyle = colour('muted');
  ctx.lineWidth = scale;
  ctx.setLineDash([2 * scale, 3 * scale]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.restore();
};

/** Charts over the same days, one below the other. `parts`: {name, kind, height, lines, level, named, area}. */
function timeline(days, parts, periods) {
  const seconds = days.map(day => day * DAY_S);
  const group = [];
  const boxes = parts.map(part => {
    const what = `${part.name}: drag to zoom, arrow keys move the cursor`;
    const box = el('div', { class: 'chart', tabindex: '0', role: 'group', 'aria-label': what, hidden: part.optional });
    group.push(chart(box, [seconds, ...part.lines.map(one => one.values)], scale => {
      const series = part.lines.map((one, index) => trackLine(one.name, index, scale, part.kind, one.more && one.more()));
      const behind = [shadePeriods(periods, part.named, scale)];
      if (known(part.level)) behind.push(levelLine(part.level, scale));
      return { ...overDays(scale, part.height, part.kind, series), cursor: { sync: { key: 'days' }, drag: { x: true, y: false } }, hooks: { drawClear: behind } };
    }));
    box.addEventListener('keydown', event => step(group[parts.indexOf(part)].plot, event));
    return el('div', { class: 'plot', hidden: part.optional, 'data-part': part.name }, el('h3', {}, term(part.name, part.definition)), box);
  });
  const reset = () => group.forEach(({ plot }) => plot && plot.setScale('x', { min: seconds[0], max: seconds[seconds.length - 1] }));
  const options = parts.map((part, index) => part.optional && el('label', {}, el('input', { type: 'checkbox', onchange: event => {
    boxes[index].hidden = group[index].box.hidden = !event.target.checked;
    draw(group[index]);
    reset();
  } }), ' ' + part.name));
  return [el('p', { class: 'tools' }, el('button', { type: 'button', onclick: reset }, 'Reset zoom'), options), boxes];
}

function step(plot, event) {
  const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!by || !plot) return;
  event.preventDefault();
  const last = plot.data[0].length - 1;
  const index = Math.max(0, Math.min(last, (plot.cursor.idx ?? last) + by * (event.shiftKey ? 21 : 1)));
  plot.setCursor({ left: plot.valToPos(plot.data[0][index], 'x'), top: 10 }, true, true);
}

/** One mark a trade, by the day of its exit: a circle for the first track and a square for the second; a click opens its why. */
function scatter(trades, names, open) {
  const said = el('p', { class: 'said', 'aria-live': 'off' }, 'Point at a mark to read it; click opens its why.');
  const box = el('div', { class: 'chart' });
  const sorted = [...trades].sort((one, other) => one.exit - other.exit);
  const values = names.map(name => sorted.map(trade => trade.track === name ? trade.roi : null));
  const nearest = plot => {
    const { left, top } = plot.cursor;
    let [found, best] = [null, 14 ** 2];
    if (left >= 0) for (const trade of sorted) {
      const away = (plot.valToPos(trade.exit * DAY_S, 'x') - left) ** 2 + (plot.valToPos(trade.roi, 'y') - top) ** 2;
      if (away < best) [found, best] = [trade, away];
    }
    return found;
  };
  const marks = index => (plot, series, from, to) => {
    const path = new Path2D();
    const half = (index ? 2 : 2.5) * (paper ? 2 : 1) * devicePixelRatio;
    for (let at = from; at <= to; at += 1) {
      const value = plot.data[series][at];
      if (value === null) continue;
      const [x, y] = [plot.valToPos(plot.data[0][at], 'x', true), plot.valToPos(value, 'y', true)];
      if (index) path.rect(x - half, y - half, 2 * half, 2 * half);
      else { path.moveTo(x + half, y); path.arc(x, y, half, 0, 2 * Math.PI); }
    }
    return { stroke: path, fill: null, flags: 1 };
  };
  chart(box, [sorted.map(trade => trade.exit * DAY_S), ...values], scale => ({
    ...overDays(scale, 260, 'percent', names.map((name, index) => trackLine(name, index, scale, 'percent', { paths: marks(index), dash: [], width: scale }))),
    legend: { show: false },
    cursor: { drag: { x: true, y: false }, points: { show: false } },
    hooks: {
      drawClear: [levelLine(0, scale)],
      setCursor: [plot => { const trade = nearest(plot); if (trade) said.textContent = trade.text; plot.over.style.cursor = trade ? 'pointer' : ''; }],
      ready: [plot => {
        let pressed = 0; // a drag zooms and is no click
        plot.over.addEventListener('mousedown', event => { pressed = event.clientX; });
        plot.over.addEventListener('click', event => {
          const trade = Math.abs(event.clientX - pressed) < 4 && nearest(plot);
          if (trade) open(trade.candidate);
        });
      }],
    },
  }));
  return [box, said];
}

function listenForSizes() {
  let due = 0;
  addEventListener('resize', () => {
    clearTimeout(due);
    due = setTimeout(() => charts.forEach(one => one.plot && one.box.clientWidth !== one.plot.width && one.plot.setSize({ width: one.box.clientWidth, height: one.plot.height })), 100);
  });
}
