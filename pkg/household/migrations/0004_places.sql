-- Where footage is kept. The path is absolute, or 'footage', which is the
-- directory of that name beside this file. Footage goes to the first place that
-- takes it, by rank. One without rank was removed by the owner: nothing is
-- written there any more.
CREATE TABLE place (
	path TEXT    PRIMARY KEY CHECK (path = 'footage' OR path GLOB '/*'),
	rank INTEGER UNIQUE,
	CHECK (path <> 'footage' OR rank IS NOT NULL)
) STRICT;

INSERT INTO place (path, rank) VALUES ('footage', 0);

-- Counts changes of the table place, for watchers in other processes.
ALTER TABLE home ADD COLUMN places_revision INTEGER NOT NULL DEFAULT 0;
