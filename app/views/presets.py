"""Forms of endpoints that begin with a preset: filled in, edited, only then saved."""

from flask import flash, request
from flask_appbuilder.forms import DynamicForm

from app.gateways.delivery.presets import PRESETS


def begin_with(form: DynamicForm) -> None:
    """Fill in the format, mapping and reply rules of the preset of the address."""
    preset = PRESETS.get(request.args.get("preset", ""))
    if preset is None:
        return
    form["format"].data = preset.format
    form["mapping"].data = preset.mapping
    form["reply_rules"].data = preset.reply_rules
    flash(f"This is how {preset.label} is posted to. {preset.about}", "info")
