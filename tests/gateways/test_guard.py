"""The guard: no spelling of a private address gets through, by text or by socket."""

import socket
from collections.abc import Iterator
from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import InvalidInput
from app.gateways.addresses import is_public, read_address
from app.gateways.guard import Guard
from app.gateways.http import Failure, Request, send
from app.gateways.targets import Target, read_target
from tests.gateways.peer import Peer

PRIVATE_V4 = [
    "0.0.0.0",  # noqa: S104 - an address to refuse
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
]
PRIVATE_V6 = [
    "::",
    "::1",
    "::7f00:1",
    "64:ff9b:1::7f00:1",
    "100::1",
    "2001::1",
    "2001:2::1",
    "2001:10::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:808:808::1",
    "2001:0:7f00:1:0:0:80ff:fffe",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]
CIRCLED = str.maketrans("0123456789.", "⓪①②③④⑤⑥⑦⑧⑨。")
FULL_WIDTH = str.maketrans("0123456789.", "０１２３４５６７８９．")  # noqa: RUF001
BOLD = str.maketrans("0123456789", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗")  # noqa: RUF001


def spellings(ip: str) -> Iterator[str]:
    """Yield what the C library, libcurl or IDNA would read as this address."""
    whole = int(IPv4Address(ip))
    a, b, c, d = IPv4Address(ip).packed
    yield from (ip, f"{ip}.", f"{whole}", f"0{whole:o}", f"0x{whole:x}", f"0X{whole:X}")
    yield from (f"{a}.{whole & 0xFFFFFF}", f"{a}.{b}.{whole & 0xFFFF}")
    yield from (f"0{a:o}.0{b:o}.0{c:o}.0{d:o}", f"0x{a:x}.0x{b:x}.0x{c:x}.0x{d:x}")
    yield from (f"00000{a:o}.{b}.0x{c:02x}.{d}", f"0x{a:x}.{whole & 0xFFFFFF}")
    yield from (ip.translate(CIRCLED), ip.translate(FULL_WIDTH), ip.translate(BOLD))
    yield from (f"{ip[:1]}\u00ad{ip[1:]}", f"{ip}。", f"[::ffff:{ip}]")
    yield from (f"[::ffff:{a:x}{b:02x}:{c:x}{d:02x}]", f"[64:ff9b::{ip}]", f"[::{ip}]")
    yield from (f"[0:0:0:0:0:ffff:{ip}]", f"[2002:{a:02x}{b:02x}:{c:02x}{d:02x}::1]")


NAMES = ["localhost", "LOCALHOST", "localhost.", "a.localhost", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ"]
HOSTS = [spelling for ip in PRIVATE_V4 for spelling in spellings(ip)]
HOSTS += [f"[{ip}]" for ip in PRIVATE_V6] + [
    "[fe80::1%25eth0]",
    "[fe80::1%eth0]",
    *NAMES,
]


def test_corpus_is_as_large_as_promised() -> None:
    assert len(set(HOSTS)) >= 300


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_every_spelling_of_a_private_address_is_refused(scheme: str) -> None:
    passed = [host for host in HOSTS if not is_refused(f"{scheme}://{host}/hook")]

    assert passed == []


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "//example.com/",
        "ftp://example.com/",
        "gopher://example.com/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://",
        "http:///path",
        "http://?x",
        "http://user@example.com/",
        "http://user:pass@example.com/",
        "http://example.com@127.0.0.1/",
        "http://127.0.0.1@example.com/",
        "http://example.com\\@127.0.0.1/",
        "http://example.com\\.example.org/",
        "http://exa mple.com/",
        "http://example.com/a b",
        "http://example.com/\r\nX: y",
        "http://example.com/\x00",
        "http://example.com\t/",
        " http://example.com/",
        "http://example.com/\ud800",
        "http://example.com:0/",
        "http://example.com:65536/",
        "http://example.com:99999999999/",
        "http://example.com:/x:y:",
        "http://example.com:8o/",
        "http://example.com:-1/",
        "http://[example.com]/",
        "http://[::1/",
        "http://::1/",
        "http://[]/",
        "http://[::1]x/",
        "http://exa%6dple.com/",
        "http://127.0.0.1%2f.example.com/",
        "http://1.2.3.4.5/",
        "http://256.256.256.256/",
        "http://0x100000000/",
        "http://example.0x/",
        "http://-/",
        "http://..",
        "http://a..b/",
        f"http://{'a' * 64}.com/",
        f"http://{'a.' * 130}com/",
        "http://example.com/" + "a" * 2000,
        *(f"http://example.com:{port}/" for port in (22, 25, 5432, 6379, 11211, 3306)),
    ],
)
def test_what_is_no_plain_web_address_is_refused_on_url(url: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        Guard().target(url)

    assert [error.field for error in refused.value.errors] == ["url"]


@pytest.mark.parametrize(
    ("url", "host", "port", "written"),
    [
        ("https://Example.COM", "example.com", 443, "https://example.com/"),
        (
            "HTTP://example.com.:8080/a",
            "example.com",
            8080,
            "http://example.com:8080/a",
        ),
        (
            "https://münchen.de/ü",
            "xn--mnchen-3ya.de",
            443,
            "https://xn--mnchen-3ya.de/%C3%BC",
        ),
        ("http://8.8.8.8?x=1#y", "8.8.8.8", 80, "http://8.8.8.8/?x=1"),
        ("http://134744072/", "8.8.8.8", 80, "http://8.8.8.8/"),
        ("http://[2606:4700::1]:81/", "2606:4700::1", 81, "http://[2606:4700::1]:81/"),
        (
            "https://a_b.example.com/%0a",
            "a_b.example.com",
            443,
            "https://a_b.example.com/%0a",
        ),
    ],
)
def test_public_address_is_read_in_one_form(
    url: str, host: str, port: int, written: str
) -> None:
    target = Guard().target(url)

    assert (target.host, target.port, target.url) == (host, port, written)


@pytest.mark.parametrize(
    "ip", ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111"]
)
def test_public_address_is_allowed(ip: str) -> None:
    assert Guard().allows(ip, 443, "example.com")


@pytest.mark.parametrize("ip", ["::ffff:8.8.8.8", "64:ff9b::8.8.8.8"])
def test_wrapped_public_address_counts_as_what_it_wraps(ip: str) -> None:
    assert Guard().allows(ip, 443, "example.com")


@given(st.integers(0, 2**32 - 1).map(IPv4Address))
def test_no_address_is_public_that_python_calls_private(ip: str) -> None:
    if is_public(ip):
        assert ip.is_global
        assert not ip.is_multicast


@given(st.ip_addresses(v=6))
def test_no_ipv6_is_public_that_python_calls_private(ip: str) -> None:
    address = read_address(str(ip))

    if address is not None and is_public(address):
        assert address.is_global
        assert not address.is_multicast


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_never_more(text: str) -> None:
    for url in (text, f"http://{text}", f"http://example.com{text}"):
        try:
            target = read_target(url)
        except InvalidInput:
            continue
        assert target.url.isascii()
        assert read_target(target.url) == target


def test_garbage_is_no_address() -> None:
    assert not Guard().allows("not an address", 443, "example.com")


@pytest.mark.parametrize(
    ("entry", "url"),
    [
        ("127.0.0.0/8", "http://127.1:9000/"),
        ("127.0.0.0/8", "http://localhost:9000/"),
        ("127.0.0.1:9000", "http://2130706433:9000/"),
        ("127.0.0.1:9000", "http://localhost:9000/"),
        ("LocalHost:9000", "http://localhost:9000/"),
        ("[::1]:9000", "http://[0:0::1]:9000/"),
        ("10.0.0.5", "https://10.0.0.5/"),
        ("fd00::/8", "https://[fd00::5]/"),
        ("127.0.0.1:6379", "http://127.0.0.1:6379/"),
        ("db.example.com:5432", "http://db.example.com:5432/"),
    ],
)
def test_entry_opens_what_it_names(entry: str, url: str) -> None:
    assert Guard.from_entries([f" {entry} "]).target(url)


@pytest.mark.parametrize(
    ("entry", "url"),
    [
        ("127.0.0.1:9000", "http://127.0.0.1:9001/"),
        ("127.0.0.1:9000", "http://127.0.0.2:9000/"),
        ("10.0.0.0/8", "http://127.0.0.1/"),
        ("127.0.0.0/8", "http://127.0.0.1:6379/"),
        ("localhost:9000", "http://127.0.0.1:9000/"),
    ],
)
def test_entry_opens_nothing_else(entry: str, url: str) -> None:
    assert is_refused(url, Guard.from_entries([entry]))


@pytest.mark.parametrize(
    "entry",
    [
        "",
        "nonsense",
        "10.0.0.5/8",
        "10.0.0.0/33",
        "host:0",
        "host:70000",
        "a b:80",
        "host",
        "host:port",
        "http://host:80",
        "*:80",
        "[zz]:80",
    ],
)
def test_bad_entry_is_named(entry: str) -> None:
    with pytest.raises(ValueError, match=r"host:port|CIDR|needs a port") as error:
        Guard.from_entries(["127.0.0.1:80", entry])

    assert repr(entry) in str(error.value)


def test_name_that_resolves_to_a_private_address_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resolve_to(monkeypatch, "8.8.8.8", "10.0.0.1")

    with pytest.raises(InvalidInput):
        Guard().check_url("https://hook.example.com/")


def test_name_that_resolves_to_public_addresses_passes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resolve_to(monkeypatch, "8.8.8.8", "2606:4700::1111")

    Guard().check_url("https://hook.example.com/")


def test_name_that_does_not_resolve_now_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to(monkeypatch)

    Guard().check_url("https://hook.example.com/")


def test_name_with_an_entry_may_resolve_to_a_private_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resolve_to(monkeypatch, "10.0.0.1")

    Guard.from_entries(["hook.example.com:443"]).check_url("https://hook.example.com/")


def test_canary_sees_no_connection(peer: Peer) -> None:
    guard = Guard.from_entries([f"127.0.0.9:{peer.port}"])
    loopback = [*spellings("127.0.0.1"), *spellings("127.0.0.2"), "[::1]", *NAMES]

    outcomes = [
        send(guard, Request(f"http://{host}:{peer.port}/", (), b"", 2))
        for host in loopback
    ]

    assert {outcome.code for outcome in outcomes} == {"blocked"}
    assert not any(outcome.sent for outcome in outcomes)
    assert peer.connections == 0


def test_connection_is_guarded_where_the_text_was_not(peer: Peer) -> None:
    class Naive(Guard):
        def target(self, url: str) -> Target:
            return Target(url, "example.com", peer.port)

    hosts = [host for host in spellings("127.0.0.1") if host.isascii()]

    outcomes = [
        send(Naive(), Request(f"http://{host}:{peer.port}/", (), b"", 2))
        for host in (*hosts, "localhost", "a.localhost", "localhost.")
    ]

    assert {type(outcome) for outcome in outcomes} == {Failure}
    assert {outcome.code for outcome in outcomes} <= {"blocked", "dns", "connect"}
    assert sum(outcome.code == "blocked" for outcome in outcomes) > 10
    assert peer.connections == 0


def test_connection_is_guarded_although_the_name_had_passed(
    peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name is rebound: public when checked, private when connected to."""
    name = private_name()
    with monkeypatch.context() as patch:
        resolve_to(patch, "8.8.8.8")
        Guard().check_url(f"http://{name}:{peer.port}/")

    outcome = send(Guard(), Request(f"http://{name}:{peer.port}/", (), b"", 2))

    assert isinstance(outcome, Failure)
    assert (outcome.code, outcome.sent) == ("blocked", False)
    assert peer.connections == 0


def test_entry_of_another_host_opens_no_connection(peer: Peer) -> None:
    name = private_name()
    guard = Guard.from_entries([f"other.example.com:{peer.port}"])

    outcome = send(guard, Request(f"http://{name}:{peer.port}/", (), b"", 2))

    assert outcome.code == "blocked"
    assert peer.connections == 0


def is_refused(url: str, guard: Guard | None = None) -> bool:
    try:
        (guard or Guard()).target(url)
    except InvalidInput:
        return True
    return False


def private_name() -> str:
    """Return this machine's own name, which its resolver knows to be private."""
    name = socket.gethostname()
    try:
        found = socket.getaddrinfo(name, 80, type=socket.SOCK_STREAM)
    except OSError:
        pytest.skip("this machine's resolver does not know its own name")
    if any(is_public(read_address(str(entry[4][0]))) for entry in found):
        pytest.skip("this machine's name is public")
    return name


def resolve_to(monkeypatch: pytest.MonkeyPatch, *ips: str) -> None:
    def answer(_host: bytes, port: int, **_more: object) -> list[tuple[object, ...]]:
        if not ips:
            raise socket.gaierror
        return [(0, 0, 0, "", (ip, port)) for ip in ips]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
