-- Generations, oldest first: all of them, or the one with that number, or those of that model, or in that state.
SELECT generation, state, store, metric, dimensions, is_loaded, model, query_prefix, passage_prefix, topic, token, edition
FROM generations
WHERE ($1::integer IS NULL OR generation = $1)
  AND ($2::text IS NULL OR model = $2)
  AND ($3::text IS NULL OR state = $3)
ORDER BY generation
