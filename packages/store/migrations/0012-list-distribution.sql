-- Why something is listed travels with the list; what was listed before keeps none, and so its hash.
ALTER TABLE list_change ADD COLUMN reason text CHECK (reason IN ('lost', 'stolen', 'faulty', 'fraud'));
ALTER TABLE list_entry ADD COLUMN reason text CHECK (reason IN ('lost', 'stolen', 'faulty', 'fraud'));

-- A change is about one phone, by a case, or about a range of models, by two officers.
ALTER TABLE list_change ALTER COLUMN imei DROP NOT NULL, ALTER COLUMN case_id DROP NOT NULL,
  ADD COLUMN tac_from integer CHECK (tac_from BETWEEN 0 AND 99999999),
  ADD COLUMN tac_to integer CHECK (tac_to BETWEEN 0 AND 99999999),
  ADD CONSTRAINT list_change_subject CHECK (
    (imei IS NOT NULL AND case_id IS NOT NULL AND tac_from IS NULL AND tac_to IS NULL)
    OR (imei IS NULL AND case_id IS NULL AND tac_from IS NOT NULL AND tac_to IS NOT NULL AND tac_from <= tac_to));

-- The ranges as they stand.
CREATE TABLE list_range (
  tac_from integer PRIMARY KEY CHECK (tac_from BETWEEN 0 AND 99999999),
  tac_to integer NOT NULL CHECK (tac_to BETWEEN tac_from AND 99999999),
  status text NOT NULL CHECK (status IN ('PROHIBITED', 'TRACKING')),
  reason text NOT NULL CHECK (reason IN ('lost', 'stolen', 'faulty', 'fraud')),
  seq bigint NOT NULL
);

CREATE TABLE tac_range (
  id uuid PRIMARY KEY,
  tac_from integer NOT NULL CHECK (tac_from BETWEEN 0 AND 99999999),
  tac_to integer NOT NULL CHECK (tac_to BETWEEN tac_from AND 99999999),
  status text NOT NULL CHECK (status IN ('PERMITTED', 'PROHIBITED', 'TRACKING')),
  reason text NOT NULL CHECK (reason IN ('lost', 'stolen', 'faulty', 'fraud')),
  proposed_by text NOT NULL,
  proposed_at timestamptz NOT NULL,
  approved_by text CHECK (approved_by <> proposed_by),
  approved_at timestamptz,
  seq bigint,
  CHECK ((approved_by IS NULL) = (approved_at IS NULL) AND (approved_by IS NULL) = (seq IS NULL))
);

-- Snapshots as edges download them, in pieces. Exceptions stand apart and as second-layer tokens: what edges get of
-- them, the telcos' own tokens, is never stored.
CREATE TABLE list_snapshot (
  seq bigint PRIMARY KEY,
  digest bytea NOT NULL CHECK (length(digest) = 32),
  head bytea NOT NULL CHECK (length(head) = 32),
  phones bigint NOT NULL,
  exceptions jsonb NOT NULL,
  bytes bigint NOT NULL,
  made_at timestamptz NOT NULL
);
CREATE TABLE list_snapshot_piece (
  seq bigint NOT NULL,
  at bigint NOT NULL,
  content bytea NOT NULL,
  PRIMARY KEY (seq, at)
);

-- Serves: hits of a case's phones, newest first; and a telco's.
CREATE INDEX hit_by_imei ON hit (imei, at DESC);
CREATE INDEX hit_by_time ON hit (telco_id, at DESC);

-- Serves: blocked cases in their order, for the lapses of enforcement.
CREATE INDEX block_case_listed ON block_case (blocked_at, id) WHERE state IN ('blocked', 'release_requested', 'disputed');

GRANT SELECT, INSERT, DELETE ON list_snapshot, list_snapshot_piece TO pcbs_api;
GRANT SELECT, INSERT, UPDATE, DELETE ON list_range TO pcbs_api;
GRANT SELECT, INSERT ON tac_range TO pcbs_api;
GRANT UPDATE (approved_by, approved_at, seq) ON tac_range TO pcbs_api;

DO $$
DECLARE guarded text;
BEGIN
  FOREACH guarded IN ARRAY ARRAY['list_range', 'tac_range', 'list_snapshot', 'list_snapshot_piece'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', guarded);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', guarded);
    EXECUTE format('CREATE POLICY api_only ON %I USING (session_user = ''pcbs_api'')', guarded);
  END LOOP;
END $$;
