-- The accesses of a memory are found by its id: whatever streams they were logged in, they lie side by side, and one look
-- finds them all. With the stream first it takes two, each of which compares texts that begin alike.
ALTER TABLE memory_access
    DROP CONSTRAINT memory_access_pkey,
    ADD PRIMARY KEY (memory_id, tenant, stream_id);
DROP INDEX memory_access_direct;
