-- What a home keeps of its neighborhoods. Ids, keys and signatures are bytes;
-- objects stand as they were signed. Minutes count from 1970-01-01T00:00Z.

-- A neighborhood that the home is in, or was.
CREATE TABLE neighborhood (
	id         INTEGER PRIMARY KEY,
	name       BLOB    NOT NULL UNIQUE CHECK (length(name) = 32),    -- id of its genesis
	place      INTEGER NOT NULL UNIQUE CHECK (place >= 0),           -- which keys of the seed are the home's there
	generation INTEGER NOT NULL DEFAULT 0 CHECK (generation >= 0),
	machine    INTEGER NOT NULL DEFAULT 0 CHECK (machine >= 0),      -- which node key
	settled    BLOB    NOT NULL CHECK (length(settled) = 32),        -- the newest act that counts here for good
	left_minute INTEGER CHECK (left_minute > 0)                      -- when the home left; absent while it is in
) STRICT;

-- Objects of the roster: genesis, acts, votes, deeds, cards, leavings. Each rests
-- on some that came before it, so they are read in the order of their rows.
CREATE TABLE object (
	row             INTEGER PRIMARY KEY,
	neighborhood_id INTEGER NOT NULL REFERENCES neighborhood (id) ON DELETE CASCADE,
	id              BLOB    NOT NULL CHECK (length(id) = 32),
	raw             BLOB    NOT NULL CHECK (length(raw) BETWEEN 1 AND 4096),
	UNIQUE (neighborhood_id, id)
) STRICT;

-- Acts that count here, and since when they do.
CREATE TABLE passed (
	neighborhood_id INTEGER NOT NULL REFERENCES neighborhood (id) ON DELETE CASCADE,
	act             BLOB    NOT NULL CHECK (length(act) = 32),
	since_minute    INTEGER NOT NULL CHECK (since_minute >= 0),
	PRIMARY KEY (neighborhood_id, act)
) STRICT, WITHOUT ROWID;

-- Entries that the home holds. The payload is absent if it was dropped, or if
-- the entry has none.
CREATE TABLE entry (
	row             INTEGER PRIMARY KEY,
	neighborhood_id INTEGER NOT NULL REFERENCES neighborhood (id) ON DELETE CASCADE,
	id              BLOB    NOT NULL CHECK (length(id) = 32),
	raw             BLOB    NOT NULL CHECK (length(raw) BETWEEN 1 AND 1024),
	payload         BLOB    CHECK (length(payload) BETWEEN 1 AND 8192),
	UNIQUE (neighborhood_id, id)
) STRICT;

-- Invites that this home gave. One that was used is kept until it expires, since
-- who used it may not have heard the answer and ask again.
CREATE TABLE invite (
	neighborhood_id INTEGER NOT NULL REFERENCES neighborhood (id) ON DELETE CASCADE,
	secret          BLOB    NOT NULL CHECK (length(secret) = 16),
	expires_minute  INTEGER NOT NULL CHECK (expires_minute > 0),
	used_by         BLOB    CHECK (length(used_by) = 32),            -- author key of the home that was let in
	succeeds        BLOB    CHECK (length(succeeds) = 32),           -- author key that is lost, whose place that home takes
	called          INTEGER NOT NULL DEFAULT 0 CHECK (called IN (0, 1)), -- it is for all who are called, see there
	PRIMARY KEY (neighborhood_id, secret)
) STRICT, WITHOUT ROWID;

-- Members of the neighborhood that this one was founded in the place of, when that
-- was: each is let in once by this home.
CREATE TABLE called (
	neighborhood_id INTEGER NOT NULL REFERENCES neighborhood (id) ON DELETE CASCADE,
	author          BLOB    NOT NULL CHECK (length(author) = 32),    -- author key in the old one
	used_by         BLOB    CHECK (length(used_by) = 32),            -- author key here
	PRIMARY KEY (neighborhood_id, author)
) STRICT, WITHOUT ROWID;

-- Neighborhoods that the home asked to join and knows little of yet. The welcome
-- is the answer as it came, once there is one; the row goes when the home has
-- the roster.
CREATE TABLE joining (
	place   INTEGER PRIMARY KEY CHECK (place >= 0),                           -- which keys of the seed
	invite  TEXT    NOT NULL CHECK (length(invite) BETWEEN 1 AND 2048),
	name    TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 24),           -- as which the home wants to be known
	returns INTEGER NOT NULL DEFAULT 0 CHECK (returns IN (0, 1)),             -- it was a member, and its machine was lost
	follow  BLOB    CHECK (length(follow) BETWEEN 1 AND 512),                 -- that it was in the neighborhood in whose place this one is
	called_by BLOB  CHECK (length(called_by) = 32),                           -- author key there of who founded this one
	welcome BLOB    CHECK (length(welcome) BETWEEN 1 AND 32768)
) STRICT;

