// Puts the page together: contents, sections, theme and print. The last of the scripts, and the only one that acts.

// Anchor, title, name among the contents, and what makes it.
const SECTIONS = [
  ['figures', 'Figures', 'Figures', summary], ['equity', 'Equity and drawdown', 'Equity', equity], ['months', 'Months', 'Months', monthly],
  ['returns', 'Returns by trade', 'Returns', spread], ['groups', 'Groups', 'Groups', groups], ['calibration', 'Calibration of the model', 'Calibration', calibration],
  ['comparison', 'The tracks compared', 'Comparison', comparison], ['sensitivity', 'Volatility and costs', 'Sensitivity', sensitivity],
  ['periods', 'Crises', 'Crises', periods], ['trades', 'Trades', 'Trades', trades], ['assumptions', 'Assumptions and costs', 'Assumptions', assumptions],
  ['limits', 'What must not be concluded', 'Limits', limits],
];

/** Paper is white and of one width, and nothing on it can be unfolded. */
function listenForPrint() {
  const root = document.documentElement;
  let before = null;
  addEventListener('beforeprint', () => {
    before = { theme: root.dataset.theme, closed: [...document.querySelectorAll('details:not([open])')] };
    root.dataset.theme = 'light';
    for (const one of before.closed) one.open = true;
    paper = true;
    drawCharts();
  });
  addEventListener('afterprint', () => {
    if (!before) return;
    if (before.theme) root.dataset.theme = before.theme; else delete root.dataset.theme;
    for (const one of before.closed) one.open = false;
    paper = false;
    drawCharts();
  });
}

/** A section of odd data says that it cannot be drawn; the others stand. */
function attempt(make, data) {
  try {
    return make(data);
  } catch (error) {
    console.error(error);
    return nothing(`This section could not be drawn: ${error.message}.`);
  }
}

/** The records of all trades are ten times as large as the rest: they are packed, and unpacked once the page stands. */
async function unpackWhys(data) {
  const packed = document.getElementById('whys').textContent.trim();
  if (!packed) return;
  const bytes = Uint8Array.from(atob(packed), letter => letter.charCodeAt(0));
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  data.why = await new Response(unpacked).json();
}

function start() {
  const data = JSON.parse(document.getElementById('data').textContent);
  const part = id => document.getElementById(id);
  document.title = data.title;
  part('top').append(...opening(data).flat(3));
  part('contents').append(el('div', {}, SECTIONS.map(([id, , name]) => el('a', { href: '#' + id }, name))), themeButton());
  part('report').replaceChildren(...SECTIONS.map(([id, title, , make]) =>
    el('section', { id, 'aria-labelledby': id + '-title' }, el('h2', { id: id + '-title' }, title), attempt(make, data))));
  part('foot').append(el('p', {}, 'This file loads nothing: what it shows is in it.'),
    el('details', {}, el('summary', {}, 'Charts by uPlot, under the MIT licence'), el('pre', {}, part('uplot-licence').textContent)));
  listenForDefinitions();
  listenForSizes();
  listenForPrint();
  drawCharts();
  // A browser that cannot unpack them (before 2023) says of each trade that its records are not kept.
  unpackWhys(data).catch(console.error).finally(() => listenForWhy(data));
}

start();
