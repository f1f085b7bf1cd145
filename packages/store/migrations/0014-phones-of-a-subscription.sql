-- Serves: the phones that a claimant's subscription used lately.
CREATE INDEX pairing_by_subscription ON pairing (subscription);

CREATE OR REPLACE FUNCTION swap_in_snapshot(feed_kind text, feed_number integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET maintenance_work_mem = '512MB' AS $$
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
    -- What the live table has beside its key is made here, so that attaching builds nothing while readers wait.
    IF feed_kind = 'pairings' THEN
      EXECUTE format('CREATE INDEX ON staging.%I (subscription)', fresh);
    END IF;
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

-- Serves: what the log says of a case or of a look-up, for the subject and for openings.
CREATE FUNCTION log_entry_subject(content text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN substring(content FROM E'\n(?:case|lookup) ([0-9a-f-]{36})\n');
CREATE INDEX log_entry_by_subject ON log_entry (log_entry_subject(content)) WHERE log_entry_subject(content) IS NOT NULL;
DROP INDEX log_entry_by_case;
DROP FUNCTION log_entry_case;
