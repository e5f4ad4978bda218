// Records of the log, dead letters, and what the log has of a ticker.

const pretty = value => el('pre', { class: 'json', tabindex: '0' }, JSON.stringify(value, null, 2));

function recordNodes(found) {
  const { topic, partition, record } = found;
  const step = (text, to, there) => there ? el('a', { href: `#/record/${topic}/${partition}/${to}` }, text) : el('span', { class: 'place' }, text);
  const at = record ? record.offset : found.offset;
  return [el('h3', {}, `${topic}/${partition}, offset ${count(at)}`),
    el('p', { class: 'tools' }, step('← Before', at - 1, at > found.start), step('Next →', at + 1, at + 1 < found.end), el('span', { class: 'place' }, `the partition has ${count(found.start)} to ${count(found.end)}`)),
    record ? [record.ticker && el('p', {}, tickerLink(record.ticker), ' ', record.headers.correlation_id && whyLink(record.headers.correlation_id, 'why of this candidate')), pretty(record)]
      : nothing(found.offset < found.start ? 'The record is gone from the log.' : 'There is no record at this offset yet.')];
}

const recordView = (topic, partition, offset) => [title('A record of the log'), !/^\d+$/.test(partition) || !/^\d+$/.test(offset) ? nothing('A place is a topic, the number of a partition and an offset.') : awaited(ask(`api/record/${topic}/${partition}/${offset}`), recordNodes)];

function topicsView() {
  const box = el('div');
  const paint = () => { if (sample()) box.replaceChildren(flowTable(sample().topics)); };
  listen(paint);
  paint();
  return [title('Topics', files('topics')), note('Rates are of the last minute. The last event’s day is by its own time.'), box];
}

function lettersView(id) {
  if (known(id)) {
    return [title(`Dead letter ${id}`), awaited(ask('api/dead-letters/' + id), of => [
      el('p', {}, badge(of.state, of.state === 'open' ? 'bad' : 'ok'), ' ', of.message),
      facts([['Reason', of.reason], ['Found by', of.role], ['Day', of.day], ['Record', recordLink(of.topic, of.partition, of.offset)], ['Key', of.key], ['Bytes', count(of.bytes)],
        ['SHA-256', el('code', {}, of.sha256)], ['Settled', of.settled && `${of.state} by ${of.settled.by}: ${of.settled.why}`]]),
      el('h3', {}, 'Headers'), table('plain pairs', null, of.headers.map(one => row(one.name, el('td', {}, known(one.value) ? one.value : 'null')))),
      el('h3', {}, of.decoded ? 'The event in it' : 'Not an event'), of.decoded ? pretty(of.decoded) : nothing(of.undecodable || 'Its bytes hold no event.'),
      el('h3', {}, 'Bytes'), el('pre', { class: 'json' }, of.value_hex === null ? 'null' : hexDump(of.value_hex)),
      note(of.state === 'open' ? `butterquant dlq redrive ${of.id} puts it back; butterquant dlq drop ${of.id} drops it.` : '')])];
  }
  return [title('Dead letters', files('dead-letters')), awaited(ask('api/dead-letters'), of => {
    if (!of.counts.length) return nothing('There are none: every event could be processed.');
    const counts = table('plain', ['Topic', 'Reason', numericHead('Open'), numericHead('Redriven'), numericHead('Dropped')],
      of.counts.map(one => row(one.topic, el('td', {}, one.reason), numeric(count(one.open)), numeric(count(one.redriven)), numeric(count(one.dropped)))));
    const list = objectTable('The latest dead letters', [
      { name: 'Id', format: 'count', of: one => one.id, cell: one => el('a', { href: '#/dead-letters/' + one.id }, count(one.id)) },
      { name: 'State', format: 'text', of: one => one.state, cell: one => badge(one.state, one.state === 'open' ? 'bad' : 'ok') },
      { name: 'Day', format: 'text', of: one => one.day }, { name: 'Reason', format: 'text', of: one => one.reason },
      { name: 'Record', format: 'text', of: one => `${one.topic}/${one.partition}`, cell: one => recordLink(one.topic, one.partition, one.offset) },
      { name: 'Bytes', format: 'count', of: one => one.bytes },
      { name: 'What was wrong', format: 'text', of: one => one.message, cell: one => el('span', { class: 'reason' }, one.message) },
    ], [...of.letters].reverse());
    return [el('p', {}, files('dead-letter-counts')), scrolling('Dead letters by reason', counts), el('h3', {}, 'The latest'), list.nodes];
  })];
}

/** Bytes in lines of sixteen. */
function hexDump(hex) {
  const lines = [];
  for (let at = 0; at < Math.min(hex.length, 32 * 64); at += 32) {
    const bytes = hex.slice(at, at + 32).match(/../g) || [];
    const text = bytes.map(one => parseInt(one, 16)).map(code => code > 31 && code < 127 ? String.fromCharCode(code) : '.').join('');
    lines.push(`${(at / 2).toString(16).padStart(6, '0')}  ${bytes.join(' ').padEnd(48)} ${text}`);
  }
  return lines.join('\n') + (hex.length > 32 * 64 ? '\n…' : '');
}

