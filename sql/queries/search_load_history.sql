-- Versions of documents that the batch made and ended, with their words: $1 is the text search configuration.
-- The rank of any query is lessened by the length of the document (normalization 2), so that the ratio of two ranks tells
-- the length for a tenth of what unnesting the lexemes costs; a query that never matches has a rank too, and where it
-- should have none, the lexemes are counted.
INSERT INTO documents_history
SELECT tenant, stream_id, kind, ref, user_id, agent_id, run_id, conversation_id, "position", speaker, role, created_at,
       source_sequence, valid_from, text, lexemes,
       coalesce(round(ts_rank(lexemes, $$' ' & '  '$$) / nullif(ts_rank(lexemes, $$' ' & '  '$$, 2), 0))::integer,
                (SELECT sum(cardinality(positions))::integer FROM unnest(lexemes)), 0),
       superseded_sequence, valid_to
FROM (
    SELECT s.*, to_tsvector(($1::text)::regconfig, lexical_text) AS lexemes
    FROM search_staging AS s
    WHERE superseded_sequence IS NOT NULL
    OFFSET 0
) AS s
