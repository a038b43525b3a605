"""The schema of an experiment, used by YAML files, the CLI, the web form and the stored manifest.

Pydantic checks types and ranges here; ``workbench.engine.plan.resolve`` checks names (datasets,
models, methods …) against the registries. Neither loads torch.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    ValidationError,
    model_validator,
)

from workbench.budget import Budget, Initial, Section
from workbench.component import AnyComponent as AnyComponent  # noqa: PLC0414 - a part of the schema
from workbench.component import AnyPart as AnyPart  # noqa: PLC0414
from workbench.component import Component as Component  # noqa: PLC0414
from workbench.component import Part as Part  # noqa: PLC0414
from workbench.errors import ConfigError, quoted, shown, unknown_name
from workbench.experiment_file import read_values
from workbench.fields import Name, Seed, Side, SpecText, Text
from workbench.report import MOST_REFERENCES, Evaluation, Reference, Report, ReportPart
from workbench.retention import Retention as Retention  # noqa: PLC0414 - a part of the schema
from workbench.scaled import Scaled

MOST_METHODS, MOST_SEEDS = 200, 1000
MOST_TRAININGS = 100_000
"""Of all runs; each takes seconds at least."""

MOST_THREADS = 1024
"""More than machines have; a million of them end the process."""


Tap = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,39}$")]
"""A feature map of the network, as its entry names it; it names a folder in the store."""

View = Literal["image", "unit"]
Weights = Literal["current", "initial"]


class Embedding(Section):
    """The feature vector of a unit."""

    tap: Tap = Field(
        "backbone",
        description="Where in the network the features are read: backbone, decoder, aspp "
        "(DeepLabv3+'s pyramid) or another tap of the network",
    )
    view: View = Field(
        "image", description="image: pooled within the whole image; unit: the unit as its own image"
    )
    weights: Weights = Field(
        "current",
        description="current: the network of the cycle; initial: the network before cycle 0 is "
        "trained, once per seed",
    )

    @property
    def key(self) -> str:
        """Its name in the store and in the results of a scan, e.g. ``backbone-image-current``."""
        return f"{self.tap}-{self.view}-{self.weights}"


class EmbeddingPart(Section):
    """A method's changes to the embedding of its experiment."""

    tap: Tap | None = None
    view: View | None = None
    weights: Weights | None = None

    def of(self, default: Embedding) -> Embedding:
        """Return ``default`` with the values that are given here."""
        return default.model_copy(update=self.model_dump(exclude_none=True))


CostView = Literal["uniform", "area", "boundary", "predicted", "true"]
"""What a selector reads as the cost of a unit (see ``workbench.pool.costs``)."""


class MethodScan(Section):
    """How the scan computes the scores of one method."""

    precision: Literal["float32"] | None = Field(
        None, description="float32: in full precision, whatever precision the experiment has"
    )


class Method(Section):
    """A score, an aggregation and a selector under one name, and further parts of the method.

    A part that is left out is that of the registered method of the same name, else that of the
    experiment. ``learner``, ``model`` and ``embedding`` change single settings of those of the
    experiment; a learner or model of another name replaces that of the experiment whole.
    """

    name: Name = Field(description="Name in every table and figure")
    score: SpecText | None = Field(
        None,
        description="acquisition, or acquisition@committee, e.g. total_entropy@transforms:hflip; "
        "or column:NAME, a column that a rider writes",
    )
    aggregation: SpecText = Field("mean", description="How a unit's pixels become one number")
    selector: SpecText = Field("top_k", description="How the batch is chosen")
    pool_filter: SpecText | None = Field(
        None, description="Which units may be queried at all, e.g. every_nth_frame:5"
    )
    costs: CostView | None = Field(
        None,
        description="What a selector reads as the cost of a unit: uniform, area, boundary, "
        "predicted or true (leaks)",
    )
    learner: AnyPart | None = Field(None, description="How its networks are trained")
    model: AnyPart | None = Field(None, description="Its network")
    embedding: EmbeddingPart | None = Field(None, description="Its units' feature vectors")
    scan: MethodScan | None = Field(None, description="How its scores are computed")
    report: ReportPart | None = Field(
        None, description="How the network that report points measure is trained for this method"
    )
    seeds: tuple[Seed, ...] | None = Field(
        None,
        min_length=1,
        max_length=MOST_SEEDS,
        description="Some of the experiment's seeds, where it needs no more, e.g. a replay",
    )

    def seeds_of(self, seeds: tuple[int, ...]) -> tuple[int, ...]:
        """Return those of an experiment's seeds that the method runs with."""
        return seeds if self.seeds is None else tuple(s for s in seeds if s in self.seeds)


