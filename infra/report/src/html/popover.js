// One popover for all definitions. It opens on hover, focus and tap, can be hovered itself, and Escape closes it
// before it closes anything else. A `title` would be out of reach of fingers and keys.

const popover = el('div', { id: 'popover', role: 'tooltip', hidden: true });
let defined = null;
let leaving = 0;

function define(target) {
  clearTimeout(leaving);
  if (target === defined) return;
  undefine();
  defined = target;
  popover.textContent = target.dataset.definition;
  (target.closest('dialog') || document.body).append(popover);
  popover.hidden = false;
  target.setAttribute('aria-describedby', 'popover');
  place();
}

function place() {
  const at = defined.getBoundingClientRect();
  const width = document.documentElement.clientWidth;
  const below = at.bottom + popover.offsetHeight + 14 < innerHeight;
  popover.style.left = Math.max(8, Math.min(at.left, width - popover.offsetWidth - 8)) + 'px';
  popover.style.top = Math.max(8, below ? at.bottom + 6 : at.top - popover.offsetHeight - 6) + 'px';
}

function undefine() {
  clearTimeout(leaving);
  popover.hidden = true;
  if (defined) defined.removeAttribute('aria-describedby');
  defined = null;
}

function listenForDefinitions() {
  const target = event => event.target instanceof Element ? event.target.closest('[data-definition]') : null;
  const stay = event => {
    const found = target(event);
    if (found) define(found);
    else if (event.target === popover) clearTimeout(leaving);
    else if (defined && event.type === 'pointerover') {
      clearTimeout(leaving);
      leaving = setTimeout(undefine, 150);
    }
  };
  for (const kind of ['pointerover', 'focusin', 'click']) document.addEventListener(kind, stay);
  document.addEventListener('focusout', undefine);
  // Focus scrolls its target into view: the popover then goes with it.
  const scrolled = () => defined && (defined === document.activeElement ? place() : undefine());
  addEventListener('scroll', scrolled, { passive: true, capture: true });
  document.addEventListener('keydown', event => {
    if (event.key !== 'Escape' || !defined) return;
    undefine();
    event.preventDefault();
    event.stopPropagation();
  }, true);
}
