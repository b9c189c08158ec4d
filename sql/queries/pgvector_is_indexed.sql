-- Returns a row if the tables of generation {g} already have the indexes that keep rows unique.
SELECT
FROM pg_index
WHERE indisunique
  AND indrelid IN (to_regclass('embeddings_{g}'), to_regclass('raw_vectors_{g}'), to_regclass('removed_vectors_{g}'))
LIMIT 1
