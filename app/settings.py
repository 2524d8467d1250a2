"""The settings of the running application, for every floor that may need one."""

from typing import cast

from flask import current_app
from werkzeug.local import LocalProxy

from config import Settings


def _current() -> Settings:
    return cast(Settings, current_app.config["SETTINGS"])


settings: Settings = cast(Settings, LocalProxy(_current))