function tickerView(ticker) {
  const query = '?ticker=' + encodeURIComponent(ticker);
  return [title(ticker), awaited(ask('api/ticker/' + encodeURIComponent(ticker)), of => {
    const scans = of.scans.filter(one => one.kind === 'CANDIDATE_SCANNED');
    const last = of.scans[of.scans.length - 1];
    const predictions = new Map(of.predictions.map(one => [String((one.data || {}).candidate), one]));
    const outcomes = new Map(of.outcomes.map(one => [String((one.data || {}).candidate), one]));
    const closes = of.bars.filter(one => one.kind === 'BAR_CLOSED' && one.data);
    return [of.older && note('The log has older events of it, which are not shown here.'),
      closes.length > 1 && closesChart(closes), last && analysisNodes(last),
      el('h3', {}, 'Scans', files('scans', query)), scans.length ? scanTable(of.scans, predictions, outcomes).nodes : nothing('It has not been scanned on these days.')];
  })];
}

function closesChart(closes) {
  const days = closes.map(one => dayNumber(one.day));
  return timeline(days, [{ name: 'Close', kind: 'price', height: 220, lines: [{ name: 'Close', values: closes.map(one => one.data.close) }] }], []);
}

/** The latest scan: what was seen, the butterfly chosen, its price and its greeks; or why it was refused. */
function analysisNodes(scan) {
  const of = scan.data || {};
  if (scan.kind !== 'CANDIDATE_SCANNED') return [el('h3', {}, `Refused on ${scan.day}`), nothing(of.reason || 'No reason is on the log.')];
  const legs = table('plain', ['Leg', numericHead('Strike'), numericHead('Price'), numericHead('Volatility'), numericHead('Delta'), numericHead('Gamma'), numericHead('Vega'), numericHead('Theta')],
    (of.legs || []).map(leg => row(`${signed(leg.ratio, 0)} ${leg.right.toLowerCase()}`, numeric(format(leg.strike, 'price')), numeric(format(leg.price, 'price')), numeric(format(leg.sigma, 'percent')),
      numeric(fixed(leg.delta, 3)), numeric(fixed(leg.gamma, 4)), numeric(fixed(leg.vega, 2)), numeric(fixed(leg.theta, 2)))));
  const structure = of.structure || {};
  return [el('h3', {}, `Analysis of ${scan.day}`), el('div', { class: 'tiles' },
    facts([['Score', fixed(of.score, 1)], ['Spot', format(of.spot, 'price')], ['Trend', signedPercent(of.trend_slope)], ['Forecast return', signedPercent(of.forecast_return)],
      ['Implied volatility (proxy)', format(of.current_iv, 'percent')], ['Predicted volatility', format(of.predicted_vol, 'percent')], ['Dominant period', known(of.dominant_period) && `${fixed(of.dominant_period, 1)} days`], ['VIX', fixed(of.vix, 2)]]),
    facts([['Strategy', String(structure.strategy || DASH).toLowerCase().replaceAll('_', ' ')], ['Expiry', structure.expiry], ['Evaluation day', structure.evaluation_day], ['Net debit', format(of.debit, 'price')],
      ['Largest loss', format(of.max_loss, 'price')], ['Largest profit', format(of.max_profit, 'price')], ['Probability of profit', format(of.prob_profit, 'percent')],
      ['Break-evens', (of.break_evens || []).map(one => format(one, 'price')).join(', ')]])),
  scrolling('Legs', legs), el('p', {}, whyLink(scan.id, 'Why it was traded or not'), ' · ', recordLink('scans', scan.partition, scan.offset, 'the record'))];
}

function scanTable(scans, predictions, outcomes) {
  const of = scan => scan.data || {};
  const predicted = scan => (predictions.get(scan.id) || {}).data || {};
  const came = scan => (outcomes.get(scan.id) || {}).data || {};
  return objectTable('Scans', [
    { name: 'Day', format: 'text', of: scan => scan.day, cell: scan => whyLink(scan.id, scan.day) },
    { name: 'Score', format: 'number', of: scan => of(scan).score },
    { name: 'Strategy', format: 'text', of: scan => of(scan).structure ? of(scan).structure.strategy.toLowerCase().replaceAll('_', ' ') : '' },
    { name: 'Debit', format: 'price', of: scan => of(scan).debit },
    { name: 'Expected ROI', format: 'percent', of: scan => predicted(scan).expected_roi },
    { name: 'Model', format: 'count', of: scan => predicted(scan).model_version },
    { name: 'Realised ROI', format: 'percent', toned: true, of: scan => came(scan).roi },
    { name: 'Refused', format: 'text', of: scan => scan.kind === 'CANDIDATE_SCANNED' ? '' : of(scan).reason || scan.kind },
  ], [...scans].reverse());
}
