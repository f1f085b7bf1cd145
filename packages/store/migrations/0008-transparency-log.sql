-- What happens is written here in the transaction in which it happens, and put into the log's order a moment later: no
-- transaction waits for another's place in the log, and none is in the log that was rolled back.
CREATE TABLE log_pending (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  content text NOT NULL
);
GRANT INSERT ON log_pending TO pcbs_ingest;
GRANT SELECT, INSERT, DELETE ON log_pending TO pcbs_api;

-- The log (RFC 9162): entries in order, and the tree's hashes in tiles of 256.
CREATE TABLE log_entry (
  index bigint PRIMARY KEY CHECK (index >= 0),
  content text NOT NULL
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log_entry EXECUTE FUNCTION refuse_rewrite();
GRANT SELECT, INSERT ON log_entry TO pcbs_api;
GRANT SELECT ON log_entry TO pcbs_audit;

CREATE TABLE log_tile (
  level smallint NOT NULL,
  index bigint NOT NULL,
  hashes bytea NOT NULL,
  PRIMARY KEY (level, index)
);
-- Hashes do not compress.
ALTER TABLE log_tile ALTER hashes SET STORAGE EXTERNAL;
GRANT SELECT, INSERT, UPDATE ON log_tile TO pcbs_api;
GRANT SELECT ON log_tile TO pcbs_audit;

-- Checkpoints that the custodian signed, as signed notes.
CREATE TABLE log_checkpoint (
  size bigint PRIMARY KEY,
  root bytea NOT NULL CHECK (length(root) = 32),
  note text NOT NULL,
  signed_at timestamptz NOT NULL
);
GRANT SELECT, INSERT ON log_checkpoint TO pcbs_api;
GRANT SELECT ON log_checkpoint TO pcbs_audit;

-- What telcos that saw a checkpoint signed for it.
CREATE TABLE log_cosignature (
  size bigint NOT NULL REFERENCES log_checkpoint,
  telco_id smallint NOT NULL REFERENCES telco,
  line text NOT NULL,
  PRIMARY KEY (size, telco_id)
);
GRANT SELECT, INSERT ON log_cosignature TO pcbs_api;
GRANT SELECT ON log_cosignature TO pcbs_audit;
