// The trades: how their results are spread, and the table in which each row leads to its why.

const SECONDARY = ['wing', 'entry_price', 'entry_fees', 'exit_price', 'exit_fees', 'regime', 'model', 'candidate'];

/** A result with its sign; other values as they are. */
const plus = (key, value, kind) => (['pnl', 'roi'].includes(key) && value > 0 ? '+' : '') + format(value, kind);

/** Gives the place of each column by its key. */
const places = table => Object.fromEntries(table.columns.map((column, index) => [column.key, index]));

function tradeRecords(data) {
  const key = places(data.trades);
  return data.trades.rows.filter(row => known(row[key.exit_day]) && known(row[key.roi])).map(row => ({
    track: row[key.track], exit: row[key.exit_day], roi: row[key.roi], candidate: row[key.candidate],
    text: `${row[key.ticker]}, ${row[key.track]}: out on ${isoDay(row[key.exit_day])}, ROI ${signed(100 * row[key.roi], 1)} %, P&L ${format(row[key.pnl], 'dollars')}`,
  }));
}

function spread(data) {
  const records = data.trades && data.trades.rows.length ? tradeRecords(data) : [];
  if (!records.length) return nothing(refusal(data, 'trades', 'No trade was closed, so there are no results to spread.'));
  const names = [...new Set(records.map(record => record.track))].sort((one, other) => trackIndex(data, one) - trackIndex(data, other));
  const high = Math.max(0.5, Math.ceil(2 * Math.max(...records.map(record => record.roi))) / 2);
  const cards = names.map(name => {
    const values = records.filter(record => record.track === name).map(record => record.roi);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const middle = [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)];
    return el('figure', { class: `card track-${trackIndex(data, name)}` },
      el('figcaption', {}, el('b', {}, trackName(data, name)), ` ${counted(values.length, 'trade')}, mean ${signed(100 * mean, 1)} %, median ${signed(100 * middle, 1)} %`),
      histogram(values, -1, high, `ROI of ${counted(values.length, 'trade')} of ${name}`));
  });
  const legend = names.map(name => el('span', { class: `track track-${trackIndex(data, name)}` }, el('i', { class: 'mark' }), name));
  return [el('div', { class: 'cards wide' }, cards),
    el('div', { class: 'plot' }, el('h3', {}, 'By day of exit'), el('p', { class: 'legend' }, legend), scatter(records, names, openWhy))];
}

function trades(data) {
  const source = data.trades;
  if (!source || !source.rows.length) return nothing(refusal(data, 'trades', 'No track has opened a position.'));
  const key = places(source);
  const columns = source.columns.map(column => ({ ...column, hidden: SECONDARY.includes(column.key), toned: ['pnl', 'roi'].includes(column.key) }));
  // The ticker leads to the why: it comes first, and stays in sight when the table scrolls.
  const order = [key.ticker, ...columns.keys()].filter((index, at, all) => all.indexOf(index) === at);
  const arranged = order.map(index => columns[index]);
  const rows = source.rows.map(row => order.map(index => row[index]));
  const now = Object.fromEntries(arranged.map((column, index) => [column.key, index]));
  arranged[0].cell = row => el('a', { href: '#why=' + row[now.candidate], 'aria-label': `Why ${row[0]} on ${format(row[now.entry_day], 'date')}` }, row[0]);
  arranged[now.track].cell = row => trackName(data, row[now.track]);
  for (const name of ['pnl', 'roi']) arranged[now[name]].cell = row => plus(name, row[now[name]], arranged[now[name]].format);

  // Words are found by their beginnings. Tracks have a filter of their own, and the digits of an id would match any short word.
  const searched = (column, index) => index !== now.track && index !== now.candidate;
  const hay = new Map(rows.map(row => [row, ' ' + arranged.map((column, index) => searched(column, index) ? format(row[index], column.format) : '').join(' ').toLowerCase()]));
  const holds = (row, word) => hay.get(row).includes(' ' + word) || (word.length >= 8 && String(row[now.candidate]).startsWith(word));
  const total = el('p', { class: 'total', 'aria-live': 'polite' });
  const changed = shown => {
    const closed = shown.filter(row => known(row[now.pnl]));
    const sum = closed.reduce((all, row) => all + row[now.pnl], 0);
    const roi = closed.reduce((all, row) => all + row[now.roi], 0) / closed.length;
    const won = closed.filter(row => row[now.pnl] > 0).length / closed.length;
    total.textContent = closed.length
      ? `${counted(shown.length, 'trade')} · P&L ${format(sum, 'dollars')} · mean ROI ${format(roi, 'percent')} · won ${format(won, 'percent')}`
      : counted(shown.length, 'trade') + (shown.length ? ', none closed yet' : ': the filters leave none');
  };
  const table = dataTable({ columns: arranged, rows, caption: 'Trades', changed });
  const text = el('input', { type: 'search', placeholder: 'ticker, type, reason, day …', 'aria-label': 'Text in a trade', oninput: refilter });
  const track = chooser('Track', [['', 'both tracks'], ...[...new Set(rows.map(row => row[now.track]))].map(name => [name, name])], refilter);
  const sign = chooser('Result', [['', 'gains and losses'], ['1', 'gains'], ['-1', 'losses']], refilter);
  function refilter() {
    const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    table.filter(row => (!track.value || row[now.track] === track.value) && (!sign.value || Math.sign(row[now.pnl] || 0) === Number(sign.value)) && words.every(word => holds(row, word)));
  }
  whyOrder = () => [...new Set(table.shown().map(row => row[now.candidate]))];
  return [el('p', { class: 'tools' }, text, track, sign,
    el('label', {}, el('input', { type: 'checkbox', onchange: event => table.showAll(event.target.checked) }), ' all columns'),
    el('button', { type: 'button', onclick: () => download('trades.csv', csv(arranged, table.shown())) }, 'CSV of these')), total, table.nodes];
}
