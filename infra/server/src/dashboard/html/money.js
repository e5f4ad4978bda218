// Models, equity and positions, rankings, and the journal.

function modelsView() {
  return [title('Training', files('triggers')), awaited(ask('api/training'), trainingNodes), title('Versions', files('models')), awaited(ask('views/models'), modelNodes)];
}

/** How far a rule is, from 0 to 1, where it counts. */
function progressOf({ rule, figures }) {
  if (rule === 'count') return figures.outcomes / figures.over;
  if (rule === 'vix') return figures.days / figures.of;
  return null;
}

function trainingNodes(of) {
  const rows = of.triggers.map(one => {
    const progress = progressOf(one);
    return row(one.rule, el('td', {}, badge(one.state, one.state === 'due' ? 'warn' : '')),
      el('td', {}, known(progress) && el('span', { class: 'progress', role: 'img', 'aria-label': format(progress, 'percent') }, el('i', { style: `width: ${Math.min(100, 100 * progress)}%` }))), el('td', { class: 'reason' }, one.said));
  });
  return [el('p', {}, `At the close of ${of.through}: `, known(of.champion) ? `v${of.champion} is in force` : of.no_model || 'no model is in force', of.watching && `; v${of.watching.version} is watched, ${of.watching.days} of ${of.watching.of} days`, '.'),
    of.awaited && nothing(of.awaited.reason), scrolling('Rules that start a training', table('plain', ['Rule', 'State', 'How far', 'Where it stands'], rows)),
    of.last.length > 0 && [el('h3', {}, 'The last trainings', files('trainings')), scrolling('Trainings', table('plain', ['Day', 'Version', 'Rule', 'Because'], of.last.map(one => row(one.day, el('td', {}, 'v' + one.version), el('td', {}, one.rule), el('td', { class: 'reason' }, one.evidence)))))]];
}

function modelNodes(of) {
  if (!of.models.length) return nothing('No model has been trained yet.');
  const list = objectTable('Model versions', [
    { name: 'Version', format: 'count', of: one => one.version, cell: one => 'v' + one.version },
    { name: 'State', format: 'text', of: one => one.standing, cell: one => badge(one.standing, one.standing === 'champion' ? 'ok' : one.standing === 'challenger' ? 'waits' : '') },
    { name: 'Triggered', format: 'text', of: one => one.triggered_on }, { name: 'Rule', format: 'text', of: one => one.rule },
    { name: 'SHA-256', format: 'text', of: one => one.sha256, cell: one => one.sha256 ? el('code', {}, one.sha256.slice(0, 12)) : DASH },
    { name: 'Gate', format: 'text', of: one => one.verdict.join(' '), cell: one => el('span', { class: 'reason' }, one.verdict.join(' ') || one.refusals.map(refusal => refusal.reason || JSON.stringify(refusal)).join(' ') || DASH) },
  ], [...of.models].reverse());
  const changes = [...of.changes].reverse().slice(0, 30).map(one => row(one.day, el('td', {}, known(one.version) ? 'v' + one.version : DASH), el('td', {}, one.alias.toLowerCase()), el('td', { class: 'reason' }, one.reason)));
  return [list.nodes, el('h3', {}, 'Changes', files('changes')), scrolling('Changes of the models in force', table('plain', ['Day', 'Version', 'Became', 'Because'], changes))];
}

function moneyView() {
  return [title('Equity', files('equity')), awaited(ask('api/money'), of => {
    const names = Object.keys(of.equity.tracks);
    const days = [...new Set(names.flatMap(name => of.equity.tracks[name].map(one => dayNumber(one.day))))].sort((one, other) => one - other);
    const by = name => new Map(of.equity.tracks[name].map(one => [dayNumber(one.day), one]));
    const lines = names.map(name => { const marks = by(name); return { name, values: days.map(day => marks.has(day) ? marks.get(day).equity : null) }; });
    const at = row => `${row.structure.strategy} ${Object.values(row.structure.strikes).sort((one, other) => one - other).join(' / ')}, ${row.structure.expiry}`;
    const positions = objectTable('Positions', [
      { name: 'Ticker', format: 'text', of: one => one.ticker, cell: one => whyLink(one.candidate, one.ticker) }, { name: 'Track', format: 'text', of: one => one.track },
      { name: 'Butterfly', format: 'text', of: at }, { name: 'Contracts', format: 'count', of: one => one.quantity }, { name: 'Since', format: 'text', of: one => one.entry_day },
      { name: 'Price', format: 'price', of: one => one.entry_price }, { name: 'At risk', format: 'dollars', of: one => one.capital_at_risk }, { name: 'Evaluated', format: 'text', of: one => one.structure.evaluation_day },
      { name: 'Expected ROI', format: 'percent', of: one => one.expected_roi }, { name: 'Model', format: 'count', of: one => one.model_version },
    ], of.positions.positions);
    const pending = objectTable('Orders that still work', [
      { name: 'Order', format: 'count', of: one => one.broker_order_id, cell: one => whyLink(one.broker_order_id, count(one.broker_order_id)) }, { name: 'Ticker', format: 'text', of: one => one.ticker, cell: one => tickerLink(one.ticker) },
      { name: 'Track', format: 'text', of: one => one.track }, { name: 'Action', format: 'text', of: one => one.action.toLowerCase() }, { name: 'State', format: 'text', of: one => one.state },
      { name: 'Butterfly', format: 'text', of: at }, { name: 'Contracts', format: 'count', of: one => one.quantity }, { name: 'Decided', format: 'text', of: one => one.decided_on }, { name: 'Reason', format: 'text', of: one => one.reason, cell: one => el('span', { class: 'reason' }, one.reason) },
    ], of.positions.pending);
    return [days.length > 1 ? timeline(days, [{ name: 'Equity', definition: GLOSSARY.equity, kind: 'dollars', height: 280, lines }], []) : nothing('Fewer than two days are marked to market.'),
      title(`Positions at the close of ${of.positions.through || DASH}`, files('positions')), of.positions.positions.length ? positions.nodes : nothing('No position is held.'),
      title('Orders that still work', files('pending')), of.positions.pending.length ? pending.nodes : nothing('No order is working.')];
  })];
}

