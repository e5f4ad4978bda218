// The first screen: what was run, on what, was it reproduced, did it make money; and the figures of all three columns.

const firstShown = data => data.columns.find(column => column.tracks.length);

function opening(data) {
  const made = [`run ${data.run.id}`, data.program, `made ${data.made_at}`].join(' · ');
  const banner = text => el('p', { class: 'banner', role: 'note' }, el('b', {}, 'Warning '), text);
  return [el('p', { class: 'kicker' }, 'ButterQuant report'), el('h1', {}, data.title), el('p', { class: 'subtitle' }, data.subtitle),
    el('p', { class: 'made' }, made), (data.warnings || []).map(banner), answers(data)];
}

function answers(data) {
  const { run } = data;
  const answer = (question, short, more, state = '') =>
    el('div', { class: 'answer ' + state }, el('dt', {}, question), el('dd', {}, el('strong', {}, short), el('span', {}, more)));
  const changed = (data.parameters || []).filter(one => one.changed).length;
  const kind = run.kind[0].toUpperCase() + run.kind.slice(1);
  const replay = data.columns[2] || {};
  const reproduced = { true: ['✓ Yes, all equal', 'good'], false: ['≠ No, it differs', 'bad'] }[replay.equal] || ['Not checked', ''];
  const shown = firstShown(data);
  return el('dl', { class: 'answers' },
    answer('What was run', run.finished ? kind : kind + ', not finished',
      changed ? counted(changed, 'setting') + ' changed from the default' : 'every setting at its default', run.finished ? '' : 'bad'),
    answer('On what', run.source, `${format(run.scan_from, 'date')} to ${format(run.through, 'date')}, ${counted((data.days || []).length, 'day')}`),
    answer('Was it reproduced', reproduced[0], replay.note, reproduced[1]),
    answer('Did it make money', shown ? '' : 'No track traded', shown && shown.tracks.map(one => money(data, one))));
}

function money(data, { track, values }) {
  const luck = ((data.trials || {}).deflated_sharpe || []).find(one => one.track === track);
  const deflated = luck && known(luck.deflated) ? format(luck.deflated, 'number') : 'not known';
  return el('span', { class: 'money' }, trackName(data, track), el('b', { class: tone(values.total_return) }, signedPercent(values.total_return)),
    el('small', {}, known(values.profit) && format(values.profit, 'dollars') + ', ', `deflated Sharpe ${deflated}`));
}

/** Figures beside settings and digests; below them, where both tracks of more than two columns need the width. */
function summary(data) {
  const stacked = data.columns.flatMap(column => column.tracks).length > 4;
  return el('div', { class: stacked ? 'summary stacked' : 'summary' }, el('div', {}, figures(data)), el('aside', {},
    el('div', {}, el('h3', {}, 'Settings'), parameters(data)),
    el('div', {}, el('h3', {}, 'Trials'), trials(data), el('h3', {}, 'Provenance'), provenance(data))));
}

