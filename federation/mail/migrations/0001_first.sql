-- Pieces of responses: those that this home brings to others, and those that it
-- keeps for agencies that it is a sponsor of. All are sealed for whoever asked.

-- What is on its way from this home. A row stays for a month, so that the owner sees
-- what became of it.
CREATE TABLE response (
	id            BLOB    PRIMARY KEY CHECK (length(id) = 16),        -- as this home calls it
	neighborhood  BLOB    NOT NULL CHECK (length(neighborhood) = 32),
	asker         BLOB    NOT NULL CHECK (length(asker) = 32),        -- the agency's key, or a neighbor's author key
	minute        INTEGER NOT NULL CHECK (minute >= 0),               -- when it was given to be brought
	hidden        INTEGER NOT NULL CHECK (hidden IN (0, 1))           -- it waits for its turn among parcels that carry nothing
) STRICT, WITHOUT ROWID;

CREATE TABLE piece (
	response BLOB    NOT NULL REFERENCES response (id) ON DELETE CASCADE,
	number   INTEGER NOT NULL CHECK (number >= 0),
	bytes    BLOB    NOT NULL CHECK (length(bytes) = 262144),
	PRIMARY KEY (response, number)
) STRICT;

-- Homes that have it whole.
CREATE TABLE brought (
	response BLOB    NOT NULL REFERENCES response (id) ON DELETE CASCADE,
	node     BLOB    NOT NULL CHECK (length(node) = 32),
	minute   INTEGER NOT NULL CHECK (minute >= 0),
	PRIMARY KEY (response, node)
) STRICT, WITHOUT ROWID;

-- What is kept here until whoever asked has taken it.
CREATE TABLE kept (
	asker  BLOB    NOT NULL CHECK (length(asker) = 32),
	hash   BLOB    NOT NULL CHECK (length(hash) = 32),                -- SHA-256 of the piece
	minute INTEGER NOT NULL CHECK (minute >= 0),                      -- when it came
	bytes  BLOB    NOT NULL CHECK (length(bytes) = 262144),
	PRIMARY KEY (asker, hash)
) STRICT;

-- Keys that open what neighbors answer to this home, as age writes them; the newest
-- is told.
CREATE TABLE identity (
	row          INTEGER PRIMARY KEY,
	neighborhood BLOB NOT NULL CHECK (length(neighborhood) = 32),
	secret       TEXT NOT NULL CHECK (length(secret) BETWEEN 1 AND 512)
) STRICT;

-- What tells when parcels go.
CREATE TABLE secret (
	only INTEGER PRIMARY KEY CHECK (only = 1),
	seed BLOB    NOT NULL CHECK (length(seed) = 32)
) STRICT;
