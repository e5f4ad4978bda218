// Why a position was opened and what came of it: one look and one knows. A timeline of the chain's records, what the
// model saw against what it was trained on, what it said, the limits in force, and who else was there.

let report = null;
let whyOrder = () => [];
const dialog = () => document.getElementById('why');
const openWhy = candidate => { location.hash = 'why=' + candidate; };

/** Opens the why that the address names, or closes the one that is open. */
function followAddress() {
  const named = /^#why=(.+)$/.exec(location.hash);
  if (!named) { if (dialog().open) dialog().close(); return; }
  const candidate = decodeURIComponent(named[1]);
  dialog().replaceChildren(...whyNodes(candidate).flat(3).filter(Boolean));
  if (!dialog().open) dialog().showModal();
  dialog().scrollTop = 0;
}

function listenForWhy(data) {
  report = data;
  addEventListener('hashchange', followAddress);
  dialog().addEventListener('close', () => { if (location.hash.startsWith('#why=')) history.replaceState(null, '', '#trades'); });
  dialog().addEventListener('click', event => { if (event.target === dialog()) dialog().close(); });
  followAddress();
}

function whyNodes(candidate) {
  const why = (report.why || {})[candidate];
  const key = report.trades ? places(report.trades) : {};
  const rows = report.trades ? report.trades.rows.filter(one => one[key.candidate] === candidate) : [];
  const heading = why ? why.heading : rows.length ? `${rows[0][key.ticker]} on ${format(rows[0][key.entry_day], 'date')}` : `No candidate ${candidate}`;
  const first = [steering(candidate), el('h2', { id: 'why-heading' }, heading), rows.map(one => result(one, key))];
  if (!why && rows.length) return [...first, nothing('The records of this trade are not kept in this file; `butterquant why` shows them.')];
  if (!why) return [...first, nothing('This report has no trade of that candidate; the address may be of another report.')];
  const part = (title, content, name) => el('section', { class: name }, el('h3', {}, title), content);
  return [...first, el('div', { class: 'why' }, part('What happened', chain(why)),
    el('div', {}, part('What the model said', said(why)), part('Who else was there', others(why))),
    part('What the model saw', features(why), 'full'))];
}

/** Buttons to the trades before and after it in the table as it is sorted and filtered, and to close. */
function steering(candidate) {
  const order = whyOrder();
  const here = order.indexOf(candidate);
  const go = (text, to) => el('button', { type: 'button', disabled: !to, onclick: () => openWhy(to) }, text);
  const place = el('span', { class: 'place' }, `${fixed(here + 1, 0)} of ${fixed(order.length, 0)}`);
  return el('p', { class: 'tools' }, here >= 0 && [go('← Previous', order[here - 1]), go('Next →', order[here + 1]), place],
    el('button', { type: 'button', class: 'close', autofocus: true, onclick: () => dialog().close() }, 'Close'));
}

/** The result of one position in a line. */
function result(one, key) {
  const names = [['pnl', 'P&L'], ['roi', 'ROI'], ['expected_roi', 'expected'], ['held', 'held'], ['reason', 'out by']].filter(([name]) => known(key[name]));
  return el('p', { class: 'result' }, trackName(report, one[key.track]), names.map(([name, text]) => {
    const value = one[key[name]];
    const colour = ['pnl', 'roi'].includes(name) ? tone(value) : null;
    return el('span', {}, text + ' ', el('b', { class: colour }, plus(name, value, report.trades.columns[key[name]].format)));
  }));
}

/** Steps that hold until the next of their kind: their age is no fault. */
const LASTING = ['controls', 'model'];

/** The records that led to the position and from it, each with its distance from the day of the scan. */
function chain(why) {
  const names = ['name', 'day', 'where', 'age_days', 'text'];
  const steps = why.steps.map(step => Array.isArray(step) ? Object.fromEntries(names.map((name, index) => [name, step[index]])) : step);
  const start = dayNumber((steps.find(step => step.name === 'scan') || steps[0]).day);
  let before = null;
  return el('ol', { class: 'timeline' }, steps.map(step => {
    const day = dayNumber(step.day);
    const gap = before !== null && day - before > 1 ? el('li', { class: 'gap' }, counted(day - before, 'day')) : null;
    before = day;
    const offset = day === start ? 'day of the scan' : `${signed(day - start, 0)} d`;
    return [gap, el('li', { class: 'step' },
      el('div', { class: 'step-head' }, el('b', {}, step.name), el('time', { datetime: step.day }, step.day), el('span', { class: 'offset' }, offset),
        step.age_days > 0 && el('span', { class: LASTING.includes(step.name) ? 'offset' : 'aged' }, `${counted(step.age_days, 'day')} old when used`), step.where && el('code', {}, step.where)),
      el('p', {}, step.text))];
  }));
}

