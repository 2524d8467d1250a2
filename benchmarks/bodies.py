"""What the load sends: bodies that differ in what has to be told apart."""

import json
from collections.abc import Callable

CONTACT = {
    "first_name": "Ada",
    "last_name": "Byron",
    "email": "EMAIL",
    "phone": "PHONE",
    "address": "1 Main St",
    "city": "San Francisco",
    "state": "CA",
    "zip": "94105",
    "country": "US",
}
LEAD = {
    **CONTACT,
    "industry": "solar",
    "fields": {"roof": "tile"},
    "test": False,
    "sub_id": "ad-7",
    "consent": {
        "text": "I agree that up to three installers call me about my enquiry.",
        "given_at": "2026-11-20T10:00:00Z",
        "url": "https://example.org/quote",
        "ip": "203.0.113.9",
        "certificate_url": None,
    },
}
# Ten digits with the area code: numbers from here on are all valid in one area.
FIRST_NUMBER = 2_000_000


def maker(kind: str) -> Callable[[int], bytes]:
    """Return what makes the body of that kind (`lead` or `row`) with that number."""
    template = json.dumps({"lead": LEAD, "row": CONTACT}[kind])
    before, _, rest = template.partition("EMAIL")
    between, _, after = rest.partition("PHONE")

    def make(number: int) -> bytes:
        phone = f"+1415{FIRST_NUMBER + number}"
        email = f"ada{number}@example.org"
        return f"{before}{email}{between}{phone}{after}".encode()

    return make
