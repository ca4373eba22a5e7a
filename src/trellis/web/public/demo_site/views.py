"""Pages of the demo site. They only show; what visitors do reaches Trellis through t.js."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from trellis.web.public.demo_site.catalogue import Site, open_site

FEATURED = ("croissant-weekend", "macaron-box", "lemon-tart", "sourdough")


def _page(request: HttpRequest, site: Site, name: str, /, **context: Any) -> HttpResponse:
    return render(request, f"demo_site/{name}.html", {"site": site.data, **context})


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The front page: what the school is, and four things to begin with."""
    site = open_site()
    featured = [site.product(key) for key in FEATURED]
    return _page(request, site, "home", featured=featured, articles=site.data["articles"][:3])


@require_safe
def catalogue(request: HttpRequest) -> HttpResponse:
    """Everything for sale, by category."""
    site = open_site()
    return _page(request, site, "catalogue", categories=site.by_category())


@require_safe
def product(request: HttpRequest, key: str) -> HttpResponse:
    """One product."""
    site = open_site()
    item = site.product(key)
    others = [
        other
        for other in site.products
        if other["category"] == item["category"] and other["id"] != key
    ]
    facts = {
        "product_id": item["id"],
        "name": item["name"],
        "category": item["category"],
        "price": item["price"],
        "currency": site.data["currency"],
    }
    said = json.dumps(facts, ensure_ascii=False)
    return _page(request, site, "product", product=item, others=others[:3], facts=said)


@require_safe
def prices(request: HttpRequest) -> HttpResponse:
    """The price list."""
    site = open_site()
    return _page(request, site, "prices", categories=site.by_category())


@require_safe
def articles(request: HttpRequest) -> HttpResponse:
    """The reading room."""
    site = open_site()
    return _page(request, site, "articles", articles=site.data["articles"])


@require_safe
def article(request: HttpRequest, key: str) -> HttpResponse:
    """One article."""
    site = open_site()
    return _page(request, site, "article", article=site.article(key))


@require_safe
def master_class(request: HttpRequest) -> HttpResponse:
    """The pastry master class, with the form that collects the contact."""
    site = open_site()
    return _page(request, site, "master_class", product=site.product("master-class"))


@require_safe
def cart(request: HttpRequest) -> HttpResponse:
    """The cart; what is in it lives in the visitor's browser."""
    site = open_site()
    return _page(request, site, "cart", products=site.products)


@require_safe
def wishes(request: HttpRequest) -> HttpResponse:
    """The wish list, which lives in the visitor's browser like the cart."""
    return _page(request, open_site(), "wishes")
