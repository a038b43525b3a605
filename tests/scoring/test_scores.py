"""Score texts: canonical names, ranges, and what is refused; none of it loads torch."""

import math
import subprocess
import sys

import pytest

from workbench.acquisition import ACQUISITIONS
from workbench.committees import CommitteeEntry, members_of, needs_dropout, networks_of, passes_of
from workbench.errors import ConfigError
from workbench.scoring.scores import parse_score


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("entropy", "entropy"),
        ("entropy@softmax", "entropy"),
        (" entropy ", "entropy"),
        ("total_entropy@transforms:hflip", "total_entropy@transforms:hflip"),
        ("total_entropy@transforms:of=hflip", "total_entropy@transforms:hflip"),
    ],
)
def test_a_score_has_one_name_however_it_is_spelt(text, name):
    assert parse_score(text).name == name
    assert parse_score(name).name == name


def test_range_and_unit_are_the_papers():
    assert parse_score("entropy").range(11) == (0, pytest.approx(math.log(11)))
    assert parse_score("entropy").unit == "nats"
    assert parse_score("least_confidence").range(4) == (0, 0.75)
    equal = parse_score("total_entropy@transforms:hflip")
    assert equal.members == 2
    assert equal.range(11) == (0, pytest.approx(2 * math.log(11)))


@pytest.mark.parametrize("acquisition", ACQUISITIONS.names())
@pytest.mark.parametrize("committee", ["softmax", "transforms:hflip"])
def test_any_acquisition_goes_with_any_committee(acquisition, committee):
    low, high = parse_score(f"{acquisition}@{committee}").range(3)
    assert low < high


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("entropi", "did you mean 'entropy'"),
        ("entropy@softmix", "did you mean 'softmax'"),
        ("entropy@transforms:hflop", "did you mean 'hflip'"),
        ("entropy@transforms", "needs a value"),
        ("", "no acquisition function"),
    ],
)
def test_what_is_not_a_score_is_refused(text, message):
    with pytest.raises(ConfigError, match=message):
        parse_score(text)


def test_reading_scores_loads_no_torch():
    code = (
        "import sys; from workbench.scoring.scores import parse_score;"
        "from workbench.scoring.request import ScanRequest;"
        "from workbench.aggregation import AGGREGATIONS;"
        "parse_score('total_entropy@transforms:hflip').range(5);"
        "[AGGREGATIONS.get(n) for n in AGGREGATIONS.names()];"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_other_peoples_committees_may_say_little():
    entry = CommitteeEntry("theirs", "somewhere:theirs", "Theirs.")
    bound = entry.bind({})
    assert members_of(bound) == 1
    assert passes_of(bound) == ()
    assert not needs_dropout(bound)
    assert networks_of(bound) == 0


def test_what_a_committee_needs_is_known_before_anything_is_trained():
    assert needs_dropout(parse_score("entropy@mc_dropout").committee)
    assert networks_of(parse_score("entropy@ensemble:3").committee) == 3
    assert networks_of(parse_score("entropy@mc_dropout:3").committee) == 0