/** A value of which only its size tells the kind: a fraction is small, a score or a count is not. */
const amount = (value, beside) => Math.max(Math.abs(value), Math.abs(beside)) <= 2 ? format(value, 'percent') : fixed(value, Number.isInteger(value) ? 0 : 1);
const stretch = content => el('td', { class: 'stretch' }, content);

function said(why) {
  const classes = report.calibration ? report.calibration.classes : ['Loss', 'Minor', 'Good', 'Excellent'];
  const chances = why.probabilities || [];
  const bars = chances.map((value, index) => {
    const one = row(classes[index], stretch(bar(value, 0, 1, `${classes[index]}: ${format(value, 'percent')}`)), numeric(fixed(100 * value, 1) + ' %'));
    one.classList.toggle('most', value === Math.max(...chances));
    return one;
  });
  const limits = (why.thresholds || []).map(one => row(one.name, stretch(bullet(one.value, one.limit, `${one.value} against ${one.limit}`)),
    numeric(amount(one.value, one.limit), el('small', {}, ` limit ${amount(one.limit, one.value)}`))));
  return [bars.length ? table('bars', null, bars) : nothing('No model was asked: this track trades by the technical score.'),
    known(why.expected_roi) && el('p', {}, term('Expected ROI', GLOSSARY.expected_roi), ' ', el('b', {}, format(why.expected_roi, 'percent'))),
    limits.length > 0 && [el('h4', {}, term('Limits in force', GLOSSARY.limits)), table('bars', null, limits)]];
}

/** Who was over the limit that day, the taken and those passed over, with the reason's code and words. */
function others(why) {
  const list = typeof why.others === 'string' ? (report.considered || {})[why.others] : why.others;
  if (!list || !list.length) return nothing('No other candidate of that day was over the limit.');
  const high = Math.max(...list.map(one => one.value || 0), 0);
  return el('ol', { class: 'others' }, list.map(one => {
    const [, code, text] = /^([A-Z][A-Z_]+): (.*)$/s.exec(one.what) || [null, null, one.what];
    const self = why.heading.startsWith(one.ticker + ' ');
    return el('li', { class: (code ? 'passed' : 'taken') + (self ? ' self' : '') }, el('b', {}, one.ticker),
      bar(one.value, Math.min(0, one.value), high, String(one.value)), el('span', { class: 'num' }, amount(one.value, high)),
      el('span', { class: 'what' }, code && el('code', {}, code), ' ', text));
  }));
}

function features(why) {
  const list = why.features || [];
  if (!list.length) return nothing('The features of this candidate are not kept in this file.');
  const model = (report.models || []).find(one => one.version === why.model);
  const deciles = model && model.deciles;
  const rows = list.map((value, index) => featureRow(value, index, deciles));
  const names = () => deciles ? ['Feature', 'Training rows, tenths', numericHead('Value'), numericHead(term('Percentile', GLOSSARY.percentile))] : ['Feature', numericHead('Value')];
  const half = Math.ceil(rows.length / 2);
  return [note(deciles ? `Each strip is the tenths of the rows that model ${model.version} was trained on, the median in its middle; the dot is this candidate.`
    : `The distribution of the training rows of model ${why.model ?? DASH} is not known, so values stand without it.`),
    el('div', { class: 'cards wide' }, table('bars', names(), rows.slice(0, half)), table('bars', names(), rows.slice(half)))];
}

function featureRow(value, index, deciles) {
  const name = report.feature_names[index];
  const tenths = deciles && deciles[index];
  const definition = [(report.feature_definitions || [])[index]];
  if (tenths) {
    const [low, , , , median, , , , high] = tenths.map(brief);
    definition.push(`Training rows: 10 % below ${low}, half below ${median}, 90 % below ${high}.`);
  }
  const named = term(name, definition.filter(Boolean).join('\n'));
  if (!deciles) return row(named, numeric(brief(value)));
  if (!tenths) return row(named, stretch(''), numeric(brief(value)), numeric(DASH));
  const where = value < tenths[0] ? 'below 10' : value > tenths[8] ? 'above 90' : fixed(percentile(value, tenths), 0);
  return row(named, stretch(decileStrip(value, tenths, `${name}: percentile ${where}`)), numeric(brief(value)), numeric(where));
}
