-- Like pgvector_write.sql, for raw vectors.
INSERT INTO raw_vectors_{g} AS e (source_sequence, tenant, stream_id, kind, ref, collection, vector_id, embedding,
                                  metadata)
SELECT n.source_sequence, n.tenant, n.stream_id, n.kind, n.ref, n.collection, n.vector_id, n.embedding::vector,
       n.metadata::json
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
            $9::text[])
    AS n(source_sequence, tenant, stream_id, kind, ref, collection, vector_id, embedding, metadata)
WHERE NOT EXISTS (SELECT FROM removed_vectors_{g} r
                  WHERE r.tenant = n.tenant AND r.stream_id = n.stream_id AND r.kind = n.kind AND r.ref = n.ref
                    AND r.source_sequence >= n.source_sequence)
ON CONFLICT (tenant, stream_id, kind, ref)
DO UPDATE SET source_sequence = excluded.source_sequence, collection = excluded.collection,
              vector_id = excluded.vector_id, embedding = excluded.embedding, metadata = excluded.metadata
WHERE e.source_sequence < excluded.source_sequence