-- Where nodes of members are reached, as each signed it.
CREATE TABLE address (
	neighborhood_id INTEGER NOT NULL REFERENCES neighborhood (id) ON DELETE CASCADE,
	node            BLOB    NOT NULL CHECK (length(node) = 32),
	record          BLOB    NOT NULL CHECK (length(record) BETWEEN 1 AND 4096),
	PRIMARY KEY (neighborhood_id, node)
) STRICT, WITHOUT ROWID;

-- What this home does not want to see. It never leaves the home.
CREATE TABLE quiet (
	neighborhood_id INTEGER NOT NULL REFERENCES neighborhood (id) ON DELETE CASCADE,
	what            BLOB    NOT NULL CHECK (length(what) = 32),      -- id of an entry, or an author key
	how             INTEGER NOT NULL CHECK (how BETWEEN 1 AND 3),    -- 1: the entry is hidden, or the author not followed elsewhere, 2: the author is muted, 3: blocked
	PRIMARY KEY (neighborhood_id, what)
) STRICT, WITHOUT ROWID;

-- How many bytes of photos and clips went on a day (UTC), which is counted from
-- 1970-01-01. It never leaves the home.
CREATE TABLE traffic (
	neighborhood_id INTEGER NOT NULL REFERENCES neighborhood (id) ON DELETE CASCADE,
	day             INTEGER NOT NULL CHECK (day >= 0),
	down_bytes      INTEGER NOT NULL CHECK (down_bytes >= 0),        -- fetched from neighbors
	up_bytes        INTEGER NOT NULL CHECK (up_bytes >= 0),          -- given to neighbors
	PRIMARY KEY (neighborhood_id, day)
) STRICT, WITHOUT ROWID;

