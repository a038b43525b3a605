"""Texts that people write are shown letter by letter: on pages, in figures, on a terminal."""

import dataclasses
import io
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from dashboard.text import plain
from tests.attack import hostile
from tests.browser.serving import serving
from tests.dashboard import conftest
from tests.viewer.chromium import open_browser
from workbench.cli import _console, _progress
from workbench.figures import class_distribution, embedding, per_class, score_map
from workbench.figures._style import plain as plain_in_a_figure
from workbench.figures._style import sentence
from workbench.models import MODELS
from workbench.param import Param
from workbench.printable import printable
from workbench.selection import SELECTORS
from workbench.store import open_store
from workbench.units import UNITS
from workbench.viewer import script
from workbench.widgets import what_if

open_page = conftest.open_page

_MARKDOWN = ("title", "header", "subheader", "caption", "markdown", "error", "info", "warning")
_LIVE = re.compile(
    r"(?<!\\)(\[x\]|<img|<b |<a |\[link\]|:red|\*\*strong|\$x|:smile:)|https?://evil"
)
"""Parts of the hostile text that Markdown would still read as marks."""


@pytest.fixture(scope="module")
def store(shared):
    return shared.made("hostile", hostile.hostile_store)


@pytest.mark.parametrize("page", conftest.pages("compare", "what_if"))
def test_no_page_hands_text_to_markdown_as_it_is(open_page, store, page):
    app = open_page(store, page)
    assert not app.exception
    texts = [found.value for kind in _MARKDOWN for found in app.get(kind)]
    for widget in (*app.selectbox, *app.multiselect, *app.button, *app.text_input, *app.toggle):
        texts += [widget.label, widget.help or ""]
    assert [text for text in texts if _LIVE.search(str(text))] == []


def test_the_hostile_texts_reach_the_pages(open_page, store):
    app = open_page(store, "overview")
    assert any("evil" in caption.value for caption in app.caption), "the description"
    assert sum(r"\\x1b\]0;owned" in error.value for error in app.error) == 2, "a run, a start"


@given(st.text(alphabet="ab1 \\`*_[]()<>~$:&|#+-=!.@/w\n", max_size=30))
def test_markdown_marks_are_escaped_and_nothing_else_changes(text):
    shown = plain(text)
    assert "\n" not in shown
    assert re.sub(r"\\(.)|\u2060", r"\1", shown) == " ".join(text.split())
    assert not re.search(r"(?<!\\)(\\\\)*[`*_\[\]<>~$:&|]", shown)
    assert not re.match(r"[#+=-]|\d+[.)]", shown)


@pytest.mark.parametrize(
    "text",
    [
        "a plain sentence, with (brackets) and 3.5 %",
        "grid 4x4",
        "class “façade” – ok!",
        "\u0645\u06cc\u200c\u062e\u0648 \U0001f469\u200d\U0001f680",
    ],
)
def test_ordinary_text_stays_as_it_is(text):
    assert plain(text) == plain_in_a_figure(text).replace("&#37;", "%") == text
    assert printable(text) == text


def test_figures_hold_no_tag_of_a_name(store):
    runs = open_store(store).runs()
    cycle = runs[0].cycle(0)
    drawn = [
        per_class.figure(per_class.read(runs)),
        class_distribution.figure(class_distribution.read(runs, 0)),
        class_distribution.figure(class_distribution.read(runs, 0), show="ratio"),
        score_map.figure(score_map.read(cycle, "entropy", cycle.image_ids[0])),
        sentence(hostile.MARKUP, "light"),
    ]
    for figure in drawn:
        text = figure.to_json()
        assert "evil.example" in text
        assert not re.search(r"<img|<b id|<a |\$x|\\u003c(img|b id|a )", text), text[:500]
        assert not re.search(r"e/ www\S* %\{x\}|example %\{x\}", text)


def test_the_embedding_figure_names_sequences_as_text(store):
    record = open_store(store).experiments()[0]
    names = [f"{hostile.MARKUP} {n}" for n in range(2)]
    layers = embedding._sequence_layers(_points(record, names), names, embedding.THEMES["light"])
    for name, points, marker in layers:
        assert "<img" not in str(embedding._points(name, points, marker)["hovertemplate"])


def _points(record, names):
    pool = record.pool.head(4)
    zeros = np.zeros(len(pool))
    return pool.assign(x=zeros, y=zeros, state="unlabelled", sequence=[*names, *names][: len(pool)])