def _named(value: Any) -> Any:
    """Return a method or reference that is given by its name alone as a mapping."""
    return {"name": value} if isinstance(value, str) else value


class Scan(Section):
    """The one pass over the pool."""

    scores: tuple[SpecText, ...] = Field(
        (), max_length=200, description="Scores to keep besides the methods' own, e.g. margin"
    )
    batch_size: int = Field(
        8, gt=0, le=4096, description="Images per forward pass; halved if memory runs out"
    )
    resolution: Literal["full", "stride"] = Field(
        "full",
        description="full: scores at the image's size; stride: at the network's output stride, "
        "for large pools",
    )
    view: View = Field(
        "image",
        description="image: units are scored within their images; unit: each unit alone, as an "
        "image of its own, without the context of the pixels around it",
    )
    map_limit: tuple[Side, Side] = Field(
        (512, 1024), description="Largest stored score map (H, W); larger ones are reduced"
    )


class Compute(Section):
    """Device, precision and threads. Each can change results in the last digits."""

    device: Annotated[Text, Field(max_length=20)] = Field(
        "auto", description="auto, cpu, cuda or cuda:N"
    )
    precision: Literal["auto", "float32", "bf16"] = Field(
        "auto", description="auto: bf16 where a short probe finds it clearly faster"
    )
    threads: int = Field(
        1,
        gt=0,
        le=MOST_THREADS,
        description="CPU threads per run; fixed, so that --jobs changes no result",
    )


class ExperimentConfig(Section):
    """A grid of methods × seeds on one dataset with a default model, learner and pool."""

    name: Name = Field(description="Name of the experiment")
    description: Text = Field("", description="Its purpose, in a sentence")
    dataset: AnyComponent
    pool: AnyComponent = Component(name="full")
    units: AnyComponent = Component(name="image")
    model: AnyComponent
    learner: AnyComponent
    methods: tuple[Annotated[Method, BeforeValidator(_named)], ...] = Field(
        min_length=1, max_length=MOST_METHODS
    )
    seeds: tuple[Seed, ...] = Field(
        (0,), min_length=1, max_length=MOST_SEEDS, description="One run per method and seed"
    )
    budget: Budget
    initial: Initial = Initial()
    evaluation: Evaluation = Evaluation()
    embedding: Embedding = Embedding()
    riders: tuple[AnyComponent, ...] = Field((), max_length=20)
    scan: Scan = Scan()
    keep: Retention = Retention()
    report: Report = Report()
    references: tuple[Annotated[Reference, BeforeValidator(_named)], ...] = Field(
        (),
        max_length=MOST_REFERENCES,
        description="Networks trained on the whole pool's labels, to compare with",
    )
    compute: Compute = Compute()
    scaled: Scaled | None = Field(
        None, description="What it is a smaller form of, and what differs; `--scale` writes it"
    )

    @model_validator(mode="after")
    def _unique(self) -> ExperimentConfig:
        methods = [m.name for m in self.methods]
        listed: dict[str, Iterable[Any]] = {
            "methods": methods,
            "seeds": self.seeds,
            "references": [one.name for one in self.references],
        }
        for one in self.references:
            listed[f"the reference {one.name}"] = one.seeds or ()
            if one.name in methods:
                raise ValueError(f"{one.name!r} is a method and a reference; rename one of them")
        for what, values in listed.items():
            twice = [value for value, times in Counter(values).items() if times > 1]
            if twice:
                raise ValueError(f"{what} lists {twice[0]!r} twice")
        return self

    @model_validator(mode="after")
    def _seeds_of_methods(self) -> ExperimentConfig:
        for method in self.methods:
            others = sorted(set(method.seeds or ()) - set(self.seeds))
            if others:
                raise ValueError(
                    f"the method {method.name} has the seed {others[0]}, which is not among the "
                    "experiment's seeds; add it there, or leave it out"
                )
        return self

    @model_validator(mode="after")
    def _can_end(self) -> ExperimentConfig:
        runs = sum(len(method.seeds_of(self.seeds)) for method in self.methods)
        trainings = runs * self.budget.cycles
        trainings += sum(len(one.seeds_of(self.seeds)) for one in self.references)
        if trainings > MOST_TRAININGS:
            raise ValueError(
                f"methods × seeds × cycles, and references × seeds, are {trainings:,} trainings; "
                f"wanted at most {MOST_TRAININGS:,}"
            )
        return self

    @model_validator(mode="after")
    def _report_points_fit(self) -> ExperimentConfig:
        self.report.check(self.budget.unit)
        return self

    def plain(self) -> dict[str, Any]:
        """Return the config as JSON-ready values, components with their settings.

        Without references there is no such key: older versions read what they can.
        """
        without = None if self.references else {"references"}
        return self.model_dump(mode="json", by_alias=True, exclude=without)

    @property
    def digest(self) -> str:
        """Eight hex digits of a hash over everything that the results of every run rest on.

        The hash leaves out what may be added to an experiment (methods, seeds, cycles, further
        scores), what is kept, the device, the folder of the data, and the path of a list of images.
        The pool of all images is left out, so that ids are those from before pools could be chosen.
        The parts that belong to one method are in the records of its runs.
        """
        text = json.dumps(_shared_by_all_runs(self.plain()), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:8]

    @property
    def id(self) -> str:
        """The id of the experiment; a config with the same id continues it and may add to it."""
        return f"{self.name}-{self.digest}"


