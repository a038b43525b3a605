"""The image route: odd addresses and damaged images are not found, and never a fault."""

import json
import shutil

import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from dashboard import images
from tests.dashboard import conftest
from tests.store import sample
from workbench.config import Component
from workbench.geometry import Images, divide
from workbench.store import create_experiment, open_store
from workbench.types import Frame
from workbench.units import UNITS

full = conftest.full

ODD_PICTURES = [
    "/pool-images",
    "/pool-images/",
    "/pool-images/120",
    "/pool-images/120/{experiment}",
    "/pool-images/120/{experiment}/",
    *(
        f"/pool-images/{width}/{{experiment}}/{{image}}"
        for width in ("", "-1", "0", "120.0", "0120", "1e2", "%20120", "١٢٠", "9" * 5000)
    ),
    *(
        f"/pool-images/120/{name}/{{image}}"
        for name in (
            "%00",
            "%ff%fe",
            "a" * 300,
            "a" * 5000,
            ".",
            "%2e%2e",
            "~",
            "%0a",
            "%F0%9F%98%80",
        )
    ),
    *(
        f"/pool-images/120/{{experiment}}/{name}"
        for name in (
            "%00",
            "%ff%fe",
            "a" * 5000,
            "..%5c..%5cetc",
            "{image}%00",
            "{image}/",
            "%ed%a0%80",
        )
    ),
]


@pytest.mark.parametrize("number", range(len(ODD_PICTURES)))
def test_an_odd_picture_address_is_not_found(picture, number):
    record, ask_for = picture
    path = ODD_PICTURES[number]
    image = record.pool["image_id"].iloc[0]
    answer = ask_for(path.format(experiment=record.id, image=image))
    assert answer.status_code in {400, 404}
    assert 5 < len(answer.text) < 300


@pytest.fixture
def picture(full, monkeypatch):
    monkeypatch.setenv("WORKBENCH_STORE", str(full))
    client = TestClient(Starlette(routes=images.routes()), raise_server_exceptions=False)
    return open_store(full).experiments()[0], client.get


@pytest.mark.parametrize("damage", ["no dataset", "no folder", "broken image", "broken record"])
def test_a_picture_that_cannot_be_read_is_not_found(own_scenes, damage):
    store, data, address = own_scenes
    client = TestClient(Starlette(routes=images.routes()), raise_server_exceptions=False)
    assert client.get(address).status_code == 200
    for cache in (images.dataset, images._encoded):
        cache.cache_clear()
    if damage == "no dataset":
        shutil.rmtree(data / "scenes")
    elif damage == "no folder":
        (data / "scenes").rename(data / "others")
        (data / "scenes").write_text("a file")
    elif damage == "broken image":
        for file in (data / "scenes").rglob("*.png"):
            file.write_bytes(file.read_bytes()[:60])
    else:
        (next(store.glob("experiments/*")) / "pool.parquet").write_bytes(b"PAR1")
    answer = client.get(address)
    assert answer.status_code == 404
    assert "cannot be read" in answer.text


@pytest.fixture
def own_scenes(tmp_path, monkeypatch):
    """A store on a folder of two images, the address of one of its pictures."""
    data, store = tmp_path / "data", tmp_path / "store"
    for kind, mode in (("images", "RGB"), ("masks", "L")):
        for split in ("train", "val"):
            folder = data / "scenes" / kind / split
            folder.mkdir(parents=True)
            Image.new(mode, (64, 48)).save(folder / "one.png")
    card = {"classes": ["road", "car"], "palette": [[0, 0, 0], [9, 9, 9]]}
    (data / "scenes" / "dataset.yaml").write_text(json.dumps(card))
    config = sample.sample_config(("random",), (0,), 1, 1, (1, 1))
    dataset = Component(name="folder", root=str(data / "scenes"))
    pool = Images.make(["one"], [(48, 64)], [Frame("one", 0)])
    record = create_experiment(
        store,
        config.model_copy(update={"dataset": dataset}),
        card=sample.CARD,
        pool=divide(pool, UNITS.bind("image").call()),
        methods=[sample.METHODS["random"]],
        data_dir=data,
        compute={},
    ).record
    monkeypatch.setenv("WORKBENCH_STORE", str(store))
    return store, data, images.address(record.id, "one")