/** One row a figure and one cell a track; a column without a run is one cell that says why. */
function figures(data) {
  const { columns } = data;
  const reference = firstShown(data);
  if (!reference) return nothing(columns.map(column => column.note).filter(Boolean).join('; ') || 'No run has figures yet.');
  const expected = (track, figure) => (reference.tracks.find(one => one.track === track) || { values: {} }).values[figure.key] ?? null;
  const same = (one, figure) => expected(one.track, figure) === (one.values[figure.key] ?? null);
  const compared = column => column === columns[2] && column !== reference && column.tracks.length > 0;
  // A replay that is equal throughout says so once a row.
  const narrow = column => compared(column) && data.figures.every(figure => column.tracks.every(one => same(one, figure)));

  const group = column => {
    const { length } = column.tracks;
    const span = narrow(column) ? { rowspan: 2 } : { colspan: Math.max(1, length) };
    const note = length > 0 && el('small', { class: column.equal === false ? 'differs' : null }, column.note);
    return el('th', { scope: 'colgroup', class: length ? 'group' : 'group absent', ...span }, column.name, note);
  };
  const names = column => narrow(column) ? [] : column.tracks.length
    ? column.tracks.map(one => numericHead(trackName(data, one.track))) : el('th', { class: 'absent' });
  const cell = (one, column, figure) => {
    const text = format(one.values[figure.key], figure.format);
    if (!compared(column)) return numeric(text);
    if (same(one, figure)) return el('td', { class: 'num equal' }, 'equal');
    const alike = text === format(expected(one.track, figure), figure.format); // they differ beyond the digits shown
    return el('td', { class: 'num differs' }, '≠ ' + (alike ? one.values[figure.key] : text));
  };
  const cells = (column, figure, at) => {
    if (!column.tracks.length) return at === 0 && el('td', { class: 'absent', rowspan: data.figures.length }, column.note || 'not made');
    if (narrow(column)) return el('td', { class: 'num equal' }, 'equal');
    return column.tracks.map(one => cell(one, column, figure));
  };
  return scrolling('Figures of both tracks', el('table', { class: 'figures' },
    el('thead', {}, el('tr', {}, el('th', { rowspan: 2, scope: 'col' }, 'Figure'), columns.map(group)), el('tr', {}, columns.map(names))),
    el('tbody', {}, data.figures.map((figure, at) =>
      row(term(figure.name, figure.definition), columns.map(column => cells(column, figure, at)))))));
}

function parameters(data) {
  const all = data.parameters || [];
  if (!all.length) return nothing(refusal(data, 'parameters', 'The settings of this run are not known.'));
  const [changed, rest] = [all.filter(one => one.changed), all.filter(one => !one.changed)];
  const pairs = (list, name) => table(name, null, list.map(one => row(term(one.name, one.definition), numeric(format(one.value, 'text')))));
  return [changed.length ? pairs(changed, 'pairs changed') : el('p', { class: 'note' }, 'Every setting has its default.'),
    rest.length > 0 && el('details', {}, el('summary', {}, `${fixed(rest.length, 0)} at their default`), pairs(rest, 'pairs'))];
}

function provenance(data) {
  const list = data.provenance || [];
  if (!list.length) return nothing(refusal(data, 'provenance', 'No digests were taken.'));
  return table('pairs', null, list.map(one => row(term(one.name, one.definition), numeric(hash(String(one.value))))));
}

/** A digest by its first digits; a click shows all of it and copies it. */
function hash(value) {
  if (value.length <= 16) return el('code', {}, value);
  const button = el('button', { type: 'button', class: 'hash', 'aria-label': `${value}: show and copy` }, value.slice(0, 12) + '…');
  button.addEventListener('click', () => {
    button.textContent = value;
    getSelection().selectAllChildren(button);
    if (navigator.clipboard) navigator.clipboard.writeText(value).then(() => button.classList.add('copied'), () => {});
  });
  return button;
}

function trials(data) {
  if (!data.trials) return nothing(refusal(data, 'trials', 'How many configurations were tried on these data is not known, so no Sharpe ratio can be deflated.'));
  const ratios = one => ['sharpe', 'expected_maximum', 'probabilistic', 'deflated'].map(key => numeric(format(one[key], 'number')));
  const refused = one => one.refused ? [el('tr', {}, el('td', { colspan: 5, class: 'words' }, one.refused))] : [];
  const rows = (data.trials.deflated_sharpe || []).flatMap(one => [row(trackName(data, one.track), ratios(one)), ...refused(one)]);
  const names = ['Track', numericHead('Sharpe'), numericHead(term('by luck', GLOSSARY.luck)),
    numericHead(term('above 0', GLOSSARY.probabilistic)), numericHead(term('deflated', GLOSSARY.deflated))];
  return [el('p', { class: 'note' }, data.trials.text), rows.length > 0 && scrolling('Deflated Sharpe ratios', table('plain tight', names, rows))];
}
