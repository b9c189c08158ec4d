-- Notes documents whose records are about to be on the topic: $1 the model, $2 tenants, $3 streams, $4 kinds, $5 refs, $6
-- conversations, $7 reasons why a part has no vector, $8 sequence_ids, $9 hashes of the texts, $10 how many parts have one.
INSERT INTO documents AS d (model, tenant, stream_id, kind, ref, conversation_id, refused, source_sequence, text_hash, parts)
SELECT $1, w.tenant, w.stream_id, w.kind, w.ref, w.conversation_id, w.refused, w.sequence, w.text_hash, w.parts
FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::bytea[], $10::bigint[])
    AS w(tenant, stream_id, kind, ref, conversation_id, refused, sequence, text_hash, parts)
ON CONFLICT (model, tenant, stream_id, kind, ref) DO UPDATE
SET conversation_id = excluded.conversation_id, refused = excluded.refused, source_sequence = excluded.source_sequence,
    text_hash = excluded.text_hash, parts = excluded.parts
