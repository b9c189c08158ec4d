-- How far the generation before had come, unless this one is active already.
DELETE FROM progress
WHERE projection = 'vectors' AND EXISTS (SELECT FROM progress WHERE projection = 'vectors.' || $1::integer)
