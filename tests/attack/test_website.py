"""Another website drives the dashboard: by a name of its own, from a frame, by requests."""

import http.server
import json
import os
import shutil
import subprocess
import threading
from unittest.mock import patch
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dashboard
from dashboard import hosts
from dashboard.guard import Guard
from tests.attack.asking import ask, at, shake_hands
from tests.browser.serving import serving
from tests.dashboard import conftest, stores
from tests.viewer.chromium import open_browser
from workbench.errors import WorkbenchError
from workbench.what_if import _stored

full, half, open_page = conftest.full, conftest.half, conftest.open_page

ROUTES = (
    "/",
    "/new_experiment",
    "/favicon.png",
    "/static/css/none.css",
    "/_stcore/health",
    "/_stcore/host-config",
    "/_stcore/metrics",
    "/_stcore/upload_file/a/b",
    "/_stcore/agent/openapi.json",
    "/media/none.png",
    "/pool-images/120/none/none",
    "/%2e%2e/%2e%2e/etc/passwd",
)
HEADERS = {
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
}


@pytest.fixture(scope="module")
def server(shared):
    """A dashboard that was told of one more name, which a proxy has."""
    with serving(shared.made("full", stores.full_store), "lab.example") as address:
        yield address


@pytest.mark.parametrize("path", ROUTES)
def test_every_route_refuses_another_name(server, path):
    status, headers, body = ask(server, path, f"Host: {at(server, 'evil.example')}")
    assert status == 421
    assert "--allow-host" in body
    assert "\n" not in body
    assert headers.items() >= HEADERS.items()


@pytest.mark.parametrize("path", ROUTES)
def test_every_answer_refuses_to_be_framed(server, path):
    status, headers, _ = ask(server, path, f"Host: {at(server, 'localhost')}")
    assert status in {200, 400, 403, 404, 405}
    assert headers.items() >= HEADERS.items()
    policy = headers["content-security-policy"]
    for part in ("frame-ancestors 'none'", "default-src 'self'", "img-src 'self' data: blob:;"):
        assert part in policy
    assert "*" not in policy
    assert "http" not in policy
    assert headers.get("access-control-allow-origin", "") != "*"


@pytest.mark.parametrize(
    "name",
    [
        "localhost",
        "127.0.0.1",
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "LOCALHOST",
        "127.8.9.1",
        "lab.example",
    ],
)
def test_own_names_are_answered_at_any_port(server, name):
    for host in (name, f"{name}:1", at(server, name)):
        assert ask(server, "/_stcore/health", f"Host: {host}")[0] == 200, host
        assert shake_hands(server, f"Host: {host}", f"Origin: http://{host.lower()}") == 101 or (
            name == "[0:0:0:0:0:0:0:1]"  # an origin is written the short way only
        ), host


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "evil.example.",
        "localhost.",
        "localhost@evil.example",
        "evil@localhost",
        "localhost:8501@evil.example",
        "localhost:port",
        "localhost:",
        "localhost:999999",
        "localhost/",
        "localhost, evil.example",
        "lab.example.evil.example",
        "evil-lab.example",
        "[::1",
        "[::2]",
        "[evil.example]",
        "::1",
        "0.0.0.0",
        "[::]",
        "127.0.0.1.nip.io",
        "10.0.0.1",
        "ｌocalhost",
        "ſocalhost",
        "løcalhost",
        "",
    ],
)
def test_other_names_are_refused_by_page_and_websocket(server, host):
    assert ask(server, "/", f"Host: {host}")[0] in {400, 421}
    assert shake_hands(server, f"Host: {host}") in {400, 421}


def test_a_host_that_is_missing_or_doubled_is_refused(server):
    own = f"Host: {at(server, 'localhost')}"
    for lines in ([], [own, own], [own, "Host: evil.example"], ["Host: evil.example", own]):
        assert ask(server, "/", *lines)[0] in {400, 421}, lines
        assert shake_hands(server, *lines) in {400, 421}, lines


def test_the_websocket_takes_its_own_pages_only(server):
    host = f"Host: {at(server, 'localhost')}"
    port = urlsplit(server).port
    assert shake_hands(server, host, f"Origin: http://localhost:{port}") == 101
    assert shake_hands(server, host) == 101  # no browser leaves it out
    for origin in (
        f"http://evil.example:{port}",
        "null",
        "",
        "http://localhost",
        f"http://localhost:{port + 1}",
        f"http://127.0.0.1:{port}",
        f"http://localhost:{port}.evil.example",
        f"http://localhost:{port}@evil.example",
        f"ftp://localhost:{port}",
        "http://evil.lab.example",
        "https://lab.example:444",
        "file://",
    ):
        assert shake_hands(server, host, f"Origin: {origin}") == 403, origin
    both = [f"Origin: http://localhost:{port}", "Origin: http://evil.example"]
    assert shake_hands(server, host, *both) in {400, 403}


