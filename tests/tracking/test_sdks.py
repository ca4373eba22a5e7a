"""Clients that nobody here wrote: the Segment SDKs of Python and Node, and curl."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from segment.analytics.client import Client as Segment

from tests.tracking.client import counted, facts
from tests.tracking.conftest import TOKEN
from tests.tracking.live import serving

NODE_SDK = "@segment/analytics-node@2"
SCRIPT = """
import { Analytics } from '@segment/analytics-node';
const [host, writeKey] = process.argv.slice(2);
const analytics = new Analytics({ host, writeKey, flushAt: 3 });
const failed = [];
analytics.on('error', (error) => failed.push(String(error.reason ?? error)));
analytics.identify({ userId: 'n1', traits: { email: 'Node@X.org', name: 'Noé Ode' } });
analytics.track({ userId: 'n1', event: 'Cake Viewed', properties: { sku: 'tart', price: 3.5 } });
analytics.page({ anonymousId: 'd1', name: 'Prices', properties: { url: 'https://x.org/prices' } });
analytics.screen({ userId: 'n1', name: 'Home' });
analytics.group({ userId: 'n1', groupId: 'g1', traits: { name: 'Bakers' } });
analytics.alias({ userId: 'n1', previousId: 'd1' });
await analytics.closeAndFlush();
if (failed.length) { console.error(failed); process.exit(1); }
"""


@pytest.fixture
def host(committed: int, tmp_path: Path) -> Iterator[str]:
    """The address of a running collector."""
    with serving(tmp_path / "spool") as address:
        yield address


@pytest.mark.parametrize("packed", [False, True])
def test_the_python_sdk_sends_every_call(host: str, packed: bool) -> None:
    failed: list[object] = []
    segment = Segment(
        TOKEN, host=host, gzip=packed, on_error=lambda error, _: failed.append(error)
    )
    at = datetime(2026, 11, 1, 8, 30, tzinfo=UTC)
    segment.identify("u1", {"email": "Ann@X.org", "plan": "gold"}, anonymous_id="d1")
    segment.track("u1", "Cake Viewed", {"sku": "tart", "at": at}, timestamp=at)
    segment.page("u1", "Shop", "Prices", {"url": "https://x.org/prices?utm_source=mail"})
    segment.screen("u1", "App", "Home", {})
    segment.group("u1", "g1", {"name": "Bakers"})
    segment.alias("d0", "u1")
    segment.shutdown()
    assert failed == []
    identify, track, page, screen, group, alias = facts()
    assert identify.ids == (("user_id", "u1"), ("email", "ann@x.org"), ("anonymous_id", "d1"))
    assert identify.traits == {"email": "ann@x.org", "plan": "gold"}
    assert (track.name, track.props["sku"]) == ("Cake Viewed", "tart")
    assert track.stamp == int(at.timestamp() * 1000)
    assert (page.props["name"], page.props["category"]) == ("Prices", "Shop")
    assert (page.props["utm_source"], page.props["path"]) == ("mail", "/prices")
    assert (screen.name, group.props["group_id"]) == ("Screen Viewed", "g1")
    assert alias.previous == ("anonymous_id", "d0")
    assert counted("accepted") == {"api": 6}


def test_the_python_sdk_tells_of_a_wrong_key(host: str) -> None:
    failed: list[Exception] = []
    segment = Segment("wk_wrong", host=host, on_error=lambda error, _: failed.append(error))
    segment.track("u1", "Cake Viewed")
    segment.shutdown()
    assert [str(error) for error in failed] == [
        "[Segment] unknown_key: The write key is missing, unknown or revoked. (401)"
    ]
    assert facts() == []


def _install(folder: Path) -> str:
    """Install the Node SDK; why it cannot be, or ""."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return "there is no Node on this machine"
    command = ["npm", "install", "--no-audit", "--no-fund", "--prefer-offline", NODE_SDK]
    (folder / "package.json").write_text('{"private": true, "type": "module"}')
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=120)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return "the Node SDK could not be installed: no package registry"
    return ""


@pytest.mark.slow
def test_the_node_sdk_sends_every_call(host: str, tmp_path: Path) -> None:
    if why := _install(tmp_path):
        pytest.skip(why)
    (tmp_path / "send.mjs").write_text(SCRIPT)
    done = subprocess.run(
        ["node", "send.mjs", host, TOKEN],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    by_type = {fact.type: fact for fact in facts()}
    assert sorted(by_type) == ["alias", "group", "identify", "page", "screen", "track"]
    assert by_type["identify"].traits == {
        "email": "node@x.org",
        "first_name": "Noé",
        "last_name": "Ode",
    }
    assert by_type["track"].props["price"] == 3.5
    assert by_type["page"].ids == (("anonymous_id", "d1"),)
    assert by_type["alias"].previous == ("anonymous_id", "d1")


def test_curl_sends_a_call(host: str) -> None:
    if shutil.which("curl") is None:
        pytest.skip("there is no curl on this machine")
    body = '{"userId":"u1","event":"Cake Viewed"}'
    command = ["curl", "-sS", "-u", f"{TOKEN}:", "-H", "Content-Type: application/json"]
    done = subprocess.run(
        [*command, "-d", body, f"{host}/v1/track"],
        capture_output=True,
        check=True,
        timeout=30,
    )
    assert json.loads(done.stdout) == {"success": True}
    assert [fact.name for fact in facts()] == ["Cake Viewed"]
