-- Epochs that neither the writers of the generation before have nor those who filled this one.
UPDATE progress
SET epoch = 1 + greatest(epoch, (SELECT coalesce(max(epoch), 0) FROM progress WHERE projection = 'vectors'))
WHERE projection = 'vectors.' || $1::integer
