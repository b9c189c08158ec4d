-- The topic lets a reader find a part of a partition in the tables' keys.

-- Events that the ledger has parked, for the other projections, which have parked events of their own.
CREATE OR REPLACE VIEW ledger_parked AS
SELECT partition AS kafka_partition, kafka_offset, blocked_by, topic FROM parked_events WHERE projection = 'postgres';

-- Events that were dropped in the ledger, for the other projections; only those of the log that it folds.
CREATE OR REPLACE VIEW ledger_dropped AS
SELECT d.partition AS kafka_partition, d.kafka_offset, d.topic
FROM dropped_events AS d
WHERE d.projection = 'postgres'
  AND EXISTS (SELECT FROM progress AS p
              WHERE p.projection = d.projection AND p.topic = d.topic AND p.partition = d.partition);
