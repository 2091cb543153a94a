-- What homes hand over (docs/ref/response.md), and the keys that open it.

CREATE UNIQUE INDEX publication_id ON publication (id);

-- The newest is the one in the log; older ones stay for what is under way.
CREATE TABLE identity (
	position INTEGER PRIMARY KEY REFERENCES publication, -- of its recipient in the log
	secret   TEXT    NOT NULL                            -- as age writes it
) STRICT;

-- The columns from request on are of one that is whole and was opened.
CREATE TABLE response (
	id      BLOB    PRIMARY KEY CHECK (length(id) = 32),
	count   INTEGER NOT NULL CHECK (count > 0),            -- of its pieces
	came    INTEGER NOT NULL CHECK (came >= 0),            -- the first of them; minutes since 1970-01-01T00:00Z, as below
	trouble TEXT    CHECK (trouble IS NULL OR sent IS NULL), -- why one that is whole can't be used
	request BLOB    CHECK (length(request) = 32),
	number  TEXT,                                          -- of the case
	sent    INTEGER,
	until   INTEGER CHECK (until > sent),                  -- when it may no longer be kept
	words   TEXT,
	files   TEXT                                           -- what they are called, with a space between
) STRICT;

CREATE TABLE piece (
	response BLOB    NOT NULL REFERENCES response ON DELETE CASCADE,
	number   INTEGER NOT NULL CHECK (number >= 0),
	raw      BLOB    NOT NULL CHECK (length(raw) = 262144), -- as it came
	PRIMARY KEY (response, number)
) STRICT;

-- Those that are gone: a piece of one that comes again is of no use.
CREATE TABLE forgotten (
	id BLOB PRIMARY KEY CHECK (length(id) = 32)
) STRICT;
