-- Many of everything else that a list shows, named so that a name finds some of them.

CREATE FUNCTION pg_temp.named(n integer) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT (ARRAY['Acme', 'Beam', 'Crest', 'Delta', 'Ember'])[1 + n % 5] || ' ' || n
$$;

WITH made AS (INSERT INTO partner (name, currency) SELECT pg_temp.named(n), 'USD'
  FROM generate_series(1, 10000) n RETURNING id)
INSERT INTO account (kind, partner_id, currency, balance_cents, floor_cents)
SELECT kind, id, 'USD', 0, 0 FROM made, (VALUES ('wallet'), ('holds')) k (kind);

WITH made AS (INSERT INTO vendor (name, currency) SELECT pg_temp.named(n), 'USD'
  FROM generate_series(1, 10000) n RETURNING id)
INSERT INTO account (kind, vendor_id, currency, balance_cents)
SELECT 'payable', id, 'USD', 0 FROM made;

INSERT INTO campaign (name, slug, industry, currency)
SELECT pg_temp.named(n), 'crowd-' || n, 'solar', 'USD' FROM generate_series(1, 10000) n;

INSERT INTO source (name, campaign_id, vendor_id, key_prefix, key_hash)
SELECT pg_temp.named(n), (SELECT min(id) FROM campaign) + n, (SELECT min(id) FROM vendor) + n,
       'src_', sha256(convert_to('source' || n, 'UTF8'))
  FROM generate_series(1, 10000) n;

INSERT INTO endpoint (name, partner_id, url, signing_secret_sealed)
SELECT pg_temp.named(n), (SELECT min(id) FROM partner) + n, 'https://example.org/leads', s.secret
  FROM generate_series(1, 10000) n,
       (SELECT signing_secret_sealed AS secret FROM endpoint LIMIT 1) s;

-- A table that was empty a moment ago is planned for as if it were.
ANALYZE campaign, endpoint;

INSERT INTO subscription (campaign_id, partner_id, endpoint_id)
SELECT c.id, e.partner_id, e.id FROM endpoint e
  JOIN campaign c ON c.slug = 'crowd-' || split_part(e.name, ' ', 2)
 WHERE e.url = 'https://example.org/leads';

ANALYZE source;

INSERT INTO landing_page (campaign_id, source_id, name, slug)
SELECT s.campaign_id, s.id, pg_temp.named(n), 'page-' || n
  FROM generate_series(1, 10000) n
  JOIN source s ON s.id = (SELECT min(id) FROM source) + n;

WITH made AS (INSERT INTO ab_user (id, first_name, last_name, username, email, active)
  SELECT nextval('ab_user_id_seq'), pg_temp.named(n), '', 'u' || n || '@example.com',
         'u' || n || '@example.com', true FROM generate_series(1, 10000) n RETURNING id)
INSERT INTO ab_user_role (id, user_id, role_id)
SELECT nextval('ab_user_role_id_seq'), made.id, r.id FROM made, ab_role r
 WHERE r.name = 'Partner';

ANALYZE ab_user, partner;

INSERT INTO membership (user_id, partner_id, role)
SELECT u.id, p.id, 'owner' FROM ab_user u JOIN partner p ON p.name = u.first_name;

INSERT INTO refusal (at, source_id, campaign_id, vendor_id, status, code, errors)
SELECT now() - make_interval(secs => n * 60), s.id, s.campaign_id, s.vendor_id, 422,
       'invalid', '[{"field": "email", "code": "invalid", "message": "Wrong."}]'
  FROM generate_series(1, 100000) n,
       (SELECT id, campaign_id, vendor_id FROM source ORDER BY id LIMIT 1) s;

INSERT INTO outgoing_mail (recipient, subject, body, status, created_at, sent_at)
SELECT 'u' || n || '@example.com', 'Your leads', CASE WHEN n % 100 = 0 THEN 'Text' END,
       CASE WHEN n % 100 = 0 THEN 'kept' ELSE 'sent' END,
       now() - make_interval(secs => n), CASE WHEN n % 100 <> 0 THEN now() END
  FROM generate_series(100000, 1, -1) n;

INSERT INTO registration (id, email, name, company, role, password_hash)
SELECT nextval('ab_user_id_seq'), 'r' || n || '@example.com', 'R', 'C', 'client', 'x'
  FROM generate_series(1, 1000) n;

INSERT INTO sandbox_message (inbox, lead_id, content_type, headers, body, answered)
SELECT 'bench', (SELECT min(id) FROM lead) + n, 'application/json', '{}', '{}',
       'accept' FROM generate_series(1, 10000) n;
