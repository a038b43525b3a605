import shutil
import sys
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import dashboard
from dashboard.guard import Guard
from tests.dashboard import stores
from workbench import launch

ROOT = Path(dashboard.__path__[0])
APP = str(ROOT / "app.py")
PAGES = sorted(file.stem for file in (ROOT / "app_pages").glob("*.py"))


def pages(*quick):
    """Return the pages as parameters of a test; those not named are slow tests."""
    return [pytest.param(p, marks=() if p in quick else pytest.mark.slow) for p in PAGES]


@pytest.fixture(scope="session")
def full(shared):
    return shared.made("full", stores.full_store)


@pytest.fixture(scope="session")
def half(shared):
    return shared.made("half", stores.half_store)


@pytest.fixture
def own_half(half, tmp_path):
    """A half-finished store that a test may change."""
    return shutil.copytree(half, tmp_path / "half")


@pytest.fixture
def open_page(monkeypatch, tmp_path):
    """Return a function that opens a page of a store, with the address's query.

    Processes that a page starts say one sentence and end.
    """
    says = [sys.executable, "-c", "print('The stand-in computes nothing.')"]
    monkeypatch.setattr(launch, "projection_command", lambda *_: says)
    monkeypatch.setattr(launch, "run_command", lambda *_: says)
    monkeypatch.setattr(Guard, "stands", True)
    st.cache_data.clear()
    st.cache_resource.clear()

    def open_page(store, page, **query):
        monkeypatch.setenv("WORKBENCH_STORE", str(store))
        monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "data"))
        app = AppTest.from_file(APP, default_timeout=30)
        for key, value in query.items():
            app.query_params[key] = value
        app.switch_page(f"app_pages/{page}.py")
        return app.run()

    return open_page
