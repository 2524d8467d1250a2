"""The outside world, behind small functions that take and return plain data.

One folder or file per provider or delivery format; no model, no Flask, no database.
`http` is the only module that opens an outbound connection.
"""
