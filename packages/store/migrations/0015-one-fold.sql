-- A row that a delta brings folds into the one that is there as two rows of a snapshot fold into one: the greater RAT list
-- stays. A source that holds one use twice came to another RAT list by a delta than by a snapshot. Where a use's RAT list
-- really changed, the kit ends it and sends it anew.
CREATE OR REPLACE FUNCTION feed_shape(feed_kind text, OUT live_table text, OUT keys text, OUT rest text, OUT folded text, OUT changes text, OUT differs text)
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
    changes := 'first_seen = least(live.first_seen, excluded.first_seen), last_seen = greatest(live.last_seen, excluded.last_seen), rat = greatest(live.rat, excluded.rat)';
    differs := 'excluded.first_seen < live.first_seen OR excluded.last_seen > live.last_seen OR excluded.rat > live.rat';
  END IF;
END $$;
