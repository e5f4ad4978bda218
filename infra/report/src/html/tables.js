// A table that sorts by a click on a column's head and shows a page of its rows at a time, so that thousands of rows
// cost what fifty do.

const PAGE = 50;

/** `columns`: {name, format, definition, hidden, cell}; `cell(row)` may make the content of a cell. `caption` names it. */
function dataTable({ columns, rows, caption, changed = () => {} }) {
  const state = { by: -1, down: false, page: 0, keep: () => true, all: false };
  let shown = rows;
  const body = el('tbody');
  const place = el('span', { class: 'place', 'aria-live': 'polite' });
  const turn = by => { state.page += by; paint(); };
  const back = el('button', { type: 'button', onclick: () => turn(-1) }, 'Previous');
  const on = el('button', { type: 'button', onclick: () => turn(1) }, 'Next');
  const heads = columns.map((column, index) => el('th', { scope: 'col', class: isNumeric(column) ? 'num' : null },
    el('button', { type: 'button', class: 'sort', 'data-definition': column.definition || null, onclick: () => sortBy(index) }, column.name)));
  const table = el('table', { class: 'data' }, el('caption', { class: 'unseen-text' }, caption), el('thead', {}, el('tr', {}, heads)), body);
  const pager = el('p', { class: 'tools pager' }, back, place, on);

  function sortBy(index) {
    state.down = state.by === index ? !state.down : isNumeric(columns[index]);
    state.by = index;
    heads.forEach((one, other) => other === index ? one.setAttribute('aria-sort', state.down ? 'descending' : 'ascending') : one.removeAttribute('aria-sort'));
    update();
  }

  function update() {
    shown = rows.filter(state.keep);
    if (state.by >= 0) shown.sort((one, other) => compare(one[state.by], other[state.by], state.down));
    state.page = 0;
    paint();
    changed(shown);
  }

  function paint() {
    const first = state.page * PAGE;
    const visible = index => state.all || !columns[index].hidden;
    heads.forEach((one, index) => { one.hidden = !visible(index); });
    body.replaceChildren(...shown.slice(first, first + PAGE).map(row => el('tr', {}, columns.map((column, index) => visible(index) && cellOf(column, row, index)))));
    pager.hidden = shown.length <= PAGE;
    place.textContent = `${fixed(first + 1, 0)} to ${fixed(Math.min(first + PAGE, shown.length), 0)} of ${fixed(shown.length, 0)}`;
    back.disabled = first === 0;
    on.disabled = first + PAGE >= shown.length;
  }

  update();
  return {
    nodes: [scrolling(caption, table), pager],
    shown: () => shown,
    filter: keep => { state.keep = keep; update(); },
    /** Shows newer rows in the order and on the page that is shown. */
    replace: newer => {
      const page = state.page;
      rows = newer;
      update();
      state.page = Math.min(page, Math.max(0, Math.ceil(shown.length / PAGE) - 1));
      paint();
    },
    showAll: all => { state.all = all; paint(); },
  };
}

const isNumeric = column => !['text', 'date'].includes(column.format);

function cellOf(column, row, index) {
  const content = column.cell ? column.cell(row) : format(row[index], column.format);
  const name = [isNumeric(column) ? 'num' : '', column.toned ? tone(row[index]) : ''].join(' ').trim();
  return el('td', { class: name || null }, content);
}

/** Orders two values of a column; what is not known comes last either way. */
function compare(one, other, down) {
  if (!known(one) || !known(other)) return known(other) - known(one);
  const order = typeof one === 'number' ? one - other : String(one).localeCompare(String(other));
  return down ? -order : order;
}

/** Rows as CSV (RFC 4180): dates as ISO texts, numbers unrounded. */
function csv(columns, rows) {
  const quoted = text => /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  const text = (value, column) => !known(value) ? '' : column.format === 'date' ? format(value, 'date') : String(value);
  return [columns.map(column => column.key), ...rows.map(row => row.map((value, index) => text(value, columns[index])))]
    .map(cells => cells.map(quoted).join(',')).join('\r\n') + '\r\n';
}

function download(name, text) {
  const address = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
  el('a', { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

/** A choice among texts. */
const chooser = (name, options, onchange) => el('select', { 'aria-label': name, onchange }, options.map(([value, text]) => el('option', { value }, text)));
