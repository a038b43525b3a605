"""The soak test sees what is wrong on a page, and tells growth from none."""

import ast
import random
from types import SimpleNamespace

import pytest
from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.soak import growth_of, verdicts
from benchmarks.soaking.browser import Tally
from benchmarks.soaking.page import Page, state
from benchmarks.soaking.server import Sample
from dashboard import loaders
from tests.dashboard.conftest import ROOT
from workbench.errors import NotStoredError


def begin(page, run, fragments=()):
    message = ForwardMsg()
    message.new_session.name = "app"
    message.metadata.run.script_run_id = run
    message.metadata.run.fragment_ids.extend(fragments)
    page.take(message)


def draw(page, place, fragment="", **about):
    """Draw an element: its kind ► a function that fills it in."""
    message = ForwardMsg()
    message.metadata.delta_path.extend([0, place])
    message.delta.fragment_id = fragment
    for kind, fill in about.items():
        fill(getattr(message.delta.new_element, kind))
    page.take(message)


def finish(page, status=ForwardMsg.FINISHED_SUCCESSFULLY):
    page.take(ForwardMsg(script_finished=status))


def choice(proto):
    proto.id, proto.default = "choice", 0
    proto.options.extend(["a", "b"])


def red(proto):
    proto.format, proto.body = Alert.ERROR, "This is refused."


def fault(proto):
    proto.type, proto.message = "KeyError", "2"


def test_an_exception_on_a_page_is_an_error():
    page, tally = Page(), Tally()
    begin(page, "1")
    draw(page, 0, exception=fault)
    finish(page)
    tally.see("compare", page)
    assert dict(tally.errors) == {"/compare: KeyError: 2": 1}


@pytest.mark.parametrize(("where", "errors"), [("compare", 1), ("what_if", 0)])
def test_a_red_box_is_an_error_but_where_choices_are_refused(where, errors):
    page, tally = Page(), Tally()
    begin(page, "1")
    draw(page, 0, alert=red)
    tally.see(where, page)
    assert (tally.errors.total(), tally.refusals.total()) == (errors, 1 - errors)


def test_what_is_not_drawn_again_is_gone_when_the_script_ends():
    page = Page()
    begin(page, "1")
    draw(page, 0, selectbox=choice)
    draw(page, 1, fragment="part", alert=red)
    finish(page)
    assert [widget.value() for widget in page.widgets()] == ["a"]
    begin(page, "2", ["part"])
    finish(page, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)
    assert len(page) == 1  # the part is empty now, the choice beside it stays
    begin(page, "3")
    finish(page, ForwardMsg.FINISHED_EARLY_FOR_RERUN)
    assert page.finished == 2
    assert len(page) == 1
    begin(page, "4")
    finish(page)
    assert not page.widgets()


def test_a_choice_is_changed_to_one_of_its_options():
    page = Page()
    begin(page, "1")
    draw(page, 0, selectbox=choice)
    (widget,) = page.widgets()
    values = {widget.other(random.Random(seed)) for seed in range(9)}
    assert values == {"a", "b"}
    assert state(widget.id, "b").string_value == "b"


def test_growth_compares_the_last_quarter_with_the_second():
    assert growth_of([1, 1, 4, 4, 9, 9, 5, 5]) == pytest.approx(0.25)


def test_each_verdict_can_fail():
    def samples(memory, files):
        ends = zip(memory, files, strict=True)
        return [Sample(at, m, 0, 9, f, 0, 0) for at, (m, f) in enumerate(ends)]

    flat = [300.0] * 8
    tally = SimpleNamespace(errors=Tally().errors)
    assert [holds for _, holds, _ in verdicts(tally, samples(flat, flat), long=True)] == [True] * 4
    tally.errors["one"] += 1
    rising = [300.0, 300, 300, 300, 400, 450, 500, 510]
    found = verdicts(tally, samples(rising, rising), long=True)
    assert [holds for _, holds, _ in found] == [False] * 4


# what it found


def test_a_name_in_the_address_is_one_kind_of_choice_on_all_pages():
    """What is chosen goes along from page to page: a text would reach a slider."""
    kinds = {}
    for file in [*(ROOT / "app_pages").glob("*.py"), *(ROOT / "sections").glob("*.py")]:
        for call in ast.walk(ast.parse(file.read_text())):
            called = ast.unparse(call.func) if isinstance(call, ast.Call) else "st.plotly_chart"
            if called == "st.plotly_chart":  # it holds no choice
                continue
            named = [k.value for k in call.keywords if k.arg == "key"]
            named += call.args[2:3] if called in {"controls.switch", "controls.choice"} else []
            for key in named:
                if isinstance(key, ast.Constant):
                    kinds.setdefault(key.value, set()).add(called)
    assert len(kinds) > 20
    assert {key: found for key, found in kinds.items() if len(found) > 1} == {}


def test_a_run_beside_that_lacks_a_score_is_told_in_its_place(full, open_page, monkeypatch):
    whole = loaders.score_map

    def lacking(key, *args):
        if "/entropy-" in key[0]:
            raise NotStoredError("It holds no such score.")
        return whole(key, *args)

    monkeypatch.setattr(loaders, "score_map", lacking)
    app = open_page(full, "explore", method="random", beside="entropy, seed 0")
    assert not app.error
    assert "no such score" in app.info[0].value
    assert app.subheader[-1].value == "Selected in this cycle"
