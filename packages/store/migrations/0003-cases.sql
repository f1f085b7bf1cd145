CREATE TABLE block_case (
  id uuid PRIMARY KEY,
  telco_id smallint NOT NULL REFERENCES telco,
  state text NOT NULL CHECK (state IN ('reported', 'verified', 'blocked', 'release_requested', 'disputed',
    'released', 'rejected', 'withdrawn', 'expired')),
  reason text NOT NULL CHECK (reason IN ('lost', 'stolen', 'faulty', 'fraud')),
  subscription uuid NOT NULL,
  owner_tag smallint NOT NULL CHECK (owner_tag BETWEEN 0 AND 1023),
  police_report text,
  are_papers_accepted boolean NOT NULL DEFAULT false,
  are_clones_accepted boolean NOT NULL DEFAULT false,
  -- Requirements that kept the last attempt from succeeding.
  review text[] NOT NULL DEFAULT '{}',
  subscriptions integer NOT NULL DEFAULT 0,
  subscriptions_per_imei integer NOT NULL DEFAULT 0,
  blocked_at timestamptz,
  provisional_until timestamptz,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  version integer NOT NULL DEFAULT 1
);
-- Serves: a telco's cases, newest first; without telco_id, an officer's.
CREATE INDEX block_case_by_telco ON block_case (telco_id, created_at DESC, id);
CREATE INDEX block_case_by_time ON block_case (created_at DESC, id);
-- Serves: the worker that ends lapsed provisional blocks.
CREATE INDEX block_case_provisional ON block_case (provisional_until) WHERE state = 'blocked' AND provisional_until IS NOT NULL;
-- Serves: blocks a telco made today.
CREATE INDEX block_case_blocked ON block_case (telco_id, blocked_at) WHERE blocked_at IS NOT NULL;

CREATE TABLE case_imei (
  case_id uuid NOT NULL REFERENCES block_case,
  imei uuid NOT NULL,
  PRIMARY KEY (case_id, imei)
);
-- Serves: which cases hold this IMEI.
CREATE INDEX case_imei_by_imei ON case_imei (imei);

CREATE TABLE case_event (
  case_id uuid NOT NULL REFERENCES block_case,
  number integer NOT NULL,
  event text NOT NULL,
  from_state text NOT NULL,
  to_state text NOT NULL,
  actor text NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (case_id, number)
);

-- Answers to requests that may be repeated: what they made, never what they carried.
CREATE TABLE idempotency (
  client text NOT NULL,
  key text NOT NULL,
  request_mac bytea NOT NULL,
  resource text NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (client, key)
);

GRANT SELECT, INSERT, UPDATE ON block_case TO pcbs_api;
GRANT SELECT, INSERT ON case_imei, case_event, idempotency TO pcbs_api;
GRANT SELECT ON case_event TO pcbs_audit;
