-- Deletes the generation $1 unless it is active, with its progress and its parked events.
WITH gone AS (
    DELETE FROM generations WHERE generation = $1::integer AND state <> 'active' RETURNING generation
),
no_progress AS (
    DELETE FROM progress WHERE projection IN (SELECT 'vectors.' || generation FROM gone)
)
DELETE FROM parked_events WHERE projection IN (SELECT 'vectors.' || generation FROM gone)
