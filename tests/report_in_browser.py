#!/usr/bin/env python3
"""Opens report.html in headless Chromium and holds it to what it promises.

    cargo build --release
    python3 tests/report_in_browser.py [CONFIG ...] [--trials N] [--shots FOLDER]

For each config (without any: the quickstart): runs it, opens the report, and checks that

- it is below 2 MB, asks for nothing but itself, and puts no error or warning on the console, in light and in dark;
- at widths of 390 and 1280 nothing hangs out of the page;
- the figures below the pointer, and those reached with the keyboard, are those of timeseries.csv and milestones.csv;
- folded sections are open on paper and folded again afterwards.

With --shots, screenshots and the printed page are left in that folder, to be looked at.

It needs Python 3.9 and a Chromium (found on the PATH, or named by the variable CHROMIUM); where there is none, it says so
and succeeds. It is no part of `cargo test`, which needs a Rust toolchain only.
"""

import argparse
import base64
import csv
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"]
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
LARGEST = 2_000_000


class Browser:
    """A headless Chromium, spoken to through a pair of pipes."""

    def __init__(self, program, folder):
        to_read, self.to_browser = os.pipe()
        self.from_browser, to_write = os.pipe()

        def take_pipes():
            # The browser reads from 3 and writes to 4, whatever numbers the pipes have here.
            read, write = os.dup(to_read), os.dup(to_write)
            os.dup2(read, 3)
            os.dup2(write, 4)

        options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", "--no-first-run",
                   "--disable-extensions", "--disable-background-networking", f"--user-data-dir={folder}"]
        self.process = subprocess.Popen([program, *options, "about:blank"], preexec_fn=take_pipes, close_fds=False,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(to_write)
        self.left, self.count, self.session, self.events = b"", 0, None, []

    def message(self, seconds):
        """The next message, or None if none comes in time."""
        end = time.monotonic() + seconds
        while b"\0" not in self.left:
            ready = select.select([self.from_browser], [], [], max(0.0, end - time.monotonic()))[0]
            if not ready:
                return None
            part = os.read(self.from_browser, 1 << 20)
            if not part:
                raise SystemExit("the browser has closed")
            self.left += part
        first, self.left = self.left.split(b"\0", 1)
        return json.loads(first)

    def call(self, method, **parameters):
        """Calls a method and waits for its answer; what happens meanwhile is kept in `events`."""
        self.count += 1
        message = {"id": self.count, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        self.write(json.dumps(message).encode() + b"\0")
        while True:
            answer = self.message(60)
            if answer is None:
                raise SystemExit(f"no answer to {method}")
            if answer.get("id") == self.count:
                if "error" in answer:
                    raise SystemExit(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def write(self, data):
        while data:
            data = data[os.write(self.to_browser, data):]

    def settle(self, seconds=0.3):
        """Gathers what still happens."""
        while (event := self.message(seconds)) is not None:
            self.events.append(event)

    def open(self, address):
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ["Page", "Runtime", "Network", "Log"]:
            self.call(f"{domain}.enable")
        self.call("Page.navigate", url=address)
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            event = self.message(60)
            if event is None:
                raise SystemExit("the page does not load")
            self.events.append(event)
        self.settle()

    def evaluate(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in result:
            raise SystemExit(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def size(self, width, height):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)

    def close(self):
        self.process.terminate()
        self.process.wait(20)


class Faults(list):
    def require(self, good, what):
        if not good:
            self.append(what)
            print(f"  FAILED: {what}")


def shown_is(shown, cell, unit):
    """Whether a figure on the page is that of a table, to the digits it shows."""
    shown = shown.replace("\u00a0", " ").strip()
    if cell == "":
        return shown == "never"
    value = float(cell)
    if unit == "fraction":
        percent = 100 * value
        if shown.startswith("<"):
            return 0 < percent < 0.1
        if shown.startswith(">"):
            return 99.9 < percent < 100
        return shown.endswith("%") and abs(float(shown[:-1].replace(" ", "")) - percent) <= 0.0501
    number = shown.rsplit(" ", 1)[0] if shown[-1] != "\u00d7" else shown[:-1]
    return abs(float(number.replace(" ", "")) - value) <= 6e-4 * abs(value)


def rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


TIP = """(() => {
  const tip = document.querySelector('[data-chart="NAME"] .tip');
  if (!tip) return null;
  const rows = [...tip.querySelectorAll("tr")].map((row) => [...row.children].map((cell) => cell.textContent));
  const box = tip.getBoundingClientRect(), page = tip.parentElement.getBoundingClientRect();
  return { when: tip.querySelector("caption").textContent, rows, inside: box.left >= page.left - 1 && box.right <= page.right + 1 };
})()"""


def check_tip(faults, tip, name, month, date, unit, expected):
    """A read-out against the rows of a table: `expected` has name, value, low and high of each line."""
    if tip is None:
        return faults.require(False, f"{name}: nothing is shown in month {month}")
    faults.require(tip["when"].endswith(date), f"{name}: {tip['when']} is shown for {date}")
    faults.require(tip["inside"], f"{name}: the read-out of {date} hangs out")
    faults.require(len(tip["rows"]) == len(expected), f"{name}: {len(tip['rows'])} lines instead of {len(expected)}")
    for (title, value, interval), (wanted, *cells) in zip(tip["rows"], expected):
        ends = interval.split(" to ") if interval else ["never", "never"]
        good = title.startswith(wanted) and all(
            shown_is(shown, cell, unit) for shown, cell in zip([value, *ends], cells))
        faults.require(good, f"{name}, {date}: {title} {value} ({interval}) instead of {wanted} {cells}")


def lines_of(chart, tables):
    """What the tables say of a chart: unit, and by month the lines with value and interval."""
    series, milestones, scenarios = tables
    if chart["kind"] == "timeseries.csv":
        named = [one for one in scenarios if f"Scenario: \u2018{one['title']}\u2019" in chart["about"]]
        scenario = (named or scenarios)[0]["id"]
        mine = [row for row in series if row["series"] == chart["subject"] and row["scenario"] == scenario]
        order = [("95th", "p95"), ("90th", "p90"), ("75th", "p75"), ("Median", "p50"), ("25th", "p25"), ("10th", "p10"),
                 ("5th", "p5")]
        return mine[0]["unit"], 0.5, [
            [(title, row[key], row[key + "_ci_low"], row[key + "_ci_high"]) for title, key in order] for row in mine]
    ids = {one["title"]: one["id"] for one in scenarios}
    mine = {(row["scenario"], int(row["month"])): row for row in milestones if row["milestone"] == chart["subject"]}
    months = 1 + max(month for _, month in mine)
    line = lambda title, month: (title, *(mine[ids[title], month][key] for key in ["probability", "ci_low", "ci_high"]))
    return "fraction", 0.0, [[line(title, month) for title in chart["columns"]] for month in range(months)]


def check_figures(browser, folder, faults, shots, name):
    """Points at each chart over time, month by month here and there."""
    scenarios = json.loads((folder / "results.json").read_text(encoding="utf-8"))["scenarios"]
    tables = rows(folder / "timeseries.csv"), rows(folder / "milestones.csv"), scenarios
    charts = browser.evaluate("""[...document.querySelectorAll(".probe")].map((probe) => {
      const figure = probe.closest("figure");
      const link = figure.querySelector('details a[href$=".csv"]');
      return {
        name: probe.parentElement.dataset.chart, kind: link.getAttribute("href"),
        subject: figure.querySelector("details code").textContent, about: figure.querySelector(".sub").textContent,
        columns: [...figure.querySelectorAll("details thead th")].slice(1).map((cell) => cell.textContent),
      };
    })""")
    faults.require(charts, "no chart tells figures")
    start = browser.evaluate("JSON.parse(document.getElementById('data').textContent).month - 1")
    year = browser.evaluate("JSON.parse(document.getElementById('data').textContent).year")
    compared = 0
    for chart in charts:
        unit, offset, by_month = lines_of(chart, tables)
        count = len(by_month)
        span = count if offset else count - 1
        probe = f"""document.querySelector('[data-chart="{chart["name"]}"] .probe')"""
        browser.evaluate(f"{probe}.scrollIntoView({{ block: 'center' }})")
        box = browser.evaluate(f"(() => {{ const b = {probe}.getBoundingClientRect(); return [b.left, b.top, b.width, b.height]; }})()")
        date = lambda month: f"{MONTHS[(start + month) % 12]} {year + (start + month) // 12}"
        for month in sorted({0, 1, count // 3, count // 2, count - 2, count - 1} & set(range(count))):
            x = box[0] + (month + offset) / span * box[2]
            browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=min(x, box[0] + box[2] - 0.2), y=box[1] + box[3] / 2)
            tip = browser.evaluate(TIP.replace("NAME", chart["name"]))
            check_tip(faults, tip, chart["name"], month, date(month), unit, by_month[month])
            compared += len(by_month[month])
            if shots and month == count // 2:
                picture = browser.call("Page.captureScreenshot", format="png")["data"]
                (shots / f"{name}-hover-{chart['name']}.png").write_bytes(base64.b64decode(picture))
        browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=1, y=1)
        browser.evaluate(f"{probe}.focus()")
        for key, month in [("End", count - 1), ("ArrowLeft", count - 2), ("Home", 0)]:
            browser.call("Input.dispatchKeyEvent", type="keyDown", key=key, code=key)
            tip = browser.evaluate(TIP.replace("NAME", chart["name"]))
            check_tip(faults, tip, f"{chart['name']}, key {key}", month, date(month), unit, by_month[month])
        browser.evaluate(f"{probe}.blur()")
    print(f"  {len(charts)} charts over time, {compared} figures compared with the tables")


def check_paper(browser, faults, shots, name):
    """Prints; a listener of our own sees what is folded while it is printed."""
    browser.evaluate("""addEventListener("beforeprint", () => { window.foldedOnPaper = document.querySelectorAll("details:not([open])").length; })""")
    folded = """document.querySelectorAll("details:not([open])").length"""
    before = browser.evaluate(folded)
    pdf = base64.b64decode(browser.call("Page.printToPDF", preferCSSPageSize=True, printBackground=False)["data"])
    browser.settle()
    faults.require(before > 0, "no section is folded on the screen")
    faults.require(browser.evaluate("window.foldedOnPaper") == 0, "sections are folded on paper")
    faults.require(browser.evaluate(folded) == before, "sections stay open after printing")
    if shots:
        (shots / f"{name}-print.pdf").write_bytes(pdf)


def check_widths(browser, faults, shots, name):
    for width, dark in [(390, False), (1280, False), (1280, True)]:
        browser.size(width, 900)
        browser.call("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        browser.settle(0.1)
        over = browser.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        faults.require(over <= 0, f"at a width of {width} the page hangs out by {over}")
        if shots:
            picture = browser.call("Page.captureScreenshot", format="png", captureBeyondViewport=True,
                                   clip={"x": 0, "y": 0, "width": width, "height": 5200 if width > 600 else 3600, "scale": 1})
            (shots / f"{name}-{width}{'-dark' if dark else ''}.png").write_bytes(base64.b64decode(picture["data"]))


def check_events(browser, faults, address):
    asked = {event["params"]["request"]["url"] for event in browser.events
             if event.get("method") == "Network.requestWillBeSent"}
    foreign = {url for url in asked if url != address and not url.startswith("data:")}
    faults.require(address in asked and not foreign, f"the page asks for {foreign or 'nothing'}")
    for event in browser.events:
        parameters = event.get("params", {})
        if event.get("method") == "Runtime.exceptionThrown":
            faults.require(False, f"an error: {parameters['exceptionDetails']}")
        elif event.get("method") == "Runtime.consoleAPICalled" and parameters["type"] in ["error", "warning", "assert"]:
            faults.require(False, f"on the console: {parameters['args']}")
        elif event.get("method") == "Log.entryAdded" and parameters["entry"]["level"] in ["error", "warning"]:
            faults.require(False, f"in the log: {parameters['entry']}")


def check(program, config, trials, shots):
    faults, name = Faults(), Path(config).stem
    print(f"{name}:")
    with tempfile.TemporaryDirectory() as folder:
        out, profile = Path(folder, "out"), Path(folder, "profile")
        shortfall = ROOT / "target/release/shortfall"
        if not shortfall.exists():
            raise SystemExit(f"{shortfall} is not there: cargo build --release")
        # Expectations that are not met are no matter here.
        done = subprocess.run([shortfall, "run", config, "-n", str(trials), "-q", "-o", out], check=False)
        if done.returncode not in (0, 10, 11):
            raise SystemExit(f"shortfall ended with {done.returncode}")
        report = out / "report.html"
        size = report.stat().st_size
        print(f"  report.html has {size} bytes")
        faults.require(size < LARGEST, f"report.html has {size} bytes")
        browser = Browser(program, profile)
        try:
            browser.open(report.as_uri())
            browser.size(1280, 900)
            browser.settle(0.1)
            check_figures(browser, out, faults, shots, name)
            check_widths(browser, faults, shots, name)
            check_paper(browser, faults, shots, name)
            browser.settle()
            check_events(browser, faults, report.as_uri())
        finally:
            browser.close()
    return faults


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("configs", nargs="*", default=[str(ROOT / "configs/quickstart.toml")])
    parser.add_argument("--trials", type=int, default=2000)
    parser.add_argument("--shots", type=Path)
    arguments = parser.parse_args()
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if not program:
        print("skipped: there is no Chromium here; install one, or name it with the variable CHROMIUM")
        return 0
    if arguments.shots:
        arguments.shots.mkdir(parents=True, exist_ok=True)
    faults = [fault for config in arguments.configs
              for fault in check(program, config, arguments.trials, arguments.shots)]
    print("all is well" if not faults else f"{len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
