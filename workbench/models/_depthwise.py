"""Depthwise 3×3 convolutions that a CPU computes fast, with the numbers of the plain ones.

Three of the forms that DeepLabv3+ with a light encoder is made of fall back to slow reference
kernels in PyTorch's CPU backend (measured: together half of a training step on crops of 90×120, and
a third of a forward pass at 360×480, see ``docs/benchmarks.md``):

- dilation 12 to 36 on a map hardly larger, as in ASPP: most taps read nothing but padding. Here the
  overlapping parts of the map are shifted, weighted and added, and taps out of reach cost nothing;
- the gradient of a convolution with dilation 2: here that of plain convolutions on the interleaved
  sub-maps;
- the gradient of a strided one in bf16: here it is computed in float32.

On other devices, and for all other forms, the plain convolution runs.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_FAR = 4
"""Dilation from which shifting whole maps beats the backend's kernel."""

_TAPS = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)]


class DepthwiseConv(nn.Conv2d):
    """A 3×3 depthwise convolution without bias; what :func:`speed_up_depthwise` makes."""

    def forward(self, x: Tensor) -> Tensor:
        """Return what ``nn.Conv2d`` returns, up to rounding."""
        if x.device.type != "cpu":
            return super().forward(x)
        low = torch.is_autocast_enabled("cpu")
        dtype = torch.get_autocast_dtype("cpu") if low else x.dtype
        dilation = self.dilation[0]
        if dilation >= _FAR:
            return _shifted(x.to(dtype), self.weight.to(dtype), dilation)
        differentiated = torch.is_grad_enabled() and (x.requires_grad or self.weight.requires_grad)
        if not differentiated:
            return super().forward(x)
        if dilation > 1:
            return _interleaved(x.to(dtype), self.weight.to(dtype), dilation)
        if self.stride[0] > 1 and dtype != torch.float32:
            with torch.autocast("cpu", enabled=False):
                return super().forward(x.float()).to(dtype)
        return super().forward(x)


def speed_up_depthwise(network: nn.Module) -> None:
    """Let the depthwise 3×3 convolutions of a network run as :class:`DepthwiseConv`.

    The modules stay the same objects under the same names; only how they run changes.
    """
    for module in network.modules():
        if type(module) is nn.Conv2d and _fits(module):
            module.__class__ = DepthwiseConv


def _fits(conv: nn.Conv2d) -> bool:
    depthwise = conv.groups == conv.in_channels == conv.out_channels and conv.bias is None
    square = conv.kernel_size == (3, 3) and conv.dilation[0] == conv.dilation[1]
    padded = conv.padding == conv.dilation and conv.padding_mode == "zeros"
    return depthwise and square and padded and (conv.dilation[0] == 1 or conv.stride == (1, 1))


def _overlap(tap: int, size: int, dilation: int) -> tuple[slice, slice] | None:
    """Return which outputs a tap (−1, 0, 1) reaches along one axis, and the inputs it reads."""
    shift = tap * dilation
    if abs(shift) >= size:
        return None
    outputs = slice(max(0, -shift), size - max(0, shift))
    return outputs, slice(max(0, shift), size - max(0, -shift))


def _reached(x: Tensor, dilation: int) -> list[tuple[int, int, tuple[Any, ...], tuple[Any, ...]]]:
    """Return (row, column) of every kernel value in reach, with its outputs and its inputs."""
    height, width = x.shape[-2:]
    found = []
    for i, j in _TAPS:
        rows, columns = _overlap(i, height, dilation), _overlap(j, width, dilation)
        if rows is not None and columns is not None:
            outputs, inputs = (..., rows[0], columns[0]), (..., rows[1], columns[1])
            found.append((i + 1, j + 1, outputs, inputs))
    return found


def _weighted_sum(x: Tensor, weight: Tensor, dilation: int) -> Tensor:
    """Convolve (B, C, H, W) with (C, 1, 3, 3), summing in float32."""
    values = weight.float().reshape(1, -1, 1, 1, 3, 3)
    wide = x.float()
    total = wide * values[..., 1, 1]  # the centre reaches every pixel
    for row, column, outputs, inputs in _reached(x, dilation):
        if (row, column) != (1, 1):
            total[outputs].addcmul_(wide[inputs], values[..., row, column])
    return total.to(x.dtype)


class _Shifted(torch.autograd.Function):
    """Shift, weigh and add, there and back."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, dilation: int) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.dilation = dilation
        return _weighted_sum(x, weight, dilation)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        x, weight = ctx.saved_tensors
        to_input = to_weight = None
        if ctx.needs_input_grad[0]:
            to_input = _weighted_sum(gradient, weight.flip(2, 3), ctx.dilation).to(x.dtype)
        if ctx.needs_input_grad[1]:
            wide, sums = gradient.float(), torch.zeros_like(weight, dtype=torch.float32)
            for row, column, outputs, inputs in _reached(x, ctx.dilation):
                product = wide[outputs] * x[inputs]
                sums[:, 0, row, column] = product.sum(dim=(0, 2, 3))
            to_weight = sums.to(weight.dtype)
        return to_input, to_weight, None


class _Interleaved(torch.autograd.Function):
    """The backend's forward pass; backward, plain convolutions on the interleaved sub-maps."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, dilation: int) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.dilation = dilation
        return F.conv2d(x, weight, None, 1, dilation, dilation, len(weight))

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        x, weight = ctx.saved_tensors
        wanted = [ctx.needs_input_grad[0], ctx.needs_input_grad[1], False]
        one = [1, 1]
        to_input, to_weight, _ = torch.ops.aten.convolution_backward(
            _split(gradient, ctx.dilation),
            _split(x, ctx.dilation),
            weight,
            None,
            one,
            one,
            one,
            False,
            [0, 0],
            len(weight),
            wanted,
        )
        if to_input is not None:
            to_input = _join(to_input, ctx.dilation, x)
        return to_input, to_weight, None


def _split(x: Tensor, dilation: int) -> Tensor:
    """Return the d·d sub-maps of (B, C, H, W) as (B·d·d, C, ⌈H/d⌉, ⌈W/d⌉), zeros at the end."""
    batch, channels, height, width = x.shape
    x = F.pad(x, (0, -width % dilation, 0, -height % dilation))
    rows, columns = x.shape[-2] // dilation, x.shape[-1] // dilation
    x = x.reshape(batch, channels, rows, dilation, columns, dilation).permute(0, 3, 5, 1, 2, 4)
    x = x.reshape(-1, channels, rows, columns)
    return x.contiguous(memory_format=torch.channels_last)


def _join(parts: Tensor, dilation: int, like: Tensor) -> Tensor:
    """Undo :func:`_split`."""
    rows, columns = parts.shape[-2:]
    x = parts.reshape(len(like), dilation, dilation, -1, rows, columns).permute(0, 3, 4, 1, 5, 2)
    x = x.reshape(len(like), -1, rows * dilation, columns * dilation)
    x = x[..., : like.shape[-2], : like.shape[-1]]
    return x.contiguous(memory_format=torch.channels_last)


def _shifted(x: Tensor, weight: Tensor, dilation: int) -> Tensor:
    result: Tensor = _Shifted.apply(x, weight, dilation)  # type: ignore[no-untyped-call]
    return result


def _interleaved(x: Tensor, weight: Tensor, dilation: int) -> Tensor:
    result: Tensor = _Interleaved.apply(x, weight, dilation)  # type: ignore[no-untyped-call]
    return result
