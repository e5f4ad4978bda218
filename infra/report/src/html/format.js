// What every section needs: numbers and dates as text, and elements. Data become text nodes and attributes here and
// nowhere markup, so a ticker named <script> is only a ticker with an odd name.

const DASH = '–';
const known = value => value !== null && value !== undefined && value !== '' && !Number.isNaN(value);

// One of each number of decimals: to make one costs a hundred times what to use it does.
const decimals = Array.from({ length: 7 }, (_, digits) => new Intl.NumberFormat('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits }));

/** A number with `digits` decimals, a true minus sign and no −0. */
function fixed(value, digits) {
  const text = decimals[digits].format(Math.abs(value));
  return value < 0 && /[1-9]/.test(text) ? '−' + text : text;
}

/** The same with its sign, also where it is above 0. */
function signed(value, digits) {
  const text = fixed(value, digits);
  return value > 0 && /[1-9]/.test(text) ? '+' + text : text;
}

const withDollar = text => text.replace(/^(−?)/, '$1$');
const FORMATS = {
  percent: value => fixed(100 * value, 2) + ' %',
  number: value => fixed(value, 2),
  dollars: value => withDollar(fixed(value, 0)),
  price: value => withDollar(fixed(value, 2)),
  count: value => fixed(value, 0),
  days: value => fixed(value, 0) + ' d',
  date: value => typeof value === 'number' ? isoDay(value) : String(value),
  text: value => String(value),
};

/** A value in one of the contract's formats; what is not known is a dash. */
function format(value, kind) {
  if (!known(value)) return DASH;
  return typeof value === 'string' && kind !== 'date' ? value : (FORMATS[kind] || FORMATS.text)(value);
}

/** A number of any size with four significant digits. */
function brief(value) {
  if (!known(value)) return DASH;
  if (Number.isInteger(value)) return fixed(value, 0);
  const digits = Math.max(0, 3 - Math.floor(Math.log10(Math.abs(value))));
  return fixed(value, Math.min(digits, 6));
}

const signedPercent = value => known(value) ? signed(100 * value, 2) + ' %' : DASH;

/** A fraction of capital a day in basis points. */
const basisPoints = value => known(value) ? signed(1e4 * value, 2) + ' bp' : DASH;

const DAY_S = 86400;
const isoDay = day => new Date(day * DAY_S * 1000).toISOString().slice(0, 10);
const dayNumber = iso => Math.round(Date.parse(iso + 'T00:00:00Z') / (DAY_S * 1000));

/** `1 trade`, `2 trades`. */
const counted = (count, one, many = one + 's') => `${fixed(count, 0)} ${count === 1 ? one : many}`;

/** The class of a value's colour: plus, minus or none. */
const tone = value => known(value) && value > 0 ? 'plus' : known(value) && value < 0 ? 'minus' : '';

function fill(node, props, children) {
  for (const [name, value] of Object.entries(props || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.flat(3).filter(child => known(child) && child !== false));
  return node;
}

/** An HTML element; texts among the children become text nodes. */
const el = (tag, props, ...children) => fill(document.createElement(tag), props, children);

/** An SVG element. */
const svg = (tag, props, ...children) => fill(document.createElementNS('http://www.w3.org/2000/svg', tag), props, children);

/** A name whose definition opens on hover, focus and tap. */
const term = (name, definition) => definition
  ? el('button', { type: 'button', class: 'term', 'data-definition': definition }, name)
  : el('span', {}, name);

/** A track's name with its line, as it is drawn in charts. */
const trackName = (data, name) => el('span', { class: `track track-${trackIndex(data, name)}` }, el('i', { class: 'swatch' }), name);

function trackIndex(data, name) {
  const names = data.tracks && data.tracks.length ? data.tracks : data.columns.flatMap(column => column.tracks);
  const found = [...new Set(names.map(track => track.name || track.track))].indexOf(name);
  return Math.max(0, found) % 2;
}

/** A sentence in the place of what cannot be shown. */
const nothing = why => el('p', { class: 'nothing' }, why[0].toUpperCase() + why.slice(1));

/** A sentence that explains. */
const note = text => el('p', { class: 'note' }, text);

/** A table that may scroll sideways within its own box; `label` names it for those who cannot see it. */
const scrolling = (label, table) => el('div', { class: 'scroll', role: 'region', 'aria-label': label, tabindex: '0' }, table);

/** A table of rows; names that are no head cells yet become some. */
function table(name, names, rows, caption) {
  const headOf = one => one instanceof Node && one.tagName === 'TH' ? one : el('th', { scope: 'col' }, one);
  return el('table', { class: name }, caption && el('caption', {}, caption), names && el('thead', {}, el('tr', {}, names.map(headOf))), el('tbody', {}, rows));
}

/** A row that its first cell names. */
const row = (name, ...cells) => el('tr', {}, el('th', { scope: 'row' }, name), ...cells);
const numeric = (...children) => el('td', { class: 'num' }, ...children);
const numericHead = (...children) => el('th', { scope: 'col', class: 'num' }, ...children);
