"""What clients were told, against what is stored: leads, credits, refunds."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from tests.system.history.record import Call, Outcome, Record

REFUSED_WELL = 503


def answers_are_no_errors(record: Record) -> Iterator[str]:
    """Nothing answers 5xx but 503, whatever is done to the servers."""
    for call in record.calls:
        if (call.status or 0) >= 500 and call.status != REFUSED_WELL:
            yield f"{call.kind} {call.subject} was answered {call.status}"


def acknowledged_leads_are_stored(record: Record) -> Iterator[str]:
    """Every post that was answered has its lead, under the id that was told."""
    stored = {lead.public_id for lead in record.leads}
    for call in _done(record, "post"):
        if call.answer.get("id") not in stored:
            yield f"post {call.subject} was told {call.answer.get('id')}"


def one_enquiry_is_one_lead(record: Record) -> Iterator[str]:
    """An enquiry is stored once or, if nobody was told so, not at all."""
    stored = Counter(lead.sub_id for lead in record.leads)
    known = {call.subject for call in record.calls if call.kind == "post"}
    yield from (
        f"{sub_id} is stored {n} times" for sub_id, n in stored.items() if n > 1
    )
    yield from (f"{sub_id} is of nobody" for sub_id in stored if sub_id not in known)


def one_person_is_one_lead(record: Record) -> Iterator[str]:
    """Of all posts to a campaign with one email, one is stored."""
    emails = {
        call.subject: (call.body["to"], call.body["email"])
        for call in record.calls
        if call.kind == "post"
    }
    stored = Counter(emails.get(lead.sub_id) for lead in record.leads)
    for person, n in stored.items():
        if person is not None and n > 1:
            yield f"{person} is stored {n} times"


def one_key_has_one_answer(record: Record) -> Iterator[str]:
    """All answers to one key are alike, and one at most says that it is new."""
    for name, calls in _by_key(record).items():
        done = [call for call in calls if call.outcome is Outcome.ok]
        answers = {json.dumps(call.answer, sort_keys=True) for call in done}
        if len(answers) > 1:
            yield f"{name} has {len(answers)} answers"
        if calls[0].kind == "post" and sum(call.status == 201 for call in done) > 1:
            yield f"{name} was new more than once"


def one_key_has_one_body(record: Record) -> Iterator[str]:
    """A key that came with a body is refused with every other body."""
    for name, calls in _by_key(record).items():
        done = [call for call in calls if call.outcome is Outcome.ok]
        if len({_text(call.body) for call in done}) > 1:
            yield f"{name} was honoured with more than one body"


def commands_are_booked_once(record: Record) -> Iterator[str]:
    """A credit or refund that was answered is one entry; unanswered, one or none.

    What was refused is none. An entry by hand that nobody asked for is wrong.
    """
    entries = Counter(
        entry.reason for entry in record.entries if entry.kind in {"credit", "refund"}
    )
    asked: dict[str, list[Call]] = defaultdict(list)
    for call in record.calls:
        if call.kind in {"credit", "refund"}:
            asked[call.subject].append(call)
    for subject, calls in asked.items():
        outcomes = {call.outcome for call in calls}
        least = int(Outcome.ok in outcomes)
        most = int(outcomes != {Outcome.fail})
        if not least <= entries[subject] <= most:
            yield f"{subject} is booked {entries[subject]} times, not {least} to {most}"
    for reason in entries.keys() - asked.keys() - {"opening"}:
        yield f"{reason} is of nobody"


def _done(record: Record, kind: str) -> list[Call]:
    return [
        call
        for call in record.calls
        if call.kind == kind and call.outcome is Outcome.ok
    ]


def _by_key(record: Record) -> dict[str, list[Call]]:
    """Return calls by their key; a post without one is known by its body."""
    calls: dict[str, list[Call]] = defaultdict(list)
    for call in record.calls:
        if call.key is not None:
            calls[f"{call.kind} with {call.key}"].append(call)
        elif call.kind == "post":
            calls[f"post of {call.subject}"].append(call)
    return calls


def _text(body: Any) -> str:
    return json.dumps(body, sort_keys=True)
