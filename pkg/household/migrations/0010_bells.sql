-- How a camera tells that its button was pressed, apart from its pictures: at most
-- one row for each way of telling.
CREATE TABLE bell (
	camera_id       INTEGER NOT NULL REFERENCES camera (id) ON DELETE CASCADE,
	kind            TEXT    NOT NULL CHECK (kind IN ('onvif', 'dahua', 'hikvision', '2n', 'doorbird', 'sip', 'webhook', 'mqtt')),
	address         TEXT    NOT NULL, -- what is asked there, without user and password; empty where nothing is asked
	as_camera       INTEGER NOT NULL CHECK (as_camera IN (0, 1)), -- user and password are those of the camera
	user            TEXT    NOT NULL,
	password_sealed BLOB    NOT NULL, -- as that of a camera
	settings        TEXT    NOT NULL CHECK (json_valid(settings)), -- what only this way of telling knows of
	PRIMARY KEY (camera_id, kind)
) STRICT, WITHOUT ROWID;

-- What the owner taught: that a signal of this source means this at this home.
CREATE TABLE binding (
	camera_id INTEGER NOT NULL REFERENCES camera (id) ON DELETE CASCADE,
	source    TEXT    NOT NULL CHECK (source <> ''), -- as nvr.Signal has it
	kind      TEXT    NOT NULL CHECK (kind <> ''), -- of the event that it is
	PRIMARY KEY (camera_id, source)
) STRICT, WITHOUT ROWID;

-- cameras_revision counts these changes, too.
CREATE TRIGGER bell_inserted AFTER INSERT ON bell BEGIN
	UPDATE home SET cameras_revision = cameras_revision + 1;
END;
CREATE TRIGGER bell_updated AFTER UPDATE ON bell BEGIN
	UPDATE home SET cameras_revision = cameras_revision + 1;
END;
CREATE TRIGGER bell_deleted AFTER DELETE ON bell BEGIN
	UPDATE home SET cameras_revision = cameras_revision + 1;
END;
CREATE TRIGGER binding_inserted AFTER INSERT ON binding BEGIN
	UPDATE home SET cameras_revision = cameras_revision + 1;
END;
CREATE TRIGGER binding_updated AFTER UPDATE ON binding BEGIN
	UPDATE home SET cameras_revision = cameras_revision + 1;
END;
CREATE TRIGGER binding_deleted AFTER DELETE ON binding BEGIN
	UPDATE home SET cameras_revision = cameras_revision + 1;
END;
