-- A timeline says what lies on a disk that is not there.
DROP INDEX segment_by_time;
CREATE UNIQUE INDEX segment_by_time ON segment (stream_id, start_us, duration_us, state, score, directory_id);

-- What happens shortly before and after an event belongs to it: footage around
-- it is kept for as long as the event's own, though a segment may begin or end
-- in between. How much that is, is said with the event. The bounds bound the
-- search, as that on an event's length does.
ALTER TABLE event ADD COLUMN before_us INTEGER NOT NULL DEFAULT 0 CHECK (before_us >= 0 AND before_us <= 30000000);
ALTER TABLE event ADD COLUMN after_us INTEGER NOT NULL DEFAULT 0 CHECK (after_us >= 0 AND after_us <= 600000000);

DROP INDEX event_by_time;
CREATE INDEX event_by_time ON event (camera_id, start_us, end_us, before_us, after_us, kind);

DROP VIEW segment_class;
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

DROP TRIGGER event_added;
CREATE TRIGGER event_added AFTER INSERT ON event BEGIN
	UPDATE segment SET class = c.class FROM segment_class c
	 WHERE segment.stream_id IN (SELECT id FROM stream WHERE camera_id = NEW.camera_id)
	   AND segment.start_us >= NEW.start_us - NEW.before_us - 900000000 AND segment.start_us <= NEW.end_us + NEW.after_us
	   AND segment.state = 1 AND c.id = segment.id AND c.class <> segment.class;
END;

DROP TRIGGER event_changed;
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

DROP TRIGGER event_removed;
CREATE TRIGGER event_removed AFTER DELETE ON event BEGIN
	UPDATE segment SET class = c.class FROM segment_class c
	 WHERE segment.stream_id IN (SELECT id FROM stream WHERE camera_id = OLD.camera_id)
	   AND segment.start_us >= OLD.start_us - OLD.before_us - 900000000 AND segment.start_us <= OLD.end_us + OLD.after_us
	   AND segment.state = 1 AND c.id = segment.id AND c.class <> segment.class;
END;
