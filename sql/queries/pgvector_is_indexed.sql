-- A row when the tables of generation {g} have what keeps rows unique already.
SELECT
FROM pg_index
WHERE indisunique
  AND indrelid IN (to_regclass('embeddings_{g}'), to_regclass('raw_vectors_{g}'), to_regclass('removed_vectors_{g}'))
LIMIT 1
