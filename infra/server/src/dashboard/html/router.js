// Puts the page together: every view is an address, the bar shows what must not be missed, and a dialog halts. The last of
// the scripts, and the only one that acts.

const VIEWS = [
  ['', 'Overview', overview], ['groups', 'Groups', groupsView], ['topics', 'Topics', topicsView], ['dead-letters', 'Dead letters', lettersView],
  ['models', 'Models', modelsView], ['money', 'Money', moneyView], ['rankings', 'Rankings', rankingsView], ['journal', 'Journal', journalView],
];
const HIDDEN = [['record', 'Record', recordView], ['ticker', 'Ticker', tickerView]];
const part = id => document.getElementById(id);
let shown = null;

function route() {
  const why = /^#why=(.+)$/.exec(location.hash);
  if (why) {
    if (shown === null) show('');
    return openWhyOf(decodeURIComponent(why[1]));
  }
  if (part('why').open) part('why').close();
  if (location.hash === '#view' && shown !== null) return; // the link that skips
  if (location.hash === '#view') return show('');
  show(location.hash.replace(/^#\/?/, ''));
}

function show(address) {
  if (address === shown) return;
  shown = address;
  const [name, ...words] = address.split('/').map(decodeURIComponent);
  const [, label, make] = [...VIEWS, ...HIDDEN].find(([key]) => key === name) || [null, 'Nothing', () => nothing(`There is no view called ${name}.`)];
  leaveView();
  charts.length = 0;
  document.title = `${label} · ${live.run} · ButterQuant`;
  for (const link of part('contents').querySelectorAll('a')) {
    if (link.dataset.view === name) link.setAttribute('aria-current', 'page'); else link.removeAttribute('aria-current');
  }
  let nodes;
  try { nodes = make(...words); } catch (error) { console.error(error); nodes = nothing(`This view could not be drawn: ${error.message}.`); }
  part('view').replaceChildren(...[nodes].flat(9).filter(one => known(one) && one !== false));
  part('view').dataset.shown = address;
  drawCharts();
  scrollTo(0, 0);
}

/** The why of an order, a fill or a candidate, over the view that is shown. */
async function openWhyOf(what) {
  const box = part('why');
  const close = el('p', { class: 'tools' }, el('button', { type: 'button', class: 'close', autofocus: true, onclick: () => box.close() }, 'Close'));
  const say = (...nodes) => { box.replaceChildren(close, ...nodes.flat(9).filter(one => known(one) && one !== false)); if (!box.open) box.showModal(); };
  say(el('h2', { id: 'why-heading' }, `Why ${what}`), el('p', { class: 'note' }, 'Reading …'));
  try {
    const found = await ask('api/why/' + encodeURIComponent(what));
    if (location.hash !== '#why=' + encodeURIComponent(what)) return;
    report = { why: { [what]: found.why }, models: found.models, feature_names: found.feature_names };
    box.replaceChildren(...whyNodes(what).flat(9).filter(one => known(one) && one !== false));
    box.querySelector('h2').after(el('p', {}, found.headline), ...found.faults.map(fault => el('p', { class: 'banner' }, fault)));
    box.scrollTop = 0;
  } catch (error) { say(el('h2', { id: 'why-heading' }, `Why ${what}`), nothing(error.message)); }
}

function banners() {
  const of = sample();
  const found = [];
  if (!live.connected) found.push(['bad', `The server does not answer; the figures are of ${clock(of && of.at_ms)}.`]);
  else if (known(live.outage)) found.push(['bad', `No sample since ${clock(live.outage.since_ms)}: ${live.outage.problem}. The figures are of ${clock(of && of.at_ms)}.`]);
  if (of) {
    for (const halt of of.halted) if (!of.what_if) found.push(['bad', `${halt.track} is halted since ${halt.day}${halt.by ? ' by ' + halt.by : ''}: ${halt.why || 'no reason given'}.`]);
    for (const fault of of.faults) found.push(['bad', fault]);
    for (const one of of.held_back) found.push(['', `An open transaction holds back ${one.topic}/${one.partition} from offset ${count(one.readable_to)} on.`]);
    for (const one of of.processes) if (one.problem) found.push(['bad', `Process ${one.pid || one.endpoint} cannot be asked: ${one.problem}`]);
    const letters = Object.entries(of.dead_letters);
    if (letters.length) found.push(['', el('span', {}, `Open dead letters: ${letters.map(([reason, number]) => `${count(number)} ${reason}`).join(', ')}. `, el('a', { href: '#/dead-letters' }, 'Look inside'))]);
  }
  return found.map(([kind, text]) => el('p', { class: 'banner ' + kind, role: kind ? 'alert' : null }, text));
}

function topBar() {
  const state = el('span');
  const age = el('span', { class: 'live' });
  const warnings = el('div', { class: 'banners' });
  const haltButton = el('button', { type: 'button', id: 'halt', hidden: !live.acts });
  const find = el('input', { type: 'search', placeholder: 'ticker, order, event …  ( / )', 'aria-label': 'Find a ticker, an order or an event', onkeydown: event => {
    const text = event.target.value.trim();
    if (event.key !== 'Enter' || !text) return;
    location.hash = /^[0-9]+$/.test(text) || /^[0-9a-f]{8,}$/i.test(text) || /^paper-/.test(text) ? '#why=' + encodeURIComponent(text) : '#/ticker/' + encodeURIComponent(text.toUpperCase());
    event.target.value = '';
  } });
  let said = '';
  const paint = () => {
    const of = sample();
    const halted = of && of.halted.length && !of.what_if;
    const one = of && of.groups.length ? worst(of.groups) : null;
    state.replaceChildren(...[one && verdictBadge(one.verdict), ' ', halted ? badge('HALTED', 'bad') : null].filter(known));
    haltButton.textContent = halted ? 'Resume …' : 'Halt …';
    haltButton.className = halted ? '' : 'danger';
    haltButton.onclick = () => openAct(halted ? 'resume' : 'halt');
    haltButton.hidden = !live.acts || !of || of.what_if;
    age.textContent = of ? `${isStale() ? 'last sample' : 'live'} ${clock(of.at_ms)}` : 'no sample yet';
    age.classList.toggle('stale', isStale());
    const next = banners();
    const text = next.map(node => node.textContent).join('\n');
    if (text !== said) { said = text; warnings.replaceChildren(...next); } // what is said once is not said again to those who listen
  };
  listeners.add(paint);
  setInterval(paint, 5000);
  paint();
  addEventListener('keydown', event => {
    if (event.key !== '/' || /INPUT|SELECT|TEXTAREA/.test(document.activeElement.tagName)) return;
    event.preventDefault();
    find.focus();
  });
  part('bar').append(el('h1', {}, live.run), state, age, el('span', { class: 'spring' }), find, haltButton, themeButton());
  part('contents').after(warnings);
  warnings.style.cssText = 'max-width: 1360px; margin: 12px auto 0; padding: 0 24px';
}

/** Asks who, why and, where one is set, for the token, and halts or resumes. */
function openAct(act) {
  const box = part('act');
  const halts = act === 'halt';
  const track = el('select', {}, [['', 'Both tracks'], ['ButterAI', 'ButterAI'], ['ButterBaseline', 'ButterBaseline']].map(([value, text]) => el('option', { value }, text)));
  const why = el('input', { type: 'text', required: halts, autocomplete: 'off' });
  const by = el('input', { type: 'text', autocomplete: 'username' });
  const token = el('input', { type: 'password', required: true, autocomplete: 'current-password' });
  const problem = el('p', { class: 'minus', role: 'alert' });
  const send = el('button', { type: 'submit', class: halts ? 'danger' : '' }, halts ? 'Halt now' : 'Resume now');
  const submit = async event => {
    event.preventDefault();
    send.disabled = true;
    try {
      const headers = { 'content-type': 'application/json', ...(live.asks_token ? { 'x-butterquant-token': token.value } : {}) };
      await ask('api/' + act, { method: 'POST', headers, body: JSON.stringify({ track: track.value || null, why: why.value, by: by.value }) });
      box.close();
    } catch (error) { problem.textContent = error.message; } finally { send.disabled = false; }
  };
  box.replaceChildren(el('form', { onsubmit: submit }, el('h2', { id: 'act-heading' }, halts ? 'Halt trading' : 'Resume trading'),
    el('p', { class: 'note' }, halts ? 'No positions are opened from now on; closing orders are still sent.' : 'Positions are opened again from now on.'),
    el('label', {}, 'Track', track), el('label', {}, 'Why, for the record', why), el('label', {}, 'Your name', by),
    live.asks_token ? el('label', {}, 'Token', token) : el('p', { class: 'note' }, 'No token is set: everybody on this machine may do this.'), problem,
    el('p', { class: 'tools' }, el('button', { type: 'button', onclick: () => box.close() }, 'Cancel'), send)));
  box.showModal();
  why.focus();
}

function begin() {
  if (live.lines === undefined) live.lines = {};
  part('contents').append(el('div', {}, VIEWS.map(([key, name]) => el('a', { href: '#/' + key, 'data-view': key }, name))));
  topBar();
  part('foot').append(el('p', {}, `ButterQuant ${live.version}. Times are this browser’s; days are trading days.`),
    el('details', {}, el('summary', {}, 'Charts by uPlot, under the MIT licence'), el('pre', {}, part('uplot-licence').textContent)));
  part('why').addEventListener('close', () => { if (location.hash.startsWith('#why=')) history.replaceState(null, '', '#/' + shown); });
  part('why').addEventListener('click', event => { if (event.target === part('why')) part('why').close(); });
  addEventListener('hashchange', route);
  listenForDefinitions();
  listenForSizes();
  route();
  connect();
}

begin();
