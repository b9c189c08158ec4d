-- A memory that a recall has returned was read.

CREATE OR REPLACE FUNCTION memory_access_as_of(of_tenant text, of_stream text, of_memory uuid, as_of timestamptz,
                                               as_of_partition integer DEFAULT NULL, as_of_sequence bigint DEFAULT NULL)
RETURNS TABLE (access_count bigint, last_accessed_at timestamptz) LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(sum(CASE e.event_type
                            WHEN 'memory_accessed' THEN (e.payload -> 'counts' ->> (accessed.place - 1)::integer)::bigint
                            ELSE 1
                        END), 0)::bigint,
           max(CASE e.event_type
                   WHEN 'memory_accessed' THEN (e.payload ->> 'last_accessed_at')::timestamptz
                   ELSE e.occurred_at
               END)
    FROM events AS e
    CROSS JOIN LATERAL jsonb_array_elements_text(e.payload -> 'memory_ids') WITH ORDINALITY AS accessed (id, place)
    WHERE e.tenant = of_tenant
      AND e.stream_id IN (of_stream || '#access', of_stream)
      AND e.version > 0
      AND e.event_type IN ('memory_accessed', 'memory_retrieved')
      AND accessed.id::uuid = of_memory
      AND happened(e.sequence_id, e.recorded_at, as_of, as_of_partition, as_of_sequence)
$$;
