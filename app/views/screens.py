"""The base of all screens: FAB's ModelView with explicit columns and own forms.

What a screen writes goes through the aggregate's service,
whose refusals stand at their fields with the typed values kept. Nothing changes by GET.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from flask import flash, redirect, request, session, url_for
from flask_appbuilder import expose
from flask_appbuilder.forms import DynamicForm
from flask_appbuilder.security.decorators import has_access, permission_name
from werkzeug.wrappers import Response

from app.db import db, transaction
from app.domain.errors import InvalidInput, KeyReused, LeadNexusError, StillRunning
from app.sealing import seal, unseal
from app.security import current_actor
from app.services.idempotency import Answer, answer_once, answer_once_apart
from app.services.money_orders import PENDING
from app.views.forms import bind_form, body_of, make_form, say_at, sent_once
from app.views.reading import ReadingScreen

READ = {"list", "show", "options"}
WRITE = {*READ, "add", "edit", "made"}
MADE = "made once"
WAITS = "This is much money: it is booked when another administrator approves it."


class Screen(ReadingScreen):
    """A list, a page per row and, where the house allows it, two forms."""

    form_extra_fields: ClassVar[Mapping[str, Any]] = {}
    secret_heading: ClassVar[str] = ""
    secret_columns: ClassVar[frozenset[str]] = frozenset()

    def _init_forms(self) -> None:
        # FAB's own search form would load every related table on every list.
        self.search_form = DynamicForm
        self.add_form = self._form("add", self.add_columns)
        self.edit_form = self._form("edit", self.edit_columns)

    def _form(self, route: str, names: Sequence[str]) -> type[DynamicForm]:
        return make_form(
            self.datamodel.obj,
            names if route in self.include_route_methods else (),
            self.label_columns,
            self.description_columns,
            self.form_extra_fields,
        )

    @expose("/add", methods=["GET", "POST"])
    @has_access
    def add(self) -> str | Response:
        """Ask for a new row, and make it."""
        form = bind_form(self.add_form.refresh())
        if request.method == "GET":
            self.prefill_add(form)
        made = self.submitted(form, lambda: self.make_once(form))
        if made is not None:
            flash(f"{self.noun.capitalize()} added.", "success")
            return self.after_add(made)
        widgets = self._get_add_widget(form=form)
        return self.render(self.add_template, self.add_title, widgets=widgets)

    @expose("/edit/<pk>", methods=["GET", "POST"])
    @has_access
    def edit(self, pk: str) -> str | Response:
        """Ask what to change about a row, and change it."""
        item = self.get_or_404(pk)
        key = item.id
        form = bind_form(self.edit_form.refresh(obj=item), item)
        if self.submitted(form, lambda: self.change(item, form)) is not None:
            flash(f"{self.noun.capitalize()} saved.", "success")
            return redirect(url_for(f"{self.endpoint}.show", pk=key))
        if request.method == "GET":
            self.prefill_form(form, item)
        widgets = self._get_edit_widget(form=form)
        return self.render(
            self.edit_template,
            f"{self.edit_title}: {self.title_of(self.get_or_404(pk))}",
            widgets=widgets,
            cancel_url=url_for(f"{self.endpoint}.show", pk=key),
        )

    def submitted(self, form: DynamicForm, write: Callable[[], Any]) -> Any:  # noqa: ANN401
        """Return what a sent form wrote; None with every error at its field.

        What the form refuses and what the service refuses are told at once.
        """
        if request.method != "POST":
            return None
        if form.validate():
            return self.try_at(form, write)
        self.try_at(form, lambda: _tried(write))
        return None

    def make_once(self, form: DynamicForm) -> Any:  # noqa: ANN401 - a row
        """Make a row; the same form sent again makes no second one."""
        made: list[Any] = []

        def run() -> tuple[int, dict[str, Any]]:
            made.append(self.create(form))
            return 201, {"id": made[0].id}

        key, digest = sent_once()
        caller = f"{current_actor().label}:{request.path}"
        try:
            _, answer = answer_once_apart(caller, key, digest, run)
        except StillRunning:
            raise LeadNexusError("This form is being saved already.") from None
        except KeyReused:
            message = "This form was sent before. Send it again to add another one."
            raise LeadNexusError(message) from None
        return made[0] if made else self.get_or_404(str(answer["id"]))

    def create(self, form: DynamicForm) -> Any:  # noqa: ANN401 - a row
        """Make a row of what the form holds; raises what its service raises."""
        item = self.new_row()
        for name, value in body_of(form, self.add_columns).items():
            # What is left empty gets the database's default.
            if value is not None:
                setattr(item, name, value)
        self.datamodel.add(item)
        return item

    def prefill_add(self, form: DynamicForm) -> None:
        """Fill in what the address says of a new row."""

    def new_row(self) -> Any:  # noqa: ANN401 - a row
        """Return an empty row, with what the screen itself sets of it."""
        return self.datamodel.obj()

    def change(self, item: Any, form: DynamicForm) -> Any:  # noqa: ANN401 - a row
        """Change a row to what the form holds; raises what its service raises."""
        for name, value in body_of(form, self.edit_columns).items():
            # A secret is never shown, so an empty one keeps what is stored.
            if value is not None or name not in self.secret_columns:
                setattr(item, name, value)
        self.datamodel.edit(item)
        return item

    def after_add(self, made: Any) -> str | Response:  # noqa: ANN401 - a row
        """Go to the row, by way of the secret that was made with it, if any.

        By a redirect: reloading the page that shows it must not add another row.
        """
        if secret := self.datamodel.shown_once(made):
            show_once(secret)
            return redirect(url_for(f"{self.endpoint}.made", pk=made.id))
        return redirect(url_for(f"{self.endpoint}.show", pk=made.id))

    @expose("/made/<pk>")
    @has_access
    @permission_name("add")
    def made(self, pk: str) -> str | Response:
        """Show the secret that a row was just given, this once."""
        made = self.get_or_404(pk)
        sealed = session.pop(MADE, None)
        if sealed is None:
            return redirect(url_for(f"{self.endpoint}.show", pk=made.id))
        secret = unseal(bytes.fromhex(sealed), MADE)
        texts = {"item": made, "secret": secret, "heading": self.secret_heading}
        return self.render("screens/secret.html", str(made), **texts)

    def ask(  # noqa: PLR0913 - a page has many texts
        self,
        form: DynamicForm,
        item: Any,  # noqa: ANN401 - a row
        run: Callable[[], Answer],
        *,
        title: str,
        button: str,
        said: str,
        about: str = "",
        apart: bool = False,
        then: str = "",
    ) -> str | Response:
        """Ask what a command on a row needs, and run it, once for each form shown.

        One that runs `apart` has transactions of its own, with the network between.
        It goes on at the row's page, or at the route named in `then`.
        """
        bind_form(form, item)
        back = url_for(f"{self.endpoint}.show", pk=item.id)
        key, digest = sent_once()
        caller = f"{current_actor().label}:{request.path}"
        once = answer_once_apart if apart else answer_once
        done = form.validate_on_submit() and self.try_at(
            form, lambda: once(caller, key, digest, run)
        )
        if done:
            waits = done[1].get("status") == PENDING
            flash(WAITS if waits else said, "success")
            return redirect(url_for(f"{self.endpoint}.{then or 'show'}", pk=item.id))
        return self.render(
            "screens/form.html",
            title,
            form=form,
            cancel_url=back,
            button=button,
            about=about,
        )

    def try_at(self, form: DynamicForm, run: Callable[[], Any]) -> Any:  # noqa: ANN401
        """Run a service; put what it refuses at the form's fields and return None."""
        try:
            return run()
        except LeadNexusError as refusal:
            say_at(form, refusal)
        db.session.rollback()
        return None


def show_once(secret: str) -> None:
    """Let the page of what was just made show a secret, to this reader alone."""
    session[MADE] = seal(secret, MADE).hex()


def _tried(write: Callable[[], Any]) -> None:
    """Learn what else a service refuses; nothing of it is kept."""
    with transaction():
        write()
        raise InvalidInput
