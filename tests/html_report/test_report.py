"""What the report says: every number from the store, what is missing, no text as HTML."""

import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser

import pytest

from workbench.config import Component
from workbench.html_report import report_html, write_report
from workbench.scaled import Scaled
from workbench.store import files, open_store

HOSTILE = "<script>alert('1')</script> {{ 7 * 7 }} </title> \u202eabc \x1b[31m"


class Read(HTMLParser):
    """The visible text, the cells of the tables, the tags and every address of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.addresses, self.rows, self.texts = [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.addresses += [v for k, v in attributes if k in {"src", "href", "srcset", "data"}]
        if tag == "tr":
            self.rows.append([])
        elif tag in {"td", "th"}:
            self.rows[-1].append("")

    def handle_data(self, data):
        if self.tags and self.tags[-1] in {"script", "style"}:
            return
        self.texts.append(data)
        if self.rows and self.rows[-1] and self.tags[-1] in {"td", "th"}:
            self.rows[-1][-1] += data.strip()

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())


def only(store):
    (record,) = open_store(store).experiments()
    return record


@pytest.fixture(scope="module")
def record(shared):
    return only(shared.trained().store)


@pytest.fixture(scope="module")
def html(record):
    return report_html(record)


def test_it_asks_for_nothing_else(html):
    read = Read(html)
    assert {a.partition(":")[0] for a in read.addresses if not a.startswith("#")} == {"data"}
    assert "link" in read.tags  # an icon of its own, or the browser asks for one
    assert len(html) < 8_000_000
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)[1]
    assert "default-src 'none'" in policy
    assert "http" not in policy


def test_its_numbers_are_those_of_the_store(html, record):
    rows = Read(html).rows
    for run in record.runs():
        last = run.cycles[-1].metrics
        place = [run.method.name, str(run.seed), "done", "3 of 3", str(last.labelled_units)]
        assert [*place, f"{100 * last.miou:.1f}"] in rows
        for cycle in run.cycles:
            m = cycle.metrics
            found = [run.method.name, str(cycle.number), str(m.labelled_units)]
            assert [*found, f"{100 * m.miou:.1f}", "–", "1"] in rows
    for name, version in record.versions.items():
        assert [name, version] in rows
    assert any(row[:2] == ["Device of training and scan", "cpu (9 cycles)"] for row in rows)


def test_the_contents_list_leads_to_every_section(html):
    listed = re.findall(r'<li><a href="#([\w-]+)">', html)
    assert listed == re.findall(r'<section id="([\w-]+)">', html)
    assert len(listed) == len(set(listed)) >= 8


def test_charts_in_both_looks_and_pictures_of_picks(html):
    charts = json.loads(re.search(r'id="charts">(.*?)</script>', html)[1])
    assert len(charts) > 4
    for key, looks in charts.items():
        assert f'id="{key}"' in html
        assert set(looks) == {"light", "dark"}
        assert looks["light"]["data"]
        papers = [looks[theme]["layout"]["paper_bgcolor"] for theme in looks]
        assert len(set(papers)) == 2
    assert html.count('<img src="data:image/webp;base64,') >= 3 * 3 * 2


def test_names_and_descriptions_are_never_html(shared):
    record = only(shared.trained().store)
    record.name = HOSTILE
    record.config = record.config.model_copy(update={"description": HOSTILE})
    record.versions[HOSTILE] = HOSTILE
    hostile = report_html(record)
    plain = Read(report_html(only(shared.trained().store)))
    found = Read(hostile)
    assert found.tags.count("script") == plain.tags.count("script")
    assert found.tags.count("title") == plain.tags.count("title") == 1
    assert "{{ 7 * 7 }}" in found.text
    assert "\x1b" not in hostile
    assert "\u202e" not in hostile
    assert r"\x1b[31m" in found.text


def test_text_inside_charts_cannot_end_their_script():
    from workbench.html_report._page import _json

    text = _json({"a": "</script><b>&\u2028"})
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == {"a": "</script><b>&\u2028"}


def test_a_half_done_experiment_says_so_first(shared):
    record = only(shared.sample(running=True))
    gone = record.config.model_copy(update={"dataset": Component(name="camvid")})
    record.config = gone  # the folder that it was read from is not there
    read = Read(report_html(record))
    sentence = "This experiment is not complete: of 6 runs, 1 interrupted, 5 done."
    assert sentence in read.text
    assert read.text.index(sentence) < read.text.index("Learning curve")
    assert ["k_center", "1", "interrupted", "2 of 3"] in [row[:4] for row in read.rows]
    assert "The images cannot be shown" in read.text


def test_a_failed_run_is_told_with_its_reason_and_nothing_begun_is_a_report(tmp_path):
    from tests.store.sample import METHODS, sample_experiment

    experiment = sample_experiment(tmp_path / "store", ("random",), seeds=(0,), images=4)
    empty = Read(report_html(only(tmp_path / "store")))
    assert "of 1 runs, 1 pending" in empty.text
    assert "No cycle has been measured yet." in empty.text
    with experiment.run(METHODS["random"], 0) as run:
        run.finish("failed", "The loss <b>is</b> nan; try a smaller learning rate.")
    failed = Read(report_html(only(tmp_path / "store")))
    assert "of 1 runs, 1 failed" in failed.text
    assert "The loss <b>is</b> nan; try a smaller learning rate." in failed.text


def test_a_damaged_record_is_named_and_the_rest_is_shown(shared, tmp_path, recwarn):
    store = tmp_path / "store"
    shutil.copytree(shared.trained().store, store)
    run = next(r for r in only(store).runs() if r.method.name == "entropy")
    manifest = run.path / "cycles" / "0001" / "cycle.json"
    assert manifest.exists()
    manifest.write_bytes(manifest.read_bytes()[:-20])
    read = Read(report_html(only(store)))
    assert "could not be read" in read.text
    assert "cycles/0001/cycle.json" in read.text
    assert ["random", "0", "done", "3 of 3"] in [row[:4] for row in read.rows]
    assert not [w for w in recwarn if "cycle.json" in str(w.message)]


def test_what_differs_from_the_preset_of_its_name_is_listed(shared):
    from workbench.engine.plan import resolve
    from workbench.presets import cells_of, load

    record = only(shared.trained().store)
    assert "has the name of no built-in preset" in Read(report_html(record)).text
    preset = resolve(load("demo")).config  # as it is stored: with every setting's value
    record.name = "demo"
    record.config = preset
    assert "Every setting is that of the built-in preset demo." in Read(report_html(record)).text
    record.config = preset.model_copy(update={"seeds": (5, 6)})
    assert ["seeds", "[0, 1]", "[5, 6]"] in Read(report_html(record)).rows
    scaled = Scaled(to="laptop", of="demo", changes=("learner.epochs: 30 ► 5",))
    record.config = preset.model_copy(update={"scaled": scaled})
    read = Read(report_html(record))
    assert scaled.sentence in read.text
    assert ["learner.epochs: 30 ► 5"] in read.rows
    record.name = "equal-camvid"
    record.config = preset.model_copy(update={"dataset": load("equal-camvid").dataset})
    cell = next(cell for cell in cells_of("equal-camvid") if cell.method == "random")
    place = [f"{cell.paper}, {cell.table}", cell.row, cell.column, f"{cell.value:.4g}"]
    assert place in [row[:4] for row in Read(report_html(record)).rows]


def test_an_interruption_leaves_the_old_report_and_no_half_one(record, tmp_path, monkeypatch):
    out = tmp_path / "deep" / "report.html"
    write_report(record, out)
    before = out.read_bytes()

    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(files.os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_report(record, out)
    assert list(out.parent.iterdir()) == [out]
    assert out.read_bytes() == before


def test_making_it_loads_no_torch(shared):
    code = (
        "import sys; from workbench.store import open_store\n"
        "from workbench.html_report import report_html\n"
        f"report_html(open_store({str(shared.sample(running=True))!r}).experiments()[0])\n"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
