#!/usr/bin/env python3
"""Opens report.html in headless Chromium and holds it to what it promises.

    cargo build --release
    python3 tests/report_in_browser.py [CONFIG or FOLDER ...] [--trials N] [--shots FOLDER]

For each config (without any: the quickstart and the flagship): runs it, opens the report, and checks what follows. A folder
is that of a run already done.

- it is below 2 MB, asks for nothing but itself, and puts no error or warning on the console;
- the headline and the whole first chart stand on a first screen of 1366 x 768;
- at widths of 390, 768, 1366 and 1920 nothing hangs out of the page, and on the phone every label of a chart is readable;
- the claims are a matrix of claims by scenarios, whose cells tell their interval to pointer, keys and screen readers;
- the figures below the pointer, and those reached with the keyboard, are those of timeseries.csv and milestones.csv, in a
  box that covers no curve; every other chart tells its figures too;
- the reader can choose the scenario of a fan, sort a table, find an outcome, copy a figure with its interval, and save a
  chart as PNG, SVG and CSV;
- the printed page has at most 16 sides, and many more with its annex; folded sections are folded again afterwards;
- axe-core finds nothing wrong in light, in dark and on a phone, if the variable AXE names its `axe.min.js`;
- the pages of other commands keep the same rules of size, width, console and axe-core.

With --shots, screenshots and the printed page are left in that folder, to be looked at.

It needs Python 3.9 and a Chromium (found on the PATH, or named by the variable CHROMIUM); where there is none, or no AXE, it
says what it skipped. It is no part of `cargo test`, which needs a Rust toolchain only. PROGRAM names another build than
target/release/shortfall.
"""

import argparse
import base64
import csv
import json
import os
import re
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
# Commands other than `run` that leave a page, with the config that they are tried on.
ANSWERS = [
    ("us-japan-2025", "stress"),
    ("us-japan-2025", "drivers"),
    ("quickstart", "size --stock importer.metal --risk 0.05"),
    ("quickstart", "require --claim soon"),
    ("quickstart", "choose"),
]


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


def number_in(text):
    """A figure as it is written: its value, and how far the true one may lie from it by rounding."""
    text = text.replace("\u00a0", " ").strip()
    percent = text.endswith("%")
    digits = re.sub(r"[^0-9.e-]", "", text.rstrip("%"))
    size = float(digits)
    decimals = len(digits.split(".")[1]) if "." in digits and "e" not in digits else 0
    half = max(0.5001 * 10.0 ** -decimals, 0.0 if percent else 0.006 * abs(size))
    return (size / 100, half / 100) if percent else (size, half)


def shown_is(shown, cell):
    """Whether a figure on the page is that of a table, to the digits it shows."""
    shown = shown.replace("\u00a0", " ").strip()
    if cell == "":
        return shown == "never" or shown.startswith(("above", "below"))
    value = float(cell)
    if shown.startswith(("<", ">")):
        limit, _ = number_in(shown[1:])
        return 0 < value < limit if shown[0] == "<" else limit < value < 1
    near, half = number_in(shown)
    return abs(near - value) <= half


def told_is(told, value, low, high):
    """Whether `12 % (11 % to 13 %)`, or the bound where no trial counts, or every one, is what the table says."""
    for sign, limit, end in [("<", 0.0, high), (">", 1.0, low)]:
        if told.startswith(sign) and value != "" and float(value) == limit and end != "" and "(" not in told:
            # Rounded away from the limit, to a digit or to a whole percent.
            bound = abs(float(told[1:].replace("%", "").replace("\u00a0", "").replace(" ", "")) / 100 - limit)
            end = abs(float(end) - limit)
            return end - 1e-9 <= bound <= 2 * end + 0.01
    shown, _, interval = told.partition(" (")
    ends = interval.rstrip(")").split(" to ") if interval else None
    if not shown_is(shown, value):
        return False
    # Without an interval, it is no wider than the rounding.
    return all(shown_is(one, cell) for one, cell in zip(ends or [shown, shown], [low, high]) if ends or cell)


def rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


TIP = """(() => {
  const plot = document.querySelector('[data-chart="NAME"] SCREEN .plot'), tip = plot.querySelector(".tip");
  if (!tip) return null;
  const rows = [...tip.querySelectorAll("tr")].map((row) => [...row.children].map((cell) => cell.textContent));
  const box = tip.getBoundingClientRect(), page = plot.getBoundingClientRect();
  return { when: tip.querySelector("caption").textContent, rows, inside: box.left >= page.left - 1 && box.right <= page.right + 1,
    seen: box.top >= document.querySelector("nav").getBoundingClientRect().bottom - 1 && box.bottom <= innerHeight + 1 };
})()"""


def tip_of(browser, name, screen=".wide-screen"):
    return browser.evaluate(TIP.replace("NAME", name).replace("SCREEN", screen))


def check_tip(faults, tip, name, date, expected):
    """A read-out against the rows of a table: `expected` has name, value, low and high of each line."""
    if tip is None:
        return faults.require(False, f"{name}: nothing is shown in {date}")
    faults.require(date in tip["when"], f"{name}: {tip['when']} is shown for {date}")
    faults.require(tip["inside"] and tip["seen"], f"{name}: the read-out of {date} hangs out")
    faults.require(len(tip["rows"]) == len(expected), f"{name}: {len(tip['rows'])} lines instead of {len(expected)}")
    for (title, told), (wanted, *cells) in zip(tip["rows"], expected):
        # A scenario is called by the beginning of its title.
        good = (title.startswith(wanted) or wanted.startswith(title)) and told_is(told, *cells)
        faults.require(good, f"{name}, {date}: {title} {told} instead of {wanted} {cells}")


PERCENTILES = [("95th", "p95"), ("90th", "p90"), ("75th", "p75"), ("Median", "p50"), ("25th", "p25"), ("10th", "p10"),
               ("5th", "p5")]


def lines_of(chart, tables, outer):
    """What the tables say of a chart: by month the lines with value and interval."""
    series, milestones, scenarios = tables
    ids = {one["title"]: one["id"] for one in scenarios}
    if chart["kind"] == "timeseries.csv":
        mine = [row for row in series if row["series"] == chart["subject"] and row["scenario"] == chart["scenario"]]
        order = [one for one in PERCENTILES if not outer or one[1] in ("p95", "p50", "p5")]
        return 0.5, [[(title, row[key], row[key + "_ci_low"], row[key + "_ci_high"]) for title, key in order] for row in mine]
    mine = {(row["scenario"], int(row["month"])): row for row in milestones if row["milestone"] == chart["subject"]}
    months = 1 + max(month for _, month in mine)
    line = lambda title, month: (title, *(mine[ids[title], month][key] for key in ["probability", "ci_low", "ci_high"]))
    return 0.0, [[line(title, month) for title in chart["columns"]] for month in range(months)]


def box_of(browser, element):
    return browser.evaluate(f"(() => {{ const b = {element}.getBoundingClientRect(); return [b.left, b.top, b.width, b.height]; }})()")


def key(browser, name):
    code = {"Enter": 13}.get(name, 0)
    text = {"text": "\r"} if name == "Enter" else {}
    browser.call("Input.dispatchKeyEvent", type="keyDown", key=name, code=name, windowsVirtualKeyCode=code, **text)
    browser.call("Input.dispatchKeyEvent", type="keyUp", key=name, code=name, windowsVirtualKeyCode=code)


def click(browser, element):
    browser.evaluate(f"{element}.scrollIntoView({{ block: 'center' }})")
    left, top, width, height = box_of(browser, element)
    at = {"x": left + width / 2, "y": top + height / 2, "button": "left", "clickCount": 1}
    for kind in ["mousePressed", "mouseReleased"]:
        browser.call("Input.dispatchMouseEvent", type=kind, **at)


def move(browser, x, y):
    browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)


