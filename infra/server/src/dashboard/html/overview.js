// The first view: what is wrong, how fresh the data are, which model decides, how the money stands, and what happens.

function overview() {
  const cards = el('dl', { class: 'answers five' });
  const calls = el('div');
  const groups = el('div');
  const flows = el('div');
  const feed = el('ol', { class: 'feed' });
  let money = null;
  let training = null;
  const paint = () => {
    cards.replaceChildren(...answersOf(money, training));
    const of = sample();
    if (!of) return;
    groups.replaceChildren(groupTable(of.groups));
    flows.replaceChildren(flowTable(of.topics));
  };
  const askCalls = () => ask('api/conditions').then(found => calls.replaceChildren(...conditionNodes(found))).catch(() => calls.replaceChildren());
  const paintFeed = () => feed.replaceChildren(...live.events.slice(0, 60).map(eventLine));
  const askRest = () => {
    ask('api/money').then(found => { money = found; paint(); }).catch(error => { money = { error: error.message }; paint(); });
    ask('api/training').then(found => { training = found; paint(); }).catch(error => { training = { error: error.message }; paint(); });
  };
  let asked = sample() && sample().newest_day;
  listen(what => {
    if (what === 'event') return paintFeed();
    paint();
    askCalls();
    const day = sample() && sample().freshness.decided_day;
    if (day !== asked) { asked = day; askRest(); }
  });
  paint();
  paintFeed();
  askCalls();
  askRest();
  return [cards, calls, title('Groups', files('groups'), el('a', { href: '#/groups', class: 'links' }, 'by partition')), groups,
    el('div', { class: 'tiles' },
      el('section', { class: 'tile' }, title('What happens'), feed),
      el('section', { class: 'tile' }, title('Topics', files('topics')), flows))];
}

/** What calls for a person, the same as alerts tell, with what to do about it. */
function conditionNodes(found) {
  if (!found || !found.length) return [];
  const rows = found.map(one => row(badge(one.severity, one.severity === 'critical' ? 'bad' : 'warn'), el('td', { class: 'reason' }, el('b', {}, one.summary), el('small', {}, ' ' + one.detail)), el('td', { class: 'reason' }, one.remedy)));
  return [title('What calls for you', files('conditions')), scrolling('Conditions that hold', table('plain conditions', ['Severity', 'What', 'What to do'], rows))];
}

const answer = (name, kind, head, ...rest) => el('div', { class: 'answer ' + (kind || '') }, el('dt', {}, name), el('dd', {}, el('strong', {}, head), rest));

function answersOf(money, training) {
  const of = sample();
  if (!of) return [answer('Run', 'bad', 'not sampled yet', known(live.outage) ? live.outage.problem : 'The first sample is being taken.')];
  const { freshness } = of;
  const one = of.groups.length ? worst(of.groups) : null;
  const bad = one && rank(one.verdict) > rank('waits');
  const day = freshness.bars_day || DASH;
  return [
    answer('Groups', bad ? 'bad' : 'good', one ? VERDICTS[one.verdict][0] : DASH, groupsText(of.groups, one)),
    answer('Data', '', day, `closed ${span(freshness.bars_age_s)} ago. `, decided(freshness), of.source_waits && ` The source waits: ${of.source_waits.waits_for}.`),
    answer('Trading', of.halted.length ? 'bad' : 'good', of.what_if ? 'cannot trade' : of.halted.length ? 'HALTED' : 'on', ...haltText(of)),
    modelAnswer(money, training),
    moneyAnswer(money),
  ];
}

function groupsText(groups, one) {
  if (!one) return 'No group has read anything.';
  return one.verdict === 'ok' ? `All ${groups.length} have read everything, or read on.` : `${one.group}: ${one.reason}`;
}

function decided(freshness) {
  if (!known(freshness.decided_day)) return 'Nothing has been decided yet.';
  if (freshness.behind_days === 0) return 'Decisions rest on it.';
  return `Decisions rest on ${freshness.decided_day}, ${counted(freshness.behind_days, 'day')} before.`;
}

