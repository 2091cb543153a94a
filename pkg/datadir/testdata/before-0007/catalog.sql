PRAGMA user_version = 3;
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE stream (
	id          INTEGER PRIMARY KEY,
	camera_id   INTEGER NOT NULL CHECK (camera_id > 0),
	quality     INTEGER NOT NULL CHECK (quality IN (0, 1)), -- 0 main, 1 sub
	enabled_us  INTEGER NOT NULL CHECK (enabled_us > 0),
	disabled_us INTEGER CHECK (disabled_us >= enabled_us),
	UNIQUE (camera_id, quality)
) STRICT;
INSERT INTO stream VALUES(1,1,0,1699999984826628,NULL);
CREATE TABLE directory (
	id   INTEGER PRIMARY KEY,
	uuid BLOB NOT NULL UNIQUE CHECK (length(uuid) = 16),
	path TEXT NOT NULL
) STRICT;
INSERT INTO directory VALUES(1,X'34d9a5ab43df49438fa24127d29ed0b4','/srv/stoop/footage');
CREATE TABLE init (
	id          INTEGER PRIMARY KEY,
	sha256      BLOB    NOT NULL UNIQUE CHECK (length(sha256) = 32),
	timescale   INTEGER NOT NULL CHECK (timescale > 0),
	data        BLOB    NOT NULL
) STRICT;
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
, class INTEGER NOT NULL DEFAULT 0 CHECK (class BETWEEN 0 AND 3)) STRICT;
CREATE TABLE gap (
	stream_id INTEGER NOT NULL REFERENCES stream (id),
	start_us  INTEGER NOT NULL CHECK (start_us > 0),
	end_us    INTEGER CHECK (end_us > start_us),
	reason    TEXT    NOT NULL CHECK (reason <> ''),
	detail    TEXT    NOT NULL,
	PRIMARY KEY (stream_id, start_us)
) STRICT, WITHOUT ROWID;
INSERT INTO gap VALUES(1,1699999984826628,1699999984828019,'starting','');
INSERT INTO gap VALUES(1,1699999984828019,1699999987530527,'unreachable','dial tcp 192.168.1.20:554: connect: connection refused');
INSERT INTO gap VALUES(1,1699999987530527,NULL,'not_running','');
CREATE TABLE alive (
	id   INTEGER PRIMARY KEY CHECK (id = 1),
	at_us INTEGER NOT NULL
) STRICT;
INSERT INTO alive VALUES(1,1699999987532069);
CREATE TABLE event (
	id        INTEGER PRIMARY KEY,
	camera_id INTEGER NOT NULL CHECK (camera_id > 0),
	quality   INTEGER NOT NULL CHECK (quality IN (0, 1)), -- the stream on which it was seen
	start_us  INTEGER NOT NULL CHECK (start_us > 0),
	end_us    INTEGER NOT NULL CHECK (end_us >= start_us AND end_us <= start_us + 86400000000),
	kind      TEXT    NOT NULL CHECK (kind <> ''), -- ring, person, motion, ...
	detail    TEXT    NOT NULL
, before_us INTEGER NOT NULL DEFAULT 0 CHECK (before_us >= 0 AND before_us <= 30000000), after_us INTEGER NOT NULL DEFAULT 0 CHECK (after_us >= 0 AND after_us <= 600000000)) STRICT;
CREATE TABLE lock (
	id        INTEGER PRIMARY KEY,
	camera_id INTEGER NOT NULL CHECK (camera_id > 0),
	start_us  INTEGER NOT NULL CHECK (start_us > 0),
	end_us    INTEGER NOT NULL CHECK (end_us > start_us AND end_us <= start_us + 2678400000000), -- 31 days: one transaction marks them
	who       TEXT    NOT NULL CHECK (who <> ''),
	why       TEXT    NOT NULL CHECK (why <> ''),
	made_us   INTEGER NOT NULL
) STRICT;
INSERT INTO lock VALUES(1,1,1700000000000000,1700000001000000,'Ada','parcel',1700000001071539);
CREATE TABLE lease (
	id         INTEGER PRIMARY KEY,
	camera_id  INTEGER NOT NULL,
	quality    INTEGER NOT NULL,
	start_us   INTEGER NOT NULL,
	end_us     INTEGER NOT NULL CHECK (end_us > start_us),
	expires_us INTEGER NOT NULL
) STRICT;
CREATE TABLE clock (
	id        INTEGER PRIMARY KEY CHECK (id = 1),
	wall_us   INTEGER NOT NULL,
	boot      TEXT    NOT NULL,
	uptime_us INTEGER NOT NULL
) STRICT;
INSERT INTO clock VALUES(1,1699999984827302,'11111111-2222-4333-8444-555555555555',12271856597);
CREATE TABLE stock (
	stream_id    INTEGER NOT NULL REFERENCES stream (id),
	directory_id INTEGER NOT NULL REFERENCES directory (id),
	class        INTEGER NOT NULL,
	segments     INTEGER NOT NULL,
	bytes        INTEGER NOT NULL,
	duration_us  INTEGER NOT NULL,
	PRIMARY KEY (stream_id, directory_id, class)
) STRICT, WITHOUT ROWID;
CREATE INDEX segment_unsettled ON segment (state) WHERE state <> 1;
CREATE UNIQUE INDEX gap_open ON gap (stream_id) WHERE end_us IS NULL;
CREATE INDEX lock_by_camera ON lock (camera_id);
CREATE INDEX segment_by_class ON segment (directory_id, class, start_us, stream_id) WHERE state = 1;
CREATE TRIGGER segment_added AFTER INSERT ON segment WHEN NEW.state = 1 BEGIN
	INSERT INTO stock VALUES (NEW.stream_id, NEW.directory_id, NEW.class, 1, NEW.bytes, NEW.duration_us)
		ON CONFLICT DO UPDATE SET (segments, bytes, duration_us) =
			(segments + 1, bytes + excluded.bytes, duration_us + excluded.duration_us);
	UPDATE segment SET class = c.class FROM segment_class c
	 WHERE segment.id = NEW.id AND c.id = segment.id AND c.class <> segment.class;
