-- What decides how long footage stays: what happened, what somebody wants to
-- keep, what is being read right now.

-- Something happened in front of a camera. The span is what is worth seeing of
-- it, on each of the camera's streams; an instant is allowed. Something that
-- goes on has the end that is known so far. The bound on its length bounds the
-- search for events that reach into a segment.
CREATE TABLE event (
	id        INTEGER PRIMARY KEY,
	camera_id INTEGER NOT NULL CHECK (camera_id > 0),
	quality   INTEGER NOT NULL CHECK (quality IN (0, 1)), -- the stream on which it was seen
	start_us  INTEGER NOT NULL CHECK (start_us > 0),
	end_us    INTEGER NOT NULL CHECK (end_us >= start_us AND end_us <= start_us + 86400000000),
	kind      TEXT    NOT NULL CHECK (kind <> ''), -- ring, person, motion, ...
	detail    TEXT    NOT NULL
) STRICT;

CREATE INDEX event_by_time ON event (camera_id, start_us, end_us, kind);

-- Footage of a camera, on all its streams, that stays until the row goes. A
-- lock is made and removed, never changed.
CREATE TABLE lock (
	id        INTEGER PRIMARY KEY,
	camera_id INTEGER NOT NULL CHECK (camera_id > 0),
	start_us  INTEGER NOT NULL CHECK (start_us > 0),
	end_us    INTEGER NOT NULL CHECK (end_us > start_us AND end_us <= start_us + 2678400000000), -- 31 days: one transaction marks them
	who       TEXT    NOT NULL CHECK (who <> ''),
	why       TEXT    NOT NULL CHECK (why <> ''),
	made_us   INTEGER NOT NULL
) STRICT;

CREATE INDEX lock_by_camera ON lock (camera_id);

-- Footage that somebody reads: it stays until expires_us, which is moved on
-- while the reading goes on, so that a dead reader does not hold it forever.
CREATE TABLE lease (
	id         INTEGER PRIMARY KEY,
	camera_id  INTEGER NOT NULL,
	quality    INTEGER NOT NULL,
	start_us   INTEGER NOT NULL,
	end_us     INTEGER NOT NULL CHECK (end_us > start_us),
	expires_us INTEGER NOT NULL
) STRICT;

-- One row: a moment at which the wall clock was believed. boot tells whether
-- uptime_us still counts.
CREATE TABLE clock (
	id        INTEGER PRIMARY KEY CHECK (id = 1),
	wall_us   INTEGER NOT NULL,
	boot      TEXT    NOT NULL,
	uptime_us INTEGER NOT NULL
) STRICT;

-- 0 continuous, 1 motion, 2 ring, 3 locked: kept by the triggers below.
ALTER TABLE segment ADD COLUMN class INTEGER NOT NULL DEFAULT 0 CHECK (class BETWEEN 0 AND 3);

-- Retention asks for what goes next, batch by batch:
--   SELECT ... FROM segment WHERE state = 1 AND directory_id = ? AND class = ?
--      AND (start_us, stream_id) > (?, ?) ORDER BY start_us, stream_id LIMIT ?
CREATE INDEX segment_by_class ON segment (directory_id, class, start_us, stream_id) WHERE state = 1;

-- How much sealed footage there is; rows may stay with nothing in them.
CREATE TABLE stock (
	stream_id    INTEGER NOT NULL REFERENCES stream (id),
	directory_id INTEGER NOT NULL REFERENCES directory (id),
	class        INTEGER NOT NULL,
	segments     INTEGER NOT NULL,
	bytes        INTEGER NOT NULL,
	duration_us  INTEGER NOT NULL,
	PRIMARY KEY (stream_id, directory_id, class)
) STRICT, WITHOUT ROWID;

INSERT INTO stock
	SELECT stream_id, directory_id, 0, count(*), sum(bytes), sum(duration_us)
	  FROM segment WHERE state = 1 GROUP BY stream_id, directory_id;

-- The class that a segment should have.
CREATE VIEW segment_class AS
	SELECT g.id, CASE WHEN EXISTS (
			SELECT 1 FROM lock l WHERE l.camera_id = s.camera_id
			   AND l.start_us < g.start_us + g.duration_us AND l.end_us > g.start_us)
		THEN 3
		ELSE coalesce((
			SELECT max(CASE e.kind WHEN 'ring' THEN 2 ELSE 1 END) FROM event e WHERE e.camera_id = s.camera_id
			   AND e.start_us < g.start_us + g.duration_us AND e.start_us >= g.start_us - 86400000000
			   AND e.end_us >= g.start_us), 0)
		END AS class
	  FROM segment g JOIN stream s ON s.id = g.stream_id;

-- The triggers keep class and stock whoever writes. Rows of stock may pass
-- through negative numbers, because the order of triggers is not defined.
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

CREATE TRIGGER event_added AFTER INSERT ON event BEGIN
	UPDATE segment SET class = c.class FROM segment_class c
	 WHERE segment.stream_id IN (SELECT id FROM stream WHERE camera_id = NEW.camera_id)
	   AND segment.start_us >= NEW.start_us - 900000000 AND segment.start_us <= NEW.end_us
	   AND segment.state = 1 AND c.id = segment.id AND c.class <> segment.class;
END;

CREATE TRIGGER event_changed AFTER UPDATE ON event BEGIN
	UPDATE segment SET class = c.class FROM segment_class c
	 WHERE segment.stream_id IN (SELECT id FROM stream WHERE camera_id = OLD.camera_id)
	   AND segment.start_us >= OLD.start_us - 900000000 AND segment.start_us <= OLD.end_us
	   AND segment.state = 1 AND c.id = segment.id AND c.class <> segment.class;
	UPDATE segment SET class = c.class FROM segment_class c
	 WHERE segment.stream_id IN (SELECT id FROM stream WHERE camera_id = NEW.camera_id)
	   AND segment.start_us >= NEW.start_us - 900000000 AND segment.start_us <= NEW.end_us
	   AND segment.state = 1 AND c.id = segment.id AND c.class <> segment.class;
END;

CREATE TRIGGER event_removed AFTER DELETE ON event BEGIN
	UPDATE segment SET class = c.class FROM segment_class c
	 WHERE segment.stream_id IN (SELECT id FROM stream WHERE camera_id = OLD.camera_id)
	   AND segment.start_us >= OLD.start_us - 900000000 AND segment.start_us <= OLD.end_us
	   AND segment.state = 1 AND c.id = segment.id AND c.class <> segment.class;
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
