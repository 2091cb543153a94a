-- What cameras were called that are not in use any more: their footage may still be there.
CREATE TABLE removed_camera (
	id   INTEGER PRIMARY KEY,
	name TEXT    NOT NULL
) STRICT;

CREATE TRIGGER camera_removed AFTER DELETE ON camera BEGIN
	INSERT INTO removed_camera (id, name) VALUES (OLD.id, OLD.name);
END;
