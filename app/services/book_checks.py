"""What the auditor asks of the books: each a query of the rows that are wrong.

They trust no constraint and no trigger: somebody may have taken those away. What
`due_…` stands for is told of in `audit_scope`.
"""

# The platform's share of a part of a price, as `app.domain.money` reckons it; numeric,
# so that no product of two amounts runs over.
SHARE = """CASE WHEN t.commission_cents IS NULL
  THEN div({part}::numeric * t.commission_bp, 10000)
  WHEN t.price_cents = 0 THEN 0
  ELSE div({part}::numeric * least(t.commission_cents, t.price_cents), t.price_cents)
  END"""

BOOK_CHECKS: dict[str, str] = {
    "entries_sum_to_zero": """
        SELECT 'entry ' || entry_id FROM due_posting
         GROUP BY entry_id HAVING sum(amount_cents) <> 0""",
    "balances_equal_postings": """
        SELECT 'account ' || a.id FROM due_account a
          LEFT JOIN posting p ON p.account_id = a.id
         WHERE a.balance_cents IS NOT NULL
         GROUP BY a.id, a.balance_cents
        HAVING a.balance_cents <> coalesce(sum(p.amount_cents), 0)""",
    # The newest of each account alone: each was the newest once, and none is changed.
    "marks_equal_postings": """
        SELECT 'account ' || a.id FROM account a JOIN LATERAL (
          SELECT entry_id, balance_cents FROM balance_mark
           WHERE account_id = a.id ORDER BY entry_id DESC LIMIT 1) m ON true
         WHERE m.balance_cents <> a.balance_cents - coalesce((
           SELECT sum(p.amount_cents) FROM posting p
            WHERE p.account_id = a.id AND p.entry_id > m.entry_id), 0)""",
    "wallets_above_their_floor": """
        SELECT 'account ' || id FROM account WHERE balance_cents < floor_cents""",
    "accounts_fit_their_owners": """
        SELECT 'account ' || a.id FROM account a
          LEFT JOIN partner p ON p.id = a.partner_id
          LEFT JOIN vendor v ON v.id = a.vendor_id
         WHERE CASE
           WHEN a.kind IN ('wallet', 'holds') THEN a.vendor_id IS NOT NULL
             OR a.balance_cents IS NULL OR a.currency IS DISTINCT FROM p.currency
             OR a.floor_cents IS DISTINCT FROM
                CASE a.kind WHEN 'wallet' THEN -p.credit_limit_cents ELSE 0 END
           WHEN a.kind = 'payable' THEN a.partner_id IS NOT NULL
             OR a.balance_cents IS NULL OR a.currency IS DISTINCT FROM v.currency
             OR a.floor_cents IS NOT NULL
           ELSE num_nonnulls(a.partner_id, a.vendor_id, a.balance_cents) > 0 END
        UNION ALL
        SELECT 'account ' || max(id) FROM account
         GROUP BY kind, partner_id, vendor_id, currency HAVING count(*) > 1
        UNION ALL
        SELECT 'partner ' || p.id FROM partner p
         WHERE (SELECT count(DISTINCT a.kind) FROM account a
                 WHERE a.partner_id = p.id AND a.currency = p.currency) <> 2
        UNION ALL
        SELECT 'vendor ' || v.id FROM vendor v WHERE NOT EXISTS (SELECT FROM account a
         WHERE a.vendor_id = v.id AND a.currency = v.currency)""",
    "postings_belong_to_entries": """
        SELECT 'posting ' || p.id FROM due_posting p
          LEFT JOIN entry e ON e.id = p.entry_id
          LEFT JOIN account a ON a.id = p.account_id
         WHERE p.currency IS DISTINCT FROM e.currency
            OR p.currency IS DISTINCT FROM a.currency OR p.amount_cents = 0""",
    "entries_belong_to_sales": """
        SELECT 'entry ' || e.id FROM due_entry e
          LEFT JOIN transaction t ON t.id = e.transaction_id
         WHERE (e.kind IN ('hold', 'capture', 'release', 'override', 'refund'))
               <> (e.transaction_id IS NOT NULL)
            OR e.transaction_id IS NOT NULL AND t.id IS NULL""",
    "sales_are_sound": """
        SELECT 'transaction ' || t.id FROM due_sale t
          JOIN partner p ON p.id = t.partner_id JOIN campaign c ON c.id = t.campaign_id
         WHERE t.refunded_cents NOT BETWEEN 0 AND t.price_cents + t.override_cents
            OR t.status <> 'refunded' AND t.refunded_cents > 0 AND (
               t.status <> 'captured'
               OR t.refunded_cents = t.price_cents + t.override_cents)
            OR t.status = 'refunded'
               AND t.refunded_cents <> t.price_cents + t.override_cents
            OR t.status NOT IN ('captured', 'refunded') AND t.override_cents <> 0
            OR (t.status IN ('captured', 'refunded')) <> (t.captured_at IS NOT NULL)
            OR (t.status = 'released') <> (t.released_at IS NOT NULL)
            OR t.commission_bp NOT BETWEEN 0 AND 10000
            OR t.commission_cents NOT BETWEEN 0 AND t.price_cents
            OR t.currency <> p.currency OR t.currency <> c.currency""",
    "holds_equal_held_transactions": """
        SELECT 'partner ' || a.partner_id FROM account a
         WHERE a.kind = 'holds' AND a.balance_cents <> (
           SELECT coalesce(sum(t.price_cents), 0) FROM transaction t
            WHERE t.partner_id = a.partner_id AND t.currency = a.currency
              AND t.status = 'held')""",
    "transactions_are_booked": """
        SELECT 'transaction ' || t.id FROM due_sale t
         WHERE (SELECT array_agg(e.kind ORDER BY e.kind) FROM entry e
                 WHERE e.transaction_id = t.id
                   AND e.kind NOT IN ('override', 'refund'))
               IS DISTINCT FROM CASE t.status
                 WHEN 'held' THEN ARRAY['hold']
                 WHEN 'released' THEN ARRAY['hold', 'release']
                 WHEN 'captured' THEN ARRAY['capture', 'hold']
                 WHEN 'refunded' THEN ARRAY['capture', 'hold'] END::varchar[]
           -- What no card paid in time was given up before anything was booked.
           AND NOT (t.status = 'released' AND t.pay_by IS NOT NULL AND NOT EXISTS (
             SELECT FROM entry e WHERE e.transaction_id = t.id))""",
    "refunds_and_overrides_equal_their_entries": """
        SELECT 'transaction ' || t.id FROM due_sale t WHERE (
          SELECT (coalesce(sum(p.amount_cents) FILTER (WHERE e.kind = 'refund'), 0),
                  -coalesce(sum(p.amount_cents) FILTER (WHERE e.kind = 'override'), 0))
            FROM entry e JOIN posting p ON p.entry_id = e.id
            JOIN account a ON a.id = p.account_id AND a.kind = 'wallet'
           WHERE e.transaction_id = t.id AND e.kind IN ('override', 'refund')
        ) <> (t.refunded_cents::numeric, t.override_cents::numeric)""",
    # What each entry of a sale moved, against what its price and share ask for; the
    # share of a refund is that of all refunded so far less that of what was before, and
    # so is that of an override, of all that was charged.
    "entries_book_their_sales": f"""
        SELECT 'entry ' || id FROM (WITH moved AS (
          SELECT e.id, e.kind, e.transaction_id, count(p.id) AS lines,
                 coalesce(sum(p.amount_cents) FILTER (WHERE a.kind = 'wallet'
                   AND a.partner_id = t.partner_id), 0) AS wallet,
                 coalesce(sum(p.amount_cents) FILTER (WHERE a.kind = 'holds'
                   AND a.partner_id = t.partner_id), 0) AS holds,
                 coalesce(sum(p.amount_cents) FILTER (WHERE a.kind = 'payable'
                   AND a.vendor_id = t.vendor_id), 0) AS payable,
                 coalesce(sum(p.amount_cents) FILTER (WHERE a.kind = 'revenue'), 0)
                   AS revenue
            FROM due_sale t JOIN entry e ON e.transaction_id = t.id
            LEFT JOIN posting p ON p.entry_id = e.id
            LEFT JOIN account a ON a.id = p.account_id AND a.currency = t.currency
           GROUP BY e.id, t.id
        ), so_far AS (
          SELECT *, coalesce(sum(wallet) FILTER (WHERE kind = 'refund')
                   OVER earlier, 0) AS refunded,
                 coalesce(-sum(wallet) FILTER (WHERE kind = 'override')
                   OVER earlier, 0) AS added
            FROM moved WINDOW earlier AS (PARTITION BY transaction_id ORDER BY id)
        ) SELECT s.*, t.price_cents AS price, CASE s.kind
                   WHEN 'capture' THEN {SHARE.format(part="t.price_cents")}
                   WHEN 'refund' THEN {SHARE.format(part="s.refunded")}
                     - {SHARE.format(part="(s.refunded - s.wallet)")}
                   WHEN 'override' THEN {SHARE.format(part="(t.price_cents + s.added)")}
                     - {SHARE.format(part="(t.price_cents + s.added + s.wallet)")}
                 END AS share
            FROM so_far s JOIN transaction t ON t.id = s.transaction_id
        ) AS wanted
         WHERE wallet <> CASE kind WHEN 'hold' THEN -price WHEN 'release' THEN price
                 WHEN 'capture' THEN 0 ELSE wallet END
            OR holds <> CASE WHEN kind = 'hold' THEN price
                 WHEN kind IN ('override', 'refund') THEN 0 ELSE -price END
            OR revenue <> CASE WHEN kind IN ('capture', 'override') THEN share
                 WHEN kind = 'refund' THEN -share ELSE 0 END
            OR payable <> CASE kind WHEN 'capture' THEN price - share
                 WHEN 'refund' THEN share - wallet
                 WHEN 'override' THEN -wallet - share ELSE 0 END
            OR lines <> (wallet <> 0)::int + (holds <> 0)::int + (payable <> 0)::int
                 + (revenue <> 0)::int
            OR kind = 'refund' AND wallet <= 0
            OR kind = 'override' AND wallet = 0""",  # noqa: S608 - constants of ours
    "entries_by_hand_have_two_sides": """
        SELECT 'entry ' || e.id FROM due_entry e
          LEFT JOIN posting p ON p.entry_id = e.id
          LEFT JOIN account a ON a.id = p.account_id
         WHERE e.kind IN ('credit', 'adjustment') GROUP BY e.id, e.kind, e.reason
        HAVING count(p.id) <> 2 OR e.reason IS NULL
            OR count(*) FILTER (WHERE a.kind = CASE e.kind WHEN 'credit' THEN 'bank'
                 ELSE 'adjustments' END) <> 1
            OR count(*) FILTER (WHERE a.kind = 'wallet'
                 OR a.kind = 'payable' AND e.kind = 'adjustment') <> 1
            OR e.kind = 'credit'
               AND sum(p.amount_cents) FILTER (WHERE a.kind = 'wallet') <= 0""",
    "orders_by_hand_are_booked": """
        SELECT 'money_order ' || o.id FROM money_order o
          LEFT JOIN entry e ON e.id = o.entry_id
          LEFT JOIN transaction t ON t.id = o.transaction_id
         WHERE o.status = 'booked' AND (o.decided_by_id IS NULL
            OR o.asked_by_id = o.decided_by_id
            OR e.kind IS DISTINCT FROM CASE o.kind WHEN 'credit' THEN 'credit'
                 WHEN 'refund' THEN 'refund' WHEN 'override' THEN 'override'
                 ELSE 'adjustment' END
            OR e.transaction_id IS DISTINCT FROM o.transaction_id
            OR NOT EXISTS (SELECT FROM posting p JOIN account a ON a.id = p.account_id
                 WHERE p.entry_id = e.id AND p.amount_cents = o.amount_cents
                   AND (a.partner_id = coalesce(o.partner_id, t.partner_id)
                     OR a.vendor_id = o.vendor_id)))
        UNION ALL
        SELECT 'money_order ' || max(id) FROM money_order
         WHERE entry_id IS NOT NULL GROUP BY entry_id HAVING count(*) > 1""",
}
