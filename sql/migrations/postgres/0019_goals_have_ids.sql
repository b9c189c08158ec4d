-- Which goal it is, and since when. In rows that were made before, the goal's id and time are null until a rebuild.
ALTER TABLE working_memory
    ADD COLUMN goal_id text COLLATE "C",  -- as its event says; null: it has that of the event
    ADD COLUMN goal_event_id uuid,        -- the event that set the goal last, or said that there is none any more
    ADD COLUMN goal_set_at timestamptz    -- its occurred_at
;
ALTER TABLE working_memory_history
    ADD COLUMN goal_id text COLLATE "C",
    ADD COLUMN goal_event_id uuid,
    ADD COLUMN goal_set_at timestamptz
;