# Points of the curves drawn in a plot that lie below its read-out, in pixels of the screen.
COVERED = """(() => {
  const plot = document.querySelector('[data-chart="NAME"] .wide-screen .plot'), tip = plot.querySelector(".tip").getBoundingClientRect();
  const svg = plot.querySelector("svg"), to = svg.getScreenCTM();
  let covered = 0;
  for (const path of svg.querySelectorAll('path[fill="none"][stroke="#0B2E59"][stroke-width="26"]')) {
    const length = path.getTotalLength();
    for (let at = 0; at < length; at += length / 300) {
      const point = path.getPointAtLength(at).matrixTransform(to);
      if (point.x > tip.left && point.x < tip.right && point.y > tip.top && point.y < tip.bottom) covered += 1;
    }
  }
  return covered;
})()"""


def check_month(browser, faults, tables, start, chart, shot):
    offset, by_month = lines_of(chart, tables, False)
    count = len(by_month)
    span = count if offset else count - 1
    probe = f"""document.querySelector('[data-chart="{chart["name"]}"] .wide-screen .probe')"""
    browser.evaluate(f"{probe}.scrollIntoView({{ block: 'center' }})")
    box = box_of(browser, probe)
    date = lambda month: f"{MONTHS[(start + month) % 12]} {(start + month) // 12}"
    compared = 0
    for month in sorted({0, 1, count // 3, count // 2, count - 2, count - 1} & set(range(count))):
        x = box[0] + (month + offset) / span * box[2]
        move(browser, min(x, box[0] + box[2] - 0.2), box[1] + box[3] / 2)
        check_tip(faults, tip_of(browser, chart["name"]), chart["name"], date(month), by_month[month])
        covered = browser.evaluate(COVERED.replace("NAME", chart["name"]))
        faults.require(covered == 0, f"{chart['name']}, {date(month)}: the box covers {covered} points of the curve")
        compared += len(by_month[month])
        if shot and month == count // 2:
            shot(f"hover-{chart['name']}")
    move(browser, 1, 1)
    browser.evaluate(f"{probe}.focus()")
    for name, month in [("End", count - 1), ("ArrowLeft", count - 2), ("Home", 0)]:
        key(browser, name)
        check_tip(faults, tip_of(browser, chart["name"]), f"{chart['name']}, key {name}", date(month), by_month[month])
    browser.evaluate(f"{probe}.blur()")
    return compared


def check_figures(browser, folder, faults, shot):
    """Points at each chart over time, month by month here and there; chooses every scenario of a fan."""
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))["scenarios"]
    tables = rows(folder / "timeseries.csv"), rows(folder / "milestones.csv"), results
    start = browser.evaluate("12 * data.year + data.month - 1")
    charts = browser.evaluate("""[...document.querySelectorAll(".drawing")].filter((one) => one.querySelector('details a[href$=".csv"]')).map((one) => ({
        name: one.dataset.chart, kind: one.querySelector('details a[href$=".csv"]').getAttribute("href"),
        subject: one.querySelector("details code").textContent, switched: !!one.closest(".case"),
        columns: [...one.querySelectorAll("details thead th")].slice(1).map((cell) => cell.textContent),
      }))""")
    faults.require(charts, "no chart tells figures")
    compared = 0
    for number, chart in enumerate(charts):
        chart["scenario"] = chart["name"].split(".")[1] if chart["switched"] else results[0]["id"]
        if chart["switched"]:
            # The label of the radio button is what is clicked.
            click(browser, f"""document.querySelector('label[for="case-{chart["name"]}"]')""")
        compared += check_month(browser, faults, tables, start, chart, shot if number in (0, len(charts) - 1) else None)
    if len(results) > 1:
        shown = browser.evaluate("[...document.querySelectorAll('header .case')].filter((one) => one.offsetHeight > 0).length")
        faults.require(shown == 1, f"{shown} scenarios of the fan are shown at a time")
        browser.evaluate("document.querySelector('header .switch input:checked').focus()")
        before = browser.evaluate("document.querySelector('header .switch input:checked').id")
        key(browser, "ArrowLeft")
        after = browser.evaluate("document.querySelector('header .switch input:checked').id")
        faults.require(before != after, "arrow keys do not choose a scenario")
        browser.evaluate("document.querySelector('header .switch input').click()")
    others = browser.evaluate("""[...document.querySelectorAll(".drawing")].filter((one) => one.offsetHeight > 0).map((one) => one.dataset.chart)""")
    for name in others:
        probe = f"""document.querySelector('[data-chart="{name}"] .wide-screen .probe')"""
        if not browser.evaluate(f"!!{probe}"):
            faults.require(False, f"{name} tells nothing below the pointer")
            continue
        browser.evaluate(f"{probe}.scrollIntoView({{ block: 'center' }})")
        box = box_of(browser, probe)
        move(browser, box[0] + 0.6 * box[2], box[1] + 0.4 * box[3])
        tip = tip_of(browser, name)
        faults.require(tip and tip["rows"] and tip["inside"], f"{name}: below the pointer there is {tip}")
        if shot:
            shot(f"hover-{name}")
        move(browser, 1, 1)
    print(f"  {len(charts)} charts over time, {compared} figures compared with the tables; {len(others)} charts pointed at")


