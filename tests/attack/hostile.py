"""A store whose every text that people write is an attack on whoever shows it."""

import dataclasses
from unittest.mock import patch

from tests.store import sample
from workbench.store import schema
from workbench.types import Frame

MARKUP = (
    "![x](http://evil.example/a.png)"
    "<img src=http://evil.example/b.png onerror=alert(1)>"
    "<b id=injected>bold</b>"
    "<a href=http://evil.example/c>link</a>[link](http://evil.example/d)"
    ":red[red] $x^2$ **strong** :smile: https://evil.example/e www.evil.example %{x}"
)
TERMINAL = (
    "\x1b]0;owned\x07\x1b[31mred\x9b31m\u202e[red]rich[/red][link=http://evil.example]l[/link]"
)


def hostile_store(path):
    """A finished run and a failed one, and a start that failed, all of it with hostile texts."""
    card = dataclasses.replace(
        sample.CARD, classes=tuple(f"{MARKUP} {n}" for n in range(len(sample.CLASSES)))
    )
    with (
        patch.object(sample, "CARD", card),
        patch.object(sample, "image_id", lambda n: f"{MARKUP} {n:03d}"),
        patch.object(sample, "Frame", lambda name, n: Frame(f"{MARKUP} {name}", n)),
        patch.object(sample, "sample_config", _config),
    ):
        about = {"methods": ("random", "entropy"), "seeds": (0,), "images": 5, "cycles": 2}
        sample.write_sample_store(path, **about)
        experiment = sample.sample_experiment(path, about["methods"], (0,), 2, 5)
        with experiment.run(sample.METHODS["entropy"], 0) as run:
            run.finish("failed", f"{MARKUP} {TERMINAL}")
    _failed_start(path / "launches" / "other-00000000")
    return path


_plain_config = sample.sample_config


def _config(*args):
    return _plain_config(*args).model_copy(update={"description": MARKUP})


def _failed_start(folder):
    folder.mkdir(parents=True)
    (folder / "experiment.yaml").write_text("name: other")
    (folder / "log.txt").write_text(f"{MARKUP} {TERMINAL}\n", encoding="utf-8")
    about = {"pid": 2**30, "born": "", "command": [], "started": 0, "jobs": 1, "data": None}
    record = schema.record("process", **about, files={})
    (folder / "process.json").write_bytes(schema.to_bytes(record))
