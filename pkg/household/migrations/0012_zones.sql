-- Where in the picture of a camera motion counts, drawn by hand; in all of it
-- while there is no row.
CREATE TABLE motion (
	camera_id INTEGER PRIMARY KEY REFERENCES camera (id) ON DELETE CASCADE,
	zones     TEXT    NOT NULL CHECK (zones <> '') -- a line for each, in thousandths of the picture, such as "mask 700,300 900,300 900,500"
) STRICT;

-- cameras_revision counts these changes, too.
CREATE TRIGGER motion_inserted AFTER INSERT ON motion BEGIN
	UPDATE home SET cameras_revision = cameras_revision + 1;
END;
CREATE TRIGGER motion_updated AFTER UPDATE ON motion BEGIN
	UPDATE home SET cameras_revision = cameras_revision + 1;
END;
CREATE TRIGGER motion_deleted AFTER DELETE ON motion BEGIN
	UPDATE home SET cameras_revision = cameras_revision + 1;
END;
