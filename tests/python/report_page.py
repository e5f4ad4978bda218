"""Whether the report's page works, tried in a browser without a window.

    python tests/python/report_page.py report.html [--screenshots DIR]
    python tests/python/report_example.py example.json && python tests/python/report_page.py example.json

A file that ends in .json is first put into the page as `infra/report` does it, beside itself. Needs Chromium (env
CHROMIUM names it) and no Python package: the browser is spoken to through a pipe. Everything a reader does is done by
real mouse and key events. Lists what is wrong; exit 0 if nothing is, 1 if something is, 2 if the browser cannot start.
"""

import argparse
import base64
import json
import pathlib
import re
import sys
import tempfile
import time

from chromium import Browser

HTML = pathlib.Path(__file__).resolve().parents[2] / "infra/report/src/html"
SCRIPTS = [
    "format.js", "glossary.js", "popover.js", "svg.js", "charts.js", "theme.js", "tables.js", "summary.js", "sections.js",
    "trades.js", "why.js", "page.js"
]
MOST_BYTES = 3_000_000
MOST_PAGES = 30

PROBES = pathlib.Path(__file__).with_name("report_probes.js").read_text(encoding="utf-8")


def assemble(data_file, out):
    """Puts a JSON value into the page, as the program does it."""
    read = lambda name: (HTML / name).read_text(encoding="utf-8")
    data = pathlib.Path(data_file).read_text(encoding="utf-8").replace("<", "\\u003c")
    parts = {
        "UPLOT_STYLE": read("uplot/uPlot.min.css"), "STYLE": read("style.css"), "UPLOT_LICENCE": read("uplot/LICENSE"),
        "UPLOT": read("uplot/uPlot.iife.min.js"), "SCRIPT": "\n".join(map(read, SCRIPTS)), "DATA": data,
        "WHYS": "",  # whys may stay among the data
    }
    page = read("page.html")
    for name, text in parts.items():
        before, after = page.split(f"/*{name}*/")
        page = before + text + after
    out.write_text(page, encoding="utf-8")


