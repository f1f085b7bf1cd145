-- A feed is staged in the shape of the live tables, hash-partitioned as they are, so that a snapshot's rows can
-- become the telco's partitions as they lie: indexes are built once over all rows instead of row by row.
CREATE OR REPLACE FUNCTION open_staging(feed_kind text, feed_number integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
  staging_name text := format('%s_%s_%s', feed_kind, ingest_telco(), feed_number);
  live_table text := CASE feed_kind WHEN 'subscribers' THEN 'subscriber' ELSE 'pairing' END;
  hash_key text := CASE feed_kind WHEN 'subscribers' THEN 'subscription' ELSE 'imei' END;
BEGIN
  EXECUTE format('CREATE TABLE staging.%I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS,
    part integer, is_ended boolean) PARTITION BY HASH (%I)', staging_name, live_table, hash_key);
  EXECUTE format('ALTER TABLE staging.%I ALTER telco_id SET DEFAULT %s', staging_name, ingest_telco());
  FOR remainder IN 0..3 LOOP
    EXECUTE format('CREATE UNLOGGED TABLE staging.%I PARTITION OF staging.%I FOR VALUES WITH (MODULUS 4, REMAINDER %s)',
      format('%s_%s', staging_name, remainder), staging_name, remainder);
    EXECUTE format('GRANT SELECT, INSERT, DELETE, MAINTAIN ON staging.%I TO pcbs_ingest', format('%s_%s', staging_name, remainder));
  END LOOP;
  EXECUTE format('GRANT SELECT, INSERT, DELETE, MAINTAIN ON staging.%I TO pcbs_ingest', staging_name);
END $$;

-- Makes a staged snapshot the telco's share of the live table, in the caller's transaction. Fails with unique_violation
-- where two staged rows have one key: the caller merges those row by row instead.
CREATE FUNCTION swap_in_snapshot(feed_kind text, feed_number integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public SET maintenance_work_mem = '512MB' AS $$
DECLARE
  staging_name text := format('%s_%s_%s', feed_kind, ingest_telco(), feed_number);
  live_table text := CASE feed_kind WHEN 'subscribers' THEN 'subscriber' ELSE 'pairing' END;
  live_share text := format('%s_%s', live_table, ingest_telco());
  live_key text := CASE feed_kind WHEN 'subscribers' THEN 'telco_id, subscription' ELSE 'telco_id, imei, imsi, subscription' END;
  fresh text;
  old_names text[];
BEGIN
  EXECUTE format('ALTER TABLE staging.%I DROP COLUMN part, DROP COLUMN is_ended', staging_name);
  FOR remainder IN 0..3 LOOP
    fresh := format('%s_%s', staging_name, remainder);
    EXECUTE format('ALTER TABLE staging.%I DETACH PARTITION staging.%I', staging_name, fresh);
    EXECUTE format('ALTER TABLE staging.%I SET LOGGED', fresh);
    EXECUTE format('ALTER TABLE staging.%I ADD PRIMARY KEY (%s)', fresh, live_key);
    EXECUTE format('REVOKE ALL ON staging.%I FROM pcbs_ingest', fresh);
    EXECUTE format('ALTER TABLE staging.%I ALTER telco_id DROP DEFAULT', fresh);
  END LOOP;
  -- From here on readers of this telco's share wait; what is left takes milliseconds a partition.
  SELECT array_agg(inhrelid::regclass::text) INTO old_names FROM pg_inherits WHERE inhparent = live_share::regclass;
  FOR old IN 1..cardinality(old_names) LOOP
    EXECUTE format('ALTER TABLE %I DETACH PARTITION %s', live_share, old_names[old]);
    EXECUTE format('DROP TABLE %s', old_names[old]);
  END LOOP;
  FOR remainder IN 0..3 LOOP
    fresh := format('%s_%s', staging_name, remainder);
    EXECUTE format('ALTER TABLE staging.%I SET SCHEMA public', fresh);
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES WITH (MODULUS 4, REMAINDER %s)', live_share, fresh, remainder);
    EXECUTE format('ANALYZE %I', fresh);
  END LOOP;
END $$;
REVOKE ALL ON FUNCTION swap_in_snapshot FROM PUBLIC;
GRANT EXECUTE ON FUNCTION swap_in_snapshot TO pcbs_ingest;
