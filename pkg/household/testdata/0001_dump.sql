-- The one row of this home.
CREATE TABLE home (
	id               INTEGER PRIMARY KEY CHECK (id = 1),
	uuid             BLOB    NOT NULL CHECK (length(uuid) = 16), -- RFC 9562, version 4
	created_us       INTEGER NOT NULL,
	key_check_sealed BLOB    NOT NULL, -- a known text, to tell whether secret.key is the one this file was sealed with
	cameras_revision INTEGER NOT NULL DEFAULT 0 -- counts changes of the table camera, for watchers in other processes
) STRICT;

-- One row per camera that is in use. Footage on disk carries the id, so an id
-- is never given out again, not even after its row is gone: AUTOINCREMENT.
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

CREATE TRIGGER camera_inserted AFTER INSERT ON camera BEGIN
	UPDATE home SET cameras_revision = cameras_revision + 1;
END;
CREATE TRIGGER camera_updated AFTER UPDATE ON camera BEGIN
	UPDATE home SET cameras_revision = cameras_revision + 1;
END;
CREATE TRIGGER camera_deleted AFTER DELETE ON camera BEGIN
	UPDATE home SET cameras_revision = cameras_revision + 1;
END;

-- One row per signed-in browser. Only the hash of its cookie is kept.
CREATE TABLE session (
	hash       BLOB    PRIMARY KEY CHECK (length(hash) = 32),
	expires_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX session_expires ON session (expires_us);

-- What a program with this schema wrote.
INSERT INTO home VALUES (1, x'00112233445566778899aabbccddeeff', 1763800000000000, x'00', 0);
INSERT INTO camera VALUES (3, 'Front door', 'front door', 'rtsp://192.168.1.20/main', '', 'admin', x'', 1763800000000000);
INSERT INTO session VALUES (x'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f', 1771576000000000);