def test_a_terminal_gets_no_control_character_of_a_name(capsys):
    text = hostile.TERMINAL
    _console.print_lines(text)
    _console.print_table((text,), [(text,)], title=text)
    printed = capsys.readouterr().out
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", printed)
    assert printed.count("[red]rich[/red]") == 4
    assert printed.count(r"\x1b]0;owned\x07") == 4


@pytest.mark.parametrize("terminal", [True, False])
def test_progress_shows_names_as_text(terminal):
    out = Console(file=io.StringIO(), force_terminal=terminal, width=300, color_system=None)
    run = {"method": hostile.TERMINAL, "seed": 0, "cycle": 0, "phase": hostile.TERMINAL}
    with _progress.showing(1, out) as show:
        show({"event": "progress", "done": 1, "total": 2, **run})
        show({"event": "failed", "message": hostile.TERMINAL, **run})
    printed = out.file.getvalue()
    assert "[red]rich[/red]" in printed
    assert "owned" in printed
    assert not re.search(r"\x1b\]|\x07|\x9b|\u202e|\x1b\[31m", printed)


@given(st.text())
def test_no_text_steers_a_terminal(text):
    shown = printable(text)
    assert not re.search(
        r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]", shown
    )
    shown.encode("utf-8")


@pytest.mark.browser
@pytest.mark.slow
def test_plotly_draws_names_letter_by_letter(store):
    figure = class_distribution.figure(class_distribution.read(open_store(store).runs(), 0))
    with open_browser() as chromium:
        page = chromium.new_page()
        page.set_default_timeout(90_000)
        page.set_content(figure.to_html(include_plotlyjs=True, full_html=False))
        page.wait_for_selector(".xtick text")
        shown = page.locator(".xtick text").first.text_content()
        assert hostile.MARKUP in shown.replace("\xa0", " ")
        assert page.locator("#injected, [src*='evil'], [*|href*='evil']").count() == 0


@pytest.mark.browser
@pytest.mark.parametrize(
    "pages",
    [
        pytest.param(["compare"], id="one page"),
        pytest.param(conftest.PAGES, id="all pages", marks=pytest.mark.slow),
    ],
)
def test_hostile_names_load_nothing_and_inject_nothing_in_chromium(store, pages):
    asked, faults = [], []
    with (
        serving(store) as address,
        open_browser("--host-resolver-rules=MAP *.example 127.0.0.1:9") as chromium,
    ):
        page = chromium.new_page(viewport={"width": 1400, "height": 2000})
        page.set_default_timeout(90_000)
        page.on("request", lambda request: asked.append(request.url))
        page.on("dialog", lambda dialog: faults.append(dialog.message))
        page.on("console", lambda m: faults.append(m.text) if "Content Security" in m.text else 0)
        for name in pages:
            page.goto(f"{address}/{name}".removesuffix("/overview"))
            page.wait_for_selector("h1")
            page.wait_for_selector(".stApp[data-test-script-state=notRunning]")
            page.wait_for_selector("[data-testid=stSkeleton]", state="detached")
            away = "[href*='//'][href*='evil'], [*|href*='//'][*|href*='evil']"
            marks = f"#injected, [src*='evil'], .katex, {away}"
            assert page.locator(marks).count() == 0, name
        page.goto(address)
        shown = page.get_by_text("<img src=http:").first
        shown.wait_for()
        letters = shown.inner_text().replace("\u2060", "")
        assert hostile.MARKUP.split("www")[0] in letters
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
    assert faults == []


def test_a_plug_in_cannot_put_marks_into_a_page(open_page, store, monkeypatch):
    hostile_param = Param("threshold", "float", 0.5, hostile.MARKUP, low=0, high=1)
    for registry, name in ((UNITS, "window"), (SELECTORS, "random"), (MODELS, "tiny")):
        entry = registry.entry(name)
        more = {"summary": hostile.MARKUP, "params": (*entry.params, hostile_param)}
        monkeypatch.setitem(registry._entries, name, dataclasses.replace(entry, **more))
    for page, view in (("what_if", {"whatif-units": "window"}), ("new_experiment", {})):
        app = open_page(store, page, **view)
        texts = [found.value for kind in _MARKDOWN for found in app.get(kind)]
        texts += [field.help for field in (*app.number_input, *app.slider, *app.multiselect)]
        assert any("evil" in str(text) for text in texts), page
        assert [text for text in texts if _LIVE.search(str(text))] == [], page


def test_widgets_show_messages_as_text(store):
    view = what_if(open_store(store).runs()[0])
    view.selector.value = "<img src=x onerror=alert(1)>"
    assert "&lt;img src" in view.message.value
    assert "<img" not in view.message.value


def test_the_viewer_never_reads_text_as_html():
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", script())
    assert "textContent" in script()
