-- How many rows the scope has, and the limit up to which all of them are compared: $6, or more if the table has many
-- rows (the square of that limit is $7 times all rows, as last analyzed). Counting stops at the limit. $1 to $5 are
-- those of pgvector_exact.sql.
WITH bound AS MATERIALIZED (
    SELECT greatest($6::float8, sqrt($7::float8 * greatest(reltuples, 0)))::bigint AS documents
    FROM pg_class
    WHERE oid = 'embeddings_{g}'::regclass
)
SELECT (SELECT count(*)
        FROM (SELECT
              FROM embeddings_{g}
              WHERE tenant = $1
                AND ($2::text IS NULL OR user_id = $2)
                AND ($3::text IS NULL OR agent_id = $3)
                AND ($4::text IS NULL OR run_id = $4)
                AND ($5::text IS NULL OR conversation_id = $5)
              LIMIT (SELECT documents + 1 FROM bound)) AS scope),
       documents
FROM bound
