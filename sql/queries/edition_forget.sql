-- Deletes what is stored about editions of the model $1 that are neither current nor being filled by a generation.
WITH kept AS (
    SELECT coalesce((SELECT edition FROM {embed}.editions WHERE model = $1::text), 1) AS edition
    UNION
    SELECT edition FROM generations WHERE model = $1::text AND state = 'filling'
),
kept_names AS (
    SELECT 'embed.' || $1::text || '#' || edition AS projection FROM kept
),
no_progress AS (
    DELETE FROM {embed}.progress
    WHERE starts_with(projection, 'embed.' || $1::text || '#') AND projection NOT IN (SELECT projection FROM kept_names)
),
unparked AS (
    DELETE FROM {embed}.parked_events
    WHERE starts_with(projection, 'embed.' || $1::text || '#') AND projection NOT IN (SELECT projection FROM kept_names)
)
DELETE FROM {embed}.documents WHERE model = $1::text AND edition NOT IN (SELECT edition FROM kept)
