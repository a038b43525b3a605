"""A split that networks are to be measured on has to be there before anything is trained."""

import pytest

from workbench.engine.plan import resolve
from workbench.engine.setting import open_pool
from workbench.errors import DatasetError


@pytest.mark.parametrize("evaluation", [{"split": ["val", "test"]}, {"validate": "test"}])
def test_a_split_that_is_not_there_is_refused_when_the_pool_is_opened(small, tmp_path, evaluation):
    with pytest.raises(DatasetError, match="no split 'test'"):
        open_pool(resolve(small(evaluation=evaluation)), tmp_path)


def test_every_split_of_the_dataset_but_the_pool_is_open(small, tmp_path):
    config = small(evaluation={"split": ["test", "val"]})
    dataset = config.dataset.with_option("test", 2)
    plan = resolve(config.model_copy(update={"dataset": dataset}))
    assert open_pool(plan, tmp_path)[0].splits == ("train", "val", "test")
