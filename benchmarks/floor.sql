-- The least SQL that a sold lead needs, in the three commits that it cannot do
-- without: acknowledged, held before it is sent, captured after the reply.
\set partner random(1, :partners)
\set wallet 2 * :partner
\set holds 2 * :partner + 1
\set price 2500
\set taken -2500
BEGIN;
INSERT INTO floor_lead (campaign_id, status, slots_taken, email_hash, phone_hash, due_at) VALUES (1, 'available', 0, '\x00', '\x01', now() + interval '30 minutes') RETURNING id AS lead \gset
INSERT INTO floor_contact VALUES (:lead, 'Ada', 'Byron', 'ada@example.org', '+14155552671', '1 Main St', 'San Francisco', 'CA', '94105', 'US', '{"roof": "tile"}', '{"text": "I agree that up to three installers call me about my enquiry."}');
COMMIT;
BEGIN;
UPDATE floor_lead SET slots_taken = slots_taken + 1 WHERE id = :lead AND slots_taken < 1;
INSERT INTO floor_transaction (lead_id, partner_id, price_cents, status) VALUES (:lead, :partner, :price, 'held') RETURNING id AS sale \gset
INSERT INTO floor_delivery (transaction_id, status) VALUES (:sale, 'pending') RETURNING id AS delivery \gset
INSERT INTO floor_entry (kind, transaction_id) VALUES ('hold', :sale) RETURNING id AS entry \gset
INSERT INTO floor_posting (entry_id, account_id, amount_cents) VALUES (:entry, :wallet, :taken), (:entry, :holds, :price);
UPDATE floor_window SET holds = holds + 1, cents = cents + :price WHERE partner_id = :partner AND holds < holds_limit;
UPDATE floor_account SET balance_cents = balance_cents - :price WHERE id = :wallet AND balance_cents - :price >= floor_cents;
COMMIT;
BEGIN;
INSERT INTO floor_attempt (delivery_id, verdict, status_code, request_body, reply_body) VALUES (:delivery, 'accepted', 200, '{"lead_id": "0193", "contact": {"first_name": "Ada", "last_name": "Byron", "email": "ada@example.org", "phone": "+14155552671", "address": "1 Main St", "city": "San Francisco", "state": "CA", "zip": "94105", "country": "US"}}', '{"ok": true}');
UPDATE floor_delivery SET status = 'accepted' WHERE id = :delivery AND status = 'pending';
UPDATE floor_transaction SET status = 'captured', captured_at = now() WHERE id = :sale AND status = 'held';
UPDATE floor_lead SET status = 'sold' WHERE id = :lead;
INSERT INTO floor_entry (kind, transaction_id) VALUES ('capture', :sale) RETURNING id AS entry \gset
INSERT INTO floor_posting (entry_id, account_id, amount_cents) VALUES (:entry, :holds, :taken), (:entry, 0, 2000), (:entry, 1, 500);
COMMIT;
