// Groups by partition: the verdict on each, why, and the record at which it stands.

function groupsView(name, topic, partition) {
  const of = sample();
  const box = el('div', {}, el('p', { class: 'note' }, 'Reading …'));
  const state = { table: null };
  const columns = [
    { name: 'Partition', format: 'text', of: one => `${one.topic}/${String(one.partition).padStart(2, '0')}`, cell: one => el('a', { href: `#/groups/${one.group}/${one.topic}/${one.partition}` }, `${one.topic}/${one.partition}`) },
    { name: 'Group', format: 'text', of: one => one.group },
    { name: 'Verdict', format: 'text', of: one => String(9 - rank(one.verdict)) + one.verdict, cell: one => verdictBadge(one.verdict) },
    { name: 'Lag', format: 'count', definition: MEANINGS.lag, of: one => one.lag_events },
    { name: 'Offsets', format: 'count', definition: MEANINGS.offsets, of: one => one.lag_offsets },
    { name: 'Days', format: 'count', definition: MEANINGS.days, of: one => one.lag_event_days },
    { name: 'Time', format: 'number', definition: MEANINGS.seconds, of: one => one.lag_seconds, cell: one => span(one.lag_seconds) },
    { name: 'Events/s', format: 'number', definition: MEANINGS.velocity, of: one => one.velocity, cell: one => rate(one.velocity) },
    { name: 'Caught up in', format: 'number', definition: MEANINGS.catch_up, of: one => one.catch_up_s, cell: one => span(one.catch_up_s) },
    { name: 'Headroom', format: 'count', definition: MEANINGS.margin, of: one => one.retention_margin },
    { name: 'Committed', format: 'count', of: one => one.committed, cell: one => known(one.committed) ? count(one.committed) : 'never' },
    { name: 'Commit', format: 'number', definition: MEANINGS.commit, of: one => one.commit_age_s, cell: one => known(one.commit_age_s) ? span(one.commit_age_s) + ' ago' : DASH },
    { name: 'Stands at', format: 'text', of: one => one.next ? `${one.next.topic}/${one.next.partition}` : '', cell: one => standsAt(one.next) },
    { name: 'Why', format: 'text', of: one => one.reason, cell: one => el('span', { class: 'reason' }, one.reason) },
  ];
  const wanted = all => (all || []).filter(one => !name || one.group === name);
  const paint = all => {
    const rows = wanted(all);
    if (topic) return box.replaceChildren(...partitionFacts(rows.find(one => one.topic === topic && String(one.partition) === partition)));
    if (!rows.length) return box.replaceChildren(nothing(name ? `There is no group ${name}.` : 'No group has been seen yet.'));
    if (state.table) return state.table.show(rows);
    state.table = objectTable('Partitions that groups read', columns, rows);
    box.replaceChildren(...state.table.nodes);
  };
  let busy = false;
  const refresh = () => {
    if (busy) return;
    busy = true;
    ask('api/partitions').then(paint).catch(error => { if (!state.table) box.replaceChildren(nothing(error.message)); }).finally(() => { busy = false; });
  };
  listen(what => { if (what === 'pulse') refresh(); });
  refresh();
  const groups = of ? of.groups.map(one => one.group) : [];
  const chosen = chooser('Group', [['', 'all groups'], ...groups.map(one => [one, one])], event => { location.hash = '#/groups' + (event.target.value ? '/' + event.target.value : ''); });
  chosen.value = name || '';
  const heading = topic ? `${name} on ${topic}/${partition}` : name ? `Group ${name}` : 'Groups by partition';
  return [title(heading, files('partitions')), !topic && el('p', { class: 'tools' }, chosen), box];
}

function standsAt(next) {
  if (!next) return DASH;
  return next.there ? recordLink(next.topic, next.partition, next.offset) : el('span', {}, `${next.topic}/${next.partition} `, el('small', {}, 'not there yet'));
}

function partitionFacts(of) {
  if (!of) return [nothing('No such group reads that partition.')];
  return [el('p', {}, verdictBadge(of.verdict), ' ', of.reason), facts([
    ['Unit', of.unit], ['Lag', known(of.lag_events) ? counted(of.lag_events, 'event') : 'not counted yet'], ['In offsets', count(of.lag_offsets)],
    ['In event time', known(of.lag_event_days) && counted(of.lag_event_days, 'day')], ['In time', span(of.lag_seconds)],
    ['Committed', known(of.committed) ? recordLink(of.topic, of.partition, of.committed, count(of.committed)) : 'never'],
    ['On the log', `${count(of.start)} to ${count(of.end)}`], ['Retention headroom', known(of.retention_margin) && `${count(of.retention_margin)} offsets; topics are kept for ever`],
    ['Read', known(of.velocity) && `${rate(of.velocity)} events/s`], ['Written', known(of.written) && `${rate(of.written)} events/s`], ['Caught up in', span(of.catch_up_s)],
    ['Committed last', known(of.commit_age_s) ? span(of.commit_age_s) + ' ago' : 'not seen to move since this server watches'], ['Stands at', standsAt(of.next)],
  ]), of.next && of.next.there && awaited(ask(`api/record/${of.next.topic}/${of.next.partition}/${of.next.offset}`), recordNodes)];
}
