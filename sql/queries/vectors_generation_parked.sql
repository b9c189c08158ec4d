-- Deletes the parked events of the previous generation if the generation $1 is active;
-- vectors_generation_take_parked.sql then puts those of this generation in their place.
DELETE FROM parked_events
WHERE projection = 'vectors' AND EXISTS (SELECT FROM generations WHERE generation = $1::integer AND state = 'active')
