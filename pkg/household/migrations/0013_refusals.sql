-- Log-ins that machines of the home refused of late, so that a restart does not forget
-- how close they are to shutting this one out. No user and no password is in it.
CREATE TABLE refusal (
	id        INTEGER PRIMARY KEY AUTOINCREMENT,
	at_us     INTEGER NOT NULL,
	machine   TEXT    NOT NULL CHECK (machine <> ''), -- its number, or its name if it had none
	name      TEXT    NOT NULL, -- by which it was asked; empty if that was its number
	camera_id INTEGER REFERENCES camera (id) ON DELETE SET NULL, -- whose stored password it was; null if it was typed, or isn't stored any more
	party     TEXT    NOT NULL -- who logged in with that
) STRICT;
