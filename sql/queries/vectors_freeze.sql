-- Makes the writers of the active generation wait before their next batch, until the transaction ends.
DO $$
BEGIN
    PERFORM FROM progress WHERE projection = 'vectors' ORDER BY topic, partition FOR UPDATE;
END
$$
