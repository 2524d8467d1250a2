"""The public sign-up: anybody asks for an account; the answer is always the same."""

import math

from flask import flash, g, make_response, redirect
from flask_appbuilder import BaseView, expose
from flask_appbuilder.forms import DynamicForm
from werkzeug.wrappers import Response
from wtforms import PasswordField, SelectField
from wtforms.fields.choices import SelectChoice

from app.domain.errors import InvalidInput, TooMany
from app.login_rates import count_registration
from app.services.registrations import read_wish, register
from app.services.user_rules import MIN_PASSWORD
from app.views.fields import TextField
from app.views.forms import say_at

ROLES = [
    SelectChoice("client", "Buy leads, as a partner"),
    SelectChoice("vendor", "Supply leads, as a vendor"),
]


class SignUpForm(DynamicForm):
    """What a wish for an account needs; the service says all that is wrong at once."""

    role = SelectField("I want to", choices=ROLES)
    company = TextField(
        "Company",
        render_kw={"autocomplete": "organization"},
    )
    name = TextField(
        "Your name",
        render_kw={"autocomplete": "name"},
    )
    email = TextField(
        "Email",
        description="You log in with it.",
        render_kw={
            "autocomplete": "username",
            "inputmode": "email",
            "spellcheck": "false",
        },
    )
    password = PasswordField(
        "Password",
        description=f"At least {MIN_PASSWORD} characters; a few words are best.",
        render_kw={"autocomplete": "new-password"},
    )


class SignUpView(BaseView):
    """Ask for an account, and read what happens next."""

    route_base = "/register"
    default_view = "ask"

    @expose("/", methods=["GET", "POST"])
    def ask(self) -> Response:
        """Show the form, or note the wish."""
        if g.user.is_authenticated:
            return redirect("/")
        form = SignUpForm()
        if not form.validate_on_submit():
            return self._form(form, 422 if form.errors else 200)
        try:
            wish = read_wish(form.data)
            count_registration()
            register(wish)
        except InvalidInput as refusal:
            say_at(form, refusal)
            return self._form(form, 422)
        except TooMany as refusal:
            flash(refusal.message, "warning")
            answer = self._form(form, 429)
            answer.headers["Retry-After"] = str(math.ceil(refusal.retry_after_s))
            return answer
        return redirect(f"{self.route_base}/sent")

    @expose("/sent")
    def sent(self) -> str:
        """Say what happens next: the same to everybody."""
        return str(self.render_template("screens/signup_sent.html"))

    def _form(self, form: SignUpForm, status: int) -> Response:
        page = self.render_template("screens/signup.html", form=form)
        return make_response(page, status)
