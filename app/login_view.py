"""The form at /login/: the only way to a session, and the way out of it."""

import math
from uuid import UUID

from flask import flash, g, make_response, redirect, request, session
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import no_cache
from flask_appbuilder.security.forms import LoginForm_db
from flask_appbuilder.security.views import AuthDBView
from flask_appbuilder.utils.base import get_safe_redirect
from flask_login import login_user, logout_user
from werkzeug.wrappers import Response

from app.domain.errors import TooMany
from app.login_rates import count_login
from app.services.auth import authenticate, end_family, open_session

FAMILY = "family"


class LoginView(AuthDBView):  # type: ignore[misc]
    """Log in and out; a session lives no longer than the family it opened."""

    @expose("/login/", methods=["GET", "POST"])  # type: ignore[untyped-decorator]
    @no_cache  # type: ignore[untyped-decorator]
    def login(self) -> Response:
        """Show the form, or open a session and go on to `next`."""
        if g.user.is_authenticated:
            return redirect(self._get_safe_next_url())
        form = LoginForm_db()
        if not form.validate_on_submit():
            return self._form(form, 200)
        try:
            count_login(form.username.data)
        except TooMany as error:
            flash(error.message, "warning")
            answer = self._form(form, 429)
            answer.headers["Retry-After"] = str(math.ceil(error.retry_after_s))
            return answer
        user = authenticate(form.username.data, form.password.data)
        if user is None:
            flash(str(self.invalid_login_message), "warning")
            return self._form(form, 401)
        # A new session: nothing that was planted before the log-in lives on.
        session.clear()
        session.permanent = False
        session[FAMILY] = str(open_session(user.id))
        login_user(user)
        return redirect(get_safe_redirect(request.args.get("next", "")))

    @expose("/logout/", methods=["POST"])  # type: ignore[untyped-decorator]
    def logout(self) -> Response:
        """End the session, and whatever its log-in opened."""
        if family := session.get(FAMILY):
            end_family(UUID(family))
        logout_user()
        session.clear()
        return redirect(self.appbuilder.get_url_for_login)

    def _form(self, form: LoginForm_db, status: int) -> Response:
        page = self.render_template(
            self.login_template, title=self.title, form=form, appbuilder=self.appbuilder
        )
        return make_response(page, status)
