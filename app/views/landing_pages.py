"""Landing pages: the public pages of campaigns."""

from typing import Any

from flask import url_for

from app.models.campaign import LandingPage
from app.settings import settings
from app.views.rules import texts_in_words
from app.views.screens import WRITE, Screen
from app.views.service_interface import ServiceInterface

FIELDSETS = [
    ("Page", {"fields": ["campaign_id", "name", "slug", "status", "weight"]}),
    ("Look", {"fields": ["template", "content"]}),
]


class LandingPageScreen(Screen):
    """All landing pages."""

    datamodel = ServiceInterface(LandingPage)
    route_base = "/landing-pages"
    class_permission_name = "LandingPage"
    noun = "landing page"
    about = (
        "Public forms. A campaign's address shows one of its active pages by weight."
    )
    empty_title = "No landing page yet"
    empty_text = "A landing page asks a consumer for the fields of its campaign."
    include_route_methods = WRITE
    list_columns = ["name", "campaign.name", "status", "weight", "updated_at"]
    order_columns = ["name", "status", "weight", "updated_at"]
    search_columns = ["name", "status"]
    row_filters = {"campaign_id": None}
    add_fieldsets = FIELDSETS
    edit_fieldsets = [
        ("Page", {"fields": ["name", "slug", "status", "weight"]}),
        FIELDSETS[1],
    ]
    show_fieldsets = [
        ("Page", {"fields": ["name", "slug", "status", "weight", "campaign.name"]}),
        FIELDSETS[1],
    ]
    formatters_columns = {"content": texts_in_words}
    show_template = "screens/landing_page.html"
    description_columns = {
        "weight": "How often it is shown among the campaign's pages."
    }

    def more_of(self, item: Any) -> dict[str, Any]:  # noqa: ANN401 - a landing page
        """Return where the page is."""
        slug = item.campaign.slug
        path = url_for("pages.show", campaign=slug, page=item.slug)
        return {"public_url": f"{settings.public_url}{path}"}
