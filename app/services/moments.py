"""Where a moment lies among the entries, whose ids come in the order of their time."""

# A CTE of a WITH RECURSIVE, bound by :since and :until. The ids between the first and
# the last are halved until one is left: twenty looks for a million entries, where an
# index of their times would be written with every one. Entries of one moment may stand
# out of order, never by a minute: who asks looks at the times of what lies between.
PLACES = """
halved AS (
  SELECT given.name, given.moment, ends.low, ends.high
    FROM (VALUES
      ('since', CAST(:since AS timestamptz) - interval '1 minute'),
      ('until', CAST(:until AS timestamptz) + interval '1 minute')
    ) given (name, moment),
    (SELECT min(id) - 1 AS low, max(id) + 1 AS high FROM entry) ends
   WHERE given.moment IS NOT NULL
  UNION ALL
  SELECT h.name, h.moment, CASE WHEN e.at < h.moment THEN e.id ELSE h.low END,
         CASE WHEN e.at < h.moment THEN h.high ELSE (h.low + h.high) / 2 END
    FROM halved h, LATERAL (SELECT id, at FROM entry WHERE id >= (h.low + h.high) / 2
                             ORDER BY id LIMIT 1) e
   WHERE h.high - h.low > 1
), places AS (
  SELECT coalesce(min(high) FILTER (WHERE name = 'since'), 0) AS since_id,
         coalesce(min(high) FILTER (WHERE name = 'until'), 9223372036854775807)
           AS until_id FROM halved
)"""
