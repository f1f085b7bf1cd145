-- The only place where IMEIs stand in clear; it names no subscriber. Exceptions hold second-layer tokens.
CREATE TABLE list_change (
  seq bigint PRIMARY KEY,
  imei bigint NOT NULL CHECK (imei BETWEEN 0 AND 99999999999999),
  status text NOT NULL CHECK (status IN ('PERMITTED', 'PROHIBITED', 'TRACKING')),
  exceptions jsonb NOT NULL DEFAULT '[]',
  at timestamptz NOT NULL,
  case_id uuid NOT NULL,
  head bytea NOT NULL CHECK (length(head) = 32)
);
-- Serves: the newest change of a case.
CREATE INDEX list_change_by_case ON list_change (case_id, seq);

-- The list as it stands: what the changes add up to.
CREATE TABLE list_entry (
  imei bigint PRIMARY KEY,
  status text NOT NULL CHECK (status IN ('PROHIBITED', 'TRACKING')),
  exceptions jsonb NOT NULL DEFAULT '[]',
  seq bigint NOT NULL
);

-- One row: locking it orders the changes.
CREATE TABLE list_head (
  is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  seq bigint NOT NULL,
  head bytea NOT NULL CHECK (length(head) = 32)
);
INSERT INTO list_head (seq, head) VALUES (0, decode(repeat('00', 32), 'hex'));

CREATE TABLE edge (
  telco_id smallint NOT NULL REFERENCES telco,
  name text NOT NULL,
  seq bigint NOT NULL,
  acknowledged_at timestamptz NOT NULL,
  PRIMARY KEY (telco_id, name)
);

CREATE TABLE edge_acknowledgement (
  telco_id smallint NOT NULL,
  name text NOT NULL,
  seq bigint NOT NULL,
  at timestamptz NOT NULL,
  -- Serves: when did this edge first enforce a sequence (seq >= n, lowest first).
  PRIMARY KEY (telco_id, name, seq)
);

CREATE TABLE hit (
  telco_id smallint NOT NULL,
  id uuid NOT NULL,
  imei uuid NOT NULL,
  imsi uuid,
  status text NOT NULL CHECK (status IN ('PROHIBITED', 'TRACKING')),
  node text NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (telco_id, id)
) PARTITION BY HASH (telco_id);
DO $$ BEGIN
  FOR remainder IN 0..3 LOOP
    EXECUTE format('CREATE TABLE hit_%s PARTITION OF hit FOR VALUES WITH (MODULUS 4, REMAINDER %s)', remainder, remainder);
  END LOOP;
END $$;

GRANT SELECT, INSERT ON list_change, edge_acknowledgement, hit TO pcbs_api;
GRANT SELECT, INSERT, UPDATE, DELETE ON list_entry TO pcbs_api;
GRANT SELECT, UPDATE ON list_head TO pcbs_api;
GRANT SELECT, INSERT, UPDATE ON edge TO pcbs_api;

-- What happened stays: no role, not even the owner, edits or deletes these rows.
CREATE FUNCTION refuse_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'rows of % are append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON case_event EXECUTE FUNCTION refuse_rewrite();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON list_change EXECUTE FUNCTION refuse_rewrite();

DO $$
DECLARE guarded text;
BEGIN
  FOREACH guarded IN ARRAY ARRAY['block_case', 'case_imei', 'case_event', 'idempotency', 'list_change', 'list_entry',
    'list_head', 'edge', 'edge_acknowledgement', 'hit'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', guarded);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', guarded);
    EXECUTE format('CREATE POLICY api_only ON %I USING (session_user = ''pcbs_api'')', guarded);
  END LOOP;
  CREATE POLICY audit_reads ON case_event FOR SELECT USING (session_user = 'pcbs_audit');
END $$;
