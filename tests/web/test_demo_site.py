"""The demo site: every page answers in a sandbox with a demo company, and nowhere else."""

from __future__ import annotations

import pytest

from trellis.cli.demo import shop
from trellis.core.models import Instance

pytestmark = pytest.mark.django_db
PAGES = (
    "",
    "catalogue",
    "prices",
    "articles",
    "master-class",
    "cart",
    *(f"product/{product.id}" for product in shop.PRODUCTS),
    *(f"article/{article.id}" for article in shop.ARTICLES),
)


@pytest.fixture
def shop_open():
    row = Instance.objects.get(id=1)
    row.settings["demo_site"] = shop.as_settings("wk_demo")
    row.save(update_fields=["settings"])


@pytest.mark.parametrize("path", PAGES)
def test_a_page_answers_and_loads_the_tracker_with_the_key(client, shop_open, path):
    response = client.get(f"/demo-site/{path}")
    assert response.status_code == 200
    assert b'src="/t.js?key=' in response.content
    assert b"wk_demo" in response.content


@pytest.mark.parametrize("path", ["product/caviar", "article/how-to-fry", "nowhere"])
def test_what_is_not_in_the_catalogue_is_not_found(client, shop_open, path):
    assert client.get(f"/demo-site/{path}").status_code == 404


def test_a_price_is_written_for_programs_whatever_the_language(client, shop_open):
    response = client.get("/demo-site/product/brioche", headers={"Accept-Language": "es"})
    assert b'data-price="7.5"' in response.content


def test_there_is_no_site_where_no_demo_was_loaded(client):
    assert client.get("/demo-site/").status_code == 404


def test_there_is_no_site_outside_a_sandbox(client, shop_open, settings):
    settings.TRELLIS_SANDBOX = False
    assert client.get("/demo-site/").status_code == 404


def test_pages_only_show(client, shop_open):
    assert client.post("/demo-site/cart").status_code == 405
