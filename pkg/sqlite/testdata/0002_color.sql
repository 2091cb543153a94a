ALTER TABLE note ADD COLUMN color TEXT NOT NULL DEFAULT 'white';
UPDATE note SET text = text || '!';
