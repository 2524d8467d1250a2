"""The programs of one machine: databases, web, workers, sender and clock.

Knows no Flask and no model; what it starts, it also stops.
"""
