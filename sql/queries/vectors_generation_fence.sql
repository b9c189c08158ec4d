-- Raises the epochs above those of the writers of the previous generation and of those who filled this one.
UPDATE progress
SET epoch = 1 + greatest(epoch, (SELECT coalesce(max(epoch), 0) FROM progress WHERE projection = 'vectors'))
WHERE projection = 'vectors.' || $1::integer
