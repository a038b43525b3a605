"""The bounds of what is decoded, and files in kinds that few have."""

import io

import numpy as np
import pytest
from PIL import Image

from workbench.datasets import decode
from workbench.datasets.decode import header_size, read_raw_mask, read_rgb
from workbench.errors import DatasetError


def _png(array, kind="PNG", **options):
    file = io.BytesIO()
    Image.fromarray(array).save(file, kind, **options)
    return file.getvalue()


def test_pixels_are_bounded_from_the_head_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(decode, "MOST_PIXELS", 12)
    fits, too_large = _png(np.zeros((3, 4, 3), np.uint8)), _png(np.zeros((13, 1, 3), np.uint8))
    assert read_rgb(fits, tmp_path).shape == (3, 4, 3)
    monkeypatch.setattr(decode.cv2, "imdecode", None)
    for read in (read_rgb, read_raw_mask, lambda data, path: header_size(io.BytesIO(data), path)):
        with pytest.raises(DatasetError, match="has 13 × 1 pixels; wanted 1 to 12"):
            read(too_large, tmp_path)


def test_a_size_that_was_read_before_is_not_read_again(tmp_path, monkeypatch):
    data = _png(np.zeros((3, 4, 3), np.uint8))
    monkeypatch.setattr(decode, "header_size", None)
    assert read_rgb(data, tmp_path, (3, 4)).shape == (3, 4, 3)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "TIFF"])
def test_the_kinds_that_are_documented_are_read(tmp_path, kind):
    array = np.full((5, 7, 3), (10, 200, 90), np.uint8)
    image = read_rgb(_png(array, kind), tmp_path)
    assert np.abs(image.astype(int) - array).max() <= 6  # JPEG and WebP lose some


@pytest.mark.parametrize("kind", ["GIF", "PPM", "PCX", "TGA", "ICO"])
def test_no_other_kind_is(tmp_path, kind):
    with pytest.raises(DatasetError, match="cannot be decoded"):
        read_rgb(_png(np.zeros((8, 8, 3), np.uint8), kind), tmp_path)


def test_no_other_decoder_is_started(tmp_path):
    code = "%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\nquit\n"
    for read in (read_rgb, read_raw_mask):
        with pytest.raises(DatasetError, match="cannot be decoded"):
            read(code.encode(), tmp_path)


@pytest.mark.parametrize("mode", ["L", "P", "LA", "PA", "1"])
def test_masks_of_one_number_a_pixel(tmp_path, mode):
    ids = np.array([[0, 1, 1], [1, 0, 1]], np.uint8)
    image = Image.fromarray(ids * 255 if mode == "1" else ids).convert("P" if mode == "PA" else "L")
    if mode in {"P", "PA"}:
        image = Image.new("P", (3, 2))
        image.putpalette([9, 9, 9, 200, 100, 50])
        image.putdata(ids.ravel().tolist())
    file = io.BytesIO()
    image.convert(mode).save(file, "TIFF" if mode == "PA" else "PNG")
    raw = read_raw_mask(file.getvalue(), tmp_path)
    assert raw.shape == (2, 3)
    assert raw.astype(int).tolist() == ids.tolist()


def test_a_mask_in_cmyk_is_colours(tmp_path):
    file = io.BytesIO()
    Image.new("CMYK", (3, 2)).save(file, "TIFF")
    assert read_raw_mask(file.getvalue(), tmp_path).shape == (2, 3, 3)


@pytest.mark.parametrize("at", range(8, 60, 5))
def test_a_png_that_is_not_whole_is_refused_in_silence(tmp_path, at, capfd):
    whole = _png(np.arange(300, dtype=np.uint8).reshape(10, 10, 3))
    for damaged in (whole[:at], whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]):
        with pytest.raises(DatasetError):
            read_rgb(damaged, tmp_path)
    assert capfd.readouterr() == ("", "")


def test_the_bound_is_ours_and_warns_of_nothing(tmp_path, recwarn):
    side = 9600  # above the pixels at which Pillow warns
    assert header_size(io.BytesIO(_png(np.zeros((side, side), bool))), tmp_path) == (side, side)
    assert not recwarn.list
