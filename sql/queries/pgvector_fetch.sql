-- The vectors of given documents, for a long document that of its first part: $1 tenant, $2 streams, $3 kinds, $4 refs;
-- place is the place in these arrays, from 1.
SELECT k.place, e.embedding
FROM unnest($2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS k(stream_id, kind, ref, place)
JOIN embeddings_{g} e
  ON e.tenant = $1 AND e.stream_id = k.stream_id AND e.kind = k.kind AND e.ref = k.ref AND e.part = 0
