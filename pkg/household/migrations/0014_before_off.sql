-- What a person had chosen when all cameras were turned off, and until when that holds:
-- it holds again once they are on. Empty, and absent, where the schedule said.
ALTER TABLE home ADD COLUMN mode_before TEXT NOT NULL DEFAULT '' CHECK (mode_before IN ('', 'home', 'away', 'night'));
ALTER TABLE home ADD COLUMN before_until_us INTEGER CHECK (before_until_us > 0);
