"""JSON as a partner receives it: UTF-8, a missing value is null."""

import json
from collections.abc import Mapping
from typing import Any

CONTENT_TYPE = "application/json"


def body(content: Mapping[str, Any]) -> bytes:
    """Return the content as one JSON object."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")
