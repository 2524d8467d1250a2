"""Values as the cells of a table that a spreadsheet may open."""

import json

# A cell that begins like this is a formula to a spreadsheet (OWASP, CSV injection).
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def cell(value: object) -> str:
    """Return one cell; a text that would be a formula is quoted with a '."""
    if value is None:
        return ""
    if isinstance(value, list):
        value = json.dumps(value, ensure_ascii=False)
    elif isinstance(value, bool):
        value = str(value).lower()
    text = str(value)
    # A number of ours is none, also below zero.
    is_formula = isinstance(value, str) and text.startswith(FORMULA)
    return f"'{text}" if is_formula else text
