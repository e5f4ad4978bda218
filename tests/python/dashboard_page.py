"""Whether the operators' page of a running run works, tried in a browser without a window.

    python tests/python/dashboard_page.py http://127.0.0.1:PORT [--token TOKEN] [--screenshots DIR] [--keep-open FILE]

Needs Chromium (env CHROMIUM names it) and no Python package. Everything an operator does is done by real mouse and key
events. Lists what is wrong; exit 0 if nothing is, 1 if something is, 2 if the browser cannot start. With --keep-open the
page stays open, for FILE to appear when everything has been tried, until the server has gone.
"""

import argparse
import base64
import csv
import io
import json
import pathlib
import sys
import tempfile
import time
import urllib.error
import urllib.request

from chromium import Browser

VIEWS = ["", "groups", "topics", "dead-letters", "models", "money", "rankings", "journal"]
TABLES = ("conditions groups partitions topics processes dead-letters dead-letter-counts models changes triggers trainings equity "
          "positions pending journal rankings refused").split()
MOST_BYTES = 300 << 10
FIRST_PAINT_MS = 1000
# A generous bound for a machine that runs other tests; what it is about is work that grows with the number of rows.
SMOOTH_MS = 1500


class Page:
    """The page, what has been tried and what is wrong."""

    def __init__(self, browser, address, token, shots):
        self.browser, self.address, self.token, self.shots, self.wrong, self.tried = browser, address, token, shots, [], 0

    def that(self, fine, what):
        self.tried += 1
        if not fine:
            self.wrong.append(what)
            print("wrong:", what, flush=True)

    def request(self, path, **headers):
        request = urllib.request.Request(self.address + path, headers=headers)
        if self.token:
            request.add_header("authorization", "Bearer " + self.token)
        return urllib.request.urlopen(request, timeout=30)

    def fetch(self, path):
        return json.load(self.request(path))

    def text(self, selector="#view"):
        return self.browser.js(f"(document.querySelector({json.dumps(selector)}) || {{}}).innerText || ''")

    def until(self, what, condition, seconds=30):
        """Waits until the page shows something; what never comes is wrong."""
        end = time.time() + seconds
        while time.time() < end:
            if self.browser.js(condition):
                return self.that(True, what)
            self.browser.pause(0.1)
        self.that(False, f"{what}: not seen in {seconds} s")

    def go(self, view):
        self.browser.js(f"location.hash = {json.dumps('#/' + view)}")
        self.until(f"{view or 'overview'} is read",
                   f"document.querySelector('#view').dataset.shown === {json.dumps(view)} && !document.querySelector('#view').innerText.includes('Reading …')")

    def shot(self, name):
        if self.shots:
            picture = self.browser.call("Page.captureScreenshot", format="png")
            (self.shots / f"{name}.png").write_bytes(base64.b64decode(picture["data"]))

    def fits(self, what):
        wide = self.browser.js("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        self.that(wide <= 0, f"{what} is {wide} px wider than the window")

    def faults(self):
        for event in self.browser.events:
            if event.get("method") == "Runtime.exceptionThrown":
                self.that(False, "exception: " + json.dumps(event["params"]["exceptionDetails"])[:400])
            if event.get("method") == "Network.requestWillBeSent":
                url = event["params"]["request"]["url"].replace(f"operator:{self.token}@", "")
                fine = url.startswith((self.address, "data:", "about:", "blob:"))
                self.that(fine, f"the page asks {url}")
        self.browser.events.clear()


def opens(page):
    body = page.request("/", accept="text/html").read()
    snapshot = len(json.dumps(page.fetch("/api/snapshot")))
    page.that(len(body) - snapshot < MOST_BYTES, f"the page has {len(body) - snapshot} bytes without its figures")
    page.that(page.request("/").read() == b"{}", "a schema registry's client finds one at /")
    # As a browser that its user has given the token as a password.
    shown = page.address.replace("://", f"://operator:{page.token}@") if page.token else page.address
    page.browser.open(shown + "/")
    page.until("the groups stand", "document.querySelectorAll('#view table tbody tr').length > 6")
    paint = page.browser.js("(performance.getEntriesByType('paint').find(one => one.name === 'first-contentful-paint') || {}).startTime")
    page.that(paint is not None and paint < FIRST_PAINT_MS, f"first paint after {paint} ms")
    print(f"first contentful paint after {paint:.0f} ms", flush=True)


def views(page):
    for view in VIEWS:
        page.go(view)
        page.that(page.browser.js("document.querySelectorAll('#contents a[aria-current]').length") == 1, f"{view} is marked among the views")
        page.that("could not be drawn" not in page.text(), f"{view} is drawn")
        page.fits(view or "overview")
        page.shot(view or "overview")
    page.go("groups")
    shown = page.browser.js("document.querySelectorAll('#view tbody tr').length")
    page.that(shown == min(50, len(page.fetch("/tables/partitions.json"))), f"{shown} partitions on the first page")
    page.go("groups/scanner/bars/0")
    page.that("retention headroom" in page.text().lower(), "the facts of a partition")
    page.go("record/bars/0/0")
    page.that('"topic"' in page.text() or "gone" in page.text(), "a record of the log")
    page.go("nowhere")
    page.that("no view called nowhere" in page.text(), "a view that there is not is said")


def says_what_the_server_says(page):
    journal = page.fetch("/views/journal")["trades"]
    if journal:
        page.go("journal")
        page.that(f"{len(journal):,} trade" in page.text(), "the journal counts its trades")
        ticker, candidate = journal[0]["ticker"], journal[0]["candidate"]
        page.browser.click("#view tbody tr a")
        page.until("the why opens", "document.querySelector('#why').open && document.querySelectorAll('#why .timeline .step').length > 3")
        page.that(ticker in page.text("#why"), "the why names its ticker")
        page.that(page.browser.js("location.hash") == f"#why={candidate}", "a why is an address")
        page.shot("why")
        page.browser.key("Escape", 27)
        page.until("Escape closes the why", "!document.querySelector('#why').open")
        page.go("ticker/" + ticker)
        page.until("an analysis of the ticker", "document.querySelector('#view').innerText.includes('Break-evens')")
        page.shot("ticker")
        scans = page.fetch(f"/tables/scans.json?ticker={ticker}")
        page.that(scans and all(one["ticker"] == ticker for one in scans), f"{len(scans)} scans of {ticker}")
    equity = page.fetch("/tables/equity.json")
    last = {row["track"]: row["equity"] for row in equity}
    page.go("")
    for track, value in last.items():
        page.until(f"the equity of {track}", f"document.querySelector('.answers').innerText.includes({json.dumps(f'{value:,.0f}')})")
    for table in TABLES:
        rows = page.fetch(f"/tables/{table}.json")
        text = page.request(f"/tables/{table}.csv").read().decode()
        page.that(len(list(csv.DictReader(io.StringIO(text, newline="")))) == len(rows), f"{table} has as many rows in CSV as in JSON")
    for path, status in [("/tables/nothing.csv", 404), ("/tables/groups", 404), ("/api/record/nothing/0/0", 404), ("/api/why/nothing", 404), ("/api/ticker/NOSUCH", 404)]:
        try:
            page.request(path)
            page.that(False, f"{path} is refused")
        except urllib.error.HTTPError as error:
            page.that(error.code == status and b"error" in error.read(), f"{path}: {error.code}")


def keys(page):
    page.go("")
    page.browser.key("/", 191, "/")
    page.that(page.browser.js("document.activeElement.type") == "search", "the key / leads to the search")
    page.browser.js("document.activeElement.value = 'nosuchticker'")
    page.browser.key("Enter", 13, "\r")
    page.until("the search leads to a ticker", "location.hash === '#/ticker/NOSUCHTICKER' && document.querySelector('#view').innerText.includes('nothing of NOSUCHTICKER')")
    page.browser.js("document.activeElement.blur()")
    page.browser.key("Tab", 9)
    page.that(page.browser.js("document.activeElement !== document.body"), "Tab leads into the page")


def looks(page):
    browser = page.browser
    browser.size(390, 844, True)
    for view in VIEWS:
        page.go(view)
        page.fits(f"{view or 'overview'} on a phone")
        page.shot(f"{view or 'overview'}-phone")
    browser.size(1360, 1000)
    browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    page.go("")
    dark = browser.js("getComputedStyle(document.documentElement).backgroundColor")
    page.that(sum(int(part) for part in dark[4:-1].split(",")[:3]) < 150, f"dark: {dark}")
    page.shot("overview-dark")
    page.go("money")
    page.shot("money-dark")
    browser.call("Emulation.setEmulatedMedia", features=[])


def many_rows(page):
    """12 partitions of 8 groups and 10,000 trades, given to the page in the server's place."""
    browser = page.browser
    page.go("")
    trades = page.fetch("/views/journal")["trades"]
    partitions = page.fetch("/tables/partitions.json")
    if not trades or not partitions:
        return
    browser.js("""window.asked = window.fetch; window.fetch = async (path, options) => {
      const answer = await window.asked(path, options);
      if (!/(views\\/journal|api\\/partitions)$/.test(path)) return answer;
      const found = await answer.json();
      if (path.endsWith('journal')) found.trades = Array.from({ length: 10000 }, (_, at) => ({ ...found.trades[at % found.trades.length], quantity: at }));
      const rows = path.endsWith('journal') ? found : Array.from({ length: 8 * 4 * 12 }, (_, at) => ({ ...found[at % found.length], partition: at % 12, group: 'group-' + (at % 8) }));
      return new Response(JSON.stringify(rows));
    }; 0""")
    for view, rows in [("journal", "10,000 trades"), ("groups", "of 384")]:
        took = browser.js(f"""new Promise(done => {{
          const from = performance.now();
          const look = () => document.querySelector('#view').innerText.includes({json.dumps(rows)}) ? requestAnimationFrame(() => done(performance.now() - from)) : setTimeout(look, 10);
          location.hash = '#/{view}';
          look();
        }})""")
        page.that(took < SMOOTH_MS, f"{view} with {rows} took {took:.0f} ms")
        print(f"{view} with {rows}: {took:.0f} ms", flush=True)
    sorted_in = browser.js("""new Promise(done => { location.hash = '#/journal'; setTimeout(() => {
      const from = performance.now(); document.querySelectorAll('#view thead button')[5].click(); requestAnimationFrame(() => done(performance.now() - from)); }, 1500); })""")
    page.that(sorted_in < SMOOTH_MS, f"sorting 10,000 trades took {sorted_in:.0f} ms")
    print(f"sorting 10,000 trades: {sorted_in:.0f} ms", flush=True)
    browser.js("window.fetch = window.asked; 0")


def halt_and_resume(page):
    browser = page.browser
    page.go("")
    browser.click("#halt")
    page.until("the dialog opens", "document.querySelector('#act').open")
    page.that(browser.js("!!document.querySelector('#act input[type=password]')") == bool(page.token), "the token is asked where one is set")
    browser.js("""(() => { const [why, by, token] = document.querySelectorAll('#act input'); why.value = 'tried by hand'; by.value = 'an operator';
      if (token) token.value = 'wrong'; document.querySelector('#act form').requestSubmit(); })()""")
    if page.token:
        page.until("a wrong token is refused", "/token/i.test(document.querySelector('#act [role=alert]').innerText)")
        browser.js(f"document.querySelector('#act input[type=password]').value = {json.dumps(page.token)}; document.querySelector('#act form').requestSubmit()")
    page.until("the halt is shown", "document.querySelector('#bar').innerText.includes('HALTED') && document.querySelector('.banners').innerText.includes('tried by hand')")
    halted = page.fetch("/status")["halted"]
    page.that(len(halted) == 2 and all("an operator" in one["by"] for one in halted), f"the halt is on the log: {halted}")
    page.until("the halt is among what happens", "document.querySelector('.feed').innerText.includes('halted')")
    page.until("a halt calls for a person", "/halted/.test((document.querySelector('.conditions') || {}).innerText || '')")
    page.shot("halted")
    browser.size(390, 844, True)
    browser.pause(0.3)
    page.shot("halted-phone")
    browser.size(1360, 1000)
    browser.click("#halt")
    browser.js("(() => { const token = document.querySelector('#act input[type=password]'); if (token) token.value = %s; document.querySelector('#act form').requestSubmit(); })()" % json.dumps(page.token or ""))
    page.until("the resume is shown", "!document.querySelector('#bar').innerText.includes('HALTED')")


def stream_goes_on(page):
    """A stream that is opened again behind an event gives the next ones, each once."""
    def read(count, last=None):
        found = []
        stream = page.request("/api/stream", **({"last-event-id": last} if last else {}))
        fields = {}
        while len(found) < count:
            line = stream.readline().decode().rstrip("\n")
            if line:
                name, _, value = line.partition(":")
                fields[name] = value.strip()
            elif fields:
                if fields.get("event") == "happened":
                    one = json.loads(fields["data"])
                    found.append((fields["id"], one["topic"], one["partition"], one["offset"]))
                fields = {}
        stream.close()
        return found

    # Two commands have just been given, so at least these are there.
    first = read(2)
    all_again = read(2)
    page.that(first == all_again, "a new page begins with the same events")
    rest = read(1, last=first[0][0])
    page.that(rest[0][1:] == first[1][1:], f"after {first[0]} comes {first[1]}, not {rest[0]}")


def run(page, keep_open):
    opens(page)
    for part in (views, says_what_the_server_says, keys, looks, many_rows, halt_and_resume, stream_goes_on):
        part(page)
        page.faults()
    print(f"{page.tried} checks, {len(page.wrong)} wrong", flush=True)
    if keep_open and not page.wrong:
        page.go("")
        pathlib.Path(keep_open).touch()
        page.until("the page says that the server has gone", "document.querySelector('.banners').innerText.includes('does not answer')", 60)
    return 1 if page.wrong else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("address")
    parser.add_argument("--token")
    parser.add_argument("--screenshots", type=pathlib.Path)
    parser.add_argument("--keep-open")
    given = parser.parse_args()
    if given.screenshots:
        given.screenshots.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        try:
            browser = Browser(folder)
        except OSError as error:
            print(error, file=sys.stderr)
            return 2
        try:
            browser.size(1360, 1000)
            return run(Page(browser, given.address.rstrip("/"), given.token, given.screenshots), given.keep_open)
        finally:
            browser.close()


if __name__ == "__main__":
    sys.exit(main())
