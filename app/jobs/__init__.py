"""RQ's entry points: thin, idempotent, without arguments."""
