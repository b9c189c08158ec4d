-- Whether the partition $1 exists, and a text that lists the existing partitions: those of the folded log, and those
-- that the ledger has rows of.
WITH known AS (
    SELECT generate_series(0, topic_partitions - 1) AS partition FROM progress WHERE projection = 'postgres'
    UNION
    SELECT kafka_partition FROM ledger_heads
    UNION
    SELECT kafka_partition FROM ledger_bases
), spans AS (
    SELECT min(partition) AS first, max(partition) AS last
    FROM (SELECT partition, partition - row_number() OVER (ORDER BY partition) AS span FROM known) numbered
    GROUP BY span
)
SELECT EXISTS (SELECT FROM known WHERE partition = $1::bigint),
       (SELECT string_agg(CASE WHEN first = last THEN first::text ELSE first || ' to ' || last END, ', ' ORDER BY first)
        FROM spans)
