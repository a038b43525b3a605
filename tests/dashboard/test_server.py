"""The server: the image route, what it refuses, what it never loads."""

import ast
import socket
import subprocess
import sys

import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

import dashboard
from dashboard import images
from tests.dashboard.conftest import APP, PAGES, ROOT
from workbench.errors import WorkbenchError
from workbench.store import open_store


@pytest.fixture
def client(full, monkeypatch):
    monkeypatch.setenv("WORKBENCH_STORE", str(full))
    return TestClient(Starlette(routes=images.routes()))


def test_the_route_gives_small_pictures_that_browsers_keep(client, full, tmp_path):
    record = open_store(full).experiments()[0]
    image_id = record.pool["image_id"].iloc[0]
    answer = client.get(images.address(record.id, image_id))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/webp"
    assert "immutable" in answer.headers["cache-control"]
    (tmp_path / "a.webp").write_bytes(answer.content)
    assert Image.open(tmp_path / "a.webp").size == (120, 90)


@pytest.mark.parametrize(
    "address",
    [
        "/pool-images/120/{experiment}/../../store.json",
        "/pool-images/120/{experiment}/%2e%2e%2f%2e%2e%2fstore.json",
        "/pool-images/120/..%2f..%2fetc/passwd",
        "/pool-images/120/none-00000000/{image}",
        "/pool-images/120/{experiment}/none",
        "/pool-images/7/{experiment}/{image}",
    ],
)
def test_the_route_refuses_what_the_catalogue_does_not_hold(client, full, address):
    record = open_store(full).experiments()[0]
    image = record.pool["image_id"].iloc[0]
    answer = client.get(address.format(experiment=record.id, image=image))
    assert answer.status_code == 404


def test_neither_pages_nor_launch_load_torch(full):
    code = """
import os, sys
from streamlit.testing.v1 import AppTest
import dashboard, dashboard.server, workbench.launch
for page in sys.argv[2:]:
    app = AppTest.from_file(sys.argv[1], default_timeout=60)
    app.switch_page(f"app_pages/{page}.py")
    assert not app.run().exception, page
loaded = {"torch", "torchvision", "segmentation_models_pytorch", "lightning_fabric", "umap"}
sys.exit(f"loaded: {loaded & set(sys.modules)}" if loaded & set(sys.modules) else 0)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, APP, *PAGES],
        env={"PATH": "", "WORKBENCH_STORE": str(full), "HOME": str(full)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_a_taken_port_is_one_sentence(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(WorkbenchError, match=f"127.0.0.1:{port}.*--port {port + 1}"):
            dashboard.serve(tmp_path, tmp_path, port)


def test_every_cache_is_bounded():
    found = 0
    for file in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            name = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            if name in {"st.cache_data", "st.cache_resource", "lru_cache", "kept"}:
                found += 1
                bounds = {keyword.arg for keyword in node.keywords}
                assert bounds & {"max_entries", "maxsize"}, f"{file.name}:{node.lineno}"
    assert found > 5


def test_the_server_listens_on_this_machine_only_and_tells_nobody():
    import tomllib

    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    assert config["server"]["address"] == "127.0.0.1"
    assert config["server"]["fileWatcherType"] == "none"
    assert config["browser"]["gatherUsageStats"] is False
    assert config["client"]["allowedOrigins"] == []
    assert config["client"]["showErrorLinks"] is False
