// Light and dark: as the system has it until the reader chooses, which is kept.

function themeButton() {
  const root = document.documentElement;
  const system = matchMedia('(prefers-color-scheme: dark)');
  const dark = () => root.dataset.theme ? root.dataset.theme === 'dark' : system.matches;
  const kept = to => { // where a browser lets a file keep nothing, the choice lasts as long as the page
    try { return to ? localStorage.setItem('butterquant-theme', to) : localStorage.getItem('butterquant-theme'); } catch { return null; }
  };
  const button = el('button', { type: 'button', id: 'theme' });
  const name = () => { button.textContent = dark() ? 'Light' : 'Dark'; };
  const turn = () => {
    root.dataset.theme = dark() ? 'light' : 'dark';
    kept(root.dataset.theme);
  };
  if (['light', 'dark'].includes(kept())) root.dataset.theme = kept();
  button.addEventListener('click', () => { turn(); name(); drawCharts(); });
  system.addEventListener('change', () => { name(); drawCharts(); });
  name();
  return button;
}
