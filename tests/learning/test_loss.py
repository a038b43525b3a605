"""Cross-entropy that ignores void."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from workbench.learning._loss import cross_entropy, median_frequency_weights
from workbench.types import IGNORE


def _pixels(seed=0):
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(2, 4, 5, 6, generator=generator)
    masks = torch.randint(0, 4, (2, 5, 6), generator=generator).to(torch.uint8)
    masks[0, :3] = IGNORE
    return logits, masks


@pytest.mark.parametrize("weights", [None, torch.tensor([0.5, 2.0, 0.0, 1.0])])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_equals_the_librarys_mean(weights, layout):
    logits, masks = _pixels()
    logits = logits.to(memory_format=layout)
    wanted = F.cross_entropy(logits, masks.long(), weights, ignore_index=IGNORE)
    torch.testing.assert_close(cross_entropy(logits, masks, weights), wanted)


def test_undecided_logits_cost_the_log_of_the_classes():
    _, masks = _pixels()
    assert float(cross_entropy(torch.zeros(2, 4, 5, 6), masks)) == pytest.approx(math.log(4))


def test_void_pixels_get_no_gradient():
    logits, masks = _pixels()
    logits.requires_grad_()
    cross_entropy(logits, masks).backward()
    void = (masks == IGNORE)[:, None].expand_as(logits)
    assert (logits.grad[void] == 0).all()
    assert (logits.grad[~void] != 0).any()


@pytest.mark.parametrize("weights", [None, torch.ones(4)])
def test_void_alone_costs_nothing(weights):
    logits, masks = _pixels()
    logits.requires_grad_()
    loss = cross_entropy(logits, torch.full_like(masks, IGNORE), weights)
    loss.backward()
    assert loss.item() == 0
    assert (logits.grad == 0).all()


def test_median_frequency_weights_by_hand():
    # class 0: 6 of 8 + 2 of 4 labelled pixels where it occurs = 8/12; class 1: 2/8; class 2: 2/4;
    # the median is 1/2; class 3 never occurs
    first = np.array([[0, 0, 0, 0, 0, 0, 1, 1, IGNORE]], dtype=np.uint8)
    second = np.array([[0, 0, 2, 2]], dtype=np.uint8)
    samples = [(None, mask, "") for mask in (first, second)]
    weights = median_frequency_weights(samples, 4)
    assert weights.tolist() == pytest.approx([0.75, 2.0, 1.0, 0.0])


def test_a_class_of_one_pixel_has_a_frequency():
    mask = np.array([[0, 0, 0, 1]], dtype=np.uint8)
    # 3/4 and 1/4; the median is 1/2
    weights = median_frequency_weights([(None, mask, "")], 2)
    assert weights.tolist() == pytest.approx([2 / 3, 2.0])


def test_median_frequency_of_nothing_is_zero():
    void = np.full((2, 2), IGNORE, dtype=np.uint8)
    assert median_frequency_weights([(None, void, "")], 3).tolist() == [0, 0, 0]
