"""Vectors by the network before training stand under their own name, apart from initial units."""

from workbench.store import layout


def test_they_stand_in_a_folder_of_their_own(tmp_path):
    folder = layout.untrained(tmp_path, "s0-12345678", "backbone-image-initial")
    assert folder.relative_to(tmp_path).parts[0] == "untrained"
    assert layout.UNTRAINED == "untrained.json"
