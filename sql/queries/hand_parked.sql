-- Messages of the topic $1 that were parked by hand, in the order of the log.
SELECT partition::bigint, kafka_offset, reason FROM hand_parked WHERE topic = $1 ORDER BY partition, kafka_offset
