"""Rates: how often a source posts, an address fills in a page, an account logs in.

Counted in Redis; while it is away each process counts for itself, so that a limit
never falls away altogether. Keys are hashed: no address or account is stored.
"""

import hashlib
import threading
import time
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, cast

from flask import Flask, current_app
from limits import RateLimitItem
from limits import parse as parse_rate
from limits.errors import StorageError
from limits.storage import MemoryStorage, Storage, storage_from_string
from limits.strategies import FixedWindowRateLimiter
from redis.backoff import NoBackoff
from redis.retry import Retry

parse = lru_cache(parse_rate)  # a source's rate is spelled with each of its posts
EXTENSION = "leadnexus_limiter"
SILENCE_S = 1.0
# A generous rate is counted in blocks of this part of it: Redis is asked once for many
# uses, and what a process has left over at a window's end is that little.
BLOCKS = 200
MOST_BLOCKS = 10_000


@dataclass(frozen=True)
class Block:
    """Uses that were counted beforehand, good until the end of their window."""

    left: int
    until: float


USED_UP = Block(0, 0.0)


class Limiter:
    """A fixed-window counter over Redis, with one in memory to fall back on."""

    def __init__(self, url: str) -> None:
        options: dict[str, Any] = {
            "socket_timeout": 0.25,
            "socket_connect_timeout": 0.25,
            "retry": Retry(NoBackoff(), 0),
        }
        storage: Storage = MemoryStorage()
        if url:
            # What Redis calls unix://, this package calls redis+unix://.
            named = "redis+" + url if url.startswith("unix:") else url
            storage = cast(
                Storage, storage_from_string(named, wrap_exceptions=True, **options)
            )
        self.shared = FixedWindowRateLimiter(storage)
        self.local = FixedWindowRateLimiter(MemoryStorage())
        self.silent_until = 0.0
        self.blocks: dict[tuple[RateLimitItem, str], Block] = {}
        self.lock = threading.Lock()

    def hit(self, item: RateLimitItem, *names: str) -> float:
        """Count one use; return 0 while within the rate, else seconds to wait."""
        key = hashlib.sha256("\0".join(names).encode()).hexdigest()[:24]
        size = max(1, item.amount // BLOCKS)
        if size == 1:
            return self._count(item, key, 1)[0]
        with self.lock:
            block = self.blocks.get((item, key), USED_UP)
            if block.left > 0 and block.until > time.time():
                self.blocks[item, key] = replace(block, left=block.left - 1)
                return 0.0
        wait, until = self._count(item, key, size)
        if not wait:
            with self.lock:
                if len(self.blocks) >= MOST_BLOCKS:
                    self.blocks.clear()
                self.blocks[item, key] = Block(size - 1, until)
        return wait

    def _count(self, item: RateLimitItem, key: str, uses: int) -> tuple[float, float]:
        """Count uses; return the seconds to wait, and when the window ends."""
        if time.monotonic() >= self.silent_until:
            try:
                return _count(self.shared, item, key, uses)
            except StorageError:
                self.silent_until = time.monotonic() + SILENCE_S
        return _count(self.local, item, key, uses)


def _count(
    limiter: FixedWindowRateLimiter, item: RateLimitItem, key: str, uses: int
) -> tuple[float, float]:
    is_within = limiter.hit(item, key, cost=uses)
    if is_within and uses == 1:
        return 0.0, 0.0
    until = limiter.get_window_stats(item, key).reset_time
    return 0.0 if is_within else max(1.0, until - time.time()), until


def init_app(app: Flask, url: str) -> None:
    """Connect the application to its counters."""
    app.extensions[EXTENSION] = Limiter(url)


def wait_s(rate: str, *names: str) -> float:
    """Count one use of `names` against a rate such as `10/minute`.

    Return 0 while within it, else the seconds after which to try again.
    """
    limiter = cast(Limiter, current_app.extensions[EXTENSION])
    return limiter.hit(parse(rate), *names)
