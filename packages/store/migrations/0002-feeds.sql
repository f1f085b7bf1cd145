-- Tokens are uuid columns: 16 bytes without a length header, which keeps their indexes a fifth smaller than bytea.
-- Both tables are split by telco, so that one telco's share can be replaced or dropped without touching others,
-- and below that by hash of the key that a distributed PostgreSQL would spread on.
CREATE TABLE subscriber (
  telco_id smallint NOT NULL,
  subscription uuid NOT NULL,
  owner_tag smallint NOT NULL CHECK (owner_tag BETWEEN 0 AND 1023),
  PRIMARY KEY (telco_id, subscription)
) PARTITION BY LIST (telco_id);

CREATE TABLE pairing (
  telco_id smallint NOT NULL,
  imei uuid NOT NULL,
  imsi uuid NOT NULL,
  subscription uuid NOT NULL,
  first_seen date NOT NULL,
  last_seen date NOT NULL,
  rat text NOT NULL DEFAULT '',
  -- Serves: who used these IMEIs (telco_id = ANY, imei = ANY), and the merge of a feed.
  PRIMARY KEY (telco_id, imei, imsi, subscription),
  CHECK (first_seen <= last_seen)
) PARTITION BY LIST (telco_id);

CREATE TABLE feed (
  telco_id smallint NOT NULL REFERENCES telco,
  kind text NOT NULL CHECK (kind IN ('subscribers', 'pairings')),
  number integer NOT NULL CHECK (number >= 1),
  mode text NOT NULL CHECK (mode IN ('snapshot', 'delta')),
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'applied', 'quarantined', 'refused')),
  period_from date NOT NULL,
  period_to date NOT NULL,
  policy_version integer NOT NULL,
  opened_at timestamptz NOT NULL,
  closed_at timestamptz,
  -- Filled at commit from feed_part.
  parts jsonb NOT NULL DEFAULT '[]',
  rows_in bigint NOT NULL DEFAULT 0,
  accepted bigint NOT NULL DEFAULT 0,
  rejected bigint NOT NULL DEFAULT 0,
  rejects_by_code jsonb NOT NULL DEFAULT '{}',
  breaches jsonb NOT NULL DEFAULT '[]',
  PRIMARY KEY (telco_id, kind, number)
);
-- One feed of a series is under way at a time; a quarantined one holds the series until an officer decides.
CREATE UNIQUE INDEX feed_under_way ON feed (telco_id, kind) WHERE state IN ('open', 'quarantined');

-- Unlogged like the staging tables whose rows it counts: a crash of PostgreSQL empties both together, so that
-- a part is never on record without its rows.
CREATE UNLOGGED TABLE feed_part (
  telco_id smallint NOT NULL,
  kind text NOT NULL,
  number integer NOT NULL,
  part integer NOT NULL,
  digest bytea NOT NULL,
  rows_in integer NOT NULL,
  accepted integer NOT NULL,
  rejected integer NOT NULL,
  counts jsonb NOT NULL,
  PRIMARY KEY (telco_id, kind, number, part)
);

CREATE TABLE feed_reject (
  telco_id smallint NOT NULL,
  kind text NOT NULL,
  number integer NOT NULL,
  part integer NOT NULL,
  line integer NOT NULL,
  field text NOT NULL,
  code text NOT NULL,
  PRIMARY KEY (telco_id, kind, number, part, line)
);

-- Makes room for a telco: its row and its partitions.
CREATE FUNCTION add_telco(new_code text, new_name text) RETURNS smallint
LANGUAGE plpgsql AS $$
DECLARE
  new_id smallint;
  big_table text;
  hash_key text;
BEGIN
  INSERT INTO telco (code, name) VALUES (new_code, new_name) RETURNING id INTO new_id;
  FOR big_table, hash_key IN VALUES ('subscriber', 'subscription'), ('pairing', 'imei') LOOP
    EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES IN (%s) PARTITION BY HASH (%I)',
      format('%s_%s', big_table, new_id), big_table, new_id, hash_key);
    FOR remainder IN 0..3 LOOP
      EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES WITH (MODULUS 4, REMAINDER %s)',
        format('%s_%s_%s', big_table, new_id, remainder), format('%s_%s', big_table, new_id), remainder);
    END LOOP;
  END LOOP;
  RETURN new_id;
END $$;
REVOKE ALL ON FUNCTION add_telco FROM PUBLIC;

-- A feed's staging table: made when it opens, gone when it closes. The ingest role may make one for its own telco.
CREATE FUNCTION open_staging(feed_kind text, feed_number integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE staging_name text := format('%s_%s_%s', feed_kind, ingest_telco(), feed_number);
BEGIN
  IF feed_kind = 'subscribers' THEN
    EXECUTE format('CREATE UNLOGGED TABLE staging.%I (part integer, is_ended boolean, subscription uuid, owner_tag smallint)', staging_name);
  ELSE
    EXECUTE format('CREATE UNLOGGED TABLE staging.%I (part integer, is_ended boolean, imei uuid, imsi uuid, subscription uuid,
      first_seen date, last_seen date, rat text)', staging_name);
  END IF;
  EXECUTE format('GRANT SELECT, INSERT, DELETE, MAINTAIN ON staging.%I TO pcbs_ingest', staging_name);
END $$;

CREATE FUNCTION close_staging(feed_kind text, feed_number integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  EXECUTE format('DROP TABLE IF EXISTS staging.%I', format('%s_%s_%s', feed_kind, ingest_telco(), feed_number));
END $$;
REVOKE ALL ON FUNCTION open_staging, close_staging FROM PUBLIC;
GRANT EXECUTE ON FUNCTION open_staging, close_staging TO pcbs_ingest;

GRANT SELECT ON subscriber, pairing, feed, feed_part, feed_reject TO pcbs_api;
GRANT SELECT, INSERT, UPDATE, DELETE ON subscriber, pairing, feed_part, feed_reject TO pcbs_ingest;
GRANT SELECT, INSERT, UPDATE ON feed TO pcbs_ingest;

DO $$
DECLARE guarded text;
BEGIN
  FOREACH guarded IN ARRAY ARRAY['subscriber', 'pairing', 'feed', 'feed_part', 'feed_reject'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', guarded);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', guarded);
    -- session_user cannot be changed by SET ROLE, so injected SQL cannot step out of its role.
    EXECUTE format('CREATE POLICY api_reads ON %I FOR SELECT USING (session_user = ''pcbs_api'')', guarded);
    EXECUTE format('CREATE POLICY ingest_own_telco ON %I USING (session_user = ''pcbs_ingest'' AND telco_id = ingest_telco())', guarded);
  END LOOP;
END $$;
