"""In a notebook: what is shown, progress below the cell, and the example."""

import base64
import re
from types import SimpleNamespace
from xml.etree import ElementTree

import nbformat
import shortfall as sf
from conftest import ROOT
from nbclient import NotebookClient
from shortfall import _progress


def executed(notebook, folder):
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(folder)}}).execute()
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def outputs(cell, kind):
    return [output.data[kind] for output in cell.outputs if kind in output.get("data", {})]


def test_a_run_shows_finding_chart_and_tables(quickstart):
    run = sf.run(quickstart, trials=300)
    html = run._repr_html_()
    for sentence in run.finding.splitlines():
        assert sentence.split(" ")[0] in html
    assert "A minister" in html and html.count("<table") >= 2
    # It is well-formed, and loads nothing.
    ElementTree.fromstring(re.sub(r"<(br|img[^>]*)>", r"<\1/>", html))
    assert "http" not in re.sub(r"base64,[^\"]*", "", html) and "<script" not in html
    picture = base64.b64decode(re.search(r"data:image/svg\+xml;base64,([^\"]*)", html)[1]).decode()
    assert picture == next(iter(run.charts.values())) and picture.startswith("<svg")


def test_text_of_a_config_stays_text(quickstart):
    run = sf.run(quickstart, trials=100, set={"title": "<script>alert(1)</script>", "claims.soon.who": "<b>&"})
    assert "<script" not in run._repr_html_() and "&lt;b&gt;&amp;" in run._repr_html_()
    assert "<script" not in sf.compare(quickstart, "evidence", "as-planned", trials=100, set={"title": "<script>"})._repr_html_()
    assert "<b>" not in run.claims._repr_html_()


def test_answers_show_theirs(quickstart):
    stress = sf.stress(quickstart)
    assert "<table" in stress._repr_html_() and "data:image/svg+xml" in stress._repr_html_()
    assert stress.charts["stress"]._repr_svg_().startswith("<svg")


def test_progress_stands_below_the_cell(quickstart):
    begin = "import shortfall._progress as told\ntold._QUIET = told._PAUSE = -1\n"
    sources = [
        begin + "tell = told.callback_of(True)\nfor done in (0, 5_000, 9_000, 10_000):\n    tell(done, 10_000)",
        "tell = told.callback_of(True)\ntell(10_000, 10_000)\ntold.callback_of(False)",
        f"import shortfall as sf\nsf.run({str(quickstart)!r}, trials=100, keep_trials=False).n",
    ]
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    shown, silent, run = executed(nbformat.v4.new_notebook(cells=cells), ROOT)
    # One line, which has become that of the end; nothing where it is over before anybody could read it.
    told = outputs(shown, "text/html")
    assert len(told) == 1 and re.fullmatch(r"10 000 trials in [\d.]+ s", told[0]), told
    assert silent.outputs == [] and outputs(run, "text/plain")[-1] == "100"
    assert all(re.fullmatch(r"200 trials in [\d.]+ s", html) for html in outputs(run, "text/html"))


def test_progress_tells_how_far_it_is_and_what_is_left(monkeypatch):
    said = []
    out = SimpleNamespace(show=lambda text, share: said.append((text, share)), end=said.append)
    now = iter([0.0, 0.4, 1.0, 1.1, 2.0, 4.0, 4.1])
    monkeypatch.setattr(_progress.time, "monotonic", lambda: next(now))
    tell = _progress._Told(out)
    for done in (100, 1000, 1100, 2000, 4000, 4000):
        tell(done, 4000)
    # Not at once, and not too often.
    assert said == [("1 000 of 4 000 trials, 3 s left", 0.25), ("2 000 of 4 000 trials, 2 s left", 0.5), "4 000 trials in 4.0 s"]


def test_the_example_runs():
    path = ROOT / "examples/notebook.ipynb"
    notebook = nbformat.read(path, as_version=4)
    assert all(not cell.get("outputs") for cell in notebook.cells), "it is kept without outputs"
    for cell in notebook.cells:
        cell.source = cell.source.replace("5_000", "300")  # as many tell the same
    cells = executed(notebook, path.parent)
    shown = [output for cell in cells for output in outputs(cell, "text/html") + outputs(cell, "image/svg+xml")]
    assert any("A minister" in html for html in shown) and any(text.startswith("<svg") for text in shown)
    printed = [output.text for cell in cells for output in cell.outputs if output.output_type == "stream"]
    assert any("did you mean" in text for text in printed), printed
