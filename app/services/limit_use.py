"""How much of its caps and budgets a subscription has used in a window, in SQL.

What the router reads as facts (`app.services.orders`), told for many rows at once.
"""

# Beside `subscription_window w`, `subscription s` and `partner p`: what holds in it.
LIMITS_OF_WINDOW = """
CROSS JOIN LATERAL (
  SELECT to_char(w.starts_at AT TIME ZONE coalesce(s.timezone, p.timezone), 'dy') AS day
) AS on_day
CROSS JOIN LATERAL (
  SELECT CASE w.kind
           WHEN 'hour' THEN s.hourly_cap
           WHEN 'day' THEN coalesce((s.weekday_caps ->> day)::bigint, s.daily_cap)
           WHEN 'week' THEN s.weekly_cap
           WHEN 'month' THEN s.monthly_cap
           ELSE s.total_cap END AS cap,
         CASE w.kind
           WHEN 'hour' THEN s.hourly_budget_cents
           WHEN 'day' THEN coalesce((s.weekday_budgets_cents ->> day)::bigint,
                                    s.daily_budget_cents)
           WHEN 'week' THEN s.weekly_budget_cents
           WHEN 'month' THEN s.monthly_budget_cents
           ELSE s.total_budget_cents END AS budget
) AS holding"""
# What an order might pay for a lead: by any of its rules, beside others or alone.
MIGHT_PAY = """CASE WHEN s.sale_type = 'exclusive'
  AND s.exclusive_price_cents IS NOT NULL
  THEN s.exclusive_price_cents
  ELSE {pick}(s.price_cents, CASE WHEN s.price_rules IS NULL AND s.price_cents IS NULL
      THEN c.price_cents END,
    (SELECT {most}((rule -> 'price_cents')::bigint)
       FROM jsonb_array_elements(s.price_rules) AS rule),
    CASE s.sale_type WHEN 'hybrid' THEN s.exclusive_price_cents END) END"""
DEAREST = MIGHT_PAY.format(pick="greatest", most="max")
CHEAPEST = MIGHT_PAY.format(pick="least", most="min")
