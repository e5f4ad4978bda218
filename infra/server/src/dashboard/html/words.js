// Words and small pictures that all views share.

const SECONDS = [[86400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']];

/** A span of time in two units at most. */
function span(seconds) {
  if (!known(seconds)) return DASH;
  if (seconds < 1) return seconds <= 0 ? '0 s' : '< 1 s';
  const at = SECONDS.findIndex(([size]) => seconds >= size);
  const [size, unit] = SECONDS[at];
  const whole = Math.floor(seconds / size);
  const next = SECONDS[at + 1];
  const rest = next ? Math.floor((seconds - whole * size) / next[0]) : 0;
  return rest && whole < 10 ? `${fixed(whole, 0)} ${unit} ${rest} ${next[1]}` : `${fixed(whole, 0)} ${unit}`;
}

const clock = ms => known(ms) ? new Date(ms).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' }) : DASH;
const count = value => format(value, 'count');
const rate = value => known(value) ? fixed(value, value < 10 ? 1 : 0) : DASH;

const VERDICTS = {
  ok: ['OK', 'ok'], waits: ['WAITS', 'waits'], warn: ['WARN', 'warn'], never_committed: ['NEVER COMMITTED', 'never'],
  stall: ['STALL', 'bad'], rewind: ['REWIND', 'bad'], stop: ['STOP', 'bad'],
};
const MEANINGS = {
  lag: 'Events between the committed offset and the end; the ends of transactions are no events.',
  offsets: 'The same in offsets, as kafka-consumer-groups counts them: on Kafka the end of a transaction takes one too.',
  days: 'Days from the first event unread to the last event, by the events’ own time.',
  seconds: 'Time since the committed offset was the end, estimated from the samples of this server.',
  velocity: 'Events read a second over the last minute.',
  catch_up: 'Time until everything is read at that speed, less what is written meanwhile.',
  margin: 'Offsets between the start of the partition and the committed one: what retention could still take before this group loses anything. Topics are kept for ever, so this only grows.',
  commit: 'Time since the committed offset was seen to move. A group with nothing to read commits nothing.',
};
const badge = (text, kind) => el('span', { class: 'badge ' + kind }, text);
const verdictBadge = verdict => badge(...(VERDICTS[verdict] || [verdict, '']));
const worst = groups => groups.reduce((one, other) => rank(other.verdict) > rank(one.verdict) ? other : one);
const rank = verdict => Object.keys(VERDICTS).indexOf(verdict);

/** Points of time and value as a line, from 0 to the largest. */
function spark(points, what) {
  const [width, height] = [110, 22];
  if (!points || points.length < 2) return el('span', { class: 'note' }, DASH);
  const most = Math.max(1, ...points.map(([, value]) => value));
  const [from, to] = [points[0][0], points[points.length - 1][0]];
  const place = ([at, value]) => `${(width * (at - from) / (to - from || 1)).toFixed(1)},${(height - 2 - (height - 4) * value / most).toFixed(1)}`;
  const path = points.map(place).join('L');
  return svg('svg', { class: 'spark', viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': `${what}: at most ${count(most)}, now ${count(points[points.length - 1][1])}` },
    svg('path', { class: 'ground', d: `M0,${height}L${path}L${width},${height}Z` }), svg('path', { d: 'M' + path }));
}

/** Links to a table as files. */
const files = (name, query = '') => el('span', { class: 'links' }, ['csv', 'json'].map(kind => el('a', { href: `tables/${name}.${kind}${query}`, download: `${name}.${kind}` }, kind.toUpperCase())));
const title = (text, ...more) => el('h2', {}, text, ...more);
const facts = rows => el('dl', { class: 'facts' }, rows.filter(([, value]) => known(value) && value !== false).flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, value)]));

/** A table of objects: `columns` {name, format, definition, of, cell, hidden}. */
function objectTable(caption, columns, objects) {
  const rows = all => all.map(object => Object.assign(columns.map(column => column.of(object)), { object }));
  const shaped = columns.map(column => ({ ...column, key: column.name, cell: column.cell && (row => column.cell(row.object)) }));
  const made = dataTable({ columns: shaped, rows: rows(objects), caption });
  return { ...made, show: all => made.replace(rows(all)) };
}

/** What is awaited, and then itself or why there is none. A view that has been left meanwhile is not touched. */
function awaited(promise, show) {
  const box = el('div', {}, el('p', { class: 'note' }, 'Reading …'));
  let left = false;
  onLeave.push(() => { left = true; });
  promise.then(found => { if (!left) { box.replaceChildren(...[show(found)].flat(9).filter(one => known(one) && one !== false)); drawCharts(); } })
    .catch(error => { if (!left) box.replaceChildren(nothing(error.message)); });
  return box;
}

const recordLink = (topic, partition, offset, text) => el('a', { href: `#/record/${topic}/${partition}/${offset}` }, text || `${topic}/${partition} ${count(offset)}`);
const tickerLink = ticker => ticker ? el('a', { href: '#/ticker/' + encodeURIComponent(ticker) }, ticker) : DASH;
const whyLink = (what, text) => el('a', { href: '#why=' + encodeURIComponent(what) }, text || 'why');
