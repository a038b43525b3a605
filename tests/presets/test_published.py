"""The published numbers agree with the papers' own arithmetic, and with the presets."""

from collections import defaultdict

import pytest

from workbench import presets
from workbench.engine.plan import resolve
from workbench.errors import ConfigError
from workbench.presets import PAPERS, Cell, cells_of, published

CELLS = [cell for paper in PAPERS for cell in published(paper).cells]
FIRST = {"50": 10, "25": 5, "10": 2}
"""B of AUC@B ► the share that is labelled first, in % (Mittal et al. 3.3)."""


PENDING = {cell.preset for cell in CELLS if cell.preset} - set(presets.PRESETS)


def find(paper: str, table: str, row: str, column: str) -> Cell:
    found = [
        c for c in published(paper).cells if (c.table, c.row, c.column) == (table, row, column)
    ]
    assert len(found) == 1
    return found[0]


def test_how_many_numbers_each_paper_has() -> None:
    counts = {
        paper: (len(published(paper).cells), sum(c.unresolved for c in published(paper).cells))
        for paper in PAPERS
    }
    assert counts == {
        "chen": (15 + 8 + 3 + 3, 0),
        "equal": (7 * 20 + 6 * 4 + (4 * 5 + 2) + (4 * 7 + 2) + 2, 0),
        "meal": (6 * 5 + 3, 0),
        "mittal": (9 * 8 + 12 * 8 + 3 * 4 + 9 * 4 + 16, 16),  # Table 6 is cut off in our text
        "survey": (2 + 1 + 1 + 10, 11),
    }


def test_a_cell_that_is_told_twice_is_told_alike() -> None:
    places = [(c.paper, c.table, c.row, c.column) for c in CELLS]
    assert len(set(places)) == len(places)
    assert all((c.value is None) == c.unresolved for c in CELLS)
    assert all(c.spread is None or c.spread < 0.03 for c in CELLS)


def test_the_area_under_a_constant_is_its_value_times_the_share() -> None:
    """68.42 from 10 to 50 % is 27.37; 77.00 is 15.40 from 5 to 25 %, and 6.16 from 2 to 10 %."""
    by_row = defaultdict(dict)
    for cell in published("mittal").cells:
        if cell.reference is not None:
            by_row[cell.table, cell.row, cell.preset][cell.metric.partition("@")[0]] = cell
    assert len(by_row) == 4 + 4 + 4 + 2
    for cells in by_row.values():
        budget = cells["auc"].metric.partition("@")[2]
        constant = cells["miou"].value * (int(budget) - FIRST[budget]) / 100
        assert cells["auc"].value == pytest.approx(constant, abs=0.0051)
    assert find("mittal", "Table 2", "100%", "Cityscapes AUC").value == 27.37
    assert find("mittal", "Table 2", "100%", "VOC 5-5 AUC").value == 15.40
    assert find("mittal", "Table 5", "100%", "PASCAL-VOC 2-2 AUC@10").value == 6.16


def test_the_full_value_of_table_5_is_that_of_pool_11f() -> None:
    of_table_5 = find("mittal", "Table 5", "100%", "A2D2 Pool-11f 2-2 mIoU@6").value
    assert of_table_5 == find("mittal", "Table 3", "100%", "Pool-11f mIoU").value == 48.85
    assert find("mittal", "Table 2", "100%", "A2D2 Pool-0f mIoU").value != of_table_5


def test_no_auc_is_above_that_of_its_best_possible_curve() -> None:
    """A curve that rises to its mIoU@B encloses less than a rectangle of full supervision's."""
    full = {
        (c.table, c.preset): c.value
        for c in published("mittal").cells
        if c.reference == "full" and c.metric.startswith("auc")
    }
    for cell in published("mittal").cells:
        if cell.metric.startswith("auc@") and cell.method and (cell.table, cell.preset) in full:
            assert 0.7 * full[cell.table, cell.preset] < cell.value < full[cell.table, cell.preset]


def test_the_classes_of_equal_have_the_mean_that_is_printed() -> None:
    rows = defaultdict(dict)
    for cell in published("equal").cells:
        if cell.table == "Table 1":
            rows[cell.row][cell.metric] = cell.value
    for row, values in rows.items():
        classes = [v for metric, v in values.items() if metric.startswith("iou:")]
        assert len(classes) == 19
        slip = 0.1 if row == "Vote Entropy" else 0.011  # as its note says; the others are cut off
        assert sum(classes) / 19 == pytest.approx(values["miou"], abs=slip)


@pytest.mark.parametrize("method", ["entropy", "equal", "equal_plus"])
def test_equals_tables_agree_with_each_other(method: str) -> None:
    cells = published("equal").cells
    at = {(c.table, c.method, c.budget, c.metric): c for c in cells}
    one, four = at["Table 1", method, "12%", "miou"], at["Table 4", method, "12%", "miou"]
    assert one.fraction == pytest.approx(four.fraction, abs=0.00005)
    for budget in ("8%", "12%", "16%", "20%"):
        if method != "equal_plus":
            assert at["Table 2", method, budget, "miou"].value == (
                at["Table 3", method, budget, "miou"].value
            )


