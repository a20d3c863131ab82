#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A reader of the portal: drives a headless chromium over its debugging pipe, one step a line of standard input.

    look WIDTH light|dark      the screen from here on; with a third word, print, paper
    open URL                   as if typed into the address bar
    click SELECTOR             what a mouse does to the first such element
    say NAME EXPRESSION        prints "NAME: " and the value of this JavaScript
    check NAME FILE            prints "NAME: " and what the script in FILE finds: it leaves an array in `faults`

usage: browse.py CHROMIUM PROFILE <steps
"""
import json
import os
import subprocess
import sys

# A view is on the screen: drawn by the portal's scripts, nothing asked for any more.
SETTLED = """new Promise((done) => {
    const look = () => document.readyState === "complete" && document.querySelector("#main > h1, #main > .crumb") &&
        !document.querySelector("#main").hasAttribute("aria-busy") ? done(true) : setTimeout(look, 20);
    look();
})"""


class Browser:
    def __init__(self, chromium, profile):
        hear, answer = os.pipe()
        ask, write = os.pipe()

        def pipes():  # chromium reads 3 and writes 4
            os.dup2(ask, 63)
            os.dup2(answer, 64)
            os.dup2(63, 3)
            os.dup2(64, 4)

        self.process = subprocess.Popen(
            [chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             f"--user-data-dir={profile}", "--remote-debugging-pipe", "about:blank"],
            close_fds=False, preexec_fn=pipes, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(ask)
        os.close(answer)
        self.read = os.fdopen(hear, "rb")
        self.write = os.fdopen(write, "wb")
        self.buffered = b""
        self.n = 0
        page = self.call("Target.createTarget", {"url": "about:blank"})["targetId"]
        self.session = self.call("Target.attachToTarget", {"targetId": page, "flatten": True})["sessionId"]

    def message(self):
        while b"\0" not in self.buffered:
            more = self.read.read1(65536)
            if not more:
                sys.exit("browse: the browser is gone")
            self.buffered += more
        text, self.buffered = self.buffered.split(b"\0", 1)
        return json.loads(text)

    def call(self, method, parameters, session=None):
        self.n += 1
        request = {"id": self.n, "method": method, "params": parameters}
        if session:
            request["sessionId"] = session
        self.write.write(json.dumps(request).encode() + b"\0")
        self.write.flush()
        while True:
            m = self.message()
            if m.get("id") == self.n:
                if "error" in m:
                    sys.exit(f"browse: {method}: {m['error']['message']}")
                return m["result"]

    def page(self, method, **parameters):
        return self.call(method, parameters, self.session)

    def value(self, expression):
        r = self.page("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in r:
            return "exception: " + r["exceptionDetails"].get("exception", {}).get("description", "")
        return r["result"].get("value")

    def step(self, line):
        verb, _, rest = line.partition(" ")
        if verb == "look":
            width, scheme, *medium = rest.split()
            self.page("Emulation.setDeviceMetricsOverride", width=int(width), height=900, deviceScaleFactor=1, mobile=False)
            self.page("Emulation.setEmulatedMedia", media="".join(medium),
                      features=[{"name": "prefers-color-scheme", "value": scheme}])
        elif verb == "open":
            self.page("Page.enable")
            self.page("Page.navigate", url=rest)
            self.value(SETTLED)
        elif verb == "click":
            self.value(f"document.querySelector({json.dumps(rest)}).click()")
            self.value(SETTLED)
        elif verb == "say":
            name, _, expression = rest.partition(" ")
            print(f"{name}: {self.value(expression)}")
        elif verb == "check":
            name, _, path = rest.partition(" ")
            with open(path, encoding="utf-8") as f:
                script = f.read()
            print(f"{name}: {self.value('(() => {' + script + '; return faults.join() || `no faults`; })()')}")
        else:
            sys.exit(f"browse: no such step: {line}")


def main():
    browser = Browser(sys.argv[1], sys.argv[2])
    for line in sys.stdin:
        if line.strip():
            browser.step(line.strip())
    browser.call("Browser.close", {})
    browser.process.wait(30)


main()
