-- Raises the epochs of the generation $1 above those of the writers of the previous generation and of the writers that
-- filled it.
UPDATE progress
SET epoch = 1 + greatest(epoch, (SELECT coalesce(max(epoch), 0) FROM progress WHERE projection = 'vectors'))
WHERE projection = 'vectors.' || $1::integer
