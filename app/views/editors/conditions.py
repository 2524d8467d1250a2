"""Which leads a subscription takes: rules of its campaign's fields, in groups."""

from typing import Any

from app.views.editors.base import EditorField, Filled, Way
from app.views.editors.rule_box import OfCampaign, RuleBox

RULES = "rules"


class FiltersField(OfCampaign, EditorField):
    """A builder of rules and groups; what it cannot hold is edited as JSON."""

    ways = (Way("every", "Every lead"), Way(RULES, "Leads for which"))
    is_counted = True

    def process(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        """Begin without rules."""
        self.box = RuleBox(f"{self.name}-{RULES}", self.known)
        super().process(*args, **kwargs)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the tree of rules, or what else was chosen."""
        if (self.formdata or {}).get(f"{self.name}-as") != RULES:
            super().process_formdata(valuelist)
            return
        self.filled = Filled(RULES, {})
        self.box.read(self.formdata)
        self._write()

    def bind(self, form: Any, item: Any) -> None:  # noqa: ANN401 - a form, a row
        """Read what was typed once more, as the fields of the campaign ask."""
        super().bind(form, item)
        if self._is_built():
            self.process_errors = []
            try:
                self._write()
            except ValueError as error:
                self.process_errors.append(str(error))

    def fill(self, value: Any) -> Filled | None:  # noqa: ANN401 - JSON
        """Keep the tree of a value; None where it cannot be held."""
        return Filled(RULES, {}) if self.box.fill(value) else None

    def holds(self, filled: Filled) -> bool:  # noqa: ARG002 - `fill` has seen to it
        """Whether saving what would be shown keeps the value as it is."""
        return True

    def say(self, place: str, message: str) -> str:
        """Note an error at its rule; return it with the rule's field."""
        if self._is_built():
            return self.box.say(place, message)
        return f"{place.removeprefix('.')}: {message}" if place else message

    def leave_out_unfinished(self) -> None:
        """Go on without the rules that somebody is still typing."""
        if not self._is_built():
            return
        self.box.leave_out_unfinished()
        self.process_errors = []
        if not self.box:
            self.filled, self.data = Filled("every", {}), None

    def _is_built(self) -> bool:
        return self.filled is not None and self.filled.way == RULES

    def _write(self) -> None:
        self.data = None
        if not self.box:
            raise ValueError("Add a rule, or take every lead.")
        self.data = self.box.write([self.object_data])
