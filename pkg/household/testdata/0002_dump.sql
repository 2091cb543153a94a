-- What is kept for how long; the program's defaults hold while there is no row.
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

-- What a program with this schema wrote.
INSERT INTO retention VALUES (1, 5000000000, 3, 0, 1);
INSERT INTO retention_rule VALUES (0, 86400000000, 0, 0), (1, 259200000000, 0, 60), (2, 604800000000, 0, 0);
INSERT INTO camera VALUES (4, 'Shed', 'shed', 'rtsp://192.168.1.21/main', 'rtsp://192.168.1.21/sub', '', x'', 1763900000000000);
