"""Chromium without a window, driven through its debugging pipe: no package is needed and no port is opened."""

import json
import os
import shutil
import subprocess
import time


class Browser:
    """Chromium, driven through its debugging pipe (descriptors 3 and 4, messages ended by a zero byte)."""

    def __init__(self, folder):
        binary = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which(
            "google-chrome") or shutil.which("chrome")
        if not binary:
            raise OSError("no Chromium found; install it or name it in CHROMIUM")
        (ours_in, self.to), (self.back, ours_out) = os.pipe(), os.pipe()
        options = ("--headless=new --no-sandbox --disable-gpu --hide-scrollbars --no-first-run "
                   f"--disable-background-networking --remote-debugging-pipe --user-data-dir={folder}/profile")
        self.process = subprocess.Popen(
            ["bash", "-c", f'exec "$0" {options} about:blank 3<&{ours_in} 4>&{ours_out}', binary],
            pass_fds=(ours_in, ours_out),
            stderr=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL)
        os.close(ours_in)
        os.close(ours_out)
        self.last, self.buffer, self.events, self.session = 0, b"", [], None
        target = next(one for one in self.call("Target.getTargets")["targetInfos"] if one["type"] == "page")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")

    def receive(self):
        while b"\0" not in self.buffer:
            more = os.read(self.back, 1 << 20)
            if not more:
                raise OSError("Chromium has ended")
            self.buffer += more
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **params):
        self.last += 1
        message = {"id": self.last, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.receive()
            if answer.get("id") == self.last:
                if "error" in answer:
                    raise OSError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self.events.append(answer)

    def js(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise OSError(f"{expression[:80]}: {answer['exceptionDetails'].get('exception', {}).get('description')}")
        return answer["result"].get("value")

    def open(self, address, wait=0.6):
        self.call("Page.navigate", url="about:blank")
        self.call("Page.navigate", url=address)
        deadline = time.time() + 30
        while self.js("document.readyState") != "complete" and time.time() < deadline:
            time.sleep(0.05)
        self.pause(wait)

    def pause(self, seconds=0.1):
        time.sleep(seconds)
        self.js("new Promise(done => requestAnimationFrame(() => setTimeout(done, 0)))")

    def size(self, width, height, mobile=False):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=mobile)

    def mouse(self, kind, x, y, **more):
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    def place(self, selector):
        """The middle of an element, scrolled into view."""
        node = f"document.querySelector({json.dumps(selector)})"
        self.js(f"{node}.scrollIntoView({{block: 'center', inline: 'center', behavior: 'instant'}})")
        self.pause(0.05)
        return self.js(
            f"(() => {{ const at = {node}.getBoundingClientRect(); return [at.left + Math.min(at.width / 2, 60), at.top + at.height / 2]; }})()"
        )

    def hover(self, selector):
        x, y = self.place(selector)
        self.mouse("mouseMoved", x - 1, y)
        self.mouse("mouseMoved", x, y)
        self.pause()

    def click(self, selector):
        x, y = self.place(selector)
        self.mouse("mouseMoved", x, y)
        for kind in ("mousePressed", "mouseReleased"):
            self.mouse(kind, x, y, button="left", clickCount=1)
        self.pause()

    def key(self, name, code=0, text=None):
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent",
                      type=kind,
                      key=name,
                      code=name,
                      windowsVirtualKeyCode=code,
                      **({"text": text} if text and kind == "keyDown" else {}))
        self.pause()

    def close(self):
        try:
            self.session = None
            self.call("Browser.close")
        except OSError:
            pass
        self.process.wait(timeout=20)
