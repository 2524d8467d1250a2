"""What the auditor asks of leads, windows, deliveries and reports.

Each query returns one text per wrong row; `due_…` is told of in `audit_scope`.
"""

from app.services.booked_days import BOOKED
from app.services.limit_use import LIMITS_OF_WINDOW

BY = "campaign_id, partner_id, vendor_id, currency"

SALE_CHECKS: dict[str, str] = {
    "leads_within_their_share_limit": """
        SELECT 'lead ' || l.id FROM due_lead l
         WHERE l.slots_taken > l.max_sales OR l.slots_taken <> (
           SELECT coalesce(sum(t.slots), 0) FROM transaction t WHERE t.lead_id = l.id
              AND (t.status <> 'released' OR t.slot_burnt) AND NOT t.slot_freed)
            OR (l.sold_count, l.slots_sold) <> (
           SELECT count(*), coalesce(sum(t.slots), 0) FROM transaction t
            WHERE t.lead_id = l.id
              AND t.status IN ('captured', 'refunded') AND NOT t.slot_freed)""",
    # Who has a lead alone has all of it; who shares it, one slot.
    "sales_alone_take_the_whole_lead": """
        SELECT 'transaction ' || t.id FROM due_sale t JOIN lead l ON l.id = t.lead_id
         WHERE t.slots NOT IN (1, l.max_sales)""",
    "no_lead_twice_to_a_partner": """
        SELECT 'lead ' || lead_id FROM transaction
         WHERE lead_id IN (SELECT lead_id FROM due_sale)
           AND (status <> 'released' OR slot_burnt)
         GROUP BY lead_id, partner_id HAVING count(*) > 1""",
    # What a return freed is what a return that was approved and refunded gave back.
    "returns_equal_their_refunds": """
        SELECT 'return ' || r.id FROM lead_return r
          JOIN due_sale t ON t.id = r.transaction_id
          LEFT JOIN entry e ON e.id = r.entry_id
         WHERE r.status = 'approved' AND NOT coalesce(t.slot_freed
           AND t.status = 'refunded' AND t.lead_id = r.lead_id
           AND t.partner_id = r.partner_id AND e.kind = 'refund'
           AND e.transaction_id = t.id AND r.amount_cents = (
             SELECT sum(p.amount_cents) FROM posting p
               JOIN account a ON a.id = p.account_id AND a.kind = 'wallet'
              WHERE p.entry_id = e.id), false)
        UNION ALL
        SELECT 'transaction ' || t.id FROM due_sale t
         WHERE t.slot_freed AND NOT EXISTS (SELECT FROM lead_return r
           WHERE r.transaction_id = t.id AND r.status = 'approved')""",
    "nothing_is_returned_twice": """
        SELECT 'transaction ' || transaction_id FROM lead_return
         WHERE status <> 'denied' AND transaction_id IN (SELECT id FROM due_sale)
         GROUP BY transaction_id HAVING count(*) > 1""",
    "windows_within_caps_and_budgets": """
        SELECT 'subscription ' || subscription_id || ' ' || kind
          FROM subscription_window
         WHERE holds > holds_limit OR cents > cents_limit""",
    # What the row itself bears may have been written wrong: the order is asked, where
    # it has stayed as it is for the whole of the window.
    "windows_keep_their_orders_limits": f"""
        SELECT 'subscription ' || s.id || ' ' || w.kind
          FROM due_window w JOIN subscription s ON s.id = w.subscription_id
          JOIN partner p ON p.id = s.partner_id{LIMITS_OF_WINDOW}
         WHERE (w.holds > cap OR w.cents > budget)
           AND (s.version = 1 OR s.updated_at < w.starts_at)
           AND (p.updated_at = p.created_at OR p.updated_at < w.starts_at)""",  # noqa: S608 - all is ours
    # Windows of a kind do not overlap: a sale is in the last one that began before it.
    "windows_equal_transactions": """
        SELECT 'subscription ' || w.subscription_id || ' ' || w.kind
          FROM due_window w LEFT JOIN (
            SELECT t.subscription_id, last.kind, last.starts_at,
                   count(*) AS holds, sum(t.price_cents) AS cents
              FROM due_counted t
              JOIN lead l ON l.id = t.lead_id AND NOT l.is_test
             CROSS JOIN unnest(ARRAY['hour', 'day', 'week', 'month', 'total'])
               AS of (kind)
             CROSS JOIN LATERAL (
               SELECT kind, starts_at, ends_at FROM subscription_window
                WHERE subscription_id = t.subscription_id AND kind = of.kind
                  AND starts_at <= t.held_at ORDER BY starts_at DESC LIMIT 1) AS last
             WHERE t.held_at < last.ends_at AND (t.status <> 'released' OR t.slot_burnt)
             GROUP BY t.subscription_id, last.kind, last.starts_at) AS counted
            USING (subscription_id, kind, starts_at)
         WHERE w.holds <> coalesce(counted.holds, 0)
            OR w.cents <> coalesce(counted.cents, 0)""",
    "windows_do_not_overlap": """
        SELECT 'subscription ' || a.subscription_id || ' ' || a.kind
          FROM subscription_window a JOIN subscription_window b
            ON b.subscription_id = a.subscription_id AND b.kind = a.kind
           AND b.starts_at > a.starts_at AND b.starts_at < a.ends_at""",
    # Until a switch has settled, sales that had begun before it may still end.
    "nothing_is_sold_while_stopped": """
        SELECT 'transaction ' || t.id || ' (switch ' || k.id || ')'
          FROM kill_switch k JOIN due_sale t
            ON t.held_at > coalesce(k.settled_at, k.on_at + interval '1 minute')
           AND t.held_at < coalesce(k.off_at, 'infinity')
           AND t.campaign_id = coalesce(k.campaign_id, t.campaign_id)
           AND t.partner_id = coalesce(k.partner_id, t.partner_id)""",
    # A test is asked about as any other lead, and costs nothing.
    "sales_with_bids_cost_their_bids": """
        SELECT 'transaction ' || t.id FROM due_sale t
          JOIN ping g ON g.transaction_id = t.id
          JOIN lead l ON l.id = t.lead_id AND NOT l.is_test
         WHERE (g.lead_id, g.subscription_id, g.bid_cents)
            <> (t.lead_id, t.subscription_id, t.price_cents)""",
    "captures_have_an_accepted_delivery": """
        SELECT 'transaction ' || t.id FROM due_sale t
         WHERE t.status IN ('captured', 'refunded') AND NOT EXISTS (
           SELECT FROM delivery d
            WHERE d.transaction_id = t.id AND d.status = 'accepted')""",
    "open_deliveries_have_a_hold": """
        SELECT 'delivery ' || d.id FROM delivery d
          JOIN due_sale t ON t.id = d.transaction_id
         WHERE (d.ended_at IS NULL) <> (t.status = 'held')""",
    "deliveries_end_by_their_deadline": """
        SELECT 'delivery ' || id FROM delivery
         WHERE ended_at IS NULL AND breached_at IS NULL
           AND due_at < now() - interval '60 seconds'""",
    "no_stage_is_forgotten": """
        SELECT 'work ' || id FROM work
         WHERE set_aside_at IS NULL AND NOT is_bulk
           AND greatest(run_at, lease_until) < now() - interval '60 seconds'
        UNION ALL
        SELECT 'delivery ' || id FROM delivery
         WHERE set_aside_at IS NULL AND ended_at IS NULL AND NOT is_bulk
           AND greatest(run_at, lease_until) < now() - interval '60 seconds'""",
    "received_leads_are_at_a_stage": """
        SELECT 'lead ' || l.id FROM lead l
         WHERE l.status = 'received'
           AND NOT EXISTS (SELECT FROM work w WHERE w.lead_id = l.id)""",
    "nothing_is_set_aside": """
        SELECT 'work ' || id FROM work WHERE set_aside_at IS NOT NULL
        UNION ALL
        SELECT 'delivery ' || id FROM delivery WHERE set_aside_at IS NOT NULL""",
    # What came on a day and was sold on it changes no more, but for its states and
    # refunds; one day of those that were over when they were counted, by chance.
    "reports_equal_their_rows": """
        SELECT 'day ' || d.day
          FROM (SELECT day FROM counted_day
                 WHERE counted_at > day + interval '25 hours'
                 ORDER BY random() LIMIT 1) d
         WHERE (SELECT jsonb_object_agg(campaign_id, leads) FROM (
                  SELECT campaign_id, sum(leads)::bigint AS leads FROM lead_day
                   WHERE day = d.day GROUP BY campaign_id) told)
               IS DISTINCT FROM (SELECT jsonb_object_agg(campaign_id, leads) FROM (
                  SELECT campaign_id, count(*) AS leads FROM report_lead
                   WHERE received_at >= d.day AND received_at < d.day + 1
                   GROUP BY campaign_id) counted)
            OR (SELECT jsonb_object_agg(partner_id, sales) FROM (
                  SELECT partner_id, sum(sales)::bigint AS sales FROM sale_day
                   WHERE day = d.day GROUP BY partner_id) told)
               IS DISTINCT FROM (SELECT jsonb_object_agg(partner_id, sales) FROM (
                  SELECT partner_id, count(*) AS sales FROM report_sale
                   WHERE captured_at >= d.day AND captured_at < d.day + 1
                   GROUP BY partner_id) counted)""",
    # A day that was over when it was counted is as the books say; one by chance.
    "booked_days_equal_the_books": f"""
        SELECT 'day ' || d.day
          FROM (SELECT day FROM booked_day WHERE counted_at >= day + interval '25 hours'
                 ORDER BY random() LIMIT 1) d
         WHERE (SELECT jsonb_agg(to_jsonb(told) - 'day' ORDER BY {BY}) FROM (
                  SELECT * FROM money_day WHERE day = d.day) told)
               IS DISTINCT FROM (SELECT jsonb_agg(to_jsonb(b) ORDER BY {BY}) FROM (
                  {BOOKED.format(day="d.day")}) b)""",  # noqa: S608 - ours
}