def test_a_named_proxy_may_change_the_host(server):
    host = f"Host: {at(server, '127.0.0.1')}"
    assert shake_hands(server, host, "Origin: https://lab.example") == 101
    assert shake_hands(server, "Host: lab.example:443", "Origin: https://lab.example") == 101
    assert shake_hands(server, "Host: lab.example", "Origin: https://lab.example") == 101


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("path", ["/favicon.png", "/pool-images/120/a/b", "/_stcore/health"])
def test_another_page_loads_no_part(server, site, path):
    """``same-site`` is another port of this machine: a browser sends no origin for a picture."""
    host = f"Host: {at(server, 'localhost')}"
    for kind in ("image", "script", "iframe", "empty"):
        lines = [host, f"Sec-Fetch-Site: {site}", f"Sec-Fetch-Dest: {kind}"]
        assert ask(server, path, *lines)[0] == 403, kind
        lines[1] = "Sec-Fetch-Site: same-origin"
        assert ask(server, path, *lines)[0] in {200, 404}, kind


def test_a_link_on_another_page_may_lead_here(server):
    lines = [f"Host: {at(server, 'localhost')}", "Sec-Fetch-Site: cross-site"]
    assert ask(server, "/what_if", *lines, "Sec-Fetch-Dest: document")[0] == 200
    assert shake_hands(server, *lines) == 403


def test_the_name_in_the_request_line_and_forwarded_names_open_nothing(server):
    own, evil = f"Host: {at(server, 'localhost')}", "Host: evil.example"
    assert ask(server, f"http://localhost:{urlsplit(server).port}/", evil)[0] == 421
    assert ask(server, "http://evil.example/", own)[0] == 404
    forwarded = ["X-Forwarded-Host: localhost", "Forwarded: host=localhost"]
    assert ask(server, "/", evil, *forwarded)[0] == 421
    assert shake_hands(server, evil, *forwarded, "Origin: http://localhost") == 421
    assert shake_hands(server, own, "Origin: http://evil.example", *forwarded) == 403


def test_pages_take_messages_and_agents_from_nobody(server):
    own = f"Host: {at(server, 'localhost')}"
    told = json.loads(ask(server, "/_stcore/host-config", own)[2])
    assert told["allowedOrigins"] == []
    for path in ("/_stcore/agent/interact", "/_stcore/agent/mcp"):
        status, _, body = ask(server, path, own, "Content-Length: 0", method="POST")
        assert status in {400, 403}
        assert "enableAgentApi" in body  # it is off


def test_the_pages_without_the_guard_show_a_sentence(open_page, half, monkeypatch):
    monkeypatch.setattr(Guard, "stands", False)
    app = open_page(half, "new_experiment")
    assert "workbench dashboard" in app.error[0].value
    assert len(app.main.children) == 1
    Guard(None, hosts.allowed("127.0.0.1", ()))
    assert not open_page(half, "learn").error


@pytest.mark.parametrize("method", ["PUT", "DELETE", "POST"])
def test_uploads_are_taken_from_own_pages_only(server, method):
    own = f"Host: {at(server, 'localhost')}"
    for origin in ("http://evil.example", "null"):
        found = ask(server, "/_stcore/upload_file/a/b", own, f"Origin: {origin}", method=method)
        assert found[0] == 403
        assert "own pages" in found[2]


def test_the_name_that_it_was_bound_to_is_answered():
    assert hosts.allowed("10.1.2.3", ()).answers(hosts.Host("10.1.2.3", 80))
    assert hosts.allowed("fd00::1", ()).answers(hosts.parse("[fd00:0::1]:8501"))
    for everywhere in ("0.0.0.0", "::", ""):
        found = hosts.allowed(everywhere, ())
        assert found.bound is None
        assert not found.answers(hosts.Host("10.1.2.3"))
        assert found.answers(hosts.Host("localhost"))


@pytest.mark.parametrize(
    "name", ["https://lab.example", "*", "a b", "lab.example.", "a/b", "", "ü"]
)
def test_a_name_that_is_none_is_refused_at_the_start(tmp_path, name):
    with pytest.raises(WorkbenchError, match="--allow-host") as found:
        dashboard.serve(tmp_path, tmp_path, 0, allow_hosts=[name])
    assert len(str(found.value)) < 300


