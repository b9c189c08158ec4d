-- Deletes the progress of the previous generation, unless the progress of the generation $1 has already replaced it.
DELETE FROM progress
WHERE projection = 'vectors' AND EXISTS (SELECT FROM progress WHERE projection = 'vectors.' || $1::integer)
