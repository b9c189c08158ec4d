-- Generations, oldest first: $1 number, $2 model, $3 state, each null for any.
SELECT generation, state, store, metric, dimensions, is_loaded, model, query_prefix, passage_prefix, topic, token, edition
FROM generations
WHERE ($1::integer IS NULL OR generation = $1)
  AND ($2::text IS NULL OR model = $2)
  AND ($3::text IS NULL OR state = $3)
ORDER BY generation
