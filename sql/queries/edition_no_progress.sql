-- How far the edition before had come, and what of it is parked: $1 the model, $2 the edition that takes its place.
WITH taken AS (
    SELECT $2::integer
),
unparked AS (
    DELETE FROM {embed}.parked_events WHERE projection = 'embed.' || $1::text
)
DELETE FROM {embed}.progress WHERE projection = 'embed.' || $1::text
