-- Adds a generation: $1 state, $2 store, $3 model, $4 metric, $5 dimensions or 0, $6 and $7 the prefixes of queries and
-- passages, $8 topic, $9 edition. Returns no row if it was to be active and another one is.
INSERT INTO generations (state, store, model, metric, dimensions, query_prefix, passage_prefix, topic, edition, activated_at)
VALUES ($1, $2, $3, $4, nullif($5::integer, 0), $6, $7, $8, greatest($9::integer, 1), CASE $1 WHEN 'active' THEN now() END)
ON CONFLICT ((true)) WHERE state = 'active' DO NOTHING
RETURNING generation, state, store, metric, dimensions, is_loaded, model, query_prefix, passage_prefix, topic, token, edition
