-- Adds, behind the indexes, what makes statistics of the scratch schema's tables that have rows; the ledger's months last,
-- since their indexes are the last ones to be built, and a table is not looked at while an index of it is.
INSERT INTO rebuild_indexes
SELECT (SELECT coalesce(max(place), 0) FROM rebuild_indexes)
       + row_number() OVER (ORDER BY c.relispartition, pg_relation_size(c.oid) DESC),
       'ANALYZE ' || c.oid::regclass
FROM pg_class c
WHERE c.relnamespace = quote_ident(current_schema())::regnamespace AND c.relkind = 'r' AND pg_relation_size(c.oid) > 0
  AND 'ANALYZE ' || c.oid::regclass NOT IN (SELECT statement FROM rebuild_indexes)
