-- Roles come first: every later grant and policy names them. Passwords are set by whoever runs the server.
DO $$
DECLARE role_name text;
BEGIN
  FOREACH role_name IN ARRAY ARRAY['pcbs_api', 'pcbs_ingest', 'pcbs_audit'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
      EXECUTE format('CREATE ROLE %I LOGIN', role_name);
    END IF;
  END LOOP;
END $$;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO pcbs_api, pcbs_ingest, pcbs_audit;

-- Feeds under way are copied here, one unlogged table per feed.
CREATE SCHEMA staging;
GRANT USAGE ON SCHEMA staging TO pcbs_ingest;

CREATE TABLE telco (
  id smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  code text NOT NULL UNIQUE CHECK (code ~ '^[a-z][a-z0-9-]{1,30}$'),
  name text NOT NULL,
  block_budget_per_day integer NOT NULL DEFAULT 10000 CHECK (block_budget_per_day >= 0),
  thresholds jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT ON telco TO pcbs_api, pcbs_ingest, pcbs_audit;

-- Which telco this transaction of the ingest role works for; nothing is visible while it is unset.
CREATE FUNCTION ingest_telco() RETURNS smallint LANGUAGE sql STABLE
  RETURN nullif(current_setting('pcbs.telco_id', true), '')::smallint;


-- Tokens travel as bytea parameters and are stored as uuid.
CREATE FUNCTION token(bytes bytea) RETURNS uuid LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN encode(bytes, 'hex')::uuid;
