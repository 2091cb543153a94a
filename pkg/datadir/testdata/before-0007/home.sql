PRAGMA user_version = 5;
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE home (
	id               INTEGER PRIMARY KEY CHECK (id = 1),
	uuid             BLOB    NOT NULL CHECK (length(uuid) = 16), -- RFC 9562, version 4
	created_us       INTEGER NOT NULL,
	key_check_sealed BLOB    NOT NULL, -- a known text, to tell whether secret.key is the one this file was sealed with
	cameras_revision INTEGER NOT NULL DEFAULT 0 -- counts changes of the table camera, for watchers in other processes
, privacy INTEGER NOT NULL DEFAULT 0 CHECK (privacy IN (0, 1)), time_zone TEXT NOT NULL DEFAULT '', places_revision INTEGER NOT NULL DEFAULT 0) STRICT;
INSERT INTO home VALUES(1,X'0939deeae0e64f3b86d307555054a6db',1699999984463215,X'c4186b9a15c1649c2411576835d6f91bf4d60cd0fab55365b3f76def',1,0,'',0);
CREATE TABLE camera (
	id              INTEGER PRIMARY KEY AUTOINCREMENT,
	name            TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 64),
	name_folded     TEXT    NOT NULL UNIQUE, -- name without the difference between capital and small letters
	url             TEXT    NOT NULL CHECK (url GLOB 'rtsp://?*' OR url GLOB 'rtsps://?*'), -- of the main stream, without user and password
	sub_url         TEXT    NOT NULL CHECK (sub_url = '' OR sub_url GLOB 'rtsp://?*' OR sub_url GLOB 'rtsps://?*'),
	user            TEXT    NOT NULL,
	password_sealed BLOB    NOT NULL, -- empty when there is no password; otherwise nonce, AES-256-GCM, tag under secret.key
	created_us      INTEGER NOT NULL
) STRICT;
INSERT INTO camera VALUES(1,'Porch','PORCH','rtsp://192.168.1.20/main','','',X'',1699999984488063);
CREATE TABLE session (
	hash       BLOB    PRIMARY KEY CHECK (length(hash) = 32),
	expires_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE retention (
	id           INTEGER PRIMARY KEY CHECK (id = 1),
	free_bytes   INTEGER NOT NULL CHECK (free_bytes >= 0),
	free_percent INTEGER NOT NULL CHECK (free_percent BETWEEN 0 AND 50),
	max_bytes    INTEGER NOT NULL CHECK (max_bytes >= 0), -- 0: no bound
	spare_young  INTEGER NOT NULL CHECK (spare_young IN (0, 1))
) STRICT;
CREATE TABLE retention_rule (
	class      INTEGER PRIMARY KEY CHECK (class BETWEEN 0 AND 2), -- 0 continuous, 1 motion, 2 ring
	min_age_us INTEGER NOT NULL CHECK (min_age_us >= 0),
	max_age_us INTEGER NOT NULL CHECK (max_age_us = 0 OR max_age_us >= min_age_us), -- 0: no bound
	share      INTEGER NOT NULL CHECK (share BETWEEN 0 AND 100) -- percent; 0: no bound
) STRICT;
CREATE TABLE recording (
	camera_id INTEGER PRIMARY KEY REFERENCES camera (id) ON DELETE CASCADE,
	mode      TEXT    NOT NULL CHECK (mode IN ('continuous', 'events', 'off', 'privacy')), -- where the schedule says nothing
	before_s  INTEGER NOT NULL CHECK (before_s BETWEEN 0 AND 30), -- seconds that are kept before an event
	after_s   INTEGER NOT NULL CHECK (after_s BETWEEN 0 AND 600),
	streams   TEXT    NOT NULL CHECK (streams IN ('both', 'main', 'sub')),
	schedule  TEXT    NOT NULL -- such as "Mon-Fri 08:00-18:00 off; Sat,Sun 22:00-06:00 events"; empty if there is none
) STRICT;
CREATE TABLE place (
	path TEXT    PRIMARY KEY CHECK (path = 'footage' OR path GLOB '/*'),
	rank INTEGER UNIQUE,
	CHECK (path <> 'footage' OR rank IS NOT NULL)
) STRICT;
INSERT INTO place VALUES('footage',0);
CREATE TABLE removed_camera (
	id   INTEGER PRIMARY KEY,
	name TEXT    NOT NULL
) STRICT;
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('camera',1);
CREATE TRIGGER camera_inserted AFTER INSERT ON camera BEGIN
	UPDATE home SET cameras_revision = cameras_revision + 1;
END;
CREATE TRIGGER camera_updated AFTER UPDATE ON camera BEGIN
	UPDATE home SET cameras_revision = cameras_revision + 1;
END;
CREATE TRIGGER camera_deleted AFTER DELETE ON camera BEGIN
	UPDATE home SET cameras_revision = cameras_revision + 1;
END;
CREATE INDEX session_expires ON session (expires_us);
CREATE TRIGGER recording_inserted AFTER INSERT ON recording BEGIN
	UPDATE home SET cameras_revision = cameras_revision + 1;
END;
CREATE TRIGGER recording_updated AFTER UPDATE ON recording BEGIN
	UPDATE home SET cameras_revision = cameras_revision + 1;
END;
CREATE TRIGGER home_updated AFTER UPDATE OF privacy, time_zone ON home BEGIN
	UPDATE home SET cameras_revision = cameras_revision + 1;
END;
CREATE TRIGGER camera_removed AFTER DELETE ON camera BEGIN
	INSERT INTO removed_camera (id, name) VALUES (OLD.id, OLD.name);
END;
COMMIT;