_GROWS = (
    *("name", "description", "methods", "seeds", "riders", "keep", "report", "references"),
    "scaled",
)


def _shared_by_all_runs(plain: dict[str, Any]) -> dict[str, Any]:
    parts = {key: dict(value) if isinstance(value, dict) else value for key, value in plain.items()}
    for key in _GROWS:
        parts.pop(key, None)
    for section, key in (
        ("dataset", "root"),
        ("pool", "file"),
        ("budget", "cycles"),
        ("scan", "scores"),
        ("compute", "device"),
    ):
        parts[section].pop(key, None)
    return without_whole_pool(parts)


def without_whole_pool(parts: dict[str, Any]) -> dict[str, Any]:
    """Return the parts of an experiment, without the pool if it is that of all images."""
    whole = parts["pool"] == {"name": "full"}
    return {key: value for key, value in parts.items() if key != "pool" or not whole}


def parse_config(values: Mapping[str, Any], source: str = "the config") -> ExperimentConfig:
    """Check a mapping against the schema.

    Raises:
        ConfigError: one sentence with the key, what was found and the nearest key that exists.
    """
    try:
        return ExperimentConfig.model_validate(values)
    except ValidationError as error:
        raise ConfigError(_first_sentence(error, source)) from None


def parse_method(values: Mapping[str, Any], source: str) -> Method:
    """Check one method against the schema.

    Raises:
        ConfigError: one sentence with the key and what was found.
    """
    try:
        return Method.model_validate(values)
    except ValidationError as error:
        raise ConfigError(_first_sentence(error, source)) from None


def load_config(path: Path, overrides: Iterable[str] = ()) -> ExperimentConfig:
    """Read an experiment's YAML file and apply ``path=value`` overrides.

    Raises:
        ConfigError: if the file is missing, is not YAML, or does not fit the schema.
    """
    return parse_config(read_values(path, overrides), str(path))


def _first_sentence(error: ValidationError, source: str) -> str:
    first = error.errors(include_url=False)[0]
    steps = [str(step) for step in first["loc"] if not str(step).startswith("function-")]
    where = shown(".".join(steps) or "the top level", 60)
    start = f"In {shown(source, 60)}: "
    if first["type"] == "extra_forbidden":
        parent = _section_at(steps[:-1])
        inside = shown(".".join(steps[:-1]), 60)
        kind = f"key in {inside} called" if parent is not ExperimentConfig else "key"
        return f"{start}{unknown_name(kind, steps[-1], _keys(parent))}"
    if first["type"] == "missing":
        return f"{start}{where} is missing; add it (see docs/experiments.md)."
    found = first.get("input")
    if first["type"] == "model_type":
        return (
            f"{start}{where} is {quoted(found, 50)}; wanted keys and values, as in {{key: value}}."
        )
    if first["type"] == "tuple_type":
        return f"{start}{where} is {quoted(found, 50)}; wanted a list, as in [first, second]."
    value = f" is {quoted(found, 50)}" if not isinstance(found, dict | list | BaseModel) else ""
    return f"{start}{where}{value}: {shown(first['msg'].removeprefix('Value error, '), 200)}."


def _keys(section: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in section.model_fields.items()]


def _section_at(steps: list[str]) -> type[BaseModel]:
    """Return the section that a key stands in, found by the keys that lead there."""
    section: type[BaseModel] = ExperimentConfig
    for step in steps:
        for name, field in section.model_fields.items():
            if step == (field.alias or name):
                section = _model_in(field.annotation) or section
    return section


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the first section among the types of a field."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_model_in(argument) for argument in get_args(annotation))
    return next((section for section in found if section is not None), None)
