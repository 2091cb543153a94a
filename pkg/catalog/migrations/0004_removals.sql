-- What was removed, by the hour, so that it can be told when, why and how much. A gap
-- tells only that it was.
CREATE TABLE removal (
	hour      INTEGER NOT NULL CHECK (hour > 0), -- since 1970, in which it went
	camera_id INTEGER NOT NULL CHECK (camera_id > 0),
	class     INTEGER NOT NULL CHECK (class BETWEEN 0 AND 2),
	cause     TEXT    NOT NULL CHECK (cause <> ''),
	at_us     INTEGER NOT NULL CHECK (at_us > 0),       -- the last of it
	start_us  INTEGER NOT NULL CHECK (start_us > 0),    -- of the oldest of it
	end_us    INTEGER NOT NULL CHECK (end_us >= start_us), -- of the newest of it
	segments  INTEGER NOT NULL CHECK (segments > 0),
	bytes     INTEGER NOT NULL CHECK (bytes >= 0),
	PRIMARY KEY (hour, camera_id, class, cause)
) STRICT, WITHOUT ROWID;
