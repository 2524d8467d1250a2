"""The hand-over of a lead to a partner: a request is built, a reply is read.

Both are pure. A format is a module with a CONTENT_TYPE and a `body` of its own.
"""

from app.gateways.delivery.handover import Handover
from app.gateways.delivery.reply import read_reply
from app.gateways.delivery.request import build_request, formats

__all__ = ["Handover", "build_request", "formats", "read_reply"]
