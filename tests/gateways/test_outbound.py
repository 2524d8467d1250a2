"""What is out of the house's reach: every spelling is tried, and canaries hear nothing.

Each address is sent to for real, once through the guard of texts and once as if that
had let it pass, so that the guard of the connected socket stands alone. Canaries listen
on every address of this machine; a resolver that changes its mind is played by
libcurl's own table of names.
"""

import socket
import threading
from collections.abc import Iterator

import pycurl
import pytest

from app.gateways import http
from app.gateways.errands import Errands, Tokens
from app.gateways.guard import Guard
from app.gateways.http import Failure, Reply, Request, Wire
from app.gateways.targets import OTHER_PORTS, Target
from app.gateways.transfer import Transfer
from app.gateways.wire_data import Login
from tests.gateways.test_guard import NAMES, PRIVATE_V4, PRIVATE_V6, spellings
from tests.partner import PartnerServer, Says

MORE_V4 = [
    "10.255.255.255",
    "100.100.100.200",
    "100.127.255.255",
    "127.0.0.2",
    "127.1.2.3",
    "169.254.0.1",
    "169.254.170.2",
    "172.20.0.1",
    "192.168.0.1",
    "192.88.99.1",
    "198.19.255.255",
]
MORE_V6 = [
    "::ffff:0:0",
    "0:0:0:0:0:0:0:1",
    "::ffff:a9fe:a9fe",
    "::ffff:7f00:1",
    "::127.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "2002:0a00:0001::",
    "fd00:ec2::254",
    "fe80::a9fe:a9fe",
    "ff05::1",
]
TRICKS = [
    "http://partner.invalid@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}@partner.invalid/",
    "http://a:b@127.0.0.1:{port}/",
    "http://@127.0.0.1:{port}/",
    "http://partner.invalid%40127.0.0.1:{port}/",
    "http://partner.invalid#@127.0.0.1:{port}/",
    "http://partner.invalid\\@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}\\@partner.invalid/",
    "http://127.0.0.1:{port}#@partner.invalid/",
    "http://127.0.0.1:{port}?@partner.invalid/",
    "http://127.0.0.1:{port};@partner.invalid/",
    "http://127.0.0.1%00.partner.invalid:{port}/",
    "http://127.0.0.1%2epartner.invalid:{port}/",
    "http://127%2e0%2e0%2e1:{port}/",
    "http://127.0.0.1\t:{port}/",
    "http://127.0.0.1 :{port}/",
    "http://\x00127.0.0.1:{port}/",
    "http:/127.0.0.1:{port}/",
    "http:127.0.0.1:{port}/",
    "http:///127.0.0.1:{port}/",
    "//127.0.0.1:{port}/",
    "http:\\\\127.0.0.1:{port}\\",
    "http://[127.0.0.1]:{port}/",
    "http://[::1%25lo]:{port}/",
    "http://[::1%lo]:{port}/",
    "http://[::ffff:127.0.0.1%251]:{port}/",
    "http://[0:0:0:0:0:ffff:127.0.0.1]:{port}/",
    "http://0:{port}/",
    "http://0.0:{port}/",
    "http://00000000:{port}/",
    "http://0x0:{port}/",
    "http://127.0.1:{port}/",
    "http://127.1:{port}/",
    "http://0177.1:{port}/",
    "http://0x7f.1:{port}/",
    "http://017700000001:{port}/",
    "http://4294967296:{port}/",
    "http://6442450944:{port}/",
    "http://127.0.0.1.:{port}/",
    "http://127.0.0.1..:{port}/",
    "http://127。0。0。1:{port}/",
    "http://127\uff0e0\uff0e0\uff0e1:{port}/",
    "http://127｡0｡0｡1:{port}/",
    "http://lo\u200bcalhost:{port}/",
    "http://loc­alhost:{port}/",
    "http://LOCALHOST.:{port}/",
    "http://localhost%00:{port}/",
    "http://\uff4c\uff4f\uff43\uff41\uff4c\uff48\uff4f\uff53\uff54:{port}/",
    "http://localhost:0{port}/",
    "gopher://127.0.0.1:{port}/_POST",
    "file://127.0.0.1:{port}/etc/passwd",
    "ftp://127.0.0.1:{port}/",
    "dict://127.0.0.1:{port}/",
    "ldap://127.0.0.1:{port}/",
    "ws://127.0.0.1:{port}/",
    "HTTP://127.0.0.1:{port}/",
    "https://127.0.0.1:{port}/",
    "https://[::1]:{port}/",
]