def check_first_screen(browser, faults, shot):
    browser.size(1366, 768)
    browser.evaluate("scrollTo(0, 0)")
    browser.settle(0.1)
    head, chart = (browser.evaluate(f"document.querySelector('{one}').getBoundingClientRect().bottom") for one in ["h1", "header .wide-screen svg"])
    faults.require(head < chart <= 768, f"on the first screen the headline ends at {head}, the first chart at {chart} of 768")
    if shot:
        shot("first")


def check_claims(browser, folder, faults, shot):
    claims = rows(folder / "claims.csv")
    found = {(row["claim"], row["scenario"]): row for row in claims}
    cells = browser.evaluate("document.querySelectorAll('.matrix tbody td').length")
    size = len({claim for claim, _ in found}) * len(json.loads((folder / "results.json").read_text())["scenarios"])
    faults.require(cells == size, f"the matrix has {cells} cells instead of {size}")
    if not claims:
        return
    verdicts = browser.evaluate("[...document.querySelectorAll('.matrix .verdict')].map((one) => one.textContent)")
    faults.require(sorted(verdicts) == sorted(row["verdict"] for row in claims), "the verdicts are not those of claims.csv")
    cell = "document.querySelector('.matrix td')"
    browser.evaluate(f"{cell}.scrollIntoView({{ block: 'center' }})")
    left, top, width, height = box_of(browser, cell)
    move(browser, left + width / 2, top + height / 2)
    told = browser.evaluate("document.querySelector('.tip.details').hidden ? null : document.querySelector('.tip.details').textContent")
    faults.require(told and "confidence" in told and "threshold" in told, f"a cell of the matrix tells {told}")
    if shot:
        shot("matrix")
    move(browser, 1, 1)
    browser.evaluate(f"{cell}.focus()")
    key(browser, "ArrowDown")
    key(browser, "ArrowRight")
    told = browser.evaluate("document.activeElement.tagName === 'TD' && document.querySelector('.tip.details').textContent")
    faults.require(told, "arrow keys do not reach the details of a claim")
    browser.evaluate("document.activeElement.blur()")


