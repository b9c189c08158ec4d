-- Records what the first document says of its generation. Returns the row as it is now.
UPDATE generations
SET query_prefix = CASE WHEN dimensions IS NULL THEN $3 ELSE query_prefix END,
    passage_prefix = CASE WHEN dimensions IS NULL THEN $4 ELSE passage_prefix END,
    dimensions = coalesce(dimensions, $2::integer)
WHERE generation = $1::integer
RETURNING generation, state, store, metric, dimensions, is_loaded, model, query_prefix, passage_prefix, topic, token, edition
