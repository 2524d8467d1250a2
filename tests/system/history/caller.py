"""How clients call: each call logged as it begins and as it ends, or never does."""

from collections.abc import Mapping
from typing import Any

import requests

from tests.system.history.log import Log
from tests.system.history.record import Call, Outcome
from tests.system.history.scene import Scene
from tests.system.system import ADMIN

PATIENCE_S = (3, 8)


class Caller:
    """One client: its connection, its log-in, the log that all share."""

    def __init__(self, scene: Scene, log: Log) -> None:
        self.scene, self.log = scene, log
        self._token = ""

    def post(
        self, campaign: str, body: Mapping[str, Any], key: str | None = None
    ) -> Call:
        """Post a lead to a campaign; its subject is the body's `sub_id`."""
        _, slug, source_key = self.scene.campaigns[campaign]
        number = self.log.invoke("post", body["sub_id"], key, body | {"to": campaign})
        headers = {"X-Api-Key": source_key} | _keyed(key)
        path = f"/api/campaigns/{slug}/leads"
        return self._end(number, "POST", path, body, headers)

    def credit(self, partner: str, body: Mapping[str, Any], key: str | None) -> Call:
        """Credit a wallet by hand; its subject is the body's reason."""
        path = f"/api/v1/partners/{self.scene.partners[partner]}/credits"
        number = self.log.invoke("credit", body["reason"], key, body)
        return self._manage(number, "POST", path, body, key)

    def refund(self, sale: str, body: Mapping[str, Any], key: str | None) -> Call:
        """Refund a transaction; its subject is the body's reason."""
        path = f"/api/v1/transactions/{sale}/refund"
        number = self.log.invoke("refund", body["reason"], key, body | {"sale": sale})
        return self._manage(number, "POST", path, body, key)

    def change(self, order: int, body: Mapping[str, Any]) -> Call:
        """Change a subscription; its subject is the subscription's id."""
        number = self.log.invoke("change", str(order), None, body)
        return self._manage(number, "PUT", f"/api/v1/subscriptions/{order}", body, None)

    def _manage(
        self,
        number: int,
        method: str,
        path: str,
        body: Mapping[str, Any],
        key: str | None,
    ) -> Call:
        if not self._token:
            self._log_in()
        headers = {"Authorization": f"Bearer {self._token}"} | _keyed(key)
        call = self._end(number, method, path, body, headers)
        if call.status == requests.codes.unauthorized:
            self._token = ""
        return call

    def _end(
        self,
        number: int,
        method: str,
        path: str,
        body: Mapping[str, Any],
        headers: Mapping[str, str],
    ) -> Call:
        url = self.scene.system.url + path
        try:
            answer = requests.request(
                method, url, json=body, headers=headers, timeout=PATIENCE_S
            )
            said = answer.json() if answer.content else {}
        except (requests.RequestException, ValueError):
            return self.log.complete(number, Outcome.info)
        outcome = Outcome.info
        if answer.ok:
            outcome = Outcome.ok
        elif answer.status_code < requests.codes.server_error:
            outcome = Outcome.fail
        return self.log.complete(number, outcome, answer.status_code, said)

    def _log_in(self) -> None:
        url = f"{self.scene.system.url}/api/auth/login"
        try:
            answer = requests.post(url, json=ADMIN, timeout=PATIENCE_S)
            self._token = str(answer.json()["access_token"])
        except (requests.RequestException, ValueError, KeyError):
            self._token = ""


def _keyed(key: str | None) -> dict[str, str]:
    return {} if key is None else {"Idempotency-Key": key}
