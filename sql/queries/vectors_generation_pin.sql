-- Sets what the first document determines about its generation, unless it is already set: $1 generation, $2 dimensions,
-- $3 and $4 the prefixes of queries and passages. Returns the row as it is now.
UPDATE generations
SET query_prefix = CASE WHEN dimensions IS NULL THEN $3 ELSE query_prefix END,
    passage_prefix = CASE WHEN dimensions IS NULL THEN $4 ELSE passage_prefix END,
    dimensions = coalesce(dimensions, $2::integer)
WHERE generation = $1::integer
RETURNING generation, state, store, metric, dimensions, is_loaded, model, query_prefix, passage_prefix, topic, token, edition
