"""Decisions: pure Python, given facts, returning a decision with its reason.

Standard library only. No Flask, no SQLAlchemy, no I/O, no clock of its own: `now` is
always a parameter. Frozen dataclasses in, a decision out.
"""