END;
CREATE TRIGGER segment_sealed AFTER UPDATE OF state, duration_us ON segment WHEN NEW.state = 1 BEGIN
	UPDATE segment SET class = c.class FROM segment_class c
	 WHERE segment.id = NEW.id AND c.id = segment.id AND c.class <> segment.class;
END;
CREATE TRIGGER segment_left AFTER UPDATE OF state, class, directory_id, bytes, duration_us ON segment WHEN OLD.state = 1 BEGIN
	INSERT INTO stock VALUES (OLD.stream_id, OLD.directory_id, OLD.class, -1, -OLD.bytes, -OLD.duration_us)
		ON CONFLICT DO UPDATE SET (segments, bytes, duration_us) =
			(segments - 1, bytes + excluded.bytes, duration_us + excluded.duration_us);
END;
CREATE TRIGGER segment_entered AFTER UPDATE OF state, class, directory_id, bytes, duration_us ON segment WHEN NEW.state = 1 BEGIN
	INSERT INTO stock VALUES (NEW.stream_id, NEW.directory_id, NEW.class, 1, NEW.bytes, NEW.duration_us)
		ON CONFLICT DO UPDATE SET (segments, bytes, duration_us) =
			(segments + 1, bytes + excluded.bytes, duration_us + excluded.duration_us);
END;
CREATE TRIGGER segment_dropped AFTER DELETE ON segment WHEN OLD.state = 1 BEGIN
	INSERT INTO stock VALUES (OLD.stream_id, OLD.directory_id, OLD.class, -1, -OLD.bytes, -OLD.duration_us)
		ON CONFLICT DO UPDATE SET (segments, bytes, duration_us) =
			(segments - 1, bytes + excluded.bytes, duration_us + excluded.duration_us);
