// What `report_page.py` asks of a page: both answer a list of what is wrong.

/** Contrast of every visible text with what lies behind it, by WCAG 2: 4.5, and 3 for large letters. */
function poorContrast() {
  const pixel = Object.assign(document.createElement('canvas'), { width: 1, height: 1 }).getContext('2d', { willReadFrequently: true });
  const rgba = text => {
    pixel.clearRect(0, 0, 1, 1);
    pixel.fillStyle = text;
    pixel.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = pixel.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (above, below) => [0, 1, 2].map(i => above[i] * above[3] + below[i] * (1 - above[3]));
  const linear = value => value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const luminance = ([r, g, b]) => 0.2126 * linear(r / 255) + 0.7152 * linear(g / 255) + 0.0722 * linear(b / 255);
  const behind = node => {
    const layers = [];
    for (let one = node; one; one = one.parentElement) layers.unshift(rgba(getComputedStyle(one).backgroundColor));
    return layers.reduce((below, layer) => over(layer, below), [255, 255, 255]);
  };
  const bad = new Map();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    const text = walker.currentNode.data.trim();
    if (!text || !node.checkVisibility() || node.closest('script, style, noscript, button:disabled')) continue;
    const style = getComputedStyle(node);
    const back = behind(node);
    const fore = over(rgba(node instanceof SVGElement ? style.fill : style.color), back);
    const [light, dark] = [luminance(fore), luminance(back)].sort((one, other) => other - one);
    const ratio = (light + 0.05) / (dark + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.6 && style.fontWeight >= 700);
    const name = `${node.tagName} ${node.getAttribute('class') || ''}`;
    if (ratio < (large ? 3 : 4.5)) bad.set(name, `${ratio.toFixed(2)} of "${text.slice(0, 30)}" (${name})`);
  }
  return [...bad.values()].slice(0, 8);
}

/** Charts whose canvas has hardly a colour, and pictures with nothing of a size in them. */
function blank() {
  const bad = [];
  for (const canvas of document.querySelectorAll('canvas')) {
    if (!canvas.checkVisibility()) continue;
    const { width, height } = canvas;
    // A copy is read, since reading a chart's own canvas makes the browser warn.
    const copy = Object.assign(document.createElement('canvas'), { width, height }).getContext('2d', { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    const pixels = new Uint32Array(copy.getImageData(0, 0, width, height).data.buffer);
    const colours = new Set();
    for (let i = 0; i < pixels.length && colours.size < 12; i += 3) colours.add(pixels[i]);
    const name = canvas.closest('.chart').getAttribute('aria-label') || 'scatter';
    if (colours.size < 12) bad.push(`the chart "${name}" is blank: ${colours.size} colours`);
  }
  for (const picture of document.querySelectorAll('svg.picture')) {
    const shapes = [...picture.querySelectorAll('rect, circle, line')].map(one => one.getBoundingClientRect());
    const drawn = shapes.some(one => one.width + one.height > 1);
    if (picture.checkVisibility() && !drawn) bad.push(`the picture "${picture.getAttribute('aria-label')}" is empty`);
  }
  return bad;
}
