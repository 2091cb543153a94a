-- What somebody deletes by hand is told with who did it, each stretch by itself: the
-- span of an hour's removals would take in what is still there, or went for another
-- reason. It is told for as long as the catalog lasts.
CREATE TABLE removal_by (
	hour      INTEGER NOT NULL CHECK (hour > 0), -- since 1970, in which it went
	camera_id INTEGER NOT NULL CHECK (camera_id > 0),
	class     INTEGER NOT NULL CHECK (class BETWEEN 0 AND 2),
	cause     TEXT    NOT NULL CHECK (cause <> ''),
	who       TEXT    NOT NULL,                        -- deleted it; empty of what went by itself
	part_us   INTEGER NOT NULL CHECK (part_us >= 0),   -- where a stretch that somebody deleted began; else 0
	at_us     INTEGER NOT NULL CHECK (at_us > 0),       -- the last of it
	start_us  INTEGER NOT NULL CHECK (start_us > 0),    -- of the oldest of it
	end_us    INTEGER NOT NULL CHECK (end_us >= start_us), -- of the newest of it
	segments  INTEGER NOT NULL CHECK (segments > 0),
	bytes     INTEGER NOT NULL CHECK (bytes >= 0),
	PRIMARY KEY (hour, camera_id, class, cause, who, part_us)
) STRICT, WITHOUT ROWID;

INSERT INTO removal_by SELECT hour, camera_id, class, cause, '', 0, at_us, start_us, end_us, segments, bytes FROM removal;
DROP TABLE removal;
ALTER TABLE removal_by RENAME TO removal;
