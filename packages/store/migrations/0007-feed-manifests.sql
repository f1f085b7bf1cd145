-- The public keys with which a telco signs its feeds' manifests. A key that is no longer used stays, so that old
-- manifests can be checked.
CREATE TABLE telco_key (
  telco_id smallint NOT NULL REFERENCES telco,
  public_key bytea NOT NULL CHECK (length(public_key) = 32),
  added_at timestamptz NOT NULL DEFAULT now(),
  retired_at timestamptz,
  PRIMARY KEY (telco_id, public_key)
);
GRANT SELECT ON telco_key TO pcbs_api, pcbs_ingest, pcbs_audit;

-- A suspended telco feeds and files nothing; the block list it still gets, since its customers' phones are on it.
ALTER TABLE telco ADD suspended_at timestamptz;

ALTER TABLE feed ADD manifest_hash text CHECK (manifest_hash ~ '^[0-9a-f]{64}$');
ALTER TABLE feed ADD receipt jsonb;

CREATE TABLE feed_manifest (
  telco_id smallint NOT NULL,
  kind text NOT NULL,
  number integer NOT NULL,
  content text NOT NULL,
  public_key bytea NOT NULL,
  signature bytea NOT NULL,
  PRIMARY KEY (telco_id, kind, number),
  FOREIGN KEY (telco_id, kind, number) REFERENCES feed
);
GRANT SELECT ON feed_manifest TO pcbs_api;
GRANT SELECT, INSERT ON feed_manifest TO pcbs_ingest;
ALTER TABLE feed_manifest ENABLE ROW LEVEL SECURITY;
ALTER TABLE feed_manifest FORCE ROW LEVEL SECURITY;
CREATE POLICY api_reads ON feed_manifest FOR SELECT USING (session_user = 'pcbs_api');
CREATE POLICY ingest_own_telco ON feed_manifest USING (session_user = 'pcbs_ingest' AND telco_id = ingest_telco());
