"""The public pages: what a consumer sees, sends and is told."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from itsdangerous import TimestampSigner

from app.db import db
from app.domain.states import CampaignStatus, PageStatus, SourceKind
from app.landing import stamps
from app.landing.pages import HONEYPOT
from app.models.campaign import Campaign, LandingPage
from app.models.lead import Lead, LeadContact
from tests.factories import make_campaign, make_source

GOOD = {
    "first_name": "Ada",
    "last_name": "Byron",
    "email": "ada@gmail.com",
    "phone": "+1 415 555 2671",
    "zip": "94105",
    "consent": "yes",
}
Age = Callable[[int], str]


@pytest.fixture
def page(client: FlaskClient) -> LandingPage:
    client.environ_base["HTTP_ACCEPT"] = "text/html,*/*;q=0.8"  # as a browser asks
    return make_page(make_campaign(slug="solar"))


@pytest.fixture
def aged(page: LandingPage, monkeypatch: pytest.MonkeyPatch) -> Age:
    """Make a stamp that is so many seconds old."""

    def make(seconds: int) -> str:
        real = TimestampSigner.get_timestamp
        with monkeypatch.context() as patch:
            patch.setattr(
                TimestampSigner, "get_timestamp", lambda signer: real(signer) - seconds
            )
            return stamps.new_stamp(page.id)

    return make


def make_page(
    campaign: Campaign, slug: str = "spring", **values: object
) -> LandingPage:
    source = make_source(campaign, kind=SourceKind.page)
    given = {
        "campaign_id": campaign.id,
        "source_id": source.id,
        "name": "Spring",
        "slug": slug,
        "status": PageStatus.active,
        "content": {"headline": "Three quotes", "consent_text": "I agree, says Ada."},
        **values,
    }
    page = LandingPage(**given)
    db.session.add(page)
    db.session.commit()
    return page


def stored() -> int:
    return db.session.query(Lead).count()


@pytest.mark.usefixtures("page")
def test_a_page_is_cacheable_and_sets_no_cookie(client: FlaskClient) -> None:
    answer = client.get("/l/solar/spring")

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    assert "Set-Cookie" not in answer.headers
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert len(answer.data) < 50_000
    assert b"<script" not in answer.data


@pytest.mark.usefixtures("page")
def test_inputs_bear_the_names_of_the_fields(client: FlaskClient) -> None:
    html = client.get("/l/solar/spring").text

    assert 'name="email"' in html
    assert 'autocomplete="postal-code"' in html
    assert 'type="checkbox" id="consent" name="consent"' in html
    assert "I agree, says Ada." in html


def test_one_post_of_the_form_stores_a_lead_with_its_consent(
    client: FlaskClient, aged: Age
) -> None:
    answer = client.post("/l/solar/spring", data={**GOOD, "opened": aged(10)})

    assert answer.status_code == 303, answer.text
    assert "/l/solar/spring/thanks?reference=" in answer.headers["Location"]
    contact = db.session.query(LeadContact).one()
    assert contact.consent["text"] == "I agree, says Ada."
    assert contact.consent["ip"] == "127.0.0.1"
    assert contact.consent["url"].endswith("/l/solar/spring")


def test_the_thanks_carry_the_reference_and_no_contact_data(
    client: FlaskClient, aged: Age
) -> None:
    answer = client.post("/l/solar/spring", data={**GOOD, "opened": aged(10)})

    thanks = client.get(answer.headers["Location"])

    reference = answer.headers["Location"].split("reference=")[1]
    assert reference in thanks.text
    assert "ada@gmail.com" not in thanks.text + answer.headers["Location"]


@pytest.mark.parametrize("age", [0, 2, 7201, 90_000])
def test_a_form_sent_too_soon_or_too_late_comes_back_with_what_was_typed(
    client: FlaskClient, aged: Age, age: int
) -> None:
    answer = client.post("/l/solar/spring", data={**GOOD, "opened": aged(age)})

    assert answer.status_code == 422
    assert 'value="ada@gmail.com"' in answer.text
    assert stored() == 0


@pytest.mark.parametrize("age", [4, 7000])
def test_a_form_open_between_three_seconds_and_two_hours_is_taken(
    client: FlaskClient, aged: Age, age: int
) -> None:
    answer = client.post("/l/solar/spring", data={**GOOD, "opened": aged(age)})

    assert answer.status_code == 303


@pytest.mark.usefixtures("page")
def test_a_stamp_of_nothing_is_not_taken(client: FlaskClient) -> None:
    answer = client.post("/l/solar/spring", data={**GOOD, "opened": "made-up"})

    assert answer.status_code == 422
    assert stored() == 0


def test_errors_stand_at_their_fields_and_in_a_summary(
    client: FlaskClient, aged: Age
) -> None:
    data = {"first_name": "<Ada>", "email": "nonsense", "opened": aged(10)}

    answer = client.post("/l/solar/spring", data=data)

    assert answer.status_code == 422
    assert 'href="#email"' in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert 'aria-describedby="email-help email-error"' in answer.text
    assert 'href="#consent"' in answer.text
    assert "&lt;Ada&gt;" in answer.text


def test_what_fills_the_trap_is_thanked_and_not_kept(
    client: FlaskClient, aged: Age
) -> None:
    data = {**GOOD, HONEYPOT: "12345", "opened": aged(10)}

    answer = client.post("/l/solar/spring", data=data)

    assert answer.status_code == 303
    assert stored() == 0


def test_a_duplicate_is_thanked_like_anybody(client: FlaskClient, aged: Age) -> None:
    client.post("/l/solar/spring", data={**GOOD, "opened": aged(10)})

    again = client.post(
        "/l/solar/spring", data={**GOOD, "first_name": "Eva", "opened": aged(10)}
    )

    assert again.status_code == 303
    assert stored() == 1


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://elsewhere.example"}, {"Sec-Fetch-Site": "cross-site"}],
)
def test_a_form_of_another_site_is_refused(
    client: FlaskClient, aged: Age, headers: dict[str, str]
) -> None:
    answer = client.post(
        "/l/solar/spring", data={**GOOD, "opened": aged(10)}, headers=headers
    )

    assert answer.status_code == 403
    assert stored() == 0


@pytest.fixture
def elsewhere(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> str:
    """An origin that CORS_ORIGINS lists."""
    origin = "https://shop.example"
    config = client.application.config
    listed = replace(config["SETTINGS"], cors_origins=(origin,))
    monkeypatch.setitem(config, "SETTINGS", listed)
    return origin


def test_a_form_of_a_listed_site_is_taken(
    client: FlaskClient, aged: Age, elsewhere: str
) -> None:
    answer = client.post(
        "/l/solar/spring",
        data={**GOOD, "opened": aged(10)},
        headers={"Origin": elsewhere, "Sec-Fetch-Site": "cross-site"},
    )

    assert answer.status_code == 303
    assert stored() == 1


@pytest.mark.usefixtures("page")
def test_only_listed_sites_embed_a_page(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = client.get("/l/solar/spring").headers
    config = client.application.config
    origins = ("https://shop.example", "http://127.0.0.1:8000")
    listed = replace(config["SETTINGS"], cors_origins=origins)
    monkeypatch.setitem(config, "SETTINGS", listed)
    opened = client.get("/l/solar/spring").headers
    screen = client.get("/login/").headers

    policy = opened["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in closed["Content-Security-Policy"]
    assert closed["X-Frame-Options"] == screen["X-Frame-Options"] == "DENY"
    assert policy.endswith("frame-ancestors https://shop.example http://127.0.0.1:8000")
    assert "X-Frame-Options" not in opened
    assert "frame-ancestors 'none'" in screen["Content-Security-Policy"]


def test_a_program_is_told_in_problem_json(client: FlaskClient, aged: Age) -> None:
    answer = client.post(
        "/l/solar/spring",
        data={"opened": aged(10)},
        headers={"Accept": "application/json"},
    )

    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"
    assert {"email", "consent"} <= {error["field"] for error in answer.json["errors"]}


@pytest.mark.usefixtures("page")
def test_too_long_a_form_is_refused(client: FlaskClient) -> None:
    data = {"first_name": "x" * 70_000}

    person = client.post("/l/solar/spring", data=data)
    program = client.post(
        "/l/solar/spring", data=data, headers={"Accept": "application/json"}
    )

    assert (person.status_code, person.mimetype) == (413, "text/html")
    assert program.status_code == 413
    assert program.mimetype == "application/problem+json"


@pytest.mark.parametrize(
    ("campaign", "page_status", "expected"),
    [
        (CampaignStatus.draft, PageStatus.active, 404),
        (CampaignStatus.paused, PageStatus.active, 410),
        (CampaignStatus.archived, PageStatus.active, 410),
        (CampaignStatus.active, PageStatus.draft, 404),
        (CampaignStatus.active, PageStatus.archived, 410),
    ],
)
def test_what_is_not_open_says_so(
    client: FlaskClient,
    campaign: CampaignStatus,
    page_status: PageStatus,
    expected: int,
) -> None:
    make_page(make_campaign(slug="closed", status=campaign), status=page_status)

    answer = client.get("/l/closed/spring", headers={"Accept": "text/html"})

    assert answer.status_code == expected
    assert "<h1>" in answer.text


def test_the_campaigns_address_leads_to_pages_with_weight_alone(
    client: FlaskClient, page: LandingPage
) -> None:
    make_page(page.campaign, slug="never", weight=0)

    seen = {client.get("/l/solar/").headers["Location"] for _ in range(20)}

    assert seen == {"/l/solar/spring"}


@pytest.mark.usefixtures("page")
def test_the_campaigns_address_passes_the_query_on(client: FlaskClient) -> None:
    answer = client.get("/l/solar/?sub_id=a%20d&page=x&_external=1&sub_id=b")

    query = "sub_id=a+d&sub_id=b&page=x&_external=1"
    assert answer.headers["Location"] == f"/l/solar/spring?{query}"


@pytest.mark.usefixtures("page")
def test_too_many_posts_of_an_address_are_asked_to_wait(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.landing.pages.wait_s", lambda *_: 12.3)

    answer = client.post("/l/solar/spring", data=GOOD, headers={"Accept": "text/html"})

    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "13"


def test_posting_instructions_show_the_campaign_as_it_is(client: FlaskClient) -> None:
    make_campaign(
        slug="roofs",
        fields=[
            {"name": "email", "label": "Email", "type": "email", "required": True},
            {"name": "roof", "label": "Roof", "type": "select", "options": ["Tile"]},
        ],
    )

    html = client.get("/docs/post/roofs").text

    assert "fields.roof" in html
    assert "/api/campaigns/roofs/leads" in html
    assert client.get("/docs/post/unknown").status_code == 404
