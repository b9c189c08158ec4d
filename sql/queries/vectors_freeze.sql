-- From here to the end of the transaction the writers of the active generation wait before their next batch.
DO $$
BEGIN
    PERFORM FROM progress WHERE projection = 'vectors' ORDER BY topic, partition FOR UPDATE;
END
$$
