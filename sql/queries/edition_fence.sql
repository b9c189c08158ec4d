-- Raises the epochs above those of the writers of the previous edition and of those who filled this one: $1 the model, $2
-- its edition.
UPDATE {embed}.progress
SET epoch = 1 + greatest(epoch, (SELECT coalesce(max(epoch), 0) FROM {embed}.progress WHERE projection = 'embed.' || $1::text))
WHERE projection = 'embed.' || $1::text || '#' || $2::integer
