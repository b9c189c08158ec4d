-- The active generation steps down; its writers lose their partitions by the epoch.
WITH retired AS (
    UPDATE generations SET state = 'retired', retired_at = now()
    WHERE state = 'active' AND generation <> $1::integer
    RETURNING generation
)
UPDATE progress SET epoch = epoch + 1
WHERE projection IN (SELECT 'vectors.' || generation FROM retired)
