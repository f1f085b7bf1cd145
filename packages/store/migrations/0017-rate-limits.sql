-- What callers have used of their limits, shared by all APIs. Keys are keyed digests: no address and no name stands here.
-- Unlogged: after a crash of the database everybody begins anew, and a count costs no write-ahead log.
-- The columns are in the order, and have the types, that rate-limiter-flexible writes.
CREATE UNLOGGED TABLE rate_limit (
  key varchar(255) PRIMARY KEY,
  points integer NOT NULL DEFAULT 0,
  -- Epoch milliseconds.
  expire bigint
);
-- Serves: the worker that takes out what has expired.
CREATE INDEX rate_limit_by_expiry ON rate_limit (expire);
GRANT SELECT, INSERT, UPDATE, DELETE ON rate_limit TO pcbs_api;
ALTER TABLE rate_limit ENABLE ROW LEVEL SECURITY;
ALTER TABLE rate_limit FORCE ROW LEVEL SECURITY;
CREATE POLICY api_only ON rate_limit USING (session_user = 'pcbs_api');
