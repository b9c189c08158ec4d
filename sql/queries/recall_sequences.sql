-- The sequence_ids of the events that the current texts of documents come from: $1 tenant, $2 streams, $3 kinds,
-- $4 refs.
SELECT d.stream_id, d.kind, d.ref, d.source_sequence
FROM unnest($2::text[], $3::text[], $4::text[]) AS k(stream_id, kind, ref)
JOIN documents AS d ON d.tenant = $1 AND d.stream_id = k.stream_id AND d.kind = k.kind AND d.ref = k.ref
