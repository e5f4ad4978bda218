// The sections below the first screen, each a function from the data to what it shows. One with nothing to show says why.

/** Why a section is empty: the data's own reason, or else a general one. */
const refusal = (data, section, otherwise) => (data.refused || {})[section] || otherwise;

function equity(data) {
  if (!(data.days || []).length || !(data.tracks || []).length) return nothing(refusal(data, 'equity', 'No day has been closed, so nothing is marked to market.'));
  const lines = key => data.tracks.filter(track => (track[key] || []).length).map(track => ({ name: track.name, values: track[key] }));
  const filled = lines('drawdown').map((one, index) => ({ ...one, more: () => index ? {} : { fill: colour('a-faint') } }));
  const parts = [
    { name: 'Equity', definition: GLOSSARY.equity, kind: 'dollars', height: 290, lines: lines('equity'), level: data.tracks[0].equity[0], named: true },
    { name: 'Drawdown', definition: GLOSSARY.drawdown, kind: 'percent', height: 170, lines: filled, level: 0 },
    { name: 'Exposure', definition: GLOSSARY.exposure, kind: 'percent', height: 150, lines: lines('exposure'), optional: true },
  ].filter(part => part.lines.length);
  if (data.index) {
    const only = { ...data.index, more: () => ({ stroke: colour('ink'), dash: [], class: 'index' }) };
    parts.push({ name: data.index.name, definition: GLOSSARY.index, kind: 'number', height: 150, lines: [only], optional: true });
  }
  const periods = data.periods || [];
  return [timeline(data.days, parts, periods), periods.length > 0 && note(['Shaded: the periods under ', el('a', { href: '#periods' }, 'Crises'), '.'])];
}

/** A cell whose shade grows with its value's size, up to `most`. */
const heat = (value, most, ...children) => {
  const share = Math.round(46 * Math.min(1, Math.abs(value || 0) / (most || 1)));
  return el('td', { class: 'num heat ' + tone(value), style: `--heat: ${share}%` }, ...children);
};

function monthly(data) {
  const tracks = (data.tracks || []).filter(track => (track.monthly || []).length);
  if (!tracks.length) return nothing(refusal(data, 'monthly', 'No month has a closed day.'));
  const most = Math.max(...tracks.flatMap(track => track.monthly.flatMap(year => year.months.map(value => Math.abs(value || 0)))));
  const percents = value => known(value) ? signed(100 * value, 1) : '';
  const names = () => ['Year', ...'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec Total'.split(' ').map(name => numericHead(name))];
  const rowOf = year => row(String(year.year), year.months.map(value => heat(value, most, percents(value))),
    el('td', { class: 'num sum ' + tone(year.total) }, percents(year.total)));
  return [note('Change of equity in percent of capital.'), tracks.map(track =>
    scrolling(`Months of ${track.name}`, table('months', names(), track.monthly.map(rowOf), trackName(data, track.name))))];
}

function groups(data) {
  const list = (data.groups || []).filter(group => group.tracks.some(track => track.rows.length));
  if (!list.length) return nothing(refusal(data, 'groups', 'No trade was closed, so there is nothing to group.'));
  return [note('Bars are mean ROI; pale ones rest on fewer than 10 trades.'), el('div', { class: 'cards wide' }, list.map(group => groupCard(data, group)))];
}

function groupCard(data, group) {
  const labels = [...new Set(group.tracks.flatMap(track => track.rows.map(one => one.label)))];
  const means = group.tracks.flatMap(track => track.rows.map(one => one.mean_roi || 0));
  const [low, high] = [Math.min(0, ...means), Math.max(0, ...means)];
  const figures = one => [numeric(signed(100 * one.mean_roi, 1) + ' %'), numeric(format(one.trades, 'count')),
    numeric(fixed(100 * one.win_rate, 0) + ' %'), el('td', { class: 'num wide-only' }, format(one.profit, 'dollars'))];
  const rowOf = (name, track, index) => {
    const one = track.rows.find(other => other.label === name);
    const classes = [`track-${trackIndex(data, track.track)}`, index ? '' : 'first', one && one.trades < 10 ? 'few' : ''].join(' ');
    const what = one && `${track.track}, ${name}: mean ROI ${format(one.mean_roi, 'percent')}`;
    return el('tr', { class: classes }, index === 0 && el('th', { scope: 'rowgroup', rowspan: group.tracks.length }, name),
      el('td', { class: 'stretch' }, one && bar(one.mean_roi, low, high, what)), one ? figures(one) : el('td', { class: 'num', colspan: 4 }, 'no trade'));
  };
  const names = ['', '', numericHead('mean'), numericHead('trades'), numericHead('won'), el('th', { scope: 'col', class: 'num wide-only' }, 'P&L')];
  return el('section', { class: 'card' }, el('h3', {}, term(group.name, group.definition)),
    el('p', { class: 'legend' }, group.tracks.map(track => trackName(data, track.track))),
    table('bars', names, labels.flatMap(name => group.tracks.map((track, index) => rowOf(name, track, index)))));
}

