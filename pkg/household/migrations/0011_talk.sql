-- What somebody recorded to be played at a camera: quick replies.
CREATE TABLE reply (
	id          INTEGER PRIMARY KEY AUTOINCREMENT, -- numbers are told to pages, and mean one reply forever
	name        TEXT    NOT NULL CHECK (name <> ''),
	name_folded TEXT    NOT NULL UNIQUE,
	sound       BLOB    NOT NULL CHECK (length(sound) BETWEEN 46 AND 655360), -- WAV, 16 bits, mono
	length_us   INTEGER NOT NULL CHECK (length_us > 0),
	made_us     INTEGER NOT NULL
) STRICT;

-- What people did that the others of the home should be able to look up: who
-- opened a door. Entries are never changed; the oldest go.
CREATE TABLE audit (
	id        INTEGER PRIMARY KEY AUTOINCREMENT,
	at_us     INTEGER NOT NULL CHECK (at_us > 0),
	who       TEXT    NOT NULL CHECK (who <> ''),
	what      TEXT    NOT NULL CHECK (what <> ''),
	camera_id INTEGER NOT NULL CHECK (camera_id > 0),
	outcome   TEXT    NOT NULL -- empty if it was done, else why not
) STRICT;