def test_equal_is_above_the_entropy_baseline_by_what_section_4_3_says() -> None:
    at = {(c.table, c.method, c.budget): c for c in published("equal").cells if c.metric == "miou"}
    for table, budget, gains in (("Table 3", "8%", (2, 7)), ("Table 4", "1%", (3, 9))):
        base = at[table, "entropy", budget].fraction
        for method, gain in zip(("equal", "equal_plus"), gains, strict=True):
            assert 100 * (at[table, method, budget].fraction - base) == pytest.approx(gain, abs=1)
    for table, budget in (("Table 3", "12%"), ("Table 4", "12%")):
        full = next(
            c for t, c in _references("equal") if t == table and c.reference == "supervised"
        )
        assert at[table, "equal", budget].value / full.value == pytest.approx(0.96, abs=0.005)
    assert find("equal", "section 4.3", "EquAL", "class entropy").value == 2.376
    assert find("equal", "section 4.3", "Entropy", "class entropy").value == 2.335


def _references(paper: str) -> list[tuple[str, Cell]]:
    return [(c.table, c) for c in published(paper).cells if c.reference is not None]


def test_what_is_written_in_bold_is_the_largest() -> None:
    table_1 = [c for c in CELLS if (c.paper, c.table) == ("chen", "Table I")]
    assert max(table_1, key=lambda c: c.value).method == "entropy_count"
    assert [c.value for c in table_1] == sorted(c.value for c in table_1)
    largest = {"no": "MEAL-FT", "yes": "MEAL-FT"}
    for row in {c.row for c in published("meal").cells if c.table == "Table 1"}:
        cells = [c for c in published("meal").cells if c.row == row and c.method]
        best = "MEAL" if row == "Cityscapes, fine-tuned, 32 + 32" else largest["yes"]
        assert max(cells, key=lambda c: c.value).column == best
    for preset in ("pool-5f", "pool-11f", "pool-21f", "pool-aug"):  # section 4.2
        cells = [c for c in cells_of(f"mittal-a2d2-{preset}") if c.table == "Table 3" and c.method]
        best = max((c for c in cells if c.metric == "auc@50"), key=lambda c: c.value)
        assert best.method == ("bald" if preset == "pool-aug" else "coreset_s4gan")


def test_every_cell_belongs_to_a_method_of_its_preset_or_to_a_reference() -> None:
    assert sum(c.preset is not None for c in CELLS) > 0.9 * len(CELLS)
    for preset in {c.preset for c in CELLS if c.preset} - PENDING:
        plan = resolve(presets.load(preset))
        methods = {method.name for method in plan.methods}
        references = {one.name for one in plan.config.references}
        for cell in cells_of(preset):
            assert cell.method is None or cell.reference is None, cell
            of_all = cell.method is None and cell.reference is None
            assert not of_all or cell.metric == "labelled_share", cell
            assert cell.method is None or cell.method in methods, cell
            assert cell.reference is None or cell.reference in references, cell


def test_references_have_the_whole_pool_labelled() -> None:
    references = [cell for cell in CELLS if cell.reference is not None]
    assert {cell.budget for cell in references} == {"100%"}
    supervised = find("meal", "Table 1", "CamVid, fine-tuned, 32 + 32", "Supervised")
    assert (supervised.value, supervised.budget) == (0.73, "100%")
    assert find("meal", "Table 1", "CamVid, fine-tuned, 32 + 32", "MEAL").budget == "288 units"


@pytest.mark.parametrize("preset", sorted(p for p in presets.PRESETS if p.startswith("meal-")))
def test_meals_fully_supervised_network_is_trained_as_section_4_2_says(preset: str) -> None:
    plan = resolve(presets.load(preset))
    (reference,) = plan.references
    learner = reference.learner.options
    assert (learner["view"], learner["epochs"], learner["batch_size"]) == ("image", 60, 2)
    assert (learner["lr"], learner["schedule"]) == (0.0008, "step")
    assert (learner["step_every"], learner["gamma"], learner["optimizer"]) == (20, 0.1, "adam")
    frozen = "backbone" if preset.endswith("-frozen") else "none"
    assert reference.model.options["freeze"] == frozen


def test_every_budget_at_a_report_point_is_one_of_its_preset() -> None:
    for cell in CELLS:
        if cell.measured == "report" and cell.method and cell.preset in presets.PRESETS:
            points = {str(point) for point in presets.load(cell.preset).report.at}
            assert cell.budget.removesuffix(" units") in points, cell


def test_shares_are_read_as_fractions_and_nothing_else_is() -> None:
    assert find("equal", "Table 1", "EquAL", "mIoU").fraction == pytest.approx(0.6065)
    assert find("equal", "Table 3", "Random", "8%").fraction == 0.5189
    assert find("mittal", "Table 6", "Coreset-SSL", "mIoU").fraction is None
    with pytest.raises(ConfigError, match="images"):
        _ = find("chen", "Table II", "Margin", "ALC").fraction
    with pytest.raises(ConfigError, match="meal"):
        published("meall")
