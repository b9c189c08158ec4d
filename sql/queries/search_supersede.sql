-- Moves documents that the batch changes or removes to the history: $1 tenants, $2 streams, $3 kinds, $4 refs,
-- $5 sequence_ids of the events, $6 their recorded_at as text.
WITH gone AS (
    DELETE FROM documents d
    USING unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[])
        AS w(tenant, stream_id, kind, ref, sequence, recorded_at)
    WHERE d.tenant = w.tenant AND d.stream_id = w.stream_id AND d.kind = w.kind AND d.ref = w.ref
    RETURNING d.*, w.sequence, w.recorded_at::timestamptz
)
INSERT INTO documents_history SELECT * FROM gone
