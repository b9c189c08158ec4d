-- Makes the parked events of an edition those of the current one: $1 the model, $2 its edition.
UPDATE {embed}.parked_events SET projection = 'embed.' || $1::text WHERE projection = 'embed.' || $1::text || '#' || $2::integer
