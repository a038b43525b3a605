"""Grouped and depthwise convolutions that run fast and correctly on a CPU.

PyTorch's CPU backend has no good kernels for some of the convolutions of light encoders and ASPP.
Three of them run in another way here (``docs/benchmarks.md``: with DeepLabv3+ on
MobileNetV2 in bf16 the plain ones take two fifths of a training step on crops of 90×120, and a
sixth of a forward pass at 360×480):

- depthwise with a dilation of 6 to 36 on a map hardly larger, as in ASPP: most taps read nothing
  but padding. Here the overlapping parts of the map are shifted, weighted and added, and taps out
  of reach cost nothing;
- the gradient of a dilated one: here that of plain convolutions on the interleaved sub-maps. The
  backend's own, in bf16 and channels last, is not only slow but wrong (seen with torch 2.15: values
  from uninitialised memory, where groups have few channels);
- the gradient of a strided depthwise one in bf16: here it is computed in float32.

On other devices, and for all other forms, the plain convolution runs.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_FAR = 4
"""Dilation from which shifting whole maps beats the backend's depthwise kernel."""


class GroupedConv(nn.Conv2d):
    """A grouped convolution; :func:`speed_up_grouped` turns plain ones into this."""

    def forward(self, x: Tensor) -> Tensor:
        """Return what ``nn.Conv2d`` returns, up to rounding."""
        if x.device.type != "cpu":
            return super().forward(x)
        low = torch.is_autocast_enabled("cpu")
        dtype = torch.get_autocast_dtype("cpu") if low else x.dtype
        dilation = self.dilation[0]
        if dilation >= _FAR and self.groups == self.in_channels == self.out_channels:
            return self._biased(_shifted(x.to(dtype), self.weight.to(dtype), dilation))
        differentiated = torch.is_grad_enabled() and (x.requires_grad or self.weight.requires_grad)
        if not differentiated:
            return super().forward(x)
        if dilation > 1:
            y = _interleaved(x.to(dtype), self.weight.to(dtype), dilation, self.groups)
            return self._biased(y)
        if self.stride[0] > 1 and dtype != torch.float32:
            with torch.autocast("cpu", enabled=False):
                return super().forward(x.float()).to(dtype)
        return super().forward(x)

    def _biased(self, y: Tensor) -> Tensor:
        return y if self.bias is None else y + self.bias.to(y.dtype).reshape(1, -1, 1, 1)


def speed_up_grouped(network: nn.Module) -> None:
    """Let the grouped convolutions of a network run as :class:`GroupedConv`.

    The modules stay the same objects under the same names; only how they run changes.
    """
    for module in network.modules():
        if type(module) is nn.Conv2d and _fits(module):
            module.__class__ = GroupedConv


def right_in_bf16(network: nn.Module) -> bool:
    """Return whether the gradients of a network in bf16 on a CPU are correct.

    They are not where a dilated grouped convolution runs in the backend, as in encoders with a
    convolution class of their own.
    """
    return not any(
        isinstance(m, nn.Conv2d)
        and not isinstance(m, GroupedConv)
        and m.groups > 1
        and max(m.dilation) > 1
        for m in network.modules()
    )


def _fits(conv: nn.Conv2d) -> bool:
    same = tuple(d * (k // 2) for d, k in zip(conv.dilation, conv.kernel_size, strict=True))
    square = conv.kernel_size[0] == conv.kernel_size[1] and conv.dilation[0] == conv.dilation[1]
    odd = conv.kernel_size[0] % 2 == 1
    padded = conv.padding == same and conv.padding_mode == "zeros"
    dense = conv.dilation[0] == 1 or conv.stride == (1, 1)
    return conv.groups > 1 and square and odd and padded and dense


def _overlap(tap: int, size: int, dilation: int) -> tuple[slice, slice] | None:
    """Return which outputs a tap reaches along one axis, and the inputs it reads."""
    shift = tap * dilation
    if abs(shift) >= size:
        return None
    outputs = slice(max(0, -shift), size - max(0, shift))
    return outputs, slice(max(0, shift), size - max(0, -shift))


def _reached(
    x: Tensor, kernel: int, dilation: int
) -> list[tuple[int, int, tuple[Any, ...], tuple[Any, ...]]]:
    """Return (row, column) of every kernel value in reach, with its outputs and its inputs."""
    height, width = x.shape[-2:]
    centre = kernel // 2
    found = []
    for row in range(kernel):
        for column in range(kernel):
            down = _overlap(row - centre, height, dilation)
            across = _overlap(column - centre, width, dilation)
            if down is not None and across is not None:
                found.append((row, column, (..., down[0], across[0]), (..., down[1], across[1])))
    return found


def _weighted_sum(x: Tensor, weight: Tensor, dilation: int) -> Tensor:
    """Convolve (B, C, H, W) with (C, 1, k, k), summing in float32."""
    kernel = weight.shape[-1]
    centre = kernel // 2
    values = weight.float().reshape(1, -1, 1, 1, kernel, kernel)
    wide = x.float()
    total = wide * values[..., centre, centre]  # the centre reaches every pixel
    for row, column, outputs, inputs in _reached(x, kernel, dilation):
        if (row, column) != (centre, centre):
            total[outputs].addcmul_(wide[inputs], values[..., row, column])
    return total.to(x.dtype)


class _Shifted(torch.autograd.Function):
    """Shift, weigh and add, forward and backward."""

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
            for row, column, outputs, inputs in _reached(x, weight.shape[-1], ctx.dilation):
                product = wide[outputs] * x[inputs]
                sums[:, 0, row, column] = product.sum(dim=(0, 2, 3))
            to_weight = sums.to(weight.dtype)
        return to_input, to_weight, None


class _Interleaved(torch.autograd.Function):
    """The backend's forward pass; backward, plain convolutions on the interleaved sub-maps."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, dilation: int, groups: int) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.dilation, ctx.groups = dilation, groups
        padding = dilation * (weight.shape[-1] // 2)
        return F.conv2d(x, weight, None, 1, padding, dilation, groups)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None, None, None]:
        x, weight = ctx.saved_tensors
        padding = [weight.shape[-1] // 2] * 2
        to_input, to_weight, _ = torch.ops.aten.convolution_backward(
            _split(gradient, ctx.dilation),
            _split(x, ctx.dilation),
            weight,
            bias_sizes=None,
            stride=[1, 1],
            padding=padding,
            dilation=[1, 1],
            transposed=False,
            output_padding=[0, 0],
            groups=ctx.groups,
            output_mask=[ctx.needs_input_grad[0], ctx.needs_input_grad[1], False],
        )
        if to_input is not None:
            to_input = _join(to_input, ctx.dilation, x)
        return to_input, to_weight, None, None


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
    result: Tensor = _Shifted.apply(x, weight, dilation)
    return result


def _interleaved(x: Tensor, weight: Tensor, dilation: int, groups: int) -> Tensor:
    result: Tensor = _Interleaved.apply(x, weight, dilation, groups)
    return result