function rankingsView(day) {
  const query = day ? '?day=' + encodeURIComponent(day) : '';
  const chosen = el('input', { type: 'date', 'aria-label': 'Day', value: day || null, onchange: event => { location.hash = '#/rankings/' + event.target.value; } });
  return [title(day ? `Rankings of ${day}` : 'Rankings', files('rankings', query)), el('p', { class: 'tools' }, el('label', {}, 'Day ', chosen)), awaited(ask('views/rankings' + query), of => {
    if (!of.date) return nothing(of.ranked_days.length ? `That day has no rankings; the last one that has is ${of.ranked_days[of.ranked_days.length - 1]}.` : 'No day has been ranked yet.');
    if (!day) chosen.value = of.date;
    const list = objectTable('Candidates', [
      { name: 'Rank', format: 'count', of: one => one.rank }, { name: 'Ticker', format: 'text', of: one => one.ticker, cell: one => tickerLink(one.ticker) },
      { name: 'Score', format: 'number', of: one => one.score }, { name: 'Advice', format: 'text', of: one => one.recommendation, cell: one => whyLink(one.candidate, one.recommendation) },
      { name: 'Expected ROI', format: 'percent', of: one => one.expected_roi }, { name: 'Class', format: 'text', of: one => one.predicted_class }, { name: 'Strategy', format: 'text', of: one => one.strategy },
      { name: 'Strikes', format: 'text', of: one => `${one.strikes.lower} / ${one.strikes.centre} / ${one.strikes.upper}` }, { name: 'Expiry', format: 'text', of: one => one.expiry },
      { name: 'Debit', format: 'price', of: one => one.debit }, { name: 'Risk', format: 'price', of: one => one.risk }, { name: 'Model', format: 'count', of: one => one.model_version },
    ], of.rankings);
    return [note(`${counted(of.count, 'candidate')} of ${of.date}; ButterAI wants an expected ROI over ${format(of.thresholds.expected_roi_over, 'percent')}, ButterBaseline a score over ${fixed(of.thresholds.score_over, 0)}.`), list.nodes,
      of.refused.length > 0 && [el('h3', {}, 'Refused', files('refused', query)), scrolling('Refused tickers', table('plain', ['Ticker', 'Because'], of.refused.map(one => row(tickerLink(one.ticker), el('td', { class: 'reason' }, one.reason)))))]];
  })];
}

function journalView() {
  return [title('Journal', files('journal')), awaited(ask('views/journal'), of => {
    if (!of.trades.length) return nothing('No trade has been closed yet.');
    const list = objectTable('Closed trades', [
      { name: 'Ticker', format: 'text', of: one => one.ticker, cell: one => whyLink(one.candidate, one.ticker) }, { name: 'Track', format: 'text', of: one => one.track },
      { name: 'In', format: 'text', of: one => one.entry_day }, { name: 'Out', format: 'text', of: one => one.exit_day }, { name: 'P&L', format: 'dollars', toned: true, of: one => one.pnl },
      { name: 'ROI', format: 'percent', toned: true, of: one => one.roi }, { name: 'Expected ROI', format: 'percent', of: one => one.expected_roi }, { name: 'Contracts', format: 'count', of: one => one.quantity },
      { name: 'Strategy', format: 'text', of: one => one.structure.strategy }, { name: 'Model', format: 'count', of: one => one.model_version }, { name: 'Closed by', format: 'text', of: one => one.reason },
    ], of.trades);
    const total = el('span', { class: 'total', 'aria-live': 'polite' });
    const sum = () => {
      const shown = list.shown().map(one => one.object);
      total.textContent = `${counted(shown.length, 'trade')} · P&L ${format(shown.reduce((all, one) => all + one.pnl, 0), 'dollars')} · mean ROI ${format(shown.reduce((all, one) => all + one.roi, 0) / shown.length, 'percent')}`;
    };
    const text = el('input', { type: 'search', placeholder: 'ticker, reason, day …', 'aria-label': 'Text in a trade', oninput: refilter });
    const track = chooser('Track', [['', 'both tracks'], ...[...new Set(of.trades.map(one => one.track))].map(name => [name, name])], refilter);
    const hay = new Map(of.trades.map(one => [one, [one.ticker, one.entry_day, one.exit_day, one.reason, one.structure.strategy].join(' ').toLowerCase()]));
    function refilter() {
      const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
      list.filter(({ object }) => (!track.value || object.track === track.value) && words.every(word => hay.get(object).includes(word)));
      sum();
    }
    sum();
    return [el('p', { class: 'tools' }, text, track, total), list.nodes];
  })];
}
