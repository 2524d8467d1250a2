"""A forgotten password: ask for a link, and choose a new one by it."""

import math

from flask import flash, make_response, redirect
from flask_appbuilder import BaseView, expose
from flask_appbuilder.forms import DynamicForm
from werkzeug.wrappers import Response
from wtforms import PasswordField
from wtforms.validators import InputRequired

from app.client import client_address
from app.domain.errors import InvalidInput, TooMany
from app.login_rates import count_reset
from app.services.resets import MINUTES, ask_for_reset, reset_password
from app.services.user_rules import MIN_PASSWORD
from app.views.fields import TextField
from app.views.forms import ENTER, say_at

OFF = {"autocomplete": "off", "spellcheck": "false"}


class AskForm(DynamicForm):
    """Whose password was forgotten."""

    email = TextField(
        "Email",
        validators=[InputRequired(ENTER)],
        render_kw={
            "autocomplete": "username",
            "inputmode": "email",
            "spellcheck": "false",
        },
    )


class ResetForm(DynamicForm):
    """The link's code, which a script fills in, and the new password."""

    token = TextField(
        "Code",
        description="What follows the # in the link you got.",
        render_kw={**OFF, "data-from-hash": True},
    )
    password = PasswordField(
        "New password",
        description=f"At least {MIN_PASSWORD} characters; a few words are best.",
        render_kw={"autocomplete": "new-password"},
    )


class ResetView(BaseView):
    """Ask for a link, read where it went, choose a new password."""

    route_base = "/reset"
    default_view = "choose"

    @expose("/ask", methods=["GET", "POST"])
    def ask(self) -> Response:
        """Ask whose password was forgotten; the answer is the same for everybody."""
        form = AskForm()
        if not form.validate_on_submit():
            return self._page("ask", form, 422 if form.errors else 200)
        try:
            count_reset()
        except TooMany as refusal:
            return self._too_many("ask", form, refusal)
        ask_for_reset(str(form.email.data))
        return redirect(f"{self.route_base}/sent")

    @expose("/sent")
    def sent(self) -> str:
        """Say what happens next: the same to everybody."""
        page = self.render_template("screens/reset_sent.html", minutes=MINUTES)
        return str(page)

    @expose("/", methods=["GET", "POST"])
    def choose(self) -> Response:
        """Choose a new password by a link, which reading alone does not spend."""
        form = ResetForm()
        if not form.validate_on_submit():
            return self._page("choose", form, 422 if form.errors else 200)
        try:
            count_reset()
            token, password = form.token.data or "", form.password.data
            reset_password(token, password, client_address())
        except TooMany as refusal:
            return self._too_many("choose", form, refusal)
        except InvalidInput as refusal:
            say_at(form, refusal)
            return self._page("choose", form, 422)
        flash("Your password is changed. Log in with it.", "success")
        return redirect(self.appbuilder.get_url_for_login)

    def _too_many(self, name: str, form: DynamicForm, refusal: TooMany) -> Response:
        flash(refusal.message, "warning")
        answer = self._page(name, form, 429)
        answer.headers["Retry-After"] = str(math.ceil(refusal.retry_after_s))
        return answer

    def _page(self, name: str, form: DynamicForm, status: int) -> Response:
        page = self.render_template(f"screens/reset_{name}.html", form=form)
        return make_response(page, status)
