-- Makes the progress of an edition that of the current one: $1 the model, $2 its edition.
UPDATE {embed}.progress SET projection = 'embed.' || $1::text WHERE projection = 'embed.' || $1::text || '#' || $2::integer