def check_tables(browser, faults):
    """Sorts, finds and copies in the tables of percentiles."""
    table = "document.querySelector('#percentiles details[open] table')"
    figures = f"[...{table}.tBodies[0].rows].map((row) => row.cells[1].dataset.v.split(',')[0])"
    number = lambda text: float("inf") if text == "never" else float(text)
    before = browser.evaluate(figures)
    if len(before) > 1:
        for wanted, order in [("ascending", False), ("descending", True)]:
            click(browser, f"{table}.tHead.rows[0].cells[1].querySelector('button')")
            now = [number(one) for one in browser.evaluate(figures)]
            said = browser.evaluate(f"{table}.tHead.rows[0].cells[1].getAttribute('aria-sort')")
            faults.require(now == sorted(map(number, before), reverse=order) and said == wanted, f"sorted {said}: {now}")
        click(browser, f"{table}.tHead.rows[0].cells[1].querySelector('button')")
        faults.require(browser.evaluate(figures) == before, "a third click does not give the order back")
    seen = "[...document.querySelectorAll('#percentiles .filtered > details')].filter((one) => one.offsetHeight > 0)"
    every = browser.evaluate(f"{seen}.length")
    browser.evaluate("document.querySelector('#percentiles input[type=search]').focus()")
    browser.call("Input.insertText", text="shortage Total")
    some = browser.evaluate(f"{seen}.map((one) => one.querySelector('summary').textContent.toLowerCase())")
    faults.require(0 < len(some) < every and all("shortage" in one and "total" in one for one in some), f"found {some}")
    count = browser.evaluate("document.querySelector('#percentiles .filter [role=status]').textContent")
    faults.require(count == f"{len(some)} of {every} tables", f"the filter says {count}")
    browser.evaluate("(() => { const field = document.querySelector('#percentiles input[type=search]'); field.value = ''; field.dispatchEvent(new Event('input')); })()")
    faults.require(browser.evaluate(f"{seen}.length") == every, "an empty filter hides tables")
    cell = f"{table}.tBodies[0].rows[0].cells[1]"
    text = browser.evaluate(f"{cell}.firstChild.textContent")
    for how in ["click", "key"]:
        browser.evaluate("window.copied = null; navigator.clipboard.writeText = async (text) => { window.copied = text; }")
        if how == "click":
            click(browser, cell)
        else:
            browser.evaluate(f"{cell}.focus()")
            key(browser, "Enter")
        browser.settle(0.1)
        copied = browser.evaluate("window.copied")
        good = copied and ", P" in copied and f": {text}" in copied and ("to" in copied or not browser.evaluate(f"!!{cell}.querySelector('small')"))
        faults.require(good, f"copied with a {how}: {copied}")
    faults.require(browser.evaluate("document.querySelector('.status').textContent").startswith("Copied: "), "nothing says that it was copied")
    print(f"  copied: {copied}")


def check_saved(browser, folder, faults):
    """Saves the first chart, as each of the three."""
    kept = folder / "saved"
    kept.mkdir()
    browser.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(kept))
    buttons = browser.evaluate("[...document.querySelectorAll('.drawing')].filter((one) => one.querySelectorAll('.tools button').length !== 3).map((one) => one.dataset.chart)")
    faults.require(not buttons, f"not saved in three kinds: {buttons}")
    visible = "[...document.querySelectorAll('.drawing')].find((one) => one.offsetHeight > 0)"
    name = browser.evaluate(f"{visible}.dataset.chart").replace(".", "-")
    title = browser.evaluate(f"{visible}.querySelector('.heading').textContent")
    for number, kind in enumerate(["png", "svg", "csv"]):
        click(browser, f"{visible}.querySelectorAll('.tools button')[{number}]")
        file = kept / f"{name}.{kind}"
        for _ in range(100):
            browser.settle(0.05)
            if file.exists() and file.stat().st_size:
                break
        if not file.exists():
            faults.require(False, f"{file.name} is not saved")
            continue
        data = file.read_bytes()
        if kind == "png":
            faults.require(data[:8] == b"\x89PNG\r\n\x1a\n" and int.from_bytes(data[16:20], "big") == 2400, "the PNG is none, or not 2400 wide")
        elif kind == "svg":
            words = "".join(re.findall(r">([^<>]+)</text>", data.decode())).replace("\n", "")
            start = "".join(title.split())[:20]
            faults.require(start in "".join(words.split()), f"the SVG lacks its title: {start}")
        else:
            lines = list(csv.reader(data.decode("utf-8-sig").splitlines()))
            faults.require(len(lines) > 2 and len(lines[2]) == len(lines[1]) > 1, f"the CSV begins {lines[:3]}")


