-- Pairings lead with the IMEI: its first bytes decide nearly every comparison of a sort, while the telco is the same
-- in all of a partition's rows. The telco is still part of every key, and partitions hold one telco's rows alone.
ALTER TABLE pairing DROP CONSTRAINT pairing_pkey;
ALTER TABLE pairing ADD PRIMARY KEY (imei, imsi, subscription, telco_id);
ALTER TABLE subscriber DROP CONSTRAINT subscriber_pkey;
ALTER TABLE subscriber ADD PRIMARY KEY (subscription, telco_id);

-- Staged rows are logged, and with them the record of their parts: after a crash of PostgreSQL a feed goes on with the
-- first part that is missing, and a snapshot's rows become the live table's without being written again.
DO $$
DECLARE leftover record;
BEGIN
  FOR leftover IN SELECT telco_id, kind, number FROM feed WHERE state IN ('open', 'quarantined') LOOP
    EXECUTE format('DROP TABLE IF EXISTS staging.%I', format('%s_%s_%s', leftover.kind, leftover.telco_id, leftover.number));
  END LOOP;
  UPDATE feed SET state = 'refused', closed_at = now() WHERE state IN ('open', 'quarantined');
  DELETE FROM feed_part;
END $$;
ALTER TABLE feed_part SET LOGGED;

CREATE OR REPLACE FUNCTION open_staging(feed_kind text, feed_number integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
  staging_name text := format('%s_%s_%s', feed_kind, ingest_telco(), feed_number);
  live_table text := CASE feed_kind WHEN 'subscribers' THEN 'subscriber' ELSE 'pairing' END;
  hash_key text := CASE feed_kind WHEN 'subscribers' THEN 'subscription' ELSE 'imei' END;
  live_share oid := format('%s_%s', live_table, ingest_telco())::regclass;
  leaf text;
BEGIN
  EXECUTE format('CREATE TABLE staging.%I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS,
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
    EXECUTE format('GRANT SELECT, INSERT, DELETE, MAINTAIN ON staging.%I TO pcbs_ingest', leaf);
  END LOOP;
  EXECUTE format('GRANT SELECT, INSERT, DELETE, MAINTAIN ON staging.%I TO pcbs_ingest', staging_name);
END $$;

CREATE OR REPLACE FUNCTION swap_in_snapshot(feed_kind text, feed_number integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public SET maintenance_work_mem = '512MB' AS $$
DECLARE
  staging_name text := format('%s_%s_%s', feed_kind, ingest_telco(), feed_number);
  live_table text := CASE feed_kind WHEN 'subscribers' THEN 'subscriber' ELSE 'pairing' END;
  live_share text := format('%s_%s', live_table, ingest_telco());
  live_key text := CASE feed_kind WHEN 'subscribers' THEN 'subscription, telco_id' ELSE 'imei, imsi, subscription, telco_id' END;
  fresh text;
  old_names text[];
BEGIN
  EXECUTE format('ALTER TABLE staging.%I DROP COLUMN part, DROP COLUMN is_ended', staging_name);
  FOR remainder IN 0..3 LOOP
    fresh := format('%s_%s', staging_name, remainder);
    EXECUTE format('ALTER TABLE staging.%I DETACH PARTITION staging.%I', staging_name, fresh);
    EXECUTE format('ALTER TABLE staging.%I ADD PRIMARY KEY (%s)', fresh, live_key);
    EXECUTE format('REVOKE ALL ON staging.%I FROM pcbs_ingest', fresh);
    EXECUTE format('ALTER TABLE staging.%I ALTER telco_id DROP DEFAULT', fresh);
  END LOOP;
  -- From here on readers of this telco's share wait; what is left takes milliseconds, however many rows there are.
  SELECT array_agg(inhrelid::regclass::text) INTO old_names FROM pg_inherits WHERE inhparent = live_share::regclass;
  FOR old IN 1..cardinality(old_names) LOOP
    EXECUTE format('ALTER TABLE %I DETACH PARTITION %s', live_share, old_names[old]);
    EXECUTE format('DROP TABLE %s', old_names[old]);
  END LOOP;
  FOR remainder IN 0..3 LOOP
    fresh := format('%s_%s', staging_name, remainder);
    EXECUTE format('ALTER TABLE staging.%I SET SCHEMA public', fresh);
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES WITH (MODULUS 4, REMAINDER %s)', live_share, fresh, remainder);
    EXECUTE format('ALTER TABLE %I DROP CONSTRAINT fits_live_share', fresh);
  END LOOP;
END $$;
