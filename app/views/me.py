"""One's own account: password, second factor, and what one is logged in to."""

from collections.abc import Callable
from functools import wraps
from typing import TypeVar, cast
from uuid import UUID

from flask import flash, g, make_response, redirect, request, session
from flask_appbuilder import BaseView, expose
from flask_appbuilder.forms import DynamicForm
from werkzeug.wrappers import Response
from wtforms import PasswordField
from wtforms.validators import InputRequired

from app.domain.errors import LeadNexusError, TooMany
from app.domain.people import Actor
from app.login_rates import count_code, count_login
from app.login_view import (
    ENROLMENT,
    FAMILY,
    CodeForm,
    enrolment_of,
    kept_enrolment,
)
from app.qr import qr_code
from app.security import current_actor
from app.services.limit_mail import choose_limit_mail, wants_limit_mail
from app.services.lookup import read_uuid
from app.services.people import email_of
from app.services.policy import policy
from app.services.return_mail import choose_return_mail, wants_return_mail
from app.services.second_factor import (
    confirm_enrolment,
    has_second_factor,
    turn_off,
)
from app.services.sessions import end_log_in, end_other_log_ins, living_log_ins
from app.services.user_changes import change_own_password
from app.services.user_rules import MIN_PASSWORD
from app.views.agents import device_of
from app.views.formats import moment
from app.views.forms import ENTER, say_at

F = TypeVar("F", bound=Callable[..., Response])


def logged_in(page: F) -> F:
    """Let who has logged in open the page, whatever their role; others log in first."""

    @wraps(page)
    def opened(view: BaseView, **kwargs: str) -> Response:
        if not g.user.is_authenticated:
            return redirect(f"{view.appbuilder.get_url_for_login}?next={request.path}")
        return page(view, **kwargs)

    return cast(F, opened)


class PasswordForm(DynamicForm):
    """The password that is, and the one that is to be."""

    current = PasswordField(
        "Password now",
        validators=[InputRequired(ENTER)],
        render_kw={"autocomplete": "current-password"},
    )
    password = PasswordField(
        "New password",
        description=f"At least {MIN_PASSWORD} characters; a few words are best.",
        validators=[InputRequired(ENTER)],
        render_kw={"autocomplete": "new-password"},
    )


class MyAccountView(BaseView):
    """What everybody who is logged in may see and change of themselves."""

    route_base = "/me"
    default_view = "show"

    @expose("/")
    @logged_in
    def show(self) -> Response:
        """Show who one is, and where one is logged in."""
        actor = current_actor()
        return self._page(
            "me",
            email=email_of(actor),
            actor=actor,
            log_ins=living_log_ins(actor),
            this=_family(),
            has_second=has_second_factor(actor.user_id or 0),
            must_have=policy.admin_totp,
            return_mail=wants_return_mail(actor),
            limit_mail=wants_limit_mail(actor),
            moment=moment,
            device_of=device_of,
        )

    @expose("/password", methods=["GET", "POST"])
    @logged_in
    def password(self) -> Response:
        """Change one's own password."""
        form, actor = PasswordForm(), current_actor()
        if form.validate_on_submit():
            try:
                count_login(email_of(actor))
                given = form.current.data, form.password.data
                change_own_password(actor, *given, kept=_family())
            except LeadNexusError as refusal:
                say_at(form, refusal)
            else:
                flash("Password changed. Your other log-ins have ended.", "success")
                return redirect(f"{self.route_base}/")
        return self._page("me_password", _status(form), form=form)

    @expose("/end/<family>", methods=["POST"])
    @logged_in
    def end(self, family: str) -> Response:
        """End one of one's own log-ins."""
        if found := read_uuid(family):
            end_log_in(found, current_actor())
            flash("That log-in has ended.", "success")
        return redirect(f"{self.route_base}/")

    @expose("/end-others", methods=["POST"])
    @logged_in
    def end_others(self) -> Response:
        """End all of one's own log-ins but this one."""
        end_other_log_ins(current_actor(), _family())
        flash("Your other log-ins have ended.", "success")
        return redirect(f"{self.route_base}/")

    @expose("/return-mail", methods=["POST"])
    @logged_in
    def return_mail(self) -> Response:
        """Get mail about returns, or none."""
        wanted = "wanted" in request.form
        choose_return_mail(current_actor(), wanted=wanted)
        flash("Saved.", "success")
        return redirect(f"{self.route_base}/")

    @expose("/limit-mail", methods=["POST"])
    @logged_in
    def limit_mail(self) -> Response:
        """Get mail about limits, or none."""
        wanted = "wanted" in request.form
        choose_limit_mail(current_actor(), wanted=wanted)
        flash("Saved.", "success")
        return redirect(f"{self.route_base}/")

    @expose("/second-factor", methods=["GET", "POST"])
    @logged_in
    def second_factor(self) -> Response:
        """Set up one's second factor, or turn it off."""
        form, actor = CodeForm(), current_actor()
        is_on = has_second_factor(actor.user_id or 0)
        if form.validate_on_submit():
            try:
                count_code(actor.user_id or 0)
                return (
                    self._turn_off(form, actor) if is_on else self._turn_on(form, actor)
                )
            except (LeadNexusError, TooMany) as refusal:
                say_at(form, refusal)
        if is_on:
            return self._page("me_second_off", _status(form), form=form)
        enrolment = enrolment_of(actor)
        shown = {"enrolment": enrolment, "qr": qr_code(enrolment.uri)}
        return self._page("me_second_on", _status(form), form=form, **shown)

    def _turn_on(self, form: CodeForm, actor: Actor) -> Response:
        codes = confirm_enrolment(actor, kept_enrolment(), form.code.data)
        session.pop(ENROLMENT)
        return self._page("recovery_codes", codes=codes, after=f"{self.route_base}/")

    def _turn_off(self, form: CodeForm, actor: Actor) -> Response:
        turn_off(actor, form.code.data)
        flash("The second factor is off.", "success")
        return redirect(f"{self.route_base}/")

    def _page(self, name: str, status: int = 200, **shown: object) -> Response:
        page = self.render_template(f"screens/{name}.html", **shown)
        return make_response(page, status)


def _family() -> UUID | None:
    return read_uuid(session.get(FAMILY))


def _status(form: DynamicForm) -> int:
    return 422 if form.errors or form.form_errors else 200
