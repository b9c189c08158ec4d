-- Adds to the end of the list the statements that analyze the tables of the scratch schema that have rows. The months
-- of the ledger come last, because their indexes are built last, and a table cannot be analyzed while one of its
-- indexes is being built.
INSERT INTO rebuild_indexes
SELECT (SELECT coalesce(max(place), 0) FROM rebuild_indexes)
       + row_number() OVER (ORDER BY c.relispartition, pg_relation_size(c.oid) DESC),
       'ANALYZE ' || c.oid::regclass
FROM pg_class c
WHERE c.relnamespace = quote_ident(current_schema())::regnamespace AND c.relkind = 'r' AND pg_relation_size(c.oid) > 0
  AND 'ANALYZE ' || c.oid::regclass NOT IN (SELECT statement FROM rebuild_indexes)