@given(st.text(max_size=40))
def test_no_text_passes_for_a_name_that_was_not_given(text):
    found = hosts.parse(text)
    if found is not None and hosts.allowed("127.0.0.1", ()).answers(found):
        assert text.isascii()
        assert text.lower().startswith(("localhost", "127.", "["))


ADDRESS = {
    "edit": "yaml",
    "start": "preset demo",
    "jobs": "64",
    "plane": "this cycle of entropy",
    "projection": "umap",
    "cycle": "1",
    "classes": "999999",
    "rise": "1e300",
    "draw": "-1",
    "temperature": "nan",
    "experiment": "../../etc/passwd",
    "whatif-k": "999999999",
    "whatif-units": "grid",
    "whatif-units-grid-rows": "99999",
    "whatif-selector": "k_center",
}


@pytest.mark.parametrize("page", conftest.pages("explore", "what_if", "new_experiment"))
def test_opening_an_address_starts_no_process_and_writes_nothing(
    open_page, half, tmp_path, monkeypatch, page
):
    store = shutil.copytree(half, tmp_path / "store")
    before = _state(store)

    def refuse(*_, **__):
        raise AssertionError("opening a page started a process")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    monkeypatch.setattr(os, "posix_spawn", refuse)
    app = open_page(store, page, **ADDRESS)
    assert not app.exception
    assert _state(store) == before


def test_an_address_alone_reads_no_image_for_other_units(open_page, full, monkeypatch):
    opened = []
    monkeypatch.setattr(_stored, "open_dataset", lambda *_: opened.append(1))
    question = {"whatif-units": "superpixel", "whatif-units-superpixel-segments": "1000"}
    app = open_page(full, "what_if", **question, **{"whatif-divide": "true"})
    assert not app.exception
    assert not app.toggle(key="whatif-divide").value
    assert "must be read" in app.info[0].value
    assert opened == []


def test_the_units_of_a_question_are_bounded(open_page, full):
    question = {"whatif-units": "grid", "method": "random"}
    sides = {"whatif-units-grid-rows": "96", "whatif-units-grid-columns": "128"}
    with patch.object(_stored, "MOST_UNITS", 6 * 96 * 128 - 1):
        app = open_page(full, "what_if", **question, **sides)
        assert "at most 73,727" in app.error[0].value
        assert not app.exception


def _state(store):
    files = (path for path in store.rglob("*") if path.is_file())
    return {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in files}


class _Foreign(http.server.BaseHTTPRequestHandler):
    """A page of another website that frames the form and asks for the WebSocket of the pages."""

    def do_GET(self):
        port = self.server.dashboard_port
        page = f"""<!doctype html><title>waiting</title>
<iframe src="http://localhost:{port}/new_experiment"></iframe>
<img id="stolen" src="http://localhost:{port}/favicon.png">
<script>
const ended = {{}};
const done = (name, how) => {{
  ended[name] = how;
  if (Object.keys(ended).length === 3) document.title = JSON.stringify(ended);
}};
const stolen = document.getElementById("stolen");
stolen.onload = () => done("image", "loaded"); stolen.onerror = () => done("image", "refused");
for (const name of ["localhost", "evil.example"]) {{
  const socket = new WebSocket(`ws://${{name}}:{port}/_stcore/stream`, ["streamlit"]);
  socket.onopen = () => done(name, "open"); socket.onerror = () => done(name, "refused");
}}
</script>"""
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(page.encode())

    def log_message(self, *_):
        pass


@pytest.mark.browser
def test_a_foreign_page_in_chromium_gets_nothing(server):
    port = urlsplit(server).port
    foreign = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Foreign)
    foreign.dashboard_port = port
    threading.Thread(target=foreign.serve_forever, daemon=True).start()
    try:
        with open_browser("--host-resolver-rules=MAP *.example 127.0.0.1") as chromium:
            page = chromium.new_page()
            page.set_default_timeout(60_000)
            page.goto(f"http://evil.example:{foreign.server_port}/")
            page.wait_for_function("document.title !== 'waiting'")
            refused = '{"image":"refused","localhost":"refused","evil.example":"refused"}'
            assert sorted(page.title()) == sorted(refused)
            assert [f.url for f in page.frames[1:]] == ["chrome-error://chromewebdata/"]
            answer = page.goto(f"http://evil.example:{port}/new_experiment")
            assert answer.status == 421
            assert page.locator("button, input").count() == 0
            page.goto(f"http://lab.example:{port}/acquisition_functions")
            page.wait_for_selector("h1:has-text('Learn')")
    finally:
        foreign.shutdown()
        foreign.server_close()