class Check:
    """What is wrong so far, and the steps that find it."""

    def __init__(self, browser, address, folder, shots):
        self.browser, self.address, self.folder, self.shots, self.wrong, self.tried = browser, address, folder, shots, [], 0
        browser.size(1280, 900)
        browser.open(address)
        self.traded = browser.js("!!document.querySelector('#trades table')")

    def that(self, fine, what):
        self.tried += 1
        if not fine:
            self.wrong.append(what)

    def probe(self, name):
        return self.browser.js(f"{PROBES}; {name}()")

    def shoot(self, name, whole=True):
        if self.shots:
            picture = self.browser.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
            (self.shots / f"{name}.png").write_bytes(base64.b64decode(picture["data"]))

    def charts(self):
        js = self.browser.js
        self.that(js("document.querySelectorAll('#report > section').length") == 12, "there are not 12 sections")
        empty = js(
            "[...document.querySelectorAll('#report > section')].filter(one => one.innerText.trim().length < one.querySelector('h2').innerText.length + 10).map(one => one.id)"
        )
        self.that(not empty, f"sections without content or a reason: {empty}")
        self.that(
            js("document.querySelectorAll('script').length") == 5
            and not js("document.querySelector('img, iframe, link[rel=stylesheet]')"), "data became markup")
        headless = js("""[...document.querySelectorAll('table')].filter(one => one.tHead && one.tHead.rows.length === 1 && one.tBodies[0].rows.length)
          .filter(one => { const wide = row => [...row.cells].filter(cell => !cell.hidden).reduce((sum, cell) => sum + cell.colSpan, 0);
            return wide(one.tHead.rows[0]) !== wide(one.tBodies[0].rows[0]); }).map(one => one.className)""")
        self.that(not headless, f"tables whose heads are not as wide as their rows: {headless}")
        js("document.querySelectorAll('#equity input[type=checkbox]').forEach(one => one.click())")
        self.browser.pause()
        for what in self.probe("blank"):
            self.that(False, what)
        if self.traded:
            self.that(js("document.querySelectorAll('canvas').length") >= 4, "fewer than 4 charts are drawn")
            groups = "JSON.parse(document.getElementById('data').textContent).groups.filter(one => one.tracks.some(of => of.rows.length)).length"
            self.that(js("document.querySelectorAll('#groups svg.picture').length") >= js(groups), "a group has no picture")
            self.zoom()

    def zoom(self):
        """A drag on the equity zooms the drawdown too, and the button undoes both."""
        browser, spans = self.browser, """JSON.stringify(charts.filter(one => one.plot && one.plot.cursor.sync.key === 'days')
          .map(one => [one.plot.scales.x.min, one.plot.scales.x.max]))"""
        before = json.loads(browser.js(spans))
        x, y = browser.place("#equity .u-over")
        for kind, to in (("mouseMoved", x), ("mousePressed", x), ("mouseMoved", x + 120), ("mouseMoved", x + 200),
                         ("mouseReleased", x + 200)):
            browser.mouse(
                kind, to, y,
                **({} if kind == "mouseMoved" and to == x else {"button": "left", "clickCount": 1, "buttons": 1}))
        browser.pause()
        during = json.loads(browser.js(spans))
        self.that(
            len(before) >= 2 and all(a != b for a, b in zip(before, during))
            and len({tuple(one) for one in during}) == 1, f"a drag does not zoom all charts over days alike: {during}")
        browser.click("#equity .tools button")
        self.that(json.loads(browser.js(spans)) == before, "the button does not undo the zoom")

    def keys(self):
        """Arrow keys move the cursor of all charts over days; a digest shows itself whole."""
        browser, days = self.browser, "JSON.stringify([...document.querySelectorAll('#equity .u-legend tr:first-child .u-value')].map(one => one.innerText))"
        if self.traded:
            last = browser.js(days)
            browser.js("document.querySelector('#equity .chart').focus()")
            for _ in range(3):
                browser.key("ArrowLeft", 37)
            moved = json.loads(browser.js(days))
            self.that(
                json.dumps(moved, separators=(",", ":")) != last and len(set(moved)) == 1 and len(moved) >= 2,
                f"arrow keys do not move the cursor of all charts: {moved}")
        short = browser.js("document.querySelector('.hash').innerText")
        browser.click(".hash")
        whole = browser.js("document.querySelector('.hash').textContent")
        self.that(len(whole) == 64 and whole.startswith(short[:12]), f"a click on a digest shows {whole!r}")

    def definitions(self):
        browser, open_ = self.browser, "!popover.hidden && popover.textContent.length > 10 && popover.getBoundingClientRect().height > 10"
        undefined = browser.js(
            "[...document.querySelectorAll('#figures table.figures tbody th')].filter(one => !one.querySelector('[data-definition]')).length"
        )
        self.that(undefined == 0, f"{undefined} figures have no definition")
        names = [
            name for name in ("#figures .figures .term", "#figures aside .term", "#trades .sort[data-definition]",
                              "#groups .term", "#comparison .term") if browser.js(f"!!document.querySelector('{name}')")
        ]
        # What is folded away has no place to point at.
        browser.js("document.querySelectorAll('#figures aside details').forEach(one => { one.open = true; })")
        for name in names:
            browser.mouse("mouseMoved", 2, 2)
            browser.hover(name)
            self.that(browser.js(open_), f"hovering {name} shows no definition")
            browser.key("Escape", 27)
            self.that(browser.js("popover.hidden"), f"Escape does not hide the definition of {name}")
            browser.mouse("mouseMoved", 2, 2)
            browser.js(f"document.activeElement.blur(); document.querySelector('{name}').focus()")
            browser.pause()
            self.that(browser.js(open_), f"focusing {name} shows no definition")
            browser.js("document.activeElement.blur()")
        self.that(browser.js("popover.hidden"), "a definition stays when focus has gone")

    def table(self):
        browser = self.browser
        columns = browser.js("document.querySelectorAll('#trades thead th').length")
        for place in range(1, columns + 1):
            head = f"#trades thead th:not([hidden]):nth-child({place})"
            if not browser.js(f"!!document.querySelector('{head}')"):
                continue
            for way in ("click", "key"):
                seen = set()
                for _ in range(2):
                    if way == "click":
                        browser.click(head + " .sort")
                    else:
                        browser.js(f"document.querySelector('{head} .sort').focus()")
                        browser.key("Enter", 13, "\r")
                    seen.add(browser.js(f"document.querySelector('{head}').getAttribute('aria-sort')"))
                self.that(seen == {"ascending", "descending"},
                          f"column {place} of the trades does not sort both ways by {way}: {seen}")
        pnl = browser.js(
            "[...document.querySelectorAll('#trades thead th')].findIndex(one => one.innerText.startsWith('P&L'))") + 1
        values = """(() => {
          const at = [...document.querySelectorAll('#trades thead th:not([hidden])')].findIndex(one => one.innerText.startsWith('P&L'));
          const number = text => Number(text.replace('−', '-').replace(/[^-0-9.]/g, ''));
          return [...document.querySelectorAll('#trades tbody tr')].map(row => number(row.cells[at].innerText));
        })()"""
        browser.click(f"#trades thead th:nth-child({pnl}) .sort")
        first = browser.js(values)
        browser.click(f"#trades thead th:nth-child({pnl}) .sort")
        second = browser.js(values)
        self.that({tuple(sorted(first)) == tuple(first),
                   tuple(sorted(second)) == tuple(second)} == {True, False}, "the P&L is not sorted as its head says")
        total = "Number(document.querySelector('#trades .total').innerText.replace(/,/g, '').match(/^\\d+/)[0])"
        whole = browser.js(total)
        choose = "(() => {{ const one = document.querySelector('#trades select[aria-label={0}]'); one.value = {1}; one.dispatchEvent(new Event('change')); }})()"
        browser.js(choose.format("Result", "'-1'"))
        self.that(0 < browser.js(total) < whole and all(one <= 0 for one in browser.js(values)),
                  "the filter for losses leaves gains, or nothing")
        browser.js(choose.format("Result", "''"))
        tracks = browser.js("[...document.querySelector('#trades select[aria-label=Track]').options].map(one => one.value)")
        browser.js(choose.format("Track", json.dumps(tracks[1])))
        left = browser.js(total)
        self.that(0 < left < whole or (len(tracks) == 2 and left == whole), "the filter by track leaves all or nothing")
        browser.js(choose.format("Track", "''"))
        ticker = browser.js("document.querySelector('#trades tbody a').innerText")
        browser.click("#trades input[type=search]")
        started = time.time()
        for letter in ticker:
            browser.call("Input.dispatchKeyEvent", type="keyDown", text=letter, key=letter)
        browser.js("1")
        self.that(time.time() - started < 0.5 * len(ticker), "filtering by text lags")
        self.that(0 < browser.js(total) < whole, "the filter by text leaves all or nothing")
        kept = browser.js("[...document.querySelectorAll('#trades tbody tr')].map(one => one.innerText)")
        self.that(all(ticker in one for one in kept), f"the filter by text keeps rows without {ticker}")
        self.csv(browser.js(total))
        browser.js(
            "(() => { const one = document.querySelector('#trades input[type=search]'); one.value = ''; one.dispatchEvent(new Event('input')); })()"
        )
        self.that(browser.js(total) == whole, "an emptied filter does not bring all trades back")

    def csv(self, rows):
        browser, folder = self.browser, self.folder / "downloads"
        browser.call("Page.setDownloadBehavior", behavior="allow", downloadPath=str(folder))
        browser.click("#trades .tools button")
        for _ in range(40):
            done = list(folder.glob("*.csv"))
            if done:
                break
            time.sleep(0.1)
        lines = done[0].read_bytes().decode().split("\r\n") if done else []
        self.that(
            len(lines) == rows + 2 and "candidate" in lines[0], f"the CSV has {len(lines) - 2} rows instead of {rows}")

    def why(self):
        browser = self.browser
        browser.mouse("mouseMoved", 2, 2)
        browser.click("#trades tbody a")
        browser.mouse("mouseMoved", 640, 890)
        browser.pause()
        self.that(browser.js("document.getElementById('why').open && /^#why=/.test(location.hash)"),
                  "a trade's link does not open its why")
        self.that(browser.js("document.querySelectorAll('#why .step').length") >= 6, "the why has no timeline")
        self.that(
            browser.js("document.querySelectorAll('#why .strip, #why .nothing').length") >= 1,
            "the why shows no features")
        self.percentiles()
        for what in self.probe("blank") + [f"contrast in the why: {one}" for one in self.probe("poorContrast")]:
            self.that(False, what)
        self.shoot("why-light", whole=False)
        address = browser.js("location.href")
        browser.js("document.querySelector('#why .close').focus(); undefine()")
        browser.key("Escape", 27)
        self.that(not browser.js("document.getElementById('why').open"), "Escape does not close the why")
        self.that("why=" not in browser.js("location.hash"), "the address still names a why that is closed")
        browser.open(address)
        self.that(browser.js("document.getElementById('why').open"), "the address of a why does not open it")
        browser.open(self.address + "#trades")
        self.that(browser.js("Math.abs(document.getElementById('trades').getBoundingClientRect().top) < 120"),
                  "#trades does not lead to the trades")
        browser.open(self.address + "#why=no-such-candidate")
        self.that(browser.js("document.getElementById('why').innerText.includes('no trade of that candidate')"),
                  "an unknown why is not said to be one")

    def percentiles(self):
        """Whether features stand where they are among the deciles of their model, in some whys of the whole file."""
        shown = self.browser.js("""(async () => {
          const open = location.hash, found = [];
          const deciles = new Map((report.models || []).map(model => [model.version, model.deciles]));
          const known = whyOrder().filter(order => deciles.get(report.why[order].model));
          for (const order of known.filter((_, at, all) => at % Math.ceil(all.length / 20) === 0)) {
            openWhy(order);
            await new Promise(done => requestAnimationFrame(() => setTimeout(done, 0)));
            const rows = [...document.querySelectorAll('#why tr:has(.strip)')];
            const said = [...document.querySelectorAll('#why .step')].find(step => step.querySelector('b').textContent === 'features');
            found.push([said.querySelector('p').textContent, report.why[order].features, deciles.get(report.why[order].model),
              rows.map(row => [row.cells[3].textContent, +row.querySelector('circle').getAttribute('cx').replace('%', '')])]);
          }
          location.hash = open;
          await new Promise(done => requestAnimationFrame(() => setTimeout(done, 0)));
          return found;
        })()""")
        names = self.browser.js("report.feature_names")
        for said, values, deciles, rows in shown:
            if "of training" in said or "of the training" in said:
                listed = dict(re.findall(r"(\w+) (low|high)", said))
                outer = {
                    name: "low" if value < bounds[0] else "high"
                    for name, value, bounds in zip(names, values, deciles) if value < bounds[0] or value > bounds[-1]
                }
                # The page's values have four digits: one beside a decile may be on its other side.
                near = {
                    name
                    for name, value, bounds in zip(names, values, deciles)
                    if min(abs(value - bounds[0]), abs(value - bounds[-1])) <= 1e-3 * abs(value)
                }
                differ = {name for name in listed | outer if listed.get(name) != outer.get(name)} - near
                self.that(not differ, f"the features' step and their strips differ about {differ}: {said}")
            self.that(len(values) == len(rows), f"{len(rows)} of {len(values)} features are shown")
            wrong = [row for row in zip(values, deciles, rows) if not self.is_placed(*row)]
            self.that(not wrong, f"features are not where they are among the deciles: {wrong[:2]}")

    @staticmethod
    def is_placed(value, bounds, shown):
        """Whether the percentile and the dot of a value lie in the tenths that the deciles leave it."""
        text, dot = shown
        least = 10 * sum(bound < value for bound in bounds)
        most = 10 * sum(bound <= value for bound in bounds) + 10
        if value < bounds[0] or value > bounds[-1]:
            said = text == ("below 10" if value < bounds[0] else "above 90")
        else:
            said = least <= float(text) <= most
        return said and least - 1.5 <= dot <= most + 1.5

    @staticmethod
    def beyond(most, but):
        """An expression for the elements that reach beyond a width, but for some."""
        return f"""[...document.querySelectorAll('body *')].filter(one => one.checkVisibility() && !one.closest('{but}')
          && one.getBoundingClientRect().right > {most}).slice(0, 5).map(one => `${{one.tagName}} ${{one.className}}`)"""

    def looks(self):
        browser = self.browser
        for name, width, theme, mobile in (("light-1280", 1280, "light", False), ("dark-1280", 1280, "dark", False),
                                           ("phone-390", 390, "light", True), ("phone-390-dark", 390, "dark", True)):
            browser.size(width, 844 if mobile else 900, mobile)
            browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}])
            browser.open(self.address)
            wide = browser.js("Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)")
            beyond = browser.js(self.beyond(width + 1, ".scroll, #contents, svg"))
            for odd in ("[object", "undefined", "NaN", "Infinity"):
                self.that(not browser.js(f"document.body.innerText.includes('{odd}')"), f"{name}: the page says {odd}")
            self.that(wide <= width,
                      f"{name}: the page is {wide} px wide, so its body scrolls sideways; beyond: {beyond}")
            for what in self.probe("blank") + [f"contrast {one}" for one in self.probe("poorContrast")]:
                self.that(False, f"{name}: {what}")
            self.shoot(name)
            if self.traded and (mobile or theme == "dark"):
                browser.js("openWhy(whyOrder()[0])")
                browser.pause()
                # One by one, some from all of them: what a why says makes it wide.
                widest = browser.js("""(async () => {
                  const some = whyOrder().filter((_, at, all) => at % Math.ceil(all.length / 60) === 0);
                  let widest = 0;
                  for (const order of some) {
                    openWhy(order);
                    await new Promise(done => requestAnimationFrame(() => setTimeout(done, 0)));
                    widest = Math.max(widest, document.getElementById('why').scrollWidth);
                  }
                  return widest;
                })()""")
                browser.js("openWhy(whyOrder()[0])")
                self.that(widest <= width, f"{name}: a why is {widest} px wide, so it scrolls sideways")
                self.that(not browser.js("/\\[object|undefined|NaN/.test(document.getElementById('why').innerText)"),
                          f"{name}: the why says undefined or NaN")
                for what in self.probe("poorContrast"):
                    self.that(False, f"{name}, why: contrast {what}")
                self.shoot(f"{name}-why", whole=False)
        browser.size(1280, 900)
        browser.open(self.address)
        before = browser.js("getComputedStyle(document.documentElement).backgroundColor")
        browser.click("#theme")
        self.that(
            browser.js("getComputedStyle(document.documentElement).backgroundColor") != before,
            "the button does not change the theme")
        for what in self.probe("blank"):
            self.that(False, f"after the theme's button: {what}")
        browser.js("localStorage.clear()")

    def printed(self):
        browser = self.browser
        browser.size(688, 900)  # A4 within its margins
        browser.call("Emulation.setEmulatedMedia", media="print")
        browser.open(self.address)
        browser.js("dispatchEvent(new Event('beforeprint'))")
        browser.pause()
        cut = browser.js(self.beyond(690, "svg"))
        self.that(not cut, f"on paper these are cut: {cut}")
        self.that(browser.js("[...document.querySelectorAll('details')].every(one => one.open)"),
                  "on paper something is folded")
        for what in self.probe("blank") + [f"contrast {one}" for one in self.probe("poorContrast")]:
            self.that(False, f"on paper: {what}")
        browser.call("Emulation.setEmulatedMedia", media="")
        browser.size(1280, 900)
        for theme in ("light", "dark"):
            browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}])
            browser.open(self.address)
            pdf = base64.b64decode(
                browser.call("Page.printToPDF", preferCSSPageSize=True, printBackground=False)["data"])
            pages = len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf))
            self.that(1 <= pages <= MOST_PAGES, f"printed from {theme}, it has {pages} pages")
            self.that(browser.js("charts.every(one => !one.plot || one.plot.width === one.box.clientWidth)"),
                      "charts keep the size of paper after printing")
            if self.shots:
                (self.shots / f"print-from-{theme}.pdf").write_bytes(pdf)
        print(f"printed: {pages} pages")

    def quiet(self, file):
        """What the browser had to say, and whom it asked."""
        for event in self.browser.events:
            params = event.get("params", {})
            if event.get("method") == "Runtime.exceptionThrown":
                self.that(
                    False, "exception: " + str(params["exceptionDetails"].get("exception", {}).get(
                        "description", params["exceptionDetails"]["text"]))[:300])
            if event.get("method") == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
                self.that(False, f"console {params['type']}: {str(params['args'])[:300]}")
            if event.get("method") == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
                self.that(False, f"log {params['entry']['level']}: {params['entry']['text'][:300]}")
            if event.get("method") == "Network.requestWillBeSent":
                asked = params["request"]["url"]
                self.that(
                    asked.split("#")[0] == self.address or asked.startswith(("data:", "blob:", "about:")),
                    f"asked for {asked[:200]}")
        self.that(file.stat().st_size < MOST_BYTES,
                  f"the file has {file.stat().st_size:,} bytes; {MOST_BYTES:,} are allowed")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("--screenshots", type=pathlib.Path)
    asked = parser.parse_args()
    file = asked.file.resolve()
    if file.suffix == ".json":
        file = file.with_suffix(".html")
        assemble(asked.file, file)
    if asked.screenshots:
        asked.screenshots.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        try:
            browser = Browser(folder)
        except OSError as error:
            print(f"cannot try {file}: {error}", file=sys.stderr)
            return 2
        try:
            check = Check(browser, file.as_uri(), pathlib.Path(folder), asked.screenshots)
            steps = [check.charts, check.keys, check.definitions
                     ] + ([check.table, check.why] if check.traded else []) + [check.looks, check.printed]
            for step in steps:
                try:
                    step()
                except (OSError, TypeError, KeyError, ValueError) as error:
                    check.that(False, f"{step.__name__} could not go on: {error}")
            check.quiet(file)
        finally:
            browser.close()
    for what in dict.fromkeys(check.wrong):
        print(f"WRONG {what}")
    print(f"{file.name}: {file.stat().st_size:,} bytes, {check.tried} checks, {len(set(check.wrong))} wrong")
    return 1 if check.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
