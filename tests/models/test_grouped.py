"""The fast grouped convolutions equal the plain ones, values and gradients."""

import pytest
import torch
from torch import nn

from workbench.models._grouped import GroupedConv, speed_up_grouped

# kernel, stride, dilation, groups of 16 channels, (H, W)
FORMS = [
    pytest.param(3, 1, 1, 16, (9, 7), id="plain"),
    pytest.param(3, 2, 1, 16, (9, 8), id="strided"),
    pytest.param(3, 1, 2, 16, (6, 8), id="dilated"),
    pytest.param(3, 1, 2, 16, (23, 31), id="dilated on odd sizes"),
    pytest.param(5, 1, 2, 16, (11, 12), id="dilated 5x5"),
    pytest.param(3, 1, 2, 8, (9, 10), id="dilated in groups of two"),
    pytest.param(3, 1, 4, 16, (4, 9), id="far in one direction"),
    pytest.param(3, 1, 12, 16, (23, 30), id="far"),
    pytest.param(5, 1, 6, 16, (14, 30), id="far 5x5"),
    pytest.param(3, 1, 36, 16, (6, 8), id="out of reach"),
]


def _run(conv, x, weights, *, low):
    conv.zero_grad()
    x = x.clone().requires_grad_()
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=low):
        y = conv(x)
    (y.float() * weights).sum().backward()
    return y.detach(), x.grad, conv.weight.grad.clone()


@pytest.mark.parametrize(("kernel", "stride", "dilation", "groups", "size"), FORMS)
@pytest.mark.parametrize("bias", [False, True])
def test_equals_the_plain_convolution(kernel, stride, dilation, groups, size, bias):
    torch.manual_seed(0)
    padding = dilation * (kernel // 2)
    plain = nn.Conv2d(16, 16, kernel, stride, padding, dilation, groups, bias)
    fast = nn.Sequential(nn.Conv2d(16, 16, kernel, stride, padding, dilation, groups, bias))
    fast[0].load_state_dict(plain.state_dict())
    speed_up_grouped(fast)
    assert type(fast[0]) is GroupedConv
    x = torch.randn(3, 16, *size).to(memory_format=torch.channels_last)
    weights = torch.randn(plain(x).shape)
    truth = _run(plain, x, weights, low=False)
    for name, wanted, found in zip("yxw", truth, _run(fast[0], x, weights, low=False), strict=True):
        torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-4, msg=lambda m, n=name: n + m)
    # in bf16 against float32: 8 bits a factor, some hundred summands
    for wanted, found in zip(truth, _run(fast[0], x, weights, low=True), strict=True):
        assert (found.float() - wanted).abs().max() <= 0.03 * wanted.abs().max()
    with torch.no_grad():
        torch.testing.assert_close(fast(x), plain(x), rtol=1e-5, atol=1e-5)


def test_other_convolutions_stay_as_they_are():
    network = nn.Sequential(
        nn.Conv2d(8, 8, 3, padding=1),
        nn.Conv2d(8, 8, 3, padding=0, groups=8),
        nn.Conv2d(8, 8, 2, padding=1, groups=8),
        nn.Conv2d(8, 8, 3, padding=1, groups=8, padding_mode="reflect"),
    )
    speed_up_grouped(network)
    assert [type(m) for m in network] == [nn.Conv2d] * 4


def test_gradient_of_the_input_alone():
    conv = nn.Conv2d(4, 4, 3, padding=2, dilation=2, groups=4, bias=False).requires_grad_(False)
    network = nn.Sequential(conv)
    x = torch.randn(1, 4, 6, 6, requires_grad=True)
    wanted = torch.autograd.grad(network(x).sum(), x)[0]
    speed_up_grouped(network)
    torch.testing.assert_close(torch.autograd.grad(network(x).sum(), x)[0], wanted)
