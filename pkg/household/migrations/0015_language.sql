-- The language of what the home tells by messages; empty where nobody has chosen one yet.
ALTER TABLE home ADD COLUMN language TEXT NOT NULL DEFAULT '' CHECK (language IN ('', 'en', 'de'));