# Where other tests, run beside these, want to find nobody.
NOBODYS = {1, 9}
AT_ONCE = 100


class Canaries:
    """Listeners on every address of this machine, and what they heard."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.servers = [socket.create_server(("", 0), backlog=512)]
        self.port = self.servers[0].getsockname()[1]
        for family, address, port in self._others():
            try:
                self.servers.append(
                    socket.create_server((address, port), family=family, backlog=64)
                )
            except OSError:
                # Taken, or not for everybody: what listens there is no canary of ours.
                continue
        for server in self.servers:
            threading.Thread(target=self._listen, args=(server,), daemon=True).start()

    def _others(self) -> Iterator[tuple[socket.AddressFamily, str, int]]:
        if socket.has_ipv6:
            yield socket.AF_INET6, "::", self.port
        # Where a URL leads that names no port, or the port of another service.
        for port in (80, 443, *sorted(OTHER_PORTS - NOBODYS)):
            yield socket.AF_INET, "", port

    def _listen(self, server: socket.socket) -> None:
        while True:
            try:
                conn, address = server.accept()
            except OSError:
                return
            self.heard.append(f"{server.getsockname()} from {address}")
            conn.close()

    def close(self) -> None:
        for server in self.servers:
            # Closed alone it would listen until the next one knocks.
            server.shutdown(socket.SHUT_RDWR)
            server.close()


@pytest.fixture
def canaries() -> Iterator[Canaries]:
    made = Canaries()
    yield made
    made.close()


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A resolver that answers as it is told: {"host:port": "address,address"}."""
    answers: dict[str, str] = {}
    prepare = Transfer.prepare

    def prepared(self: Transfer, easy: pycurl.Curl, *, fresh: bool) -> None:
        prepare(self, easy, fresh=fresh)
        easy.setopt(pycurl.RESOLVE, [f"{place}:{to}" for place, to in answers.items()])

    monkeypatch.setattr(Transfer, "prepare", prepared)
    return answers


class Naive(Guard):
    """A guard that takes every text for one of the internet's."""

    def target(self, url: str) -> Target:
        return Target(url, "partner.example.com", 80)


def corpus(port: int) -> list[str]:
    v4 = [*PRIVATE_V4, *MORE_V4]
    hosts = [host for ip in v4 for host in spellings(ip)]
    hosts += [f"[{ip}]" for ip in (*PRIVATE_V6, *MORE_V6)] + NAMES
    urls = [f"http://{host}:{port}/hook" for host in hosts]
    urls += [f"http://{host}/" for host in hosts]
    urls += [f"http://127.0.0.1:{other}/" for other in sorted(OTHER_PORTS)]
    urls += [trick.format(port=port) for trick in TRICKS]
    return list(dict.fromkeys(urls))


def send_all(guard: Guard, urls: list[str]) -> list[Reply | Failure]:
    """Send to all of them at once; return what came of each."""
    wire: Wire[int] = Wire(guard)
    for number, url in enumerate(urls):
        wire.add(number, Request(url, (), b"{}", 3.0))
    done: dict[int, Reply | Failure] = {}
    while wire.in_flight:
        done.update(wire.poll(1))
    wire.close()
    return [done[number] for number in range(len(urls))]


def test_canaries_hear_who_knocks(canaries: Canaries) -> None:
    for ip in ("127.0.0.1", "127.0.0.2"):
        socket.create_connection((ip, canaries.port), 2).close()

    outcome = http.send(
        Guard.from_entries(["127.0.0.0/8"]),
        Request(f"http://127.0.0.3:{canaries.port}/", (), b"", 2),
    )

    assert isinstance(outcome, Failure)
    assert len(canaries.heard) == 3


def test_no_url_of_the_corpus_reaches_a_canary(canaries: Canaries) -> None:
    urls = corpus(canaries.port)

    outcomes = send_all(Guard(), urls)

    assert len(urls) >= 300
    assert canaries.heard == []
    assert not any(isinstance(one, Reply) or one.sent for one in outcomes)
    let_pass = [
        url for url, one in zip(urls, outcomes, strict=True) if one.code != "blocked"
    ]
    # Where the text before the mark is another host's: that one is sent to.
    assert [url for url in let_pass if "://partner.invalid" not in url] == []


