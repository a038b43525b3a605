import subprocess
import sys

import numpy as np
import pytest

from tests.store.sample import write_sample_store
from workbench.errors import StoreError
from workbench.figures import learning_curve
from workbench.store import open_store
from workbench.widgets import learning_curves, score_maps, viewer


@pytest.fixture(scope="module")
def store(shared):
    return open_store(shared.sample(methods=("random", "entropy"), images=6))


def test_curves_show_what_the_figure_shows(store):
    view = learning_curves(store)
    expected = learning_curve.figure(learning_curve.read(store.runs()))
    assert [t.name for t in view.figure.data] == [t.name for t in expected.data]
    assert view.figure.layout.yaxis.title.text == "mIoU (%)"


def test_axes_band_and_methods_can_be_changed(store):
    view = learning_curves(store.experiments()[0])
    view.y.value = "mean_boundary_iou"
    assert view.data.y == "mean_boundary_iou"
    assert view.figure.layout.yaxis.title.text == "Mean boundary IoU (%)"
    view.x.value, view.y.value, view.spread.value = "cycle", "iou:road", "sd"
    assert view.figure.layout.xaxis.title.text == "Cycle"
    assert view.figure.layout.yaxis.title.text == "IoU of road (%)"
    assert (view.data.x, view.data.y, view.data.spread) == ("cycle", "iou:road", "sd")
    colour = view.figure.data[-1].line.color
    view.methods.value = ("entropy",)
    assert set(view.data.table["method"]) == {"entropy"}
    assert view.figure.data[-1].line.color == colour  # hiding a method changes no colour
    view.methods.value = ()
    assert not view.figure.data


def test_a_path_stands_for_its_newest_experiment(store):
    assert len(learning_curves(str(store.path)).data.table) == len(
        learning_curves(store).data.table
    )


def test_the_map_of_the_image_with_most_picks_comes_first(store):
    run = store.runs()[2]
    view = score_maps(run)
    assert run.method.name == "entropy"
    assert view.image.value == view.image.options[0][1]
    assert (view.data.table["state"] == "selected").any()
    assert view.viewer.scene["panes"][0]["imageId"] == view.image.value
    assert view.viewer.scene["panes"][0]["score"]["name"] == "entropy"


def test_cycle_score_and_image_can_be_changed(store):
    view = score_maps(store.runs()[2])
    image = view.image.value
    view.cycle.value = 2
    assert view.image.value == image  # what is chosen stays, where it exists
    assert view.data.title == "entropy, seed 0, cycle 2"
    assert not (view.data.table["state"] == "selected").any()
    view.score.value = "margin"
    assert view.viewer.scene["panes"][0]["score"]["high"] == 1.0
    view.image.value = view.image.options[-1][1]
    assert view.viewer.scene["panes"][0]["imageId"] == view.image.options[-1][1]


def test_runs_can_be_changed_and_the_click_starts_anew(store):
    view = score_maps(store)
    view.cycle.value = 1
    view.viewer.unit = int(view.data.table["unit_id"].iloc[0])
    view.run.value = view.run.options[-1][1]
    assert view.viewer.unit is None
    assert view.cycle.value == 1
    assert view.data.title.startswith("entropy, seed 1")


def test_each_change_draws_once(store, monkeypatch):
    view = score_maps(store)
    drawn = []
    monkeypatch.setattr(type(view.viewer), "show", lambda self, scene, **_: drawn.append(scene))
    view.run.value = view.run.options[-1][1]
    view.cycle.value = 2
    assert len(drawn) == 2


def test_a_viewer_of_one_scene(store):
    view = score_maps(store)
    alone = viewer(view.data, view="side")
    assert alone.scene["view"] == {"layout": "side"}
    assert alone.unit is None


def test_keys_in_the_viewer_move_to_the_next_image_and_cycle(store):
    view = score_maps(store.runs()[2])
    images = [value for _, value in view.image.options]
    cycle = view.cycle.value
    for move in ({"image": 1}, {"cycle": -1}):
        view.viewer._handle_custom_msg({"move": move}, [])
    assert (view.image.value, view.cycle.value) == (images[1], cycle - 1)
    for _ in range(2):
        view.viewer._handle_custom_msg({"move": {"image": -1}}, [])
    assert view.image.value == images[0], "there is none before the first"
    assert view.viewer.scene["listens"] == ["view", "image", "cycle"]


def test_nothing_to_show_is_a_sentence(tmp_path):
    with pytest.raises(StoreError, match="no experiment yet"):
        learning_curves(open_store(tmp_path))
    write_sample_store(tmp_path / "s", methods=("random",), seeds=(0,), cycles=1, running=True)
    with pytest.raises(StoreError, match="published a cycle"):
        score_maps(str(tmp_path / "s"))
    with pytest.raises(StoreError, match="No run was given"):
        learning_curves([])


def test_importing_and_drawing_loads_no_torch(store):
    code = (
        "import sys; from workbench.widgets import learning_curves, score_maps\n"
        f"learning_curves({str(store.path)!r}); score_maps({str(store.path)!r})\n"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_points_are_numbers_not_objects(store):
    view = learning_curves(store)
    assert all(np.asarray(trace.y).dtype.kind == "f" for trace in view.figure.data)
