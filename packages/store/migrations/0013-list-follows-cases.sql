-- What the list says of a phone is derived from all cases that hold it. Whoever decides over a phone locks its row here
-- first, phones in the order of their tokens, and the list's head last.
CREATE TABLE reported_phone (imei uuid PRIMARY KEY);

-- SIMs that a case lets through on its phones, as second-layer tokens.
CREATE TABLE case_exception (
  case_id uuid NOT NULL REFERENCES block_case,
  telco_id smallint NOT NULL REFERENCES telco,
  imsi uuid NOT NULL,
  token_epoch smallint NOT NULL CHECK (token_epoch BETWEEN 1 AND 255),
  PRIMARY KEY (case_id, telco_id, imsi)
);

-- The exceptions that an event set, all of them; SQL NULL where it set none.
ALTER TABLE case_event ADD exceptions jsonb;
-- Auditors read histories, and nobody's token.
REVOKE SELECT ON case_event FROM pcbs_audit;
GRANT SELECT (case_id, number, event, from_state, to_state, actor, at) ON case_event TO pcbs_audit;

-- What a telco has used up of a budget on one of the nation's days: phones blocked, or look-ups of a claimant's phones.
CREATE TABLE daily_budget (
  telco_id smallint NOT NULL REFERENCES telco,
  day date NOT NULL,
  purpose text NOT NULL CHECK (purpose IN ('block', 'phone-lookup')),
  used integer NOT NULL CHECK (used >= 0),
  PRIMARY KEY (telco_id, day, purpose)
);
ALTER TABLE telco ADD phone_lookup_budget_per_day integer NOT NULL DEFAULT 2000
  CHECK (phone_lookup_budget_per_day >= 0);

-- Whose phones a telco asked for, so that the subscription's owner can learn of it.
CREATE TABLE phone_lookup (
  telco_id smallint NOT NULL REFERENCES telco,
  id uuid NOT NULL,
  subscription uuid NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (telco_id, id)
);
-- Serves: the look-ups of a subscription, for its history.
CREATE INDEX phone_lookup_by_subscription ON phone_lookup (telco_id, subscription);

-- What was written before. Row-level security hides it from the owner too, who looks at it here once.
DO $$
DECLARE guarded text;
BEGIN
  FOREACH guarded IN ARRAY ARRAY['block_case', 'case_imei', 'case_event', 'list_change'] LOOP
    EXECUTE format('ALTER TABLE %I NO FORCE ROW LEVEL SECURITY', guarded);
  END LOOP;
  INSERT INTO reported_phone SELECT DISTINCT imei FROM case_imei;
  INSERT INTO daily_budget (telco_id, day, purpose, used)
    -- The days of the nation that a policy is of where it names none.
    SELECT c.telco_id, (c.blocked_at AT TIME ZONE 'Asia/Kuala_Lumpur')::date, 'block', count(*)
    FROM block_case c JOIN case_imei i ON i.case_id = c.id WHERE c.blocked_at IS NOT NULL GROUP BY 1, 2;
  INSERT INTO case_exception (case_id, telco_id, imsi, token_epoch)
    SELECT DISTINCT ON (1, 2, 3) c.id, (e ->> 'telcoId')::smallint, (e ->> 'imsi')::uuid,
      coalesce((e ->> 'epoch')::smallint, 1)
    FROM block_case c
    JOIN LATERAL (
      SELECT exceptions FROM list_change l
      WHERE l.case_id = c.id AND l.status <> 'PERMITTED' ORDER BY seq DESC LIMIT 1
    ) newest ON true
    CROSS JOIN jsonb_array_elements(newest.exceptions) AS e
    WHERE c.state IN ('blocked', 'release_requested', 'disputed');
  -- Histories add up to what cases let through: what came from the list is written down as an event, and told to the log.
  INSERT INTO case_event (case_id, number, event, from_state, to_state, actor, at, exceptions)
    SELECT c.id, (SELECT coalesce(max(number), 0) + 1 FROM case_event e WHERE e.case_id = c.id), 'change_exceptions', c.state,
      c.state, 'system', now(), jsonb_agg(jsonb_build_object('telcoId', x.telco_id, 'imsi', replace(x.imsi::text, '-', ''),
        'epoch', x.token_epoch) ORDER BY x.telco_id, x.imsi)
    FROM block_case c JOIN case_exception x ON x.case_id = c.id GROUP BY c.id;
  INSERT INTO log_pending (content)
    SELECT format(E'pcbs-log-entry-v1\ntype case-event\nat %s\ncase %s\nevent change_exceptions\nfrom %s\nto %s\nactor system\n',
      to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), c.id, c.state, c.state)
    FROM block_case c WHERE EXISTS (SELECT FROM case_exception x WHERE x.case_id = c.id);
  FOREACH guarded IN ARRAY ARRAY['block_case', 'case_imei', 'case_event', 'list_change'] LOOP
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', guarded);
  END LOOP;
END $$;

-- A provisional block ends in whatever state it is.
DROP INDEX block_case_provisional;
-- Serves: the worker that ends lapsed provisional blocks.
CREATE INDEX block_case_provisional ON block_case (provisional_until)
  WHERE state IN ('blocked', 'release_requested', 'disputed') AND provisional_until IS NOT NULL;
-- The budget is counted in daily_budget now.
DROP INDEX block_case_blocked;
-- Serves: since which change a phone stands on the list, or off it.
CREATE INDEX list_change_by_imei ON list_change (imei, seq) WHERE imei IS NOT NULL;

GRANT SELECT, INSERT, UPDATE ON reported_phone TO pcbs_api;
GRANT SELECT, INSERT, DELETE ON case_exception TO pcbs_api;
GRANT SELECT, INSERT, UPDATE ON daily_budget TO pcbs_api;
GRANT SELECT, INSERT ON phone_lookup TO pcbs_api;

DO $$
DECLARE guarded text;
BEGIN
  FOREACH guarded IN ARRAY ARRAY['reported_phone', 'case_exception', 'daily_budget', 'phone_lookup'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', guarded);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', guarded);
    EXECUTE format('CREATE POLICY api_only ON %I USING (session_user = ''pcbs_api'')', guarded);
  END LOOP;
END $$;