END;
CREATE TRIGGER lock_added AFTER INSERT ON lock BEGIN
	UPDATE segment SET class = c.class FROM segment_class c
	 WHERE segment.stream_id IN (SELECT id FROM stream WHERE camera_id = NEW.camera_id)
	   AND segment.start_us >= NEW.start_us - 900000000 AND segment.start_us <= NEW.end_us
	   AND segment.state = 1 AND c.id = segment.id AND c.class <> segment.class;
END;
CREATE TRIGGER lock_removed AFTER DELETE ON lock BEGIN
	UPDATE segment SET class = c.class FROM segment_class c
	 WHERE segment.stream_id IN (SELECT id FROM stream WHERE camera_id = OLD.camera_id)
	   AND segment.start_us >= OLD.start_us - 900000000 AND segment.start_us <= OLD.end_us
	   AND segment.state = 1 AND c.id = segment.id AND c.class <> segment.class;
END;
CREATE UNIQUE INDEX segment_by_time ON segment (stream_id, start_us, duration_us, state, score, directory_id);
CREATE INDEX event_by_time ON event (camera_id, start_us, end_us, before_us, after_us, kind);
CREATE VIEW segment_class AS
	SELECT g.id, CASE WHEN EXISTS (
			SELECT 1 FROM lock l WHERE l.camera_id = s.camera_id
			   AND l.start_us < g.start_us + g.duration_us AND l.end_us > g.start_us)
		THEN 3
		ELSE coalesce((
			SELECT max(CASE e.kind WHEN 'ring' THEN 2 ELSE 1 END) FROM event e WHERE e.camera_id = s.camera_id
			   AND e.start_us < g.start_us + g.duration_us + 30000000 AND e.start_us >= g.start_us - 87000000000
			   AND e.start_us - e.before_us < g.start_us + g.duration_us AND e.end_us + e.after_us >= g.start_us), 0)
		END AS class
	  FROM segment g JOIN stream s ON s.id = g.stream_id;
CREATE TRIGGER event_added AFTER INSERT ON event BEGIN
	UPDATE segment SET class = c.class FROM segment_class c
	 WHERE segment.stream_id IN (SELECT id FROM stream WHERE camera_id = NEW.camera_id)
	   AND segment.start_us >= NEW.start_us - NEW.before_us - 900000000 AND segment.start_us <= NEW.end_us + NEW.after_us
	   AND segment.state = 1 AND c.id = segment.id AND c.class <> segment.class;
END;
CREATE TRIGGER event_changed AFTER UPDATE ON event BEGIN
	UPDATE segment SET class = c.class FROM segment_class c
	 WHERE segment.stream_id IN (SELECT id FROM stream WHERE camera_id = OLD.camera_id)
	   AND segment.start_us >= OLD.start_us - OLD.before_us - 900000000 AND segment.start_us <= OLD.end_us + OLD.after_us
	   AND segment.state = 1 AND c.id = segment.id AND c.class <> segment.class;
	UPDATE segment SET class = c.class FROM segment_class c
	 WHERE segment.stream_id IN (SELECT id FROM stream WHERE camera_id = NEW.camera_id)
	   AND segment.start_us >= NEW.start_us - NEW.before_us - 900000000 AND segment.start_us <= NEW.end_us + NEW.after_us
	   AND segment.state = 1 AND c.id = segment.id AND c.class <> segment.class;
END;
CREATE TRIGGER event_removed AFTER DELETE ON event BEGIN
	UPDATE segment SET class = c.class FROM segment_class c
	 WHERE segment.stream_id IN (SELECT id FROM stream WHERE camera_id = OLD.camera_id)
	   AND segment.start_us >= OLD.start_us - OLD.before_us - 900000000 AND segment.start_us <= OLD.end_us + OLD.after_us
	   AND segment.state = 1 AND c.id = segment.id AND c.class <> segment.class;
END;
COMMIT;
