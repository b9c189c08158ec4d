-- What is parked of the projection is what this generation has parked.
DELETE FROM parked_events
WHERE projection = 'vectors' AND EXISTS (SELECT FROM generations WHERE generation = $1::integer AND state = 'active')
