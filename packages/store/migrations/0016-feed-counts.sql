-- What a judged feed's rows were counted for, such as numbers of other countries: its parts, which said so, are gone by then.
ALTER TABLE feed ADD COLUMN counts jsonb NOT NULL DEFAULT '{}';
