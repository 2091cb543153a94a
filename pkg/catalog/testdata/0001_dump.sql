-- catalog.db: what was recorded, what is missing and why. All of it can be
-- rebuilt from the footage files. Times are UTC microseconds (_us), sizes are
-- bytes, media times are in units of the video track's time scale (_90k for
-- short; RTP video always counts 90,000 a second, other values stand in init).

-- A stream that is or was recorded. From enabled_us on, and up to disabled_us
-- if that is set, its segments and gaps tile time: no hole, no overlap.
CREATE TABLE stream (
	id          INTEGER PRIMARY KEY,
	camera_id   INTEGER NOT NULL CHECK (camera_id > 0),
	quality     INTEGER NOT NULL CHECK (quality IN (0, 1)), -- 0 main, 1 sub
	enabled_us  INTEGER NOT NULL CHECK (enabled_us > 0),
	disabled_us INTEGER CHECK (disabled_us >= enabled_us),
	UNIQUE (camera_id, quality)
) STRICT;

-- A place for footage; path is where it was last seen.
CREATE TABLE directory (
	id   INTEGER PRIMARY KEY,
	uuid BLOB NOT NULL UNIQUE CHECK (length(uuid) = 16),
	path TEXT NOT NULL
) STRICT;

-- An init segment, kept once however many segments share it.
CREATE TABLE init (
	id          INTEGER PRIMARY KEY,
	sha256      BLOB    NOT NULL UNIQUE CHECK (length(sha256) = 32),
	timescale   INTEGER NOT NULL CHECK (timescale > 0),
	data        BLOB    NOT NULL
) STRICT;

-- A footage file. Its path is derived from stream and start_us.
CREATE TABLE segment (
	id             INTEGER PRIMARY KEY,
	stream_id      INTEGER NOT NULL REFERENCES stream (id),
	start_us       INTEGER NOT NULL CHECK (start_us > 0),
	duration_us    INTEGER NOT NULL CHECK (duration_us >= 0 AND duration_us <= 86400000000),
	state          INTEGER NOT NULL CHECK (state IN (0, 1, 2)), -- 0 open, 1 sealed, 2 garbage: the file may be gone
	run_us         INTEGER NOT NULL CHECK (run_us > 0 AND run_us <= start_us), -- when its run began
	directory_id   INTEGER NOT NULL REFERENCES directory (id),
	init_id        INTEGER NOT NULL REFERENCES init (id),
	media_start    INTEGER NOT NULL CHECK (media_start >= 0),
	media_duration INTEGER NOT NULL CHECK (media_duration >= 0),
	header_bytes   INTEGER NOT NULL CHECK (header_bytes > 0),
	bytes          INTEGER NOT NULL CHECK (bytes >= 0), -- length of the file when sealed
	score          INTEGER NOT NULL CHECK (score BETWEEN 0 AND 255), -- highest activity in it
	fragments      BLOB    NOT NULL -- see fragments.go; empty while open
) STRICT;

-- Answers the day view (Coverage) without touching a segment's row:
--   SELECT start_us, duration_us, state, score FROM segment
--    WHERE stream_id = ? AND start_us >= ? AND start_us < ? ORDER BY start_us
CREATE UNIQUE INDEX segment_by_time ON segment (stream_id, start_us, duration_us, state, score);

-- Start-up asks for open segments, removal for garbage; both are few.
CREATE INDEX segment_unsettled ON segment (state) WHERE state <> 1;

-- A stretch without footage. end_us is absent while it goes on; a stream has
-- one such gap at most.
CREATE TABLE gap (
	stream_id INTEGER NOT NULL REFERENCES stream (id),
	start_us  INTEGER NOT NULL CHECK (start_us > 0),
	end_us    INTEGER CHECK (end_us > start_us),
	reason    TEXT    NOT NULL CHECK (reason <> ''),
	detail    TEXT    NOT NULL,
	PRIMARY KEY (stream_id, start_us)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX gap_open ON gap (stream_id) WHERE end_us IS NULL;

-- One row: when the recorder was last known to be alive, so that a crash can
-- be told from a camera that was away.
CREATE TABLE alive (
	id   INTEGER PRIMARY KEY CHECK (id = 1),
	at_us INTEGER NOT NULL
) STRICT;

-- What a program with this schema wrote: a stream with sealed, garbage and open
-- segments and gaps, and one that was disabled.
INSERT INTO stream VALUES (1, 1, 0, 1763800000000000, NULL), (2, 1, 1, 1763800000000000, 1763800120000000);
INSERT INTO directory VALUES (1, x'00112233445566778899aabbccddeeff', '/srv/stoop/footage');
INSERT INTO init VALUES (1, x'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f', 90000, x'6674797000');
INSERT INTO segment VALUES
	(1, 1, 1763800001000000, 59000000, 2, 1763800001000000, 1, 1, 0, 5310000, 700, 100700, 3, x'c09a0cc1b1900a03'),
	(2, 1, 1763800060000000, 60000000, 1, 1763800001000000, 1, 1, 5310000, 5400000, 700, 200700, 9, x'80b51881aea60a09'),
	(3, 1, 1763800120000000, 0, 0, 1763800001000000, 1, 1, 10710000, 0, 700, 700, 0, x''),
	(4, 2, 1763800000500000, 60000000, 1, 1763800000500000, 1, 1, 0, 5400000, 650, 50650, 0, x'a08d0681aea60a00');
INSERT INTO gap VALUES
	(1, 1763800000000000, 1763800001000000, 'starting', ''),
	(2, 1763800000000000, 1763800000500000, 'starting', ''),
	(2, 1763800060500000, 1763800120000000, 'unreachable', 'dial tcp 192.168.1.20:554: connection refused');
INSERT INTO alive VALUES (1, 1763800125000000);
