"""Processes of their own that tests kill: forked from a server that has loaded the engine already.

A fresh interpreter takes some seconds to load torch; the server does so once per worker.
"""

import multiprocessing
from collections.abc import Callable
from multiprocessing.process import BaseProcess

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["workbench.engine.cycle", "workbench.engine.experiment", "cv2"])


def start(target: Callable[..., None], *arguments: object) -> BaseProcess:
    """Start a function of a module in another process; arguments are pickled."""
    process = _CONTEXT.Process(target=target, args=arguments, daemon=True)
    process.start()
    return process


def end_of(target: Callable[..., None], *arguments: object) -> int:
    """Run a function in another process and return its exit code, negative for a signal."""
    process = start(target, *arguments)
    process.join(120)
    if process.is_alive():
        process.kill()
        raise TimeoutError(f"{target.__name__} did not end within two minutes")
    return process.exitcode
