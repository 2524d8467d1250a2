"""Mail: what went out, what waits, and what is kept because no server is set."""

from app.models.mail import OutgoingMail
from app.views.formats import plain
from app.views.screens import READ, Screen
from app.views.service_interface import ServiceInterface


class MailScreen(Screen):
    """All outgoing mail."""

    datamodel = ServiceInterface(OutgoingMail)
    route_base = "/mail"
    class_permission_name = "UserMail"
    noun = "mail"
    list_title = "Mail"
    about = (
        "Without a mail server, mail is kept here to be handed on. The text of a sent"
        " mail is dropped."
    )
    empty_title = "No mail yet"
    empty_text = "Links for new passwords and notes on accounts come here."
    include_route_methods = READ
    list_columns = ["subject", "recipient", "status", "created_at", "sent_at"]
    order_columns = ["created_at", "sent_at"]
    search_columns = ["status"]
    show_columns = [
        "recipient",
        "status",
        "attempts",
        "error",
        "created_at",
        "sent_at",
    ]
    label_columns = {
        "subject": "Subject",
        "recipient": "To",
        "attempts": "Tries",
        "error": "Last failure",
        "created_at": "Written",
        "sent_at": "Sent",
    }
    formatters_columns = {"error": plain}
    show_template = "screens/mail.html"
