-- Views of what the ledger parked and dropped, with the topic, so that a part of a partition is found in the tables' keys.

CREATE OR REPLACE VIEW ledger_parked AS
SELECT partition AS kafka_partition, kafka_offset, blocked_by, topic FROM parked_events WHERE projection = 'postgres';

CREATE OR REPLACE VIEW ledger_dropped AS
SELECT d.partition AS kafka_partition, d.kafka_offset, d.topic
FROM dropped_events AS d
WHERE d.projection = 'postgres'
  AND EXISTS (SELECT FROM progress AS p
              WHERE p.projection = d.projection AND p.topic = d.topic AND p.partition = d.partition);
