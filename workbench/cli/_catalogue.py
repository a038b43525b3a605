"""``presets``, ``methods`` and ``datasets``: list the built-in experiments and all parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli._console import console, percent, print_lines, print_table
from workbench.cli._options import DEFAULT_DATA, DataOption, DatasetName, DatasetSettings
from workbench.errors import ConfigError

if TYPE_CHECKING:
    from workbench.config import ExperimentConfig
    from workbench.datasets import CheckReport
    from workbench.engine.method import PlannedQuery
    from workbench.methods import MethodEntry
    from workbench.registry import Param, Registry

_MOST_SIZES = 6
"""Sizes of images that are listed one by one."""

datasets_app = typer.Typer(help="List the datasets, or check one on disk.", no_args_is_help=False)


def presets(data: DataOption = DEFAULT_DATA) -> None:
    """List the built-in experiments by paper; `workbench run NAME` runs one."""
    from workbench.presets import PRESETS, load, paper_of, scales_of

    headers = ("preset", "dataset", "methods", "seeds", "cycles", "here", "purpose")
    papers = dict.fromkeys(paper_of(name) for name in PRESETS)
    for paper in papers:
        rows = []
        for name in (one for one in PRESETS if paper_of(one) == paper):
            config = load(name)
            numbers = (len(config.methods), len(config.seeds), config.budget.cycles)
            here = _here(config, data, scales_of(name))
            rows.append((name, config.dataset.name, *numbers, here, config.description))
        print_table(headers, rows, title=paper, numbers=headers[2:5], prose=headers[5:])
        print_lines("")
    print_lines(
        "`workbench run NAME --dry-run` tells what one takes, `--scale laptop` runs a smaller form "
        "of any but the demo."
    )


def _here(config: ExperimentConfig, data: Path, scales: tuple[str, ...]) -> str:
    """Return whether an experiment can run here: its data, and the weights that it starts from."""
    from workbench.datasets import DATASETS

    folder = Path(config.dataset.options.get("root") or data / config.dataset.name)
    if DATASETS.entry(config.dataset.name).needs_root and not folder.is_dir():
        return f"no data in {folder}"
    parts = (config.model, config.report.model)
    weights = {str(part.model_dump().get("weights") or "none") for part in parts if part}
    missing = sorted(w for w in weights - {"none", "imagenet"} if not Path(w).is_file())
    if missing:
        smaller = "; only scaled" if scales else ""
        return f"no weights file {', '.join(missing)}{smaller}"
    return "yes, with ImageNet weights, which it downloads" if "imagenet" in weights else "yes"


def methods(
    name: Annotated[
        str | None, typer.Argument(help="A method, to print in full.", show_default=False)
    ] = None,
    parts: Annotated[
        bool, typer.Option("--parts", help="Also list the parts, with all their settings.")
    ] = False,
) -> None:
    """List the methods, each with its score, aggregation, selector and its own learner."""
    from workbench.methods import CHEN_APPROACHES, METHODS

    if name is not None:
        _print_method(METHODS.entry(name))
    else:
        headers = ("method", "score", "aggregation", "selector", "learner", "needs", "source")
        rows = [
            (
                entry.name,
                *_parts_of(entry),
                entry.learner["name"] if entry.learner else None,
                _needs(entry),
                entry.source,
            )
            for entry in METHODS
        ]
        print_table(headers, rows, prose=("score", "aggregation", "learner", "needs", "source"))
        print_lines(
            "", "`workbench methods NAME` prints the formula. " + _both_units(CHEN_APPROACHES)
        )
    if parts:
        for registry in _part_registries():
            print_lines("")
            _print_entries(registry)


def _both_units(approaches: tuple[tuple[str, str], ...]) -> str:
    units = list(dict.fromkeys(unit for _, unit in approaches))
    names = list(dict.fromkeys(name for name, _ in approaches))
    return (
        f"The {len(approaches)} approaches of Chen et al. (Fig. 2) are {', '.join(names)}, each "
        f"with units: {' and units: '.join(units)}."
    )


def _parts_of(entry: MethodEntry) -> tuple[str | None, str, str]:
    chosen = entry.selector
    if entry.pool_filter:
        chosen += f" of {entry.pool_filter}"
    return entry.score, entry.aggregation or "count_above:?", chosen


def _planned(entry: MethodEntry) -> PlannedQuery:
    from workbench.config import Method
    from workbench.engine.method import plan_query

    values = {**entry.parts, "aggregation": entry.aggregation or "mean"}
    return plan_query(Method(name=entry.name, **values), entry.name)


def _needs(entry: MethodEntry) -> str | None:
    threshold = () if entry.aggregation else ("a threshold",)
    return ", ".join((*threshold, *_planned(entry).requirements)) or None


def _print_method(entry: MethodEntry) -> None:
    """Print one method: paper, formula, parts and requirements."""
    from workbench.methods import CHEN_APPROACHES

    planned = _planned(entry)
    rows: list[tuple[str, str | None]] = [("source", entry.source)]
    if planned.score is not None:
        acquisition, committee = planned.score.acquisition, planned.score.committee
        rows += [
            ("score", planned.score.name),
            ("formula", acquisition.entry.formula or acquisition.entry.summary),
            ("committee", f"{committee.key}: {committee.entry.summary}"),
            ("aggregation", _aggregation(entry, planned)),
        ]
    elif planned.rider_column is not None:
        rows.append(("score", f"the column {planned.rider_column}, which a rider writes"))
    rows.append(("selector", f"{planned.selector.key}: {planned.selector.entry.summary}"))
    if planned.pool_filter is not None:
        chosen = planned.pool_filter
        rows.append(("pool filter", f"{chosen.key}: {chosen.entry.summary}"))
    rows.append(("learner", _learner(entry.learner)))
    if entry.report is not None:
        rows.append(("report points", _learner(entry.report.get("learner"))))
    rows.append(("needs", _needs(entry)))
    units = [unit for name, unit in CHEN_APPROACHES if name == entry.name]
    if units:
        rows.append(("in its paper", f"units: {' and units: '.join(units)}"))
    print_table(("", ""), rows, title=f"{entry.name}: {entry.summary}", prose=("",))


def _learner(own: Mapping[str, Any] | None) -> str:
    """Return which learner a method brings, with the settings that it changes."""
    from workbench.learning import LEARNERS

    if own is None:
        return "the experiment's"
    learner = LEARNERS.bind(dict(own))
    return f"{learner.key}: {learner.entry.summary}"


def _aggregation(entry: MethodEntry, planned: PlannedQuery) -> str:
    if entry.aggregation is None:
        return "count_above:?: the paper prints no threshold; the experiment must give one."
    return f"{planned.aggregation.key}: {planned.aggregation.entry.summary}"


def _part_registries() -> list[Registry[Any]]:
    from workbench.acquisition import ACQUISITIONS
    from workbench.aggregation import AGGREGATIONS
    from workbench.committees import COMMITTEES
    from workbench.datasets.pools import POOLS
    from workbench.learning import LEARNERS
    from workbench.models import MODELS
    from workbench.selection import POOL_FILTERS, SELECTORS
    from workbench.units import UNITS

    return [
        POOLS,
        UNITS,
        MODELS,
        LEARNERS,
        COMMITTEES,
        ACQUISITIONS,
        AGGREGATIONS,
        SELECTORS,
        POOL_FILTERS,
    ]


def _print_entries(registry: Registry[Any]) -> None:
    rows: list[tuple[str, str, str, str]] = []
    for entry in registry:
        rows.append((entry.name, "", "", entry.summary))
        rows += [("", p.name, _default(p), _help(p)) for p in entry.params]
    headers = (registry.kind, "setting", "default", "meaning")
    print_table(headers, rows, prose=("default", "meaning"))


def _default(param: Param) -> str:
    value = param.default
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(str, value)) + "]"
    return "null" if value is None else str(value).lower() if param.type == "bool" else str(value)


def _help(param: Param) -> str:
    if param.choices:
        limits = " | ".join(map(str, param.choices))
    elif param.low is not None or param.high is not None:
        low = "" if param.low is None else f"{param.low:g}"
        limits = f"{low} – {param.high:g}" if param.high is not None else f"≥ {low}"
    else:
        return param.help
    return f"{param.help} ({limits})"


@datasets_app.callback(invoke_without_command=True)
def datasets(context: typer.Context) -> None:
    """List the datasets, or check one on disk."""
    if context.invoked_subcommand is None:
        list_datasets()


@datasets_app.command("list")
def list_datasets() -> None:
    """List the datasets and their settings."""
    from workbench.datasets import DATASETS

    rows = [(e.name, "files" if e.needs_root else "built in", e.source) for e in DATASETS]
    print_table(("dataset", "kind", "source"), rows, prose=("source",))
    print_lines("")
    _print_entries(DATASETS)


@datasets_app.command("check")
def check(
    name: DatasetName,
    data: DataOption = DEFAULT_DATA,
    option: DatasetSettings = None,
    split: Annotated[
        list[str] | None,
        typer.Option(
            "--split",
            metavar="NAME",
            help="A split that experiments are to be measured on; may be repeated. Default: val.",
        ),
    ] = None,
    pool: Annotated[
        str, typer.Option(metavar="SCHEME", help="A pool of it, e.g. video:consecutive=11.")
    ] = "full",
) -> None:
    """Decode every file of a dataset, and report the first fault or the content digest."""
    from workbench.datasets import check_dataset, open_dataset

    dataset = open_dataset({"name": name, **settings(option or [])}, data, pool)
    with file_counter("decoding") as count:
        report = check_dataset(dataset, count, split or ("val",))
    _print_report(report)


@contextmanager
def file_counter(doing: str) -> Iterator[Callable[[int, int], None]]:
    """Yield a function that updates a bar on a terminal and does nothing elsewhere.

    Args:
        doing: what is done with the files, e.g. "decoding".
    """
    from rich.progress import Progress

    with Progress(console=console(), transient=True, disable=not console().is_terminal) as progress:
        bar = progress.add_task(doing)
        yield lambda done, total: progress.update(bar, completed=done, total=total)


def _print_report(report: CheckReport) -> None:
    rows = [
        (
            f"{split} (no labels)" if split in report.unlabelled else split,
            count,
            _sizes(report.sizes[split]),
            report.sequences[split] or None,
        )
        for split, count in report.splits.items()
    ]
    headers = ("split", "images", "sizes (height × width)", "sequences")
    print_table(headers, rows, numbers=("images", "sequences"), prose=headers[2:3])
    print_lines("")
    shares = [(name, percent(share)) for name, share in report.class_shares.items()]
    shares.append(("void (of all pixels)", percent(report.void_share)))
    print_table(("class", "share"), shares, title="Pixels that are not void", numbers=("share",))
    print_lines("", *(f"Note: {warning}" for warning in report.warnings))
    print_lines(f"Content digest: sha256:{report.digest}")
    print_lines(f"{report.name}: all {report.images} images and masks can be read.")


def _sizes(sizes: Sequence[tuple[int, int]]) -> str:
    """Return sizes as text, of many the smallest and the largest by their pixels."""
    if len(sizes) > _MOST_SIZES:
        smallest, *_, largest = sorted(sizes, key=lambda size: size[0] * size[1])
        return f"{len(sizes)} sizes, {_sizes([smallest])} to {_sizes([largest])}"
    return ", ".join(f"{height}×{width}" for height, width in sizes)


def settings(texts: list[str]) -> dict[str, str]:
    """Return the settings that ``--option`` gives, by key.

    Raises:
        ConfigError: for one that is not of the form key=value.
    """
    found = {}
    for text in texts:
        key, separator, value = text.partition("=")
        if not separator or not key:
            raise ConfigError(f"--option {text!r} is not of the form key=value, e.g. root=camvid.")
        found[key] = value
    return found
