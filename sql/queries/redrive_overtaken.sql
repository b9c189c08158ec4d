-- Whether the ledger has a later event of the stream: $1 tenant, $2 stream, $3 the sequence_id of the event.
SELECT EXISTS (SELECT FROM events WHERE tenant = $1::text AND stream_id = $2::text AND sequence_id > $3::bigint)
