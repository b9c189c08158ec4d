COPY streams (tenant, stream_id, version, event_id_high, memory_id_high, kafka_partition, updated_at)
FROM STDIN (FORMAT binary)