def check_axe(browser, faults, axe):
    if not axe:
        return print("  skipped: axe-core is not here; name its axe.min.js with the variable AXE")
    browser.evaluate(Path(axe).read_text(encoding="utf-8") + "; void 0")
    for width, scheme in [(1366, "light"), (1366, "dark"), (390, "light")]:
        browser.size(width, 900)
        browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        browser.settle(0.1)
        # Drawings are pictures with a name; what is in them is not text to axe.
        found = browser.call("Runtime.evaluate", awaitPromise=True, returnByValue=True, expression="""
            axe.run({ exclude: [["svg"]] }, { resultTypes: ["violations"] })
              .then((all) => all.violations.map((one) => [one.id, one.nodes.length, one.nodes[0].html.slice(0, 200), one.nodes[0].failureSummary]))""")
        for fault in found["result"].get("value", [["axe", str(found)]]):
            faults.require(False, f"axe at {width} in {scheme}: {fault}")
    print("  axe-core has run at 1366 in light and dark, and at 390")


def sides(pdf):
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf))


def check_paper(browser, faults, shots, name):
    """Prints without and with the annex; what is folded on the screen is folded again afterwards."""
    browser.call("Emulation.setEmulatedMedia", features=[])
    browser.size(1366, 900)
    folded = """document.querySelectorAll("details:not([open])").length"""
    before = browser.evaluate(folded)
    browser.evaluate("""addEventListener("beforeprint", () => { window.foldedOnPaper = document.querySelectorAll("details:not([open])").length; })""")
    counts = []
    for annex in [False, True]:
        browser.evaluate(f"document.getElementById('annex').checked = {json.dumps(annex)}")
        pdf = base64.b64decode(browser.call("Page.printToPDF", preferCSSPageSize=True, printBackground=False)["data"])
        browser.settle()
        counts.append(sides(pdf))
        if shots:
            (shots / f"{name}-print{'-annex' if annex else ''}.pdf").write_bytes(pdf)
    faults.require(before > 0, "no section is folded on the screen")
    faults.require(1 < counts[0] <= 16 and counts[1] > counts[0] + 2, f"sides of paper, without and with annex: {counts}")
    faults.require(browser.evaluate("window.foldedOnPaper") == 0, "sections are folded on paper with annex")
    faults.require(browser.evaluate(folded) == before, "sections stay open after printing")
    print(f"  {counts[0]} sides of paper, {counts[1]} with the annex")


def check_widths(browser, faults, shots, name):
    for width, scheme in [(390, "light"), (768, "light"), (1366, "light"), (1920, "light"), (1366, "dark")]:
        browser.size(width, 900)
        browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        browser.evaluate("scrollTo(0, 0)")
        browser.settle(0.1)
        over = browser.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        faults.require(over <= 0, f"at a width of {width} the page hangs out by {over}")
        # Letters of the axes' figures, the smallest of a chart over time.
        small = browser.evaluate("""Math.min(99, ...[...document.querySelectorAll(".plot svg")].filter((svg) => svg.clientWidth > 0).flatMap((svg) =>
            [...svg.querySelectorAll("text")].map((text) => text.getAttribute("font-size") * svg.clientWidth / svg.viewBox.baseVal.width)))""")
        if width == 390:
            faults.require(small >= 8, f"on a phone the letters of a chart are {small:.1f} pixels high")
        if shots:
            height = int(browser.evaluate("document.documentElement.scrollHeight"))
            picture = browser.call("Page.captureScreenshot", format="png", captureBeyondViewport=True,
                                   clip={"x": 0, "y": 0, "width": width, "height": min(height, 9000), "scale": 1})
            (shots / f"{name}-{width}{'-dark' if scheme == 'dark' else ''}.png").write_bytes(base64.b64decode(picture["data"]))


