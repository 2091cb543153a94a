-- Which copy of the home this is. copy is a random number (RFC 9562, version 4)
-- that says so to footage directories elsewhere, and birth tells the folder that
-- it was made for from another one that this file was copied to.
ALTER TABLE home ADD COLUMN copy BLOB CHECK (length(copy) = 16);
ALTER TABLE home ADD COLUMN birth TEXT NOT NULL DEFAULT '';
