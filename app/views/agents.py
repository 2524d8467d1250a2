"""A browser's words for itself, shortened to what its owner recognises."""

BROWSERS = (
    ("Edg/", "Edge"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)
MOST = 40


def device_of(agent: str | None) -> str:
    """Return such as `Firefox on Windows`; of a program, the words it uses."""
    text = agent or ""
    browser = next((name for mark, name in BROWSERS if mark in text), None)
    system = next((name for mark, name in SYSTEMS if mark in text), None)
    if browser:
        return f"{browser} on {system}" if system else browser
    return text[:MOST] or "Unknown device"