function calibration(data) {
  if (!data.calibration) return nothing(data.calibration_refused || 'No model has predicted anything that has come out since.');
  const { classes, bins, text } = data.calibration;
  return [note(text), el('div', { class: 'cards' }, classes.map((name, index) =>
    el('figure', { class: 'card track-0' }, el('figcaption', {}, el('b', {}, name)), bins[index].length
      ? [reliability(bins[index], name), el('p', { class: 'axis-name' }, 'came, % over predicted, %')] : nothing('No prediction of this class has come out.'))))];
}

function comparison(data) {
  const one = data.comparison;
  if (!one) return nothing(data.comparison_refused || 'The tracks were not compared.');
  const pair = data.tracks.slice(0, 2).map(track => track.name).join(' − ');
  const or = (value, text) => known(value) ? text(value) : DASH;
  const facts = [
    [`Mean difference a day, ${pair}`, basisPoints(one.mean_daily_difference)],
    [term('95 % interval', GLOSSARY.interval), one.interval.map(basisPoints).join(' to ')],
    [term('p-value', GLOSSARY.p_value), or(one.p_value, value => fixed(value, 3))],
    [term('Could have been seen', GLOSSARY.detectable), or(one.detectable_difference, value => `±${fixed(1e4 * value, 2)} bp`)],
    [term('Days still needed', GLOSSARY.needed), or(one.days_needed, days => format(Math.max(0, days - one.days), 'count'))],
    ['Days compared', format(one.days, 'count')],
    [term('Block', GLOSSARY.block), counted(one.block, 'day')],
    [term('False alarms at 5 %', GLOSSARY.false_alarms), format(one.false_alarm_rate, 'percent')],
  ];
  return [el('p', { class: 'lead' }, one.text), el('div', { class: 'cards wide' },
    el('figure', { class: 'card' }, el('figcaption', {}, `${pair}, basis points of capital a day`), intervalPicture(one)),
    table('pairs', null, facts.map(([name, value]) => row(name, numeric(value))))), note('What the p-value means: ' + GLOSSARY.p_value)];
}

function sensitivity(data) {
  const grid = data.sensitivity;
  if (!grid || !grid.tracks.length) return nothing(refusal(data, 'sensitivity', 'No result was computed at other volatilities and costs.'));
  const most = Math.max(...grid.tracks.flatMap(track => track.profit.flat().map(value => Math.abs(value || 0))));
  const cell = (track, place, column) => {
    const profit = track.profit[place][column];
    const one = heat(profit, most, format(profit, 'dollars'), el('small', {}, format((track.mean_roi[place] || [])[column], 'percent')));
    if (grid.volatility[place] === 1 && grid.costs[column] === 1) one.classList.add('base');
    return one;
  };
  const rows = track => grid.volatility.map((volatility, place) => row(`× ${volatility}`, grid.costs.map((_, column) => cell(track, place, column))));
  const names = () => ['Volatility', ...grid.costs.map(cost => numericHead(`costs × ${cost}`))];
  return [note('Profit, and below it mean ROI, had the same trades been priced at another volatility and at higher costs. The framed cell is the run itself.'),
    el('div', { class: 'cards wide' }, grid.tracks.map(track => scrolling(`Sensitivity of ${track.track}`, table('grid', names(), rows(track), trackName(data, track.track)))))];
}

function periods(data) {
  if (!(data.periods || []).length) return nothing(refusal(data, 'periods', 'No crisis period lies within these days; name one and the report shows it.'));
  const figures = track => [el('td', {}, trackName(data, track.track)), el('td', { class: 'num ' + tone(track.total_return) }, signedPercent(track.total_return)),
    numeric(format(track.drawdown, 'percent')), numeric(format(track.trades, 'count'))];
  const named = (period, rowspan) => [el('th', { scope: 'rowgroup', rowspan }, period.name), el('td', { rowspan }, `${period.from} to ${period.to}`), el('td', { rowspan }, period.named_by)];
  const names = ['Period', 'Days', 'Named by', 'Track', numericHead(term('Return', GLOSSARY.period_return)), numericHead(term('Drawdown', GLOSSARY.period_drawdown)), numericHead('Trades')];
  return scrolling('Crisis periods', table('plain spans', names, data.periods.flatMap(period => period.tracks.map((track, index) =>
    el('tr', { class: index ? null : 'first' }, index === 0 && named(period, period.tracks.length), figures(track))))));
}

function assumptions(data) {
  const list = data.assumptions || [];
  const costs = (data.costs || []).map(one => row(one.name, numeric(brief(one.assumed)), numeric(brief(one.got)), el('td', { class: 'words' }, one.note)));
  return [list.length ? el('dl', { class: 'assumptions' }, list.map(one => [el('dt', {}, one.name), el('dd', {}, one.text)])) : nothing('This run lists no assumptions.'),
    el('h3', {}, 'Costs, assumed and got'), costs.length ? scrolling('Costs', table('plain', ['Cost', numericHead('Assumed'), numericHead('Got'), 'Note'], costs))
      : nothing(refusal(data, 'costs', 'No order was filled, so no cost was paid.'))];
}

function limits(data) {
  const list = data.not_to_conclude || [];
  return list.length ? el('ul', { class: 'limits' }, list.map(text => el('li', {}, text))) : nothing('Nothing is listed; a backtest alone is still no promise.');
}
