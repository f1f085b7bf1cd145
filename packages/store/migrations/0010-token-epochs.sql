-- Generations of the keys that tokens are made with. A feed is of one generation, and so is what a snapshot leaves; cases
-- keep that of the token they were reported with. Everything before this is of the first.
ALTER TABLE feed ADD token_epoch smallint NOT NULL DEFAULT 1 CHECK (token_epoch BETWEEN 1 AND 255);
ALTER TABLE feed ALTER token_epoch DROP DEFAULT;
ALTER TABLE block_case ADD token_epoch smallint NOT NULL DEFAULT 1 CHECK (token_epoch BETWEEN 1 AND 255);
ALTER TABLE block_case ALTER token_epoch DROP DEFAULT;
