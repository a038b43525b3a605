"""The part of a network that is equal for all dropout members, computed once.

A module that runs before the first active dropout, or reads outputs of such modules only, returns
the same bits for every member. Its output is cached and returned for the other members, and the
module does not run again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from torch import Tensor, nn
from torch.utils._pytree import tree_leaves


@dataclass(eq=False)
class _Call:
    """One call of a module: its cached output, or the mark that it must run for every member."""

    fixed: bool
    output: Any = None
    versions: tuple[int, ...] = ()

    def untouched(self) -> bool:
        """Return whether the output was not changed in place since the module returned it."""
        return self.versions == _versions(self.output)


class Prefix:
    """Records one pass and replays the part of it that is equal for all members.

    Args:
        model: the network.
        dropouts: its layers that differ between members.
    """

    def __init__(self, model: nn.Module, dropouts: Sequence[nn.Module]) -> None:
        self._dropouts = set(dropouts)
        self._modules = [
            m for m in model.modules() if m is not model and not self._dropouts & set(m.modules())
        ]
        self._calls: dict[nn.Module, list[_Call]] = {}
        self._before: list[tuple[list[Tensor], tuple[int, ...]]] = []
        self._dropped = False

    @property
    def recorded(self) -> bool:
        """Whether a pass was recorded."""
        return bool(self._calls)

    @contextmanager
    def record(self) -> Iterator[None]:
        """Record the pass that is made within this context."""
        self._calls, self._before, self._dropped = {}, [], False
        hooks = [m.register_forward_hook(self._at_dropout) for m in self._dropouts]
        for module in self._modules:
            hooks.append(module.register_forward_pre_hook(self._enter, with_kwargs=True))
            hooks.append(module.register_forward_hook(self._leave))
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()
        # outputs that later modules changed in place are computed again
        self._calls = {
            module: calls
            for module, calls in self._calls.items()
            if any(c.fixed for c in calls) and all(c.untouched() for c in calls)
        }

    @contextmanager
    def replay(self) -> Iterator[None]:
        """Within this context, modules with a cached output return it and do not run."""
        with ExitStack() as stack:
            for module, calls in self._calls.items():
                stack.enter_context(instead(module, partial(_again, module.forward, iter(calls))))
            yield

    def _at_dropout(self, module: nn.Module, inputs: Any, output: Tensor) -> Tensor:  # noqa: ARG002
        self._dropped = True
        # in eval mode a dropout returns its input; modules that read it must not count as fixed
        return output.view_as(output)

    def _enter(self, module: nn.Module, args: Any, more: Any) -> None:  # noqa: ARG002
        tensors = _tensors((args, more))
        self._before.append((tensors, _versions(tensors)))

    def _leave(self, module: nn.Module, args: Any, output: Any) -> None:  # noqa: ARG002
        inputs, versions = self._before.pop()
        fixed = not self._dropped or self._all_fixed(inputs, versions)
        # a module that changes its input in place must run again: others may read that input too
        fixed = fixed and versions == _versions(inputs)
        for inner in module.modules():  # they do not run when this module does not
            if inner is not module:
                self._calls.pop(inner, None)
        call = _Call(True, output, _versions(output)) if fixed else _Call(False)
        self._calls.setdefault(module, []).append(call)

    def _all_fixed(self, inputs: Sequence[Tensor], versions: Sequence[int]) -> bool:
        # An id names a tensor only while that lives. It does: `_calls` holds every output in here,
        # and `inputs` what is compared with them; the dict does not outlast this call.
        recorded = {
            id(t): v
            for calls in self._calls.values()
            for call in calls
            for t, v in zip(_tensors(call.output), call.versions, strict=True)
        }
        return all(recorded.get(id(t)) == v for t, v in zip(inputs, versions, strict=True))


@contextmanager
def instead(module: nn.Module, forward: Callable[..., Any]) -> Iterator[None]:
    """Within this context, replace a module's ``forward`` by another function."""
    own = module.__dict__.get("forward")
    module.forward = forward
    try:
        yield
    finally:
        del module.forward
        if own is not None:
            module.forward = own


def _again(run: Callable[..., Any], calls: Iterator[_Call], *args: Any, **more: Any) -> Any:
    call = next(calls, None)
    return call.output if call is not None and call.fixed else run(*args, **more)


def _versions(value: Any) -> tuple[int, ...]:
    return tuple(t._version for t in _tensors(value))


def _tensors(value: Any) -> list[Tensor]:
    return [leaf for leaf in tree_leaves(value) if isinstance(leaf, Tensor)]
