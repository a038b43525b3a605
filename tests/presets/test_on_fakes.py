"""Every preset on a made-up copy of its dataset: what it would cost, and two cycles of a family."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.datasets.fakes import FAKES
from workbench import presets
from workbench.engine import pace
from workbench.engine.experiment import run_experiment
from workbench.engine.forecast import forecast
from workbench.engine.plan import resolve
from workbench.errors import ModelError
from workbench.presets import PRESETS, load
from workbench.store import open_store

OF_PAPERS = [name for name in PRESETS if name != "demo"]
FAMILIES = {
    "chen": "chen-crops",
    "equal": "equal-camvid",
    "meal": "meal-camvid",
    "mittal": "mittal-a2d2-pool-11f",
    "cereals": "cereals-cityscapes",
    "ceal": "ceal-isic2017",
    "suggestive": "suggestive-glas",
    "vaal": "vaal-bdd100k",
}
MANY = {"camvid": 367, "cityscapes": 2975, "a2d2": 15_400, "isic": 1000}
"""Images of the pool of whole protocols; of A2D2 so many that every fifth frame leaves 3,000."""

FEW = {"cityscapes": 300, "a2d2": 160, "isic": 400, "pascal_voc": 60, "camvid": 367, "glas": 85}
"""Images of the pool that the quick tests need."""


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, int], Path]:
    """Return a function that returns the data folder with a made-up copy of so many images."""

    @cache
    def of_dataset(name: str, images: int) -> Path:
        folder = tmp_path_factory.mktemp("data")
        FAKES[name](folder / name, images=images, size=(24, 32))
        return folder

    return of_dataset


@pytest.fixture
def fake(made: Callable[[str, int], Path]) -> Callable[[str], Path]:
    """Return a function that returns the data folder of a preset, with few images."""

    def of_preset(preset: str) -> Path:
        dataset = load(preset).dataset.name
        return made(dataset, FEW.get(dataset, 160))

    return of_preset


@pytest.fixture
def large(made: Callable[[str, int], Path]) -> Callable[[str], Path]:
    """Return a function that returns the data folder of a preset, with as many as it needs."""

    def of_preset(preset: str) -> Path:
        dataset = load(preset).dataset.name
        return made(dataset, MANY.get(dataset, 400))

    return of_preset


def without_weights(name: str) -> list[str]:
    """Return settings by which a preset starts from random weights and has images large enough."""
    config = load(name)
    settings = ["model.weights=none"]
    if config.report.model is not None:
        settings.append("report.model.weights=none")
    if name.startswith("meal"):
        settings.append("embedding.weights=initial")
    if "resize" not in config.dataset.options and config.dataset.name == "cityscapes":
        settings.append("dataset.resize=[1024, 2048]")
    return settings


@pytest.mark.parametrize("name", [*FAMILIES.values(), "mittal-a2d2-pool-0f-u2pl"])
def test_a_laptop_form_of_each_family_tells_what_it_costs(
    name: str, fake: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "_MOST_PIXELS", 2**11)  # less to compute, and all of it still run
    found = forecast(load(name, scale="laptop"), fake(name), timed=True)
    assert found.trainings > len(found.plan.runs)
    assert found.bytes["total"] > 0
    time = found.time
    assert time is not None
    parts = (time.training, time.measuring, time.scanning)
    assert min(parts) > 0
    assert (time.reports > 0) == bool(found.reports or found.references)
    assert time.total == pytest.approx(time.per_seed * len(found.plan.config.seeds))
    assert time.total * time.side_by_side == pytest.approx(sum(parts) + time.reports)


@pytest.mark.slow
@pytest.mark.parametrize("name", OF_PAPERS)
def test_every_laptop_form_tells_what_it_costs(name: str, large: Callable[[str], Path]) -> None:
    found = forecast(load(name, scale="laptop"), large(name))
    assert found.training_steps > 0
    assert found.beyond == 0, "each report point is reached"


@pytest.mark.slow
@pytest.mark.parametrize("name", OF_PAPERS)
def test_every_preset_tells_what_it_costs(name: str, large: Callable[[str], Path]) -> None:
    found = forecast(load(name, without_weights(name)), large(name))
    assert found.training_steps > 0
    assert found.beyond == 0, "each report point is reached"


@pytest.mark.parametrize("name", ["mittal-voc-2-2", "meal-camvid"])
def test_weights_that_cannot_be_had_are_refused_by_dry_run_and_run_alike(
    name: str, fake: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for proxy in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(proxy, "http://127.0.0.1:9")  # nothing answers there
    said = []
    for act in (
        lambda: forecast(load(name), fake(name)),
        lambda: run_experiment(load(name), tmp_path / "store", fake(name)),
    ):
        with pytest.raises(ModelError) as caught:
            act()
        said.append(str(caught.value))
    assert said[0] == said[1]
    assert "\n" not in said[0]
    assert "weights" in said[0]
    assert not (tmp_path / "store").exists()


@pytest.mark.slow
@pytest.mark.parametrize("name", FAMILIES.values())
def test_two_cycles_of_the_laptop_form_of_each_family(
    name: str, fake: Callable[[str], Path], tmp_path: Path
) -> None:
    short = ["seeds=[0]", "budget.cycles=2", "learner.epochs=1"]
    config = load(name, short, scale="laptop")
    identity = run_experiment(config, tmp_path / "store", fake(name))
    runs = open_store(tmp_path / "store").experiment(identity).runs()
    assert len(runs) == len(config.methods)
    for run in runs:
        assert run.status.state == "done"
        first, last = run.cycles
        assert len(last.labelled) > len(first.labelled)


def test_every_dataset_of_a_preset_has_a_made_up_copy() -> None:
    assert {load(name).dataset.name for name in OF_PAPERS} <= FAKES.keys()
    assert set(FAMILIES) == {name.partition("-")[0] for name in OF_PAPERS}
    assert all(resolve(presets.load(name)).runs for name in FAMILIES.values())
