-- Homes that take in what the agency publishes, and keep for it what homes hand over.

CREATE TABLE sponsor (
	url  TEXT PRIMARY KEY,
	spki BLOB NOT NULL CHECK (length(spki) = 32) -- SHA-256 of the public key of its certificate
) STRICT;
