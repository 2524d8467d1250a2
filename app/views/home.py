"""The first page after log-in: how things go, in a few figures, for who reads it."""

from typing import Any

from flask import g, redirect
from flask_appbuilder import IndexView, expose
from werkzeug.wrappers import Response

from app.security import current_actor
from app.services.overview import overview_of_today
from app.views.formats import chip, moment, money, words
from app.views.portal.home import home_of


class HomeView(IndexView):
    """The overview."""

    @expose("/")
    def index(self) -> str | Response:
        """Show staff today, an account its month; ask others to log in."""
        if not g.user.is_authenticated:
            return redirect(self.appbuilder.get_url_for_login)
        actor = current_actor()
        template, values = home_of(actor) if not actor.is_staff else self._today()
        return str(self.render_template(template, **values))

    def _today(self) -> tuple[str, dict[str, Any]]:
        return "screens/home.html", {
            "title": "Today",
            "today": overview_of_today(),
            "chip": chip,
            "moment": moment,
            "money": money,
            "words": words,
        }
