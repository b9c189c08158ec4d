-- Raises the epochs of an edition above those of the writers of the previous edition and of the writers that filled it:
-- $1 the model, $2 its edition.
UPDATE {embed}.progress
SET epoch = 1 + greatest(epoch, (SELECT coalesce(max(epoch), 0) FROM {embed}.progress WHERE projection = 'embed.' || $1::text))
WHERE projection = 'embed.' || $1::text || '#' || $2::integer
