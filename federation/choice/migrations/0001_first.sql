-- What the owner decided about requests. None of it ever leaves the home. Ids and
-- keys are bytes; minutes count from 1970-01-01T00:00Z, microseconds (_us) too.

-- Cells of the globe's grid that a camera sees, as the owner drew them.
CREATE TABLE coverage (
	camera INTEGER NOT NULL CHECK (camera > 0),                         -- its number in home.db
	row    INTEGER NOT NULL CHECK (row BETWEEN 0 AND 89999),
	col    INTEGER NOT NULL CHECK (col BETWEEN 0 AND 179999),
	PRIMARY KEY (camera, row, col)
) STRICT, WITHOUT ROWID;

-- What the owner does not want to be asked or told.
CREATE TABLE opt_out (
	scope    INTEGER NOT NULL CHECK (scope BETWEEN 1 AND 5),            -- 1 every request, 2 those of an agency, 3 those of an incident, 4 those of neighbors, 5 bulletins of an agency
	agency   BLOB    NOT NULL CHECK (length(agency) = 32),              -- zeros where the scope has none
	incident INTEGER NOT NULL CHECK (incident BETWEEN 0 AND 255),       -- 0 where the scope has none
	PRIMARY KEY (scope, agency, incident)
) STRICT, WITHOUT ROWID;

-- Requests that the owner hid.
CREATE TABLE aside (
	request BLOB NOT NULL PRIMARY KEY CHECK (length(request) = 32)      -- its id
) STRICT, WITHOUT ROWID;

-- The ledger: what was handed over. A row is never changed, and goes only if the
-- owner deletes it.
CREATE TABLE handed (
	id           BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),  -- of the response
	request      BLOB    NOT NULL CHECK (length(request) = 32),         -- its id
	neighborhood BLOB    NOT NULL CHECK (length(neighborhood) = 32),    -- its name
	agency       BLOB    NOT NULL CHECK (length(agency) = 32),          -- its key; zeros for a neighbor
	title        TEXT    NOT NULL CHECK (length(title) BETWEEN 1 AND 48), -- what it was called then
	case_number  TEXT    NOT NULL CHECK (length(case_number) <= 24),
	incident     INTEGER NOT NULL CHECK (incident BETWEEN 0 AND 255),
	words        TEXT    NOT NULL CHECK (length(words) <= 1000),
	at_minute    INTEGER NOT NULL CHECK (at_minute > 0),                -- when
	until_minute INTEGER NOT NULL CHECK (until_minute > at_minute)      -- until when it may be kept
) STRICT, WITHOUT ROWID;

CREATE TABLE handed_file (
	handed      BLOB    NOT NULL REFERENCES handed (id) ON DELETE CASCADE,
	place       INTEGER NOT NULL CHECK (place BETWEEN 0 AND 15),        -- in the response
	name        TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
	type        TEXT    NOT NULL CHECK (length(type) BETWEEN 1 AND 64),
	sha256      BLOB    NOT NULL CHECK (length(sha256) = 32),
	bytes       INTEGER NOT NULL CHECK (bytes > 0),
	camera      INTEGER NOT NULL CHECK (camera > 0),
	camera_name TEXT    NOT NULL CHECK (length(camera_name) <= 255),    -- what it was called then
	start_us    INTEGER NOT NULL CHECK (start_us > 0),                  -- of the footage
	end_us      INTEGER NOT NULL CHECK (end_us >= start_us),
	PRIMARY KEY (handed, place)
) STRICT, WITHOUT ROWID;

-- Sponsors to which a response was brought.
CREATE TABLE brought (
	handed     BLOB    NOT NULL REFERENCES handed (id) ON DELETE CASCADE,
	sponsor    BLOB    NOT NULL CHECK (length(sponsor) = 32),           -- author key of the home
	name       TEXT    NOT NULL CHECK (length(name) <= 48),             -- what it was called then
	had_minute INTEGER CHECK (had_minute > 0),                          -- when it had all of it; absent until then
	PRIMARY KEY (handed, sponsor)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER handed_stays BEFORE UPDATE ON handed BEGIN SELECT raise(ABORT, 'the ledger is not changed'); END;
CREATE TRIGGER handed_file_stays BEFORE UPDATE ON handed_file BEGIN SELECT raise(ABORT, 'the ledger is not changed'); END;
