-- The least SQL that selling an available lead needs, in the two commits that it cannot
-- do without: held before it is sent, captured after the reply.
\set partner random(1, :partners)
\set wallet 2 * :partner
\set holds 2 * :partner + 1
\set price 2500
\set taken -2500
\set number :number + 1
\set lead :client_id * :leads + :number
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
UPDATE floor_delivery SET status = 'accepted' WHERE id = :delivery AND status = 'pending';
UPDATE floor_transaction SET status = 'captured', captured_at = now() WHERE id = :sale AND status = 'held';
UPDATE floor_lead SET status = 'sold' WHERE id = :lead;
INSERT INTO floor_entry (kind, transaction_id) VALUES ('capture', :sale) RETURNING id AS entry \gset
INSERT INTO floor_posting (entry_id, account_id, amount_cents) VALUES (:entry, :holds, :taken), (:entry, 0, 2000), (:entry, 1, 500);
COMMIT;
