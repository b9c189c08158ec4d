-- Which version of given documents is stored: $1 generation, $2 tenants, $3 streams, $4 kinds, $5 refs; place is the
-- place in these arrays, from 1.
SELECT n.place, s.source_sequence, s.is_deleted, s.parts
FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) WITH ORDINALITY
    AS n(tenant, stream_id, kind, ref, place)
JOIN stored_documents s
  ON s.generation = $1::integer AND s.tenant = n.tenant AND s.stream_id = n.stream_id AND s.kind = n.kind
 AND s.ref = n.ref
