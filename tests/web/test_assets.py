"""Static files in front of Django: served, cached, refused."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Iterator

import brotli
import pytest

from tests.tracking.client import Response, call
from trellis.web.public.assets import Assets

FILE = "/static/demo_site/site.css"


@pytest.fixture
def ask() -> Iterator[object]:
    with asyncio.Runner() as runner:
        app = Assets()
        runner.run(app.open())

        def one(method: str, path: str, headers: dict[str, str] | None = None) -> Response:
            return runner.run(call(app, method, path, headers=headers))

        yield one
        runner.run(app.close())


def test_a_file_comes_whole_with_its_type(ask) -> None:
    answer = ask("GET", FILE)
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/css")
    assert answer.body.startswith(b"/* The demo company's own look")


def test_who_has_it_already_gets_nothing_again(ask) -> None:
    since = ask("GET", FILE).headers["last-modified"]
    answer = ask("GET", FILE, {"If-Modified-Since": since})
    assert (answer.status, answer.body) == (304, b"")


def test_head_says_as_much_without_the_file(ask) -> None:
    answer = ask("HEAD", FILE)
    assert (answer.status, answer.body) == (200, b"")
    assert int(answer.headers["content-length"]) > 1000


def test_a_part_can_be_asked_for(ask) -> None:
    answer = ask("GET", FILE, {"Range": "bytes=0-6"})
    assert (answer.status, answer.body) == (206, b"/* The ")


@pytest.mark.parametrize(
    ("wanted", "unpack"), [("gzip", gzip.decompress), ("gzip, br", brotli.decompress)]
)
def test_text_is_packed_as_the_browser_allows(ask, wanted: str, unpack) -> None:
    plain = ask("GET", FILE)
    packed = ask("GET", FILE, {"Accept-Encoding": wanted})
    assert unpack(packed.body) == plain.body
    assert int(packed.headers["content-length"]) == len(packed.body) < len(plain.body) / 2
    assert packed.headers["vary"] == plain.headers["vary"] == "accept-encoding"


@pytest.mark.parametrize(
    "path",
    ["/static/nothing.css", "/static/../config/settings.py", "/static/demo_site/", "/static/"],
)
def test_what_is_no_file_is_not_found(ask, path: str) -> None:
    assert ask("GET", path).status == 404


def test_files_only_show(ask) -> None:
    assert ask("POST", FILE).status == 405


def test_other_addresses_are_left_to_others() -> None:
    assert not Assets().serves("/demo-site/")
    assert Assets().serves(FILE)
