COPY verdict_exceptions (kafka_partition, kafka_offset, verdict, actual_version)
FROM STDIN (FORMAT binary)
