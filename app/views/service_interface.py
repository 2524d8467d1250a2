"""How FAB's screens and resources write: through the aggregate's service, never itself.

FAB commits inside its own data interface; this one only reads, and calls the service
with the request's actor (DESIGN §8).
"""

from collections.abc import Callable
from typing import Any

from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_appbuilder.security.sqla.models import User

from app.db import db
from app.domain.errors import NotAllowed
from app.models.api_key import ApiKey
from app.models.campaign import Campaign, LandingPage
from app.models.partner import Endpoint, Partner
from app.models.provider import Provider
from app.models.source import Source
from app.models.subscription import Subscription
from app.models.switch import KillSwitch
from app.models.vendor import Vendor
from app.security import current_actor
from app.services.api_keys import make_key
from app.services.campaigns import save_campaign
from app.services.endpoints import save_endpoint
from app.services.landing_pages import save_landing_page
from app.services.partners import save_partner
from app.services.providers import save_provider
from app.services.saving import refuse_delete
from app.services.sources import save_source
from app.services.subscriptions import save_subscription
from app.services.switches import throw
from app.services.users import save_user
from app.services.vendors import save_vendor
from app.views.base import INT64, TypedFilterConverter

MAX_COUNT = 10_000
SHOWN = "shown_once"
SERVICES: dict[type, Callable[..., Any]] = {
    ApiKey: make_key,
    Campaign: save_campaign,
    Endpoint: save_endpoint,
    KillSwitch: throw,
    LandingPage: save_landing_page,
    Partner: save_partner,
    Provider: save_provider,
    Source: save_source,
    Subscription: save_subscription,
    User: save_user,
    Vendor: save_vendor,
}


class ServiceInterface(SQLAInterface):
    """FAB's data interface over a model; a model without a service is read-only."""

    filter_converter_class = TypedFilterConverter

    def add(self, item: Any, commit: bool = True) -> None:  # noqa: ANN401, ARG002
        """Store a new row by its service; what it shows once stays on the row."""
        # Asking who acts may query; what was changed must reach its service unflushed.
        with db.session.no_autoflush:
            actor = current_actor()
        shown = self._service()(item, actor)
        vars(item)[SHOWN] = shown or {}

    def edit(self, item: Any, commit: bool = True) -> None:  # noqa: ANN401, ARG002
        """Store a changed row by its service."""
        self.add(item)

    def delete(self, item: Any, commit: bool = True) -> None:  # noqa: ANN401, ARG002
        """Refuse: what has a history is archived, not deleted."""
        refuse_delete(current_actor())

    def delete_all(self, items: list[Any]) -> None:
        """Refuse, as `delete` does."""
        for item in items:
            self.delete(item)

    def secrets_of(self, item: Any) -> dict[str, str]:  # noqa: ANN401 - a row
        """Return the secrets that storing this row made, by name, this once."""
        shown: dict[str, str] = vars(item).get(SHOWN, {})
        return shown

    def shown_once(self, item: Any) -> str:  # noqa: ANN401 - a row
        """Return the one secret that storing this row made, or an empty text."""
        return next(iter(self.secrets_of(item).values()), "")

    def get(self, id: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: A002, ANN401
        """Return the row of that id, or None; any integer may be asked for."""
        text = str(id)
        if not (text.isascii() and text.isdecimal()) or int(text[:20]) >= INT64:
            return None
        return super().get(int(text), *args, **kwargs)

    def query_count(
        self,
        query: Any,  # noqa: ANN401 - a query
        filters: Any = None,  # noqa: ANN401
        select_columns: list[str] | None = None,  # noqa: ARG002
    ) -> int:
        """Count the rows, exactly up to MAX_COUNT; one more stands for more."""
        query = self.apply_filters(query, self.get_inner_filters(filters))
        found: int = query.with_entities(self.get_pk()).limit(MAX_COUNT + 1).count()
        return found

    def _service(self) -> Callable[..., Any]:
        if self.obj not in SERVICES:
            raise NotAllowed("This is read-only.")
        return SERVICES[self.obj]
