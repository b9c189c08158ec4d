-- Stores documents whose records are about to be written to the topic: $1 the model, $2 its edition, $3 tenants,
-- $4 streams, $5 kinds, $6 refs, $7 conversations, $8 why a part has no vector (or null), $9 sequence_ids, $10 hashes
-- of the texts, $11 how many parts have a vector.
INSERT INTO documents AS d (model, edition, tenant, stream_id, kind, ref, conversation_id, refused, source_sequence, text_hash,
                            parts)
SELECT $1, $2::integer, w.tenant, w.stream_id, w.kind, w.ref, w.conversation_id, w.refused, w.sequence, w.text_hash, w.parts
FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bigint[], $10::bytea[], $11::bigint[])
    AS w(tenant, stream_id, kind, ref, conversation_id, refused, sequence, text_hash, parts)
ON CONFLICT (model, edition, tenant, stream_id, kind, ref) DO UPDATE
SET conversation_id = excluded.conversation_id, refused = excluded.refused, source_sequence = excluded.source_sequence,
    text_hash = excluded.text_hash, parts = excluded.parts
