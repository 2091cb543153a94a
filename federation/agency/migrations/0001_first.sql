-- What an agency keeps: its key, what it says of itself, and its log.

CREATE TABLE agency (
	only         INTEGER PRIMARY KEY CHECK (only = 1),
	seed         BLOB    NOT NULL CHECK (length(seed) = 32),              -- of its Ed25519 key
	minute       INTEGER NOT NULL CHECK (minute >= 0),                    -- when it was made, since 1970-01-01T00:00Z
	title        TEXT    NOT NULL,
	class        INTEGER NOT NULL CHECK (class > 0),
	domain       TEXT    NOT NULL,
	contact      TEXT    NOT NULL,
	policy       TEXT    NOT NULL,
	jurisdiction BLOB    NOT NULL CHECK (length(jurisdiction) % 8 = 0)    -- corners: latitude and longitude in millionths of a degree, 4 bytes each, highest first
) STRICT;

-- The log, in its order. What was published once is never changed.
CREATE TABLE publication (
	position INTEGER PRIMARY KEY CHECK (position >= 0),
	id       BLOB    NOT NULL CHECK (length(id) = 32),
	raw      BLOB    NOT NULL CHECK (length(raw) BETWEEN 1 AND 4096)      -- as it was signed
) STRICT;

CREATE TRIGGER publication_stays BEFORE UPDATE ON publication BEGIN SELECT raise(ABORT, 'what was published stays'); END;
CREATE TRIGGER publication_stands BEFORE DELETE ON publication BEGIN SELECT raise(ABORT, 'what was published stays'); END;
