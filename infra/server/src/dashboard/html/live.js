// What the server sends: the figures of each sample and what happens. Views are told of each; a page that was away goes
// on where it stopped, and one that hears nothing says so.

const live = { ...JSON.parse(document.getElementById('data').textContent), events: [], connected: true, heard: Date.now() };
const listeners = new Set();

/** This server; without the name and the token that the address may have been given with, which no script may ask with. */
const HERE = location.origin + location.pathname.replace(/[^/]*$/, '');

/** The last sample, if there is one. */
const sample = () => live.sample || null;

/** A sample is old where the next should have come long since; the server takes its time where the log is slow. */
function isStale() {
  const of = sample();
  return !live.connected || known(live.outage) || !of || Date.now() - live.heard > 20000 + 8 * of.took_ms;
}

const EVENTS_KEPT = 300;
const LINE_KEPT = 480;

function heardPulse(message) {
  const pulse = JSON.parse(message.data);
  live.outage = pulse.outage;
  if (pulse.sample && (!sample() || pulse.sample.at_ms !== sample().at_ms)) {
    live.sample = pulse.sample;
    live.heard = Date.now();
    for (const group of pulse.sample.groups) {
      const line = live.lines[group.group] = live.lines[group.group] || [];
      if (!line.length || pulse.sample.at_ms - line[line.length - 1][0] >= 15000) line.push([pulse.sample.at_ms, group.lag_offsets]);
      if (line.length > LINE_KEPT) line.shift();
    }
  }
  tell('pulse');
}

function heardEvent(message) {
  const event = JSON.parse(message.data);
  const same = one => one.offset === event.offset && one.partition === event.partition && one.topic === event.topic;
  if (live.events.some(same)) return;
  live.events.unshift(event);
  live.events.length = Math.min(live.events.length, EVENTS_KEPT);
  tell('event', event);
}

const tell = (what, event) => { for (const one of [...listeners]) one(what, event); };

/** Calls `heard` for whatever comes, until the view is left. */
function listen(heard) {
  listeners.add(heard);
  onLeave.push(() => listeners.delete(heard));
}

/** What is to be done when the view is left. */
let onLeave = [];
function leaveView() {
  for (const one of onLeave) one();
  onLeave = [];
}

function connect() {
  const source = new EventSource(HERE + 'api/stream');
  source.addEventListener('pulse', heardPulse);
  source.addEventListener('happened', heardEvent);
  source.onopen = () => { live.connected = true; tell('pulse'); };
  source.onerror = () => {
    live.connected = false;
    tell('pulse');
    // A browser gives up on a refusal; the server may be starting again.
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, 3000);
  };
  addEventListener('pagehide', () => source.close());
}

/** A document of the server; an error is what it says. */
async function ask(path, options) {
  const answer = await fetch(HERE + path, options);
  const text = await answer.text();
  let found = null;
  try { found = JSON.parse(text); } catch { /* the status says it */ }
  if (!answer.ok) throw new Error((found && found.error) || `${path} answered ${answer.status}`);
  return found;
}