def test_connection_is_guarded_where_every_text_passes(canaries: Canaries) -> None:
    urls = [url for url in corpus(canaries.port) if url.isascii() and url.isprintable()]

    outcomes = send_all(Naive(), urls)

    assert len(urls) >= 300
    assert canaries.heard == []
    assert not any(isinstance(one, Reply) or one.sent for one in outcomes)
    assert sum(one.code == "blocked" for one in outcomes) >= 200


def private_addresses() -> list[str]:
    return [*PRIVATE_V4, *MORE_V4, *PRIVATE_V6, *MORE_V6]


def test_name_that_is_rebound_after_its_check_reaches_nobody(
    canaries: Canaries, resolver: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {f"n{n}.example.com": ip for n, ip in enumerate(private_addresses())}
    public = [(0, 0, 0, "", ("8.8.8.8", canaries.port))]
    with monkeypatch.context() as first:
        first.setattr(socket, "getaddrinfo", lambda *_, **__: public)
        for name in names:
            Guard().check_url(f"http://{name}:{canaries.port}/")
    resolver |= {f"{name}:{canaries.port}": ip for name, ip in names.items()}

    outcomes = send_all(Guard(), [f"http://{n}:{canaries.port}/" for n in names])

    assert {(one.code, one.sent) for one in outcomes} == {("blocked", False)}
    assert canaries.heard == []


@pytest.mark.parametrize(
    "answer",
    ["127.0.0.1,10.0.0.1", "127.0.0.2,127.0.0.1", "[::1],127.0.0.1", "169.254.169.254"],
)
def test_name_with_several_private_addresses_reaches_none(
    canaries: Canaries, resolver: dict[str, str], answer: str
) -> None:
    resolver[f"many.example.com:{canaries.port}"] = answer

    [outcome] = send_all(Guard(), [f"http://many.example.com:{canaries.port}/"])

    assert (outcome.code, outcome.sent) == ("blocked", False)
    assert canaries.heard == []


def test_name_that_is_rebound_between_two_requests_reaches_the_first_alone(
    canaries: Canaries, resolver: dict[str, str], partner: PartnerServer
) -> None:
    """The second goes to the place that was checked, or nowhere."""
    port = int(partner.url.split(":")[2].removesuffix("/leads"))
    place = f"turns.example.com:{port}"
    # What this guard allows plays the internet here.
    guard = Guard.from_entries([f"127.0.0.5:{port}", f"127.0.0.1:{port}"])
    wire: Wire[int] = Wire(guard)
    resolver[place] = "127.0.0.1"
    wire.add(0, Request(f"http://{place}/leads", (), b"", 2))
    [(_, first)] = wire.poll(2)
    resolver[place] = "127.0.0.9"
    wire.add(1, Request(f"http://{place}/leads", (), b"", 2))
    [(_, second)] = wire.poll(2)
    wire.close()

    assert isinstance(first, Reply)
    assert isinstance(second, Reply) or not second.sent
    assert canaries.heard == []


def test_redirects_to_every_private_address_are_not_followed(
    canaries: Canaries, partner: PartnerServer
) -> None:
    urls = [url for url in corpus(canaries.port) if url.isascii() and url.isprintable()]
    partner.decide = lambda got: Says(
        (301, 302, 303, 307, 308)[len(partner.received) % 5],
        headers={"Location": urls[int(got.path.rpartition("/")[2])]},
    )
    guard = Guard.from_entries(["127.0.0.1:" + partner.url.split(":")[2].split("/")[0]])

    asked = [f"{partner.url}/{n}" for n in range(len(urls))]
    # As many at once as the partner's server lets wait.
    batches = [asked[at : at + AT_ONCE] for at in range(0, len(asked), AT_ONCE)]
    outcomes = [one for batch in batches for one in send_all(guard, batch)]

    assert {one.status // 100 for one in outcomes if isinstance(one, Reply)} == {3}
    assert [one for one in outcomes if isinstance(one, Failure)] == []
    assert len(partner.received) == len(urls) >= 300
    assert canaries.heard == []


def test_no_token_is_asked_for_at_a_private_address(canaries: Canaries) -> None:
    urls = corpus(canaries.port)
    errands: Errands[int] = Errands(Guard(), Tokens())
    for number, url in enumerate(urls):
        login = Login(url, f"id-{number}", "s3cret")
        errands.add(number, Request("https://8.8.8.8/", (), b"", 3.0, login=login))
    done: dict[int, Reply | Failure] = {}
    while len(done) < len(urls):
        done.update(errands.poll(1))
    errands.close()

    assert {(one.code, one.sent) for one in done.values()} == {("token", False)}
    assert canaries.heard == []
