-- Ways to tell somebody what happens: a phone, a program, a broker, a mailbox.
-- The number of a channel is never given to another one.
CREATE TABLE channel (
	id              INTEGER PRIMARY KEY AUTOINCREMENT,
	kind            TEXT    NOT NULL CHECK (kind <> ''),
	name            TEXT    NOT NULL CHECK (name <> ''),
	settings_sealed BLOB    NOT NULL, -- a JSON object of texts: addresses, passwords, keys
	events          TEXT    NOT NULL, -- the kinds of messages it takes, separated by spaces
	paused          INTEGER NOT NULL CHECK (paused IN (0, 1)),
	created_us      INTEGER NOT NULL,
	sent_us         INTEGER NOT NULL DEFAULT 0, -- when something was last handed over; 0 if never
	failed_us       INTEGER NOT NULL DEFAULT 0, -- when that last failed; 0 if never
	trouble         TEXT    NOT NULL DEFAULT '', -- why, as a word
	detail          TEXT    NOT NULL DEFAULT ''  -- and what was seen of it
) STRICT;

-- Messages that a channel has not taken yet. A row goes when it has, or when the
-- message is not worth telling any more.
CREATE TABLE delivery (
	id         INTEGER PRIMARY KEY AUTOINCREMENT,
	channel_id INTEGER NOT NULL REFERENCES channel (id) ON DELETE CASCADE,
	message_id TEXT    NOT NULL CHECK (message_id <> ''),
	message    TEXT    NOT NULL, -- JSON
	attempts   INTEGER NOT NULL CHECK (attempts >= 0),
	next_us    INTEGER NOT NULL,
	expires_us INTEGER NOT NULL,
	UNIQUE (channel_id, message_id) -- the latest of one ID replaces those before it
) STRICT;

-- The key by which push services know that messages are from this home (RFC 8292);
-- absent until the first phone asks for messages.
ALTER TABLE home ADD COLUMN push_key_sealed BLOB;
