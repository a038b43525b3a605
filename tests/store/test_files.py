"""Writing at once: what stood there, or what was written, and nothing else."""

import errno
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import StoreError
from workbench.store import files

names = st.sampled_from(["a", "b", "c.json"])
operations = st.lists(
    st.tuples(st.sampled_from(["write", "fail", "kill", "clean"]), names, st.binary(max_size=40)),
    max_size=12,
)


class Killed(BaseException):
    """Stands for a process that ends here."""


@settings(max_examples=60, deadline=None)
@given(steps=operations)
def test_random_operations_equal_a_dict(steps, tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    wanted: dict[str, bytes] = {}
    for what, name, data in steps:
        if what == "clean":
            files.remove_asides(folder)
        elif what == "write":
            files.write_bytes(folder / name, data, durable=False)
            wanted[name] = data
        else:
            _interrupted(folder / name, data, what)
        found = {p.name: p.read_bytes() for p in folder.iterdir() if files.ASIDE not in p.name}
        assert found == wanted


def _interrupted(path, data, what):
    """Write, with the disk full or the process dead before the rename."""
    with pytest.MonkeyPatch.context() as patch:
        if what == "fail":
            patch.setattr(files.os, "fsync", _raise(OSError(errno.ENOSPC, "full")))
            with pytest.raises(StoreError, match="no room"):
                files.write_bytes(path, data)
        else:
            patch.setattr(files.os, "fsync", _raise(Killed()))
            patch.setattr(
                "pathlib.Path.unlink", lambda *_, **__: None
            )  # a dead process cleans up nothing
            with pytest.raises(Killed):
                files.write_bytes(path, data)


def _raise(error):
    def raiser(*_):
        raise error

    return raiser


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_is_one_sentence_that_says_what_to_do(code, tmp_path):
    with (
        pytest.raises(StoreError, match=r"no room to write .*finished cycles stay"),
        files.disk_errors(tmp_path),
    ):
        raise OSError(code, os.strerror(code))


@pytest.mark.parametrize(
    "text",
    [
        "Error while serializing: I/O error: No space left on device (os error 28)",
        'Error while serializing: IoError(Os { code: 28, kind: StorageFull, message: "No space" })',
    ],
)
def test_a_full_disk_is_found_in_the_text_of_other_libraries(text, tmp_path):
    assert "no room" in str(files.disk_error(tmp_path / "w", RuntimeError(text)))


def test_a_folder_without_rights_is_one_sentence(tmp_path):
    with (
        pytest.raises(StoreError, match=r"may not be written .*choose a --store"),
        files.disk_errors(tmp_path),
    ):
        raise OSError(errno.EROFS, "Read-only file system")


def test_only_the_leftovers_of_one_name_are_removed(tmp_path):
    for name in ("s0", "s0-x", "s0"):
        files.aside(tmp_path / name).mkdir()
    (tmp_path / "s0").mkdir()
    assert files.remove_asides(tmp_path, of="s0") == 2
    assert files.remove_asides(tmp_path) == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["s0"]


def test_what_has_a_name_is_there(tmp_path):
    (tmp_path / "dangling").symlink_to(tmp_path / "nothing")
    names = {"dangling": True, ".": True, "none": False, "a" * 300: False, "zero\0": False}
    assert {name: files.is_there(tmp_path / name) for name in names} == names
