"""The main pages have no fault that axe finds (WCAG 2.2 AA), light, dark and on a phone."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.acceptance.farina import Farina
from tests.browser.conftest import Open
from trellis.events.models import Signal
from trellis.journeys.models import Journey
from trellis.people.models import Contact
from trellis.reports.models import Funnel
from trellis.segments.models import Segment

pytestmark = pytest.mark.browser

LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@pytest.mark.parametrize(
    ("theme", "width"), [("light", 1280), ("dark", 1280), ("light", 390)], ids=str
)
def test_the_main_pages_are_accessible(
    farina: Farina, open_page: Open, theme: str, width: int
) -> None:
    farina.identify("u-1", email="nuria@example.org", first_name="Núria", city="Girona")
    farina.track("u-1", "Oven Preheated")
    farina.settle()
    contact = Contact.objects.filter(known=True)[0].contact_id
    segment = Segment.objects.filter(kind="dynamic")[0].pk
    journey = Journey.objects.order_by("pk")[0].pk
    signal = Signal.objects.order_by("pk")[0]
    steps = [{"signal": signal.key}, {"stage": "customer"}]
    funnel = Funnel.objects.create(name="To the till", steps=steps).pk
    page = open_page("/", width=width, theme=theme)
    found = {}
    for address in (
        "/",
        "/contacts/",
        f"/contacts/{contact}/",
        f"/contacts/{contact}/edit/",
        "/segments/",
        f"/segments/{segment}/",
        f"/segments/{segment}/edit/",
        f"/segments/{segment}/members/",
        f"/segments/{segment}/moves/",
        f"/segments/overlap/?id={segment}&id={segment + 1}",
        "/segments/similar/",
        "/score/",
        "/stages/",
        "/signals/",
        "/signals/new/",
        f"/signals/{signal.pk}/",
        f"/reports/funnel/{funnel}/",
        "/reports/most-seen/",
        "/attributes/",
        "/journeys/",
        f"/journeys/{journey}/",
        f"/journeys/{journey}/edit/",
        "/messages/",
        "/templates/",
        "/templates/master-class-1/",
        "/trap/",
        "/forms/",
        "/imports/",
        "/keys/",
        "/users/",
        "/health/",
        "/audit/",
        "/settings/",
        "/me/",
    ):
        page.goto(farina.address + address)
        page.wait_for_load_state("networkidle")
        options = {"runOnly": {"type": "tag", "values": LEVELS}, "iframes": False}
        result = Axe().run(page, options=options)
        for fault in result.response["violations"]:
            places = [str(node["target"][0]) for node in fault["nodes"][:3]]
            found[f"{address} {fault['id']}"] = places
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            found[f"{address} is wider than the screen"] = [str(wide)]
    assert found == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_signing_in_is_accessible(farina: Farina, open_page: Open, theme: str) -> None:
    page = open_page("/", theme=theme)
    page.context.clear_cookies()
    page.goto(f"{farina.address}/accounts/login/")
    result = Axe().run(page, options={"runOnly": {"type": "tag", "values": LEVELS}})
    assert [fault["id"] for fault in result.response["violations"]] == []
