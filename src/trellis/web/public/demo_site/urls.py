"""Addresses of the demo site, below ``/demo-site/``."""

from __future__ import annotations

from django.urls import path

from trellis.web.public.demo_site import views

app_name = "demo_site"
urlpatterns = [
    path("", views.home, name="home"),
    path("catalogue", views.catalogue, name="catalogue"),
    path("product/<slug:key>", views.product, name="product"),
    path("prices", views.prices, name="prices"),
    path("articles", views.articles, name="articles"),
    path("article/<slug:key>", views.article, name="article"),
    path("master-class", views.master_class, name="master_class"),
    path("cart", views.cart, name="cart"),
    path("wishes", views.wishes, name="wishes"),
]
