-- Notes documents whose records are about to be on the topic: $1 the model, $2 tenants, $3 streams, $4 kinds, $5 refs, $6
-- conversations, $7 sequence_ids, $8 hashes of the texts.
INSERT INTO documents AS d (model, tenant, stream_id, kind, ref, conversation_id, source_sequence, text_hash)
SELECT $1, w.tenant, w.stream_id, w.kind, w.ref, w.conversation_id, w.sequence, w.text_hash
FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bytea[])
    AS w(tenant, stream_id, kind, ref, conversation_id, sequence, text_hash)
ON CONFLICT (model, tenant, stream_id, kind, ref) DO UPDATE
SET conversation_id = excluded.conversation_id, source_sequence = excluded.source_sequence, text_hash = excluded.text_hash
