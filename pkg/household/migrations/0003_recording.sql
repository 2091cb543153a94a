-- What is recorded of a camera; the program's defaults hold while there is no row.
CREATE TABLE recording (
	camera_id INTEGER PRIMARY KEY REFERENCES camera (id) ON DELETE CASCADE,
	mode      TEXT    NOT NULL CHECK (mode IN ('continuous', 'events', 'off', 'privacy')), -- where the schedule says nothing
	before_s  INTEGER NOT NULL CHECK (before_s BETWEEN 0 AND 30), -- seconds that are kept before an event
	after_s   INTEGER NOT NULL CHECK (after_s BETWEEN 0 AND 600),
	streams   TEXT    NOT NULL CHECK (streams IN ('both', 'main', 'sub')),
	schedule  TEXT    NOT NULL -- such as "Mon-Fri 08:00-18:00 off; Sat,Sun 22:00-06:00 events"; empty if there is none
) STRICT;

-- What holds for all cameras.
ALTER TABLE home ADD COLUMN privacy INTEGER NOT NULL DEFAULT 0 CHECK (privacy IN (0, 1)); -- cameras are off, whatever is set for them
ALTER TABLE home ADD COLUMN time_zone TEXT NOT NULL DEFAULT ''; -- whose clock schedules go by, such as "Europe/Vienna"; empty: the machine's

-- cameras_revision counts these changes, too.
CREATE TRIGGER recording_inserted AFTER INSERT ON recording BEGIN
	UPDATE home SET cameras_revision = cameras_revision + 1;
END;
CREATE TRIGGER recording_updated AFTER UPDATE ON recording BEGIN
	UPDATE home SET cameras_revision = cameras_revision + 1;
END;
CREATE TRIGGER home_updated AFTER UPDATE OF privacy, time_zone ON home BEGIN
	UPDATE home SET cameras_revision = cameras_revision + 1;
END;