-- What this home reported to stewards. Each report is sealed for one of them when
-- it is written, and can't be read here. It goes with the entry.
CREATE TABLE report_sent (
	neighborhood_id INTEGER NOT NULL REFERENCES neighborhood (id) ON DELETE CASCADE,
	entry           BLOB    NOT NULL CHECK (length(entry) = 32),
	steward         BLOB    NOT NULL CHECK (length(steward) = 32),   -- author key of who is told
	minute          INTEGER NOT NULL CHECK (minute >= 0),            -- when it was written
	sealed          BLOB    CHECK (length(sealed) BETWEEN 1 AND 4096), -- absent once the steward's home has it
	PRIMARY KEY (neighborhood_id, entry, steward),
	FOREIGN KEY (neighborhood_id, entry) REFERENCES entry (neighborhood_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- What other homes reported to this one, as a steward's, until it is closed. It
-- goes with the entry.
CREATE TABLE report_held (
	neighborhood_id INTEGER NOT NULL REFERENCES neighborhood (id) ON DELETE CASCADE,
	entry           BLOB    NOT NULL CHECK (length(entry) = 32),
	reporter        BLOB    NOT NULL CHECK (length(reporter) = 32),  -- author key
	reason          INTEGER NOT NULL CHECK (reason BETWEEN 0 AND 255), -- a label; 0: something else
	words           TEXT    NOT NULL CHECK (length(words) <= 300),
	minute          INTEGER NOT NULL CHECK (minute >= 0),            -- when it was written
	PRIMARY KEY (neighborhood_id, entry, reporter),
	FOREIGN KEY (neighborhood_id, entry) REFERENCES entry (neighborhood_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- How much of photos and clips the owner lets go on a day (UTC). It never leaves
-- the home. Absent: what the program allows.
CREATE TABLE caps (
	neighborhood_id INTEGER PRIMARY KEY REFERENCES neighborhood (id) ON DELETE CASCADE,
	down_bytes      INTEGER NOT NULL CHECK (down_bytes >= 0),
	up_bytes        INTEGER NOT NULL CHECK (up_bytes >= 0),
	thumbnails_only INTEGER NOT NULL CHECK (thumbnails_only IN (0, 1))  -- no photos and clips are fetched
) STRICT;

-- Logs of agencies: the newest checkpoint with its cosignatures, and the proof that
-- the agency showed two logs, if it did.
CREATE TABLE log (
	neighborhood_id INTEGER NOT NULL REFERENCES neighborhood (id) ON DELETE CASCADE,
	agency          BLOB    NOT NULL CHECK (length(agency) = 32),
	checkpoint      BLOB    CHECK (length(checkpoint) BETWEEN 1 AND 4096),
	fraud           BLOB    CHECK (length(fraud) BETWEEN 1 AND 4096),
	PRIMARY KEY (neighborhood_id, agency)
) STRICT, WITHOUT ROWID;

-- Their entries. The text is absent where it was withheld, or breaks a rule.
CREATE TABLE log_entry (
	neighborhood_id INTEGER NOT NULL,
	agency          BLOB    NOT NULL,
	position        INTEGER NOT NULL CHECK (position >= 0),
	id              BLOB    NOT NULL CHECK (length(id) = 32),
	raw             BLOB    CHECK (length(raw) BETWEEN 1 AND 4096),
	PRIMARY KEY (neighborhood_id, agency, position),
	FOREIGN KEY (neighborhood_id, agency) REFERENCES log (neighborhood_id, agency) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Agencies that this home is a sponsor of, and where their logs are on the web; empty
-- for one that submits what it publishes.
CREATE TABLE sponsored (
	neighborhood_id INTEGER NOT NULL REFERENCES neighborhood (id) ON DELETE CASCADE,
	agency          BLOB    NOT NULL CHECK (length(agency) = 32),
	poll            TEXT    NOT NULL CHECK (length(poll) <= 512),
	PRIMARY KEY (neighborhood_id, agency)
) STRICT, WITHOUT ROWID;

-- Where agencies reach this home by HTTPS, if they do.
CREATE TABLE gateway (
	only   INTEGER PRIMARY KEY CHECK (only = 1),
	listen TEXT    NOT NULL,                                        -- address and port
	url    TEXT    NOT NULL CHECK (length(url) <= 512)              -- under which they reach that
) STRICT;

-- The seed, once its words are known to stand on paper. Keys from first_place on
-- were never used: 0 unless the seed was restored from paper, which does not say
-- how many there were.
CREATE TABLE seed (
	id          INTEGER PRIMARY KEY CHECK (id = 1),
	first_place INTEGER NOT NULL CHECK (first_place >= 0)
) STRICT;

INSERT INTO neighborhood VALUES (1, x'61ef23d97219a496de0c95083d07eebb379ef6519c54f13bca3deb852c9d7f3d', 0, 0, 0, x'61ef23d97219a496de0c95083d07eebb379ef6519c54f13bca3deb852c9d7f3d', NULL);
INSERT INTO object VALUES (1, 1, x'61ef23d97219a496de0c95083d07eebb379ef6519c54f13bca3deb852c9d7f3d', x'67656e65736973');
INSERT INTO passed VALUES (1, x'f83f07be16e270186d35b876916c461995ebc3af5b1798f898c33285a1847dbc', 7);
INSERT INTO entry VALUES (1, 1, x'72231043bc1807e6f740b235eb7511ecb33255a6a375435631196de8a9750d4b', x'656e74727920706f7374', x'7768617420706f73742073617973');
INSERT INTO invite VALUES (1, x'01010101010101010101010101010101', 100, NULL, NULL, 0);
INSERT INTO called VALUES (1, x'72231043bc1807e6f740b235eb7511ecb33255a6a375435631196de8a9750d4b', NULL);
INSERT INTO joining VALUES (1, 'STOOP:AAAA', 'Ben', 0, NULL, NULL, NULL);
INSERT INTO address VALUES (1, x'72231043bc1807e6f740b235eb7511ecb33255a6a375435631196de8a9750d4b', x'61');
INSERT INTO quiet VALUES (1, x'72231043bc1807e6f740b235eb7511ecb33255a6a375435631196de8a9750d4b', 1);
INSERT INTO traffic VALUES (1, 20000, 5, 6);
INSERT INTO caps VALUES (1, 7, 8, 1);
INSERT INTO report_sent VALUES (1, x'72231043bc1807e6f740b235eb7511ecb33255a6a375435631196de8a9750d4b', x'72231043bc1807e6f740b235eb7511ecb33255a6a375435631196de8a9750d4b', 7, x'61');
INSERT INTO report_held VALUES (1, x'72231043bc1807e6f740b235eb7511ecb33255a6a375435631196de8a9750d4b', x'72231043bc1807e6f740b235eb7511ecb33255a6a375435631196de8a9750d4b', 3, 'It names my son.', 7);
INSERT INTO log VALUES (1, x'72231043bc1807e6f740b235eb7511ecb33255a6a375435631196de8a9750d4b', x'61', x'62');
INSERT INTO log_entry VALUES (1, x'72231043bc1807e6f740b235eb7511ecb33255a6a375435631196de8a9750d4b', 0, x'61ef23d97219a496de0c95083d07eebb379ef6519c54f13bca3deb852c9d7f3d', NULL);
INSERT INTO sponsored VALUES (1, x'72231043bc1807e6f740b235eb7511ecb33255a6a375435631196de8a9750d4b', 'https://town.example/');
