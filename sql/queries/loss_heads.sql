-- Records in the losses that are accepted now where the replaced chain ends; -1 if it has no end in the partition.
DO $$
DECLARE
    live text := current_setting('mneme.live');
BEGIN
    IF to_regclass(format('%I.ledger_heads', live)) IS NOT NULL THEN
        EXECUTE format('UPDATE log_losses l SET head_sequence = h.sequence_id FROM %I.ledger_heads h '
                       'WHERE l.head_sequence IS NULL AND h.kafka_partition = l.kafka_partition', live);
    END IF;
    UPDATE log_losses SET head_sequence = -1 WHERE head_sequence IS NULL;
END
$$
