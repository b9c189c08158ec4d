-- The parked events of the projection become those that this generation has parked.
DELETE FROM parked_events
WHERE projection = 'vectors' AND EXISTS (SELECT FROM generations WHERE generation = $1::integer AND state = 'active')