const haltText = of => of.halted.length
  ? of.halted.map(one => el('span', { class: 'small' }, `${one.track} since ${one.day}${one.by ? ' by ' + one.by : ''}: ${one.why || 'no reason given'}. `))
  : [of.what_if ? 'A what-if run.' : 'Both tracks open positions.'];

function modelAnswer(money, training) {
  if (!training) return answer('Model', '', '…');
  if (training.error) return answer('Model', '', DASH, training.error);
  const next = training.triggers.find(one => one.state === 'due') || training.triggers.find(one => one.rule === 'count');
  return answer('Model', known(training.champion) ? '' : 'bad', known(training.champion) ? 'v' + training.champion : 'none in force',
    training.no_model && training.no_model + '. ', next && `${next.rule}: ${next.said}.`);
}

function moneyAnswer(money) {
  if (!money) return answer('Money', '', '…');
  if (money.error) return answer('Money', '', DASH, money.error);
  const rows = Object.entries(money.equity.tracks).map(([name, marks], index) => {
    const last = marks[marks.length - 1];
    const held = money.positions.positions.filter(one => one.track === name).length;
    return el('span', { class: `money track-${index}` }, el('span', { class: 'track' }, el('i', { class: 'swatch' }), name),
      el('b', {}, last ? format(last.equity, 'dollars') : DASH),
      el('small', { class: tone(last && last.change) }, last ? `${signed(last.change, 0)} on ${last.day}, ${counted(held, 'position')}` : 'nothing marked yet'));
  });
  return el('div', { class: 'answer' }, el('dt', {}, 'Money'), el('dd', {}, rows));
}

/** Groups with their verdicts: few rows, so that all stand. */
function groupTable(groups) {
  const names = ['Group', 'Verdict', numericHead(term('Lag', MEANINGS.lag)), numericHead(term('Days', MEANINGS.days)), numericHead(term('Time', MEANINGS.seconds)),
    numericHead(term('Events/s', MEANINGS.velocity)), numericHead(term('Caught up in', MEANINGS.catch_up)), 'Two hours', 'Why'];
  const rows = groups.map(of => row(el('a', { href: '#/groups/' + of.group }, of.group), el('td', {}, verdictBadge(of.verdict)),
    numeric(known(of.lag_events) ? count(of.lag_events) : `${count(of.lag_offsets)} offsets`), numeric(count(of.lag_event_days)), numeric(span(of.lag_seconds)),
    numeric(rate(of.velocity)), numeric(span(of.catch_up_s)), el('td', {}, spark(live.lines[of.group], `Lag of ${of.group}`)), el('td', { class: 'reason' }, of.reason)));
  return scrolling('Groups', table('plain', names, rows));
}

function flowTable(topics) {
  const rows = topics.map(of => row(of.topic, numeric(count(of.partitions)), numeric(rate(of.rate)), numeric(count(of.end)),
    el('td', { class: of.start ? 'minus num' : 'num' }, of.start ? `${count(of.start)} gone` : '0'), el('td', {}, of.last_day || DASH)));
  return scrolling('Topics', table('plain', ['Topic', numericHead('Partitions'), numericHead('Events/s'), numericHead(term('End', 'The sum of the ends of its partitions, in offsets.')),
    numericHead(term('Gone', 'Offsets before the first record that is there: above 0 where records were removed.')), 'Last event'], rows));
}

/** What an event says in a line. */
function eventLine(event) {
  const data = event.data || {};
  const subject = event.ticker ? [tickerLink(event.ticker), ' '] : [];
  const words = [event.kind ? event.kind.toLowerCase().replaceAll('_', ' ') : 'unreadable', data.track, data.action && String(data.action).toLowerCase(),
    known(data.broker_order_id) && `order ${data.broker_order_id}`, known(data.version) && `v${data.version}`, data.code, data.reason || data.message || data.rule].filter(one => known(one) && one !== false);
  const cause = data.candidate && /^[0-9a-f]{8}/.test(String(data.candidate)) ? [' ', whyLink(String(data.candidate))] : null;
  return el('li', {}, el('time', {}, event.day || DASH), recordLink(event.topic, event.partition, event.offset, event.topic), el('span', { class: 'what' }, subject, words.join(' · '), cause));
}
