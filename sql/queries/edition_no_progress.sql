-- Deletes the progress and the parked events of the previous edition: $1 the model, $2 the edition that replaces it,
-- which is not used: all steps have the same parameters.
WITH taken AS (
    SELECT $2::integer
),
unparked AS (
    DELETE FROM {embed}.parked_events WHERE projection = 'embed.' || $1::text
)
DELETE FROM {embed}.progress WHERE projection = 'embed.' || $1::text
