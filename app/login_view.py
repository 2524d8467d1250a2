"""The form at /login/: the only way to a session, and the way out of it.

Where a second factor is needed, the password alone opens nothing: what it proved waits
in the browser's signed cookie for a few minutes, for the code to come.
"""

import math
import time
from uuid import UUID

from flask import flash, g, make_response, redirect, request, session, url_for
from flask_appbuilder import expose
from flask_appbuilder.forms import DynamicForm
from flask_appbuilder.security.decorators import no_cache
from flask_appbuilder.security.forms import LoginForm_db
from flask_appbuilder.security.sqla.models import User
from flask_appbuilder.security.views import AuthDBView
from flask_appbuilder.utils.base import get_safe_redirect
from flask_login import login_user, logout_user
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import InputRequired

from app.client import client_place
from app.domain.errors import InvalidInput, TooMany
from app.domain.people import Actor
from app.login_rates import count_code, count_login
from app.qr import qr_code
from app.services.auth import (
    Entry,
    Verified,
    active_user,
    authenticate,
    end_family,
    open_session,
)
from app.services.people import role_of
from app.services.second_factor import (
    Enrolment,
    check_code,
    confirm_enrolment,
    has_second_factor,
    must_have_second_factor,
    open_enrolment,
)

FAMILY = "family"
HALF = "half"
HALF_S = 300
ENROLMENT = "enrolment"


def enrolment_of(actor: Actor) -> Enrolment:
    """Return the enrolment that this browser has under way, or begin one.

    It waits in the browser, sealed, so that looking at the page stores nothing and a
    page that is loaded again shows the same code. Raises Conflict.
    """
    enrolment = open_enrolment(actor, kept_enrolment())
    session[ENROLMENT] = enrolment.sealed.hex()
    return enrolment


def kept_enrolment() -> bytes | None:
    """Return the sealed enrolment that this browser has under way."""
    kept = session.get(ENROLMENT)
    return bytes.fromhex(kept) if kept else None


class CodeForm(DynamicForm):  # type: ignore[misc]
    """The code of a second factor."""

    code = StringField(
        "Code",
        validators=[InputRequired("Enter the code.")],
        render_kw={
            "autocomplete": "one-time-code",
            "spellcheck": "false",
            "autofocus": True,
        },
    )


class LoginView(AuthDBView):  # type: ignore[misc]
    """Log in and out; a session lives no longer than the family it opened."""

    invalid_login_message = "The email or the password is wrong."

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
            return _wait(self._form(form, 429), error)
        verified = authenticate(form.username.data, form.password.data)
        answer = self._let_in(verified) if verified else None
        return answer or self._refuse(form)

    @expose("/login/code", methods=["GET", "POST"])  # type: ignore[untyped-decorator]
    @no_cache  # type: ignore[untyped-decorator]
    def code(self) -> Response:
        """Ask for the second factor, and open the session by it."""
        user = self._half_user()
        if user is None:
            return redirect(self.appbuilder.get_url_for_login)
        form = CodeForm()
        if not form.validate_on_submit():
            return self._code_page("login_code", form, 200)
        try:
            count_code(user.id)
        except TooMany as error:
            flash(error.message, "warning")
            return _wait(self._code_page("login_code", form, 429), error)
        if not check_code(user.id, form.code.data):
            form.code.errors = ["This code is wrong or was used; take the next one."]
            return self._code_page("login_code", form, 401)
        half = session[HALF]
        opened = self._open(user, half["proof"], half["next"], second=True)
        return opened or redirect(self.appbuilder.get_url_for_login)

    @expose("/login/enrol", methods=["GET", "POST"])  # type: ignore[untyped-decorator]
    @no_cache  # type: ignore[untyped-decorator]
    def enrol(self) -> Response:
        """Set up the second factor that this user must have, and open the session."""
        user = self._half_user()
        if user is None or has_second_factor(user.id):
            return redirect(self.appbuilder.get_url_for_login)
        form, actor = CodeForm(), Actor(role_of(user), user.id)
        if form.validate_on_submit():
            try:
                count_code(user.id)
                codes = confirm_enrolment(actor, kept_enrolment(), form.code.data)
            except InvalidInput as refusal:
                form.code.errors = [error.message for error in refusal.errors]
            except TooMany as error:
                form.code.errors = [error.message]
            else:
                return self._show_codes(user, codes)
        enrolment = enrolment_of(actor)
        shown = {"enrolment": enrolment, "qr": qr_code(enrolment.uri)}
        status = 422 if form.errors else 200
        return self._code_page("login_enrol", form, status, **shown)

    @expose("/logout/", methods=["POST"])  # type: ignore[untyped-decorator]
    def logout(self) -> Response:
        """End the session, and whatever its log-in opened."""
        if family := session.get(FAMILY):
            end_family(UUID(family))
        logout_user()
        session.clear()
        return redirect(self.appbuilder.get_url_for_login)

    def _let_in(self, verified: Verified) -> Response | None:
        """Open the session, or go on to the second factor."""
        if has_second_factor(verified.user.id):
            return self._go_on(verified, "code")
        if must_have_second_factor(verified.user):
            return self._go_on(verified, "enrol")
        return self._open(verified.user, verified.proof, request.args.get("next", ""))

    def _open(
        self, user: User, proof: str, after: str, *, second: bool = False
    ) -> Response | None:
        """Open the session; None where the password was changed meanwhile."""
        family = open_session(Entry(user.id, proof, client_place(), second))
        if family is None:
            return None
        # A new session: nothing that was planted before the log-in lives on.
        session.clear()
        session.permanent = False
        session[FAMILY] = str(family)
        login_user(user)
        return redirect(get_safe_redirect(after))

    def _go_on(self, verified: Verified, step: str) -> Response:
        session.clear()
        session[HALF] = {
            "user": verified.user.id,
            "proof": verified.proof,
            "next": request.args.get("next", ""),
            "until": int(time.time()) + HALF_S,
        }
        return redirect(url_for(f"{self.endpoint}.{step}"))

    def _half_user(self) -> User | None:
        """Return whose password was proved a moment ago."""
        half = session.get(HALF)
        if half is None or time.time() > half["until"]:
            session.pop(HALF, None)
            return None
        return active_user(half["user"])

    def _show_codes(self, user: User, codes: list[str]) -> Response:
        half = session[HALF]
        opened = self._open(user, half["proof"], half["next"], second=True)
        if opened is None:
            return redirect(self.appbuilder.get_url_for_login)
        page = self.render_template(
            "screens/recovery_codes.html", codes=codes, after=opened.location
        )
        return make_response(page)

    def _refuse(self, form: LoginForm_db) -> Response:
        flash(str(self.invalid_login_message), "warning")
        return self._form(form, 401)

    def _form(self, form: LoginForm_db, status: int) -> Response:
        page = self.render_template(
            self.login_template, title=self.title, form=form, appbuilder=self.appbuilder
        )
        return make_response(page, status)

    def _code_page(
        self, name: str, form: CodeForm, status: int, **shown: object
    ) -> Response:
        page = self.render_template(f"screens/{name}.html", form=form, **shown)
        return make_response(page, status)


def _wait(answer: Response, error: TooMany) -> Response:
    answer.headers["Retry-After"] = str(math.ceil(error.retry_after_s))
    return answer
