DECLARE mneme_scan NO SCROLL CURSOR FOR
SELECT source_sequence, 0::bigint, tenant, NULL::text, NULL::text, NULL::text, NULL::text, embedding, stream_id, kind,
       ref, collection, vector_id, metadata::text, 0::bigint
FROM raw_vectors_{g}
