-- How far the parts of given documents are from a vector.
SELECT k.place, e.embedding {op} $5::real[]::vector AS distance
FROM unnest($2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS k(stream_id, kind, ref, place)
JOIN embeddings_{g} e
  ON e.tenant = $1 AND e.stream_id = k.stream_id AND e.kind = k.kind AND e.ref = k.ref
