"""The first page after log-in: how today goes, in a few figures."""

from flask import g, redirect
from flask_appbuilder import IndexView, expose
from werkzeug.wrappers import Response

from app.security import current_actor
from app.services.overview import overview_of_today
from app.views.formats import chip, moment, money, words


class HomeView(IndexView):
    """The overview."""

    @expose("/")
    def index(self) -> str | Response:
        """Show today's figures to staff; ask others to log in."""
        if not g.user.is_authenticated:
            return redirect(self.appbuilder.get_url_for_login)
        actor = current_actor()
        return str(
            self.render_template(
                "screens/home.html" if actor.is_staff else "screens/welcome.html",
                title="Today" if actor.is_staff else "Welcome",
                today=overview_of_today() if actor.is_staff else None,
                chip=chip,
                moment=moment,
                money=money,
                words=words,
            )
        )
