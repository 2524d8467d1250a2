"""Editors of what is kept as JSON: a choice of ways, with inputs or rows for each.

Without script all of it works; with it, rows are added and removed in place.
"""

from app.views.editors.campaign import ChecksField, FieldsField
from app.views.editors.conditions import FiltersField
from app.views.editors.endpoint import MappingField, ReplyRulesField
from app.views.editors.groups import GroupsField
from app.views.editors.hours import ScheduleField
from app.views.editors.ping import PingField
from app.views.editors.prices import AgePricesField, PriceRulesField
from app.views.editors.returns import ReturnPolicyField
from app.views.editors.secrets import AuthField, CredentialsField
from app.views.editors.texts import ContentField
from app.views.editors.weekdays import WeekdayBudgetsField, WeekdayCapsField

__all__ = [
    "EDITORS",
    "AuthField",
    "CredentialsField",
]

EDITORS = {
    "age_prices": AgePricesField,
    "checks": ChecksField,
    "content": ContentField,
    "fields": FieldsField,
    "filters": FiltersField,
    "groups": GroupsField,
    "mapping": MappingField,
    "ping": PingField,
    "price_rules": PriceRulesField,
    "reply_rules": ReplyRulesField,
    "return_policy": ReturnPolicyField,
    "schedule": ScheduleField,
    "weekday_budgets_cents": WeekdayBudgetsField,
    "weekday_caps": WeekdayCapsField,
}
