"""Static files: kept for a year under the address of their content, and no other."""

import re

import pytest
from flask.testing import FlaskClient

FOR_EVER = "public, max-age=31536000, immutable"


def test_files_of_a_page_are_kept_under_the_address_of_their_content(
    client: FlaskClient,
) -> None:
    page = client.get("/login/").text

    found = re.findall(r'"(/assets/[^"]+)"', page)

    assert len(found) >= 3
    for path in found:
        assert re.search(r"\?v=[0-9a-f]{12}$", path)
        answer = client.get(path, buffered=True)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == FOR_EVER


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("app.css", 200),
        ("app.css?v=000000000000", 200),
        ("app.css?v=", 200),
        ("none.css?v=000000000000", 404),
        ("../factory.py?v=000000000000", 404),
        ("%00?v=0", 404),
    ],
)
def test_other_addresses_are_not_kept(
    client: FlaskClient, path: str, status: int
) -> None:
    answer = client.get(f"/assets/{path}", buffered=True)

    assert answer.status_code == status
    assert answer.headers.get("Cache-Control") != FOR_EVER
