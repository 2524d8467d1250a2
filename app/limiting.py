"""Rates: how often a source posts, an address fills in a page, an account logs in.

Counted in Redis; while it is away each process counts for itself, so that a limit
never falls away altogether. Keys are hashed: no address or account is stored.
"""

import hashlib
import time
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

    def hit(self, item: RateLimitItem, *names: str) -> float:
        """Count one use; return 0 while within the rate, else seconds to wait."""
        key = hashlib.sha256("\0".join(names).encode()).hexdigest()[:24]
        if time.monotonic() >= self.silent_until:
            try:
                return _hit(self.shared, item, key)
            except StorageError:
                self.silent_until = time.monotonic() + SILENCE_S
        return _hit(self.local, item, key)


def _hit(limiter: FixedWindowRateLimiter, item: RateLimitItem, key: str) -> float:
    if limiter.hit(item, key):
        return 0.0
    return max(1.0, limiter.get_window_stats(item, key).reset_time - time.time())


def init_app(app: Flask, url: str) -> None:
    """Connect the application to its counters."""
    app.extensions[EXTENSION] = Limiter(url)


def wait_s(rate: str, *names: str) -> float:
    """Count one use of `names` against a rate such as `10/minute`.

    Return 0 while within it, else the seconds after which to try again.
    """
    limiter = cast(Limiter, current_app.extensions[EXTENSION])
    return limiter.hit(parse(rate), *names)