def check_events(browser, faults, address):
    asked = {event["params"]["request"]["url"] for event in browser.events
             if event.get("method") == "Network.requestWillBeSent"}
    foreign = {url for url in asked if url != address and not url.startswith(("data:", "blob:"))}
    faults.require(address in asked and not foreign, f"the page asks for {foreign or 'nothing'}")
    for event in browser.events:
        parameters = event.get("params", {})
        if event.get("method") == "Runtime.exceptionThrown":
            faults.require(False, f"an error: {parameters['exceptionDetails']}")
        elif event.get("method") == "Runtime.consoleAPICalled" and parameters["type"] in ["error", "warning", "assert"]:
            faults.require(False, f"on the console: {parameters['args']}")
        elif event.get("method") == "Log.entryAdded" and parameters["entry"]["level"] in ["error", "warning"]:
            faults.require(False, f"in the log: {parameters['entry']}")


def screenshots(browser, shots, name):
    """Leaves a picture of what the window shows, if somebody wants to look at it."""

    def shot(what):
        picture = browser.call("Page.captureScreenshot", format="png")["data"]
        (shots / f"{name}-{what}.png").write_bytes(base64.b64decode(picture))

    return shot if shots else None


def run(config, trials, out, command="run"):
    """Runs a config, or another command on it."""
    shortfall = Path(os.environ.get("PROGRAM") or ROOT / "target/release/shortfall")
    if not shortfall.exists():
        raise SystemExit(f"{shortfall} is not there: cargo build --release")
    # Expectations that are not met are no matter here.
    done = subprocess.run([shortfall, *command.split(), config, "-n", str(trials), "-q", "-o", out], check=False)
    if done.returncode not in (0, 10, 11):
        raise SystemExit(f"shortfall ended with {done.returncode}")


def check(program, config, trials, shots):
    faults, name = Faults(), Path(config).stem
    print(f"{name}:")
    with tempfile.TemporaryDirectory() as folder:
        out, profile = Path(config), Path(folder, "profile")
        if not out.is_dir():
            out = Path(folder, "out")
            run(config, trials, out)
        report = out / "report.html"
        size = report.stat().st_size
        print(f"  report.html has {size} bytes")
        faults.require(size < LARGEST, f"report.html has {size} bytes")
        browser = Browser(program, profile)
        try:
            browser.open(report.as_uri())
            shot = screenshots(browser, shots, name)
            check_first_screen(browser, faults, shot)
            check_figures(browser, out, faults, shot)
            check_claims(browser, out, faults, shot)
            check_tables(browser, faults)
            check_saved(browser, Path(folder), faults)
            check_widths(browser, faults, shots, name)
            check_axe(browser, faults, os.environ.get("AXE"))
            check_paper(browser, faults, shots, name)
            browser.settle()
            check_events(browser, faults, report.as_uri())
        finally:
            browser.close()
    return faults


def check_answer(program, config, command, trials, shots):
    """The page of a command other than `run`: the same rules, but for what only the page of a run has."""
    faults, name = Faults(), f"{Path(config).stem}-{command.split()[0]}"
    print(f"{name}:")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "out")
        run(config, trials, out, command)
        report = out / "report.html"
        faults.require(report.stat().st_size < LARGEST, f"report.html has {report.stat().st_size} bytes")
        browser = Browser(program, Path(folder, "profile"))
        try:
            browser.open(report.as_uri())
            drawn = browser.evaluate("[...document.querySelectorAll('.plot svg')].filter((one) => one.clientWidth > 0).length")
            rows = browser.evaluate("document.querySelectorAll('table.figures tbody tr').length")
            faults.require(drawn > 0 and rows > 1, f"{drawn} charts and {rows} rows of figures")
            check_widths(browser, faults, shots, name)
            check_axe(browser, faults, os.environ.get("AXE"))
            browser.settle()
            check_events(browser, faults, report.as_uri())
        finally:
            browser.close()
    return faults


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("configs", nargs="*", default=[str(ROOT / f"configs/{name}.toml") for name in ["quickstart", "us-japan-2025"]])
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
    for config, command in ANSWERS if arguments.configs == parser.get_default("configs") else []:
        faults += check_answer(program, ROOT / f"configs/{config}.toml", command, arguments.trials, arguments.shots)
    print("all is well" if not faults else f"{len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
