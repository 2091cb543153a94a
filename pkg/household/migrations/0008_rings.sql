-- How things stand with the whole house. mode is what a person chose, and mode_until_us
-- until when, absent for good; where mode is empty, the schedule says, and where that
-- says nothing, somebody is at home.
ALTER TABLE home ADD COLUMN mode TEXT NOT NULL DEFAULT '' CHECK (mode IN ('', 'home', 'away', 'night', 'privacy'));
ALTER TABLE home ADD COLUMN mode_until_us INTEGER CHECK (mode_until_us > 0);
ALTER TABLE home ADD COLUMN mode_schedule TEXT NOT NULL DEFAULT ''; -- such as "Mon-Fri 08:00-17:00 away; Mon-Sun 22:00-06:00 night"
UPDATE home SET mode = 'privacy' WHERE privacy = 1;

DROP TRIGGER home_updated;
ALTER TABLE home DROP COLUMN privacy;
CREATE TRIGGER home_updated AFTER UPDATE OF mode, mode_until_us, mode_schedule, time_zone ON home BEGIN
	UPDATE home SET cameras_revision = cameras_revision + 1;
END;

-- Presses of a button, and what became of each.
CREATE TABLE ring (
	camera_id INTEGER NOT NULL CHECK (camera_id > 0),
	start_us  INTEGER NOT NULL CHECK (start_us > 0),
	end_us    INTEGER CHECK (end_us >= start_us),                        -- when it rang no more; absent while it rings
	outcome   TEXT    CHECK (outcome IN ('answered', 'missed', 'again')), -- absent while it rings
	who       TEXT    NOT NULL DEFAULT '',                                -- answered
	source    TEXT    NOT NULL,                                           -- what told it
	seen      INTEGER NOT NULL DEFAULT 0 CHECK (seen IN (0, 1)),          -- by somebody of the household
	CHECK ((end_us IS NULL) = (outcome IS NULL)),
	PRIMARY KEY (camera_id, start_us)
) STRICT, WITHOUT ROWID;

-- What is told to the household besides rings, and when not. One row.
CREATE TABLE alert_rules (
	id         INTEGER PRIMARY KEY CHECK (id = 1),
	quiet_from INTEGER CHECK (quiet_from BETWEEN 0 AND 1439), -- minutes since midnight; absent if there are no quiet hours
	quiet_to   INTEGER CHECK (quiet_to BETWEEN 0 AND 1439),
	quiet_rings INTEGER NOT NULL CHECK (quiet_rings IN (0, 1)), -- rings are quiet then, too
	per_hour   INTEGER NOT NULL CHECK (per_hour BETWEEN 1 AND 60), -- of one camera
	cooldown_s INTEGER NOT NULL CHECK (cooldown_s BETWEEN 0 AND 86400), -- of one kind at one camera
	digest     INTEGER CHECK (digest BETWEEN 0 AND 1439) -- when what was not told is told in one line; absent for never
) STRICT;

-- Which kinds of events of a camera are told, in which modes of the house.
CREATE TABLE alert (
	camera_id INTEGER NOT NULL REFERENCES camera (id) ON DELETE CASCADE,
	kind      TEXT    NOT NULL CHECK (kind <> ''),
	modes     TEXT    NOT NULL CHECK (modes <> ''), -- such as "away,night"
	PRIMARY KEY (camera_id, kind)
) STRICT, WITHOUT ROWID;
