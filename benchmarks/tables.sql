-- The benchmark's own tables: of the bare routes, and of the floor of the pipeline,
-- which has the keys that the job needs and nothing else.
CREATE TABLE bench_bare (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, first_name text, last_name text,
  email text, phone text, address text, city text, state text, zip text);
CREATE TABLE bench_rest (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, first_name text NOT NULL,
  last_name text NOT NULL, email text NOT NULL, phone text NOT NULL,
  address text NOT NULL, city text NOT NULL, state text NOT NULL, zip text NOT NULL,
  country text NOT NULL);
GRANT SELECT, INSERT ON bench_bare, bench_rest TO leadnexus;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO leadnexus;

CREATE TABLE floor_lead (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, campaign_id bigint,
  status text NOT NULL, slots_taken int NOT NULL, email_hash bytea, phone_hash bytea,
  received_at timestamptz NOT NULL DEFAULT now(), due_at timestamptz);
CREATE TABLE floor_contact (
  lead_id bigint PRIMARY KEY, first_name text, last_name text, email text, phone text,
  address text, city text, state text, zip text, country text, fields jsonb,
  consent jsonb);
CREATE TABLE floor_window (
  partner_id int PRIMARY KEY, holds bigint NOT NULL, holds_limit bigint NOT NULL,
  cents bigint NOT NULL);
CREATE TABLE floor_account (
  id int PRIMARY KEY, balance_cents bigint NOT NULL, floor_cents bigint);
CREATE TABLE floor_transaction (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, lead_id bigint NOT NULL,
  partner_id int NOT NULL, price_cents bigint NOT NULL, status text NOT NULL,
  held_at timestamptz NOT NULL DEFAULT now(), captured_at timestamptz,
  UNIQUE (lead_id, partner_id));
CREATE TABLE floor_entry (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, kind text NOT NULL,
  transaction_id bigint NOT NULL, at timestamptz NOT NULL DEFAULT now());
CREATE TABLE floor_posting (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, entry_id bigint NOT NULL,
  account_id int NOT NULL, amount_cents bigint NOT NULL);
CREATE TABLE floor_delivery (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, transaction_id bigint NOT NULL
  UNIQUE, status text NOT NULL, run_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE floor_attempt (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, delivery_id bigint NOT NULL,
  verdict text NOT NULL, status_code int, request_body text, reply_body text,
  at timestamptz NOT NULL DEFAULT now());
-- A partner's wallet is 2n, its holds 2n + 1; the vendor's payable is 0.
INSERT INTO floor_window SELECT n, 0, 1e12, 0 FROM generate_series(1, 50) n;
INSERT INTO floor_account SELECT n, 1e14, 0 FROM generate_series(0, 101) n;
