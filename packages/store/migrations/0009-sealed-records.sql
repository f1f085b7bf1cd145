-- What is collected, as the custodian's root signed it; the newest version is in force.
CREATE TABLE collection_policy (
  version integer PRIMARY KEY CHECK (version >= 1),
  content text NOT NULL,
  signature text NOT NULL,
  published_at timestamptz NOT NULL DEFAULT now()
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON collection_policy EXECUTE FUNCTION refuse_rewrite();
GRANT SELECT ON collection_policy TO pcbs_api, pcbs_audit;

-- What a policy has sealed of a subscriber: ciphertext for the custodians. Ciphertext does not compress.
ALTER TABLE subscriber ADD sealed bytea CHECK (length(sealed) BETWEEN 380 AND 600);
ALTER TABLE subscriber ALTER sealed SET STORAGE EXTERNAL;

-- No role reads the column; one row at a time goes through the function below.
REVOKE ALL ON subscriber FROM pcbs_api, pcbs_ingest;
GRANT SELECT (telco_id, subscription, owner_tag) ON subscriber TO pcbs_api, pcbs_ingest;

CREATE FUNCTION sealed_record(of_telco smallint, of_subscription uuid) RETURNS bytea
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
RETURN (SELECT sealed FROM subscriber WHERE telco_id = of_telco AND subscription = of_subscription);

-- Of the ingest role's own telco.
CREATE FUNCTION erase_sealed_record(of_subscription uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public
BEGIN ATOMIC
  UPDATE subscriber SET sealed = NULL WHERE telco_id = ingest_telco() AND subscription = of_subscription;
END;

-- A staged row's part and end may be read, and what it is counted by; what is sealed may only be written.
CREATE OR REPLACE FUNCTION open_staging(feed_kind text, feed_number integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
  staging_name text := format('%s_%s_%s', feed_kind, ingest_telco(), feed_number);
  live_table text := CASE feed_kind WHEN 'subscribers' THEN 'subscriber' ELSE 'pairing' END;
  hash_key text := CASE feed_kind WHEN 'subscribers' THEN 'subscription' ELSE 'imei' END;
  readable text := CASE feed_kind WHEN 'subscribers' THEN '(telco_id, subscription, owner_tag, part, is_ended)' ELSE '' END;
  live_share oid := format('%s_%s', live_table, ingest_telco())::regclass;
  leaf text;
BEGIN
  EXECUTE format('CREATE TABLE staging.%I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE,
    part integer, is_ended boolean) PARTITION BY HASH (%I)', staging_name, live_table, hash_key);
  EXECUTE format('ALTER TABLE staging.%I ALTER telco_id SET DEFAULT %s', staging_name, ingest_telco());
  FOR remainder IN 0..3 LOOP
    leaf := format('%s_%s', staging_name, remainder);
    -- A tenth of each page stays free, so that a changed row finds room beside its former self and no index changes.
    EXECUTE format('CREATE TABLE staging.%I PARTITION OF staging.%I FOR VALUES WITH (MODULUS 4, REMAINDER %s)
      WITH (fillfactor = 90)', leaf, staging_name, remainder);
    -- Says what the live partition will demand, so that attaching it need not read every row again.
    EXECUTE format('ALTER TABLE staging.%I ADD CONSTRAINT fits_live_share CHECK (satisfies_hash_partition(%L::oid, 4, %s, %I))',
      leaf, live_share, remainder, hash_key);
    EXECUTE format('GRANT SELECT %s, INSERT, DELETE, MAINTAIN ON staging.%I TO pcbs_ingest', readable, leaf);
  END LOOP;
  EXECUTE format('GRANT SELECT %s, INSERT, DELETE, MAINTAIN ON staging.%I TO pcbs_ingest', readable, staging_name);
END $$;

-- How rows of one key fold into one, for both kinds of feed: what stands between key and rest, in both functions below.
CREATE FUNCTION feed_shape(feed_kind text, OUT live_table text, OUT keys text, OUT rest text, OUT folded text, OUT changes text, OUT differs text)
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF feed_kind = 'subscribers' THEN
    live_table := 'subscriber';
    keys := 'subscription';
    rest := 'owner_tag, sealed';
    -- A subscription sent twice keeps what was sent last.
    folded := '(array_agg(owner_tag ORDER BY part DESC))[1], (array_agg(sealed ORDER BY part DESC))[1]';
    changes := 'owner_tag = excluded.owner_tag, sealed = excluded.sealed';
    differs := '(live.owner_tag, live.sealed) IS DISTINCT FROM (excluded.owner_tag, excluded.sealed)';
  ELSE
    live_table := 'pairing';
    keys := 'imei, imsi, subscription';
    rest := 'first_seen, last_seen, rat';
    folded := 'min(first_seen), max(last_seen), max(rat)';
    changes := 'first_seen = least(live.first_seen, excluded.first_seen), last_seen = greatest(live.last_seen, excluded.last_seen), rat = excluded.rat';
    differs := 'excluded.first_seen < live.first_seen OR excluded.last_seen > live.last_seen OR excluded.rat <> live.rat';
  END IF;
END $$;

-- Makes one row of all staged rows that have one key; the others stay as they lie.
CREATE FUNCTION fold_staged(feed_kind text, feed_number integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
  staged text := format('staging.%I', format('%s_%s_%s', feed_kind, ingest_telco(), feed_number));
  shape record := feed_shape(feed_kind);
BEGIN
  EXECUTE format('WITH doubled AS (SELECT %2$s FROM %1$s GROUP BY %2$s HAVING count(*) > 1),
      gone AS (DELETE FROM %1$s staged WHERE (%2$s) IN (SELECT %2$s FROM doubled) RETURNING staged.*)
    INSERT INTO %1$s (%2$s, %3$s, part, is_ended) SELECT %2$s, %4$s, max(part), false FROM gone GROUP BY %2$s',
    staged, shape.keys, shape.rest, shape.folded);
END $$;

-- Takes a delta's endings out of the telco's share and merges its other rows in.
CREATE FUNCTION merge_delta(feed_kind text, feed_number integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
  staged text := format('staging.%I', format('%s_%s_%s', feed_kind, ingest_telco(), feed_number));
  shape record := feed_shape(feed_kind);
  has_endings boolean;
BEGIN
  EXECUTE format('ANALYZE %s', staged);
  EXECUTE format('SELECT EXISTS (SELECT FROM %s WHERE is_ended)', staged) INTO has_endings;
  IF has_endings THEN
    EXECUTE format('DELETE FROM %s live USING %s staged WHERE staged.is_ended AND live.telco_id = ingest_telco() AND %s',
      shape.live_table, staged,
      (SELECT string_agg(format('staged.%1$I = live.%1$I', key), ' AND ') FROM unnest(string_to_array(shape.keys, ', ')) key));
  END IF;
  -- In key order, so that neighbouring rows touch the same index pages.
  EXECUTE format('INSERT INTO %1$s AS live (telco_id, %2$s, %3$s)
    SELECT ingest_telco(), %2$s, %4$s FROM %5$s staged WHERE NOT is_ended GROUP BY %2$s ORDER BY %2$s
    ON CONFLICT (telco_id, %2$s) DO UPDATE SET %6$s WHERE %7$s',
    shape.live_table, shape.keys, shape.rest, shape.folded, staged, shape.changes, shape.differs);
END $$;

REVOKE ALL ON FUNCTION sealed_record, erase_sealed_record, feed_shape, fold_staged, merge_delta FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sealed_record TO pcbs_api;
GRANT EXECUTE ON FUNCTION erase_sealed_record, fold_staged, merge_delta TO pcbs_ingest;

-- Openings of sealed records, as officers asked for and approved them.
CREATE TABLE opening (
  id uuid PRIMARY KEY,
  case_id uuid NOT NULL REFERENCES block_case,
  requester text NOT NULL,
  purpose text NOT NULL,
  request text NOT NULL,
  request_signature text NOT NULL,
  requested_at timestamptz NOT NULL,
  approver text,
  approval text,
  approval_signature text,
  approved_at timestamptz,
  -- The log's entry of the opening; what the custodians must find there.
  entry text,
  opened_at timestamptz,
  CHECK ((approver IS NULL) = (approval IS NULL)),
  CHECK (approver <> requester),
  CHECK (entry IS NULL OR approval IS NOT NULL)
);
-- Serves: openings, newest first.
CREATE INDEX opening_by_time ON opening (requested_at DESC, id);
GRANT SELECT, INSERT, UPDATE ON opening TO pcbs_api;
ALTER TABLE opening ENABLE ROW LEVEL SECURITY;
ALTER TABLE opening FORCE ROW LEVEL SECURITY;
CREATE POLICY api_only ON opening USING (session_user = 'pcbs_api');

-- Serves: what the log says of a case, for the subject and for openings.
CREATE FUNCTION log_entry_case(content text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN substring(content FROM E'\ncase ([0-9a-f-]{36})\n');
CREATE INDEX log_entry_by_case ON log_entry (log_entry_case(content)) WHERE log_entry_case(content) IS NOT NULL;

-- Serves: the cases of one subscription, for its own history.
CREATE INDEX block_case_by_subscription ON block_case (telco_id, subscription);
