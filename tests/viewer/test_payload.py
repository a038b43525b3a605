import base64
import json

import cv2
import numpy as np
import pytest

from tests.viewer.scenes import ramp_scene, street_scene
from workbench.viewer import payload, script, style
from workbench.viewer.encode import COLORMAPS, codes, colormap
from workbench.viewer.payload import LIMIT_BYTES, MOST_BYTES, limit_of


def decode(url, mode=cv2.IMREAD_UNCHANGED):
    data = np.frombuffer(base64.b64decode(url.partition(",")[2]), np.uint8)
    return cv2.imdecode(data, mode)


def picture(data, name, pane=0):
    """The data URL of a pane's picture."""
    return data["pictures"][data["panes"][pane]["pictures"][name]]


@pytest.mark.parametrize("small", [False, True])
def test_codes_survive_every_bit(small):
    values = np.random.default_rng(0).integers(0, 256, (37, 53)).astype(np.uint8)
    np.testing.assert_array_equal(decode(codes(values, small=small), cv2.IMREAD_GRAYSCALE), values)


def test_small_is_never_larger():
    values = street_scene(120, 160).codes
    assert len(codes(values, small=True)) < len(codes(values))


@pytest.mark.parametrize("name", COLORMAPS)
def test_colour_maps_hold_256_colours_from_dark_to_light(name):
    colours = np.frombuffer(base64.b64decode(colormap(name)), np.uint8).reshape(256, 3)
    lightness = colours @ [0.2126, 0.7152, 0.0722]
    assert lightness[0] < 40
    assert lightness[-1] > 180
    assert (np.diff(lightness) > -1.5).all()


def test_a_payload_is_plain_json_with_the_scene_in_it():
    scene = ramp_scene()
    data = json.loads(json.dumps(payload(scene, picked=70_000_001, link="pair")))
    (pane,) = data["panes"]
    np.testing.assert_array_equal(decode(picture(data, "map")), scene.codes)
    np.testing.assert_array_equal(decode(picture(data, "truth")), scene.truth)
    assert pane["size"] == [48, 64]
    assert pane["score"] == {"name": "entropy", "low": 0.0, "high": 2.0, "unit": "nats"}
    assert pane["range"] == {"low": 0.0, "high": 1.0}
    assert pane["units"][0] == [70_000_000, 0, 0, 24, 32, 2, 2, 0.0]
    assert pane["units"][1] == [70_000_001, 0, 32, 24, 64, 1, -1, None]
    assert (data["picked"], data["link"], pane["void"]) == (70_000_001, "pair", 255)


def test_what_is_missing_is_null_and_told():
    scene = ramp_scene(image=None, truth=None, codes=None, notices=("The dataset is gone.",))
    data = payload(scene)
    pictures = data["panes"][0]["pictures"]
    assert pictures == {"image": None, "truth": None, "prediction": 0, "map": None}
    assert data["notices"] == ["The dataset is gone."]


def test_a_camvid_sized_view_stays_within_150_kib_at_full_size():
    data = payload(street_scene(360, 480, noise=0.005))
    assert len(json.dumps(data)) <= LIMIT_BYTES
    assert decode(picture(data, "map")).shape[:2] == (360, 480)
    assert not data["notices"]


def test_a_view_that_would_pass_the_limit_is_rounded_first():
    scene = street_scene(360, 480, noise=0.02)
    data = payload(scene)
    assert len(json.dumps(data)) <= LIMIT_BYTES
    assert "rounded to 64 levels" in data["notices"][0]
    error = np.abs(decode(picture(data, "map"), 0).astype(int) - scene.codes).max()
    assert 0 < error <= 3


def test_a_view_that_still_would_pass_the_limit_is_halved():
    noise = np.random.default_rng(0).integers(0, 256, (360, 480)).astype(np.uint8)
    data = payload(ramp_scene(codes=noise, size=(360, 480)))
    assert len(json.dumps(data)) <= LIMIT_BYTES
    assert decode(picture(data, "map")).shape[:2] == (180, 240)
    assert data["panes"][0]["size"] == [360, 480]  # the units' boxes still fit
    assert "1/2" in data["notices"][1]


def test_limits_grow_with_the_image_up_to_a_bound():
    assert limit_of((96, 128)) == LIMIT_BYTES
    assert limit_of((720, 960)) == 4 * LIMIT_BYTES == MOST_BYTES
    assert limit_of((1024, 2048)) == MOST_BYTES


def test_the_module_is_one_text_without_imports():
    text = script()
    assert "import " not in text.replace("No import", "")
    assert text.count("export default") == 1
    assert "http://" not in text + style()
    assert "https://" not in text + style()
