-- Footage of a camera, on all its streams, that somebody wants to keep. A lock is
-- made and removed, never changed. The catalog, which can be thrown away, has a
-- copy of those that hold.
CREATE TABLE lock (
	id        INTEGER PRIMARY KEY AUTOINCREMENT, -- numbers are told to people, and mean one lock forever
	camera_id INTEGER NOT NULL CHECK (camera_id > 0),
	start_us  INTEGER NOT NULL CHECK (start_us > 0),
	end_us    INTEGER NOT NULL CHECK (end_us > start_us AND end_us <= start_us + 2678400000000), -- 31 days, as in the catalog
	who       TEXT    NOT NULL CHECK (who <> ''),
	why       TEXT    NOT NULL CHECK (why <> ''),
	made_us   INTEGER NOT NULL,
	until_us  INTEGER CHECK (until_us > 0) -- when it ends by itself; absent if never
) STRICT;

-- Whether the locks of a catalog from before there was this table are in it.
ALTER TABLE home ADD COLUMN locks_moved INTEGER NOT NULL DEFAULT 0 CHECK (locks_moved IN (0, 1));

-- What happened in front of cameras, as the catalog has it, for when that has to
-- be made again.
CREATE TABLE event (
	camera_id INTEGER NOT NULL CHECK (camera_id > 0),
	quality   INTEGER NOT NULL CHECK (quality IN (0, 1)), -- the stream on which it was seen
	start_us  INTEGER NOT NULL CHECK (start_us > 0),
	end_us    INTEGER NOT NULL CHECK (end_us >= start_us),
	before_us INTEGER NOT NULL CHECK (before_us >= 0), -- footage around it that belongs to it
	after_us  INTEGER NOT NULL CHECK (after_us >= 0),
	kind      TEXT    NOT NULL CHECK (kind <> ''),
	detail    TEXT    NOT NULL,
	PRIMARY KEY (start_us, camera_id, quality, kind)
) STRICT, WITHOUT ROWID;
