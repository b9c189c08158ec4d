UPDATE parked_events SET projection = 'vectors' WHERE projection = 'vectors.' || $1::integer
